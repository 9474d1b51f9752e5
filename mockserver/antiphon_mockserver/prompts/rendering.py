"""Jinja2 in its sandbox: which variables a text uses, what it becomes, and whether a test holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any


class TemplateError(ValueError):
    """A text is no template, or does what the sandbox forbids; the message is what clients are told."""


def used(texts: Iterable[str]) -> frozenset[str]:
    """The variables that these texts use. Raises TemplateError."""
    return frozenset().union(*(_used(text) for text in texts))


def render(text: str, variables: Mapping[str, Any]) -> str:
    """The text with its variables filled in; one that is not there is empty. Raises TemplateError."""
    if "{" not in text:
        return text
    try:
        return str(_environment().from_string(text).render(variables))
    except _faults() as problem:
        raise _refusal(problem) from problem


def holds(test: str, variables: Mapping[str, Any]) -> bool:
    """Whether an expression is true of these variables; one that cannot be told of them is not."""
    try:
        return bool(_environment().compile_expression(test)(**variables))
    except _faults():
        return False


def _refusal(problem: Exception) -> TemplateError:
    return TemplateError(f"Invalid template syntax: {problem}")


@cache
def _used(text: str) -> frozenset[str]:
    # jinja2 takes 40 ms to import, and most servers have no prompt templates.
    from jinja2.meta import find_undeclared_variables  # noqa: PLC0415

    try:
        return frozenset(find_undeclared_variables(_environment().parse(text)))
    except _faults() as problem:
        raise _refusal(problem) from problem


@cache
def _environment() -> Any:
    # The same.
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    return ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)


@cache
def _faults() -> tuple[type[Exception], ...]:
    # The same.
    import jinja2  # noqa: PLC0415

    return (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError)
