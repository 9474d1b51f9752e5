"""The names of arguments of the public functions: an unknown one is an error that suggests the nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from antiphon_spec.data import nearest

P = ParamSpec("P")
R = TypeVar("R")


def reject_unknown(function: Callable[..., object], names: Iterable[str]) -> None:
    """Raises TypeError for the first of these names that is no argument of a function."""
    parameters = signature(function).parameters
    for name in names:
        if name not in parameters:
            raise TypeError(f"{function.__name__}: unknown argument {nearest(name, parameters)}")


def with_near_names(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with a TypeError for an unknown argument that suggests the nearest one."""

    @wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        reject_unknown(function, options)
        return function(*arguments, **options)

    return call
