"""What the extras of the package add. An installation without one says in one line what to install."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Extra:
    """One extra, `antiphon[NAME]`."""

    name: str
    title: str
    """What it adds, in words."""
    modules: tuple[str, ...]
    """The third-party modules that it adds."""


EXTRAS: Mapping[str, Extra] = {
    extra.name: extra
    for extra in (
        Extra("check", "the judge's engines", ("aiohttp", "hypothesis", "jinja2", "rich", "schemathesis")),
        Extra("templates", "the template engine", ("jinja2",)),
    )
}


class MissingExtraError(ImportError):
    """An extra is not installed; the message is one line for the user."""


def require(name: str, user: str) -> None:
    """Raises MissingExtraError when a module of the extra `name` is absent; `user` says who needs it."""
    extra = EXTRAS[name]
    if any(find_spec(module) is None for module in extra.modules):
        raise MissingExtraError(f"{user} needs {extra.title}: pip install 'antiphon[{name}]'")
