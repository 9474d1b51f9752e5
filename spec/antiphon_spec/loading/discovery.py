"""Finds modules that register something when they are imported: rules, scenarios, mutants.

They are ours, or those of an installed distribution that names them in an entry point:

    [project.entry-points."antiphon.rules"]
    acme = "acme_rules"
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING

from antiphon_spec.data import DataError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class ExtensionError(DataError):
    """A module that an entry point names cannot be imported, or it registers something that is wrong."""


def import_all(packages: Iterable[str]) -> None:
    """Imports each module below these packages, once in the life of the process."""
    for package in packages:
        _import_below(package)


@cache
def _import_below(package: str) -> None:
    root = import_module(package)
    for module in walk_packages(root.__path__, f"{package}."):
        import_module(module.name)


@cache
def import_extensions(group: str) -> None:
    """Imports each module that an entry point of this group names, once in the life of the process.

    Raises ExtensionError, which names the entry point and its distribution.
    """
    # Slow to import, and servers need no extensions.
    for point in import_module("importlib.metadata").entry_points(group=group):
        try:
            point.load()
        except Exception as error:  # whatever a module of others raises, the message names that module
            actual = f"{type(error).__name__}: {error}"
            raise ExtensionError(_place(point), "a module that can be imported", actual) from error


def _place(point: EntryPoint) -> str:
    name = point.dist.name if point.dist else "an unknown distribution"
    return f"entry point `{point.name} = {point.value}` of {name} ({point.group})"
