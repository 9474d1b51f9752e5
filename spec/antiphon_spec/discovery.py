"""Finds modules that register something when they are imported: rules, scenarios, mutants."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import walk_packages


def import_all(packages: Iterable[str]) -> None:
    """Imports each module below these packages, once in the life of the process."""
    for package in packages:
        _import_below(package)


@cache
def _import_below(package: str) -> None:
    root = import_module(package)
    for module in walk_packages(root.__path__, f"{package}."):
        import_module(module.name)
