"""Jinja2 in its sandbox: the variables of a text, the rendered text, and tests of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any


class TemplateError(ValueError):
    """A text is no template, or does something that the sandbox forbids; clients get the message."""


def variables_of(texts: Iterable[str]) -> frozenset[str]:
    """The variables that these texts use. Raises TemplateError for a malformed text."""
    return frozenset().union(*(_variables_of(text) for text in texts))


def render(text: str, variables: Mapping[str, Any]) -> str:
    """The text with its variables filled in; an absent one is empty. Raises TemplateError."""
    if "{" not in text:
        return text
    try:
        return str(_environment().render(text, variables))
    except _faults() as problem:
        raise _template_error(problem) from problem


def holds(test: str, variables: Mapping[str, Any]) -> bool:
    """Whether an expression is true for these variables; false when it cannot be evaluated."""
    try:
        return bool(_environment().evaluate(test, variables))
    except _faults():
        return False


def _template_error(problem: Exception) -> TemplateError:
    return TemplateError(f"Invalid template syntax: {problem}")


@cache
def _variables_of(text: str) -> frozenset[str]:
    # jinja2 takes 40 ms to import, and most servers have no prompt templates.
    from jinja2.meta import find_undeclared_variables  # noqa: PLC0415

    try:
        return frozenset(find_undeclared_variables(_environment().parse(text)))
    except _faults() as problem:
        raise _template_error(problem) from problem


@cache
def _environment() -> Any:
    # A slow import, as above.
    return import_module("antiphon_mockserver.prompt_templates.sandbox").BoundedEnvironment()


@cache
def _faults() -> tuple[type[Exception], ...]:
    # A slow import, as above.
    import jinja2  # noqa: PLC0415

    return (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError)
