"""Checks the arguments of `check` in Python, and gives them to the reader of the options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from antiphon_conformance.options.reading import OptionError, Setup, read_options
from antiphon_conformance.options.table import OPTIONS, PYTHON, Kind, Option, place

TYPES: dict[Kind, tuple[tuple[type, ...], str]] = {
    Kind.TEXT: ((str,), "a string"),
    Kind.FLAG: ((bool,), "True or False"),
    Kind.INTEGER: ((int,), "an integer"),
    Kind.COUNT: ((int,), "an integer"),
    Kind.SECONDS: ((int, float), "a number of seconds"),
    Kind.FILE: ((str, Path), "a path"),
    Kind.FOLDER: ((str, Path), "a path"),
}
"""By kind of option, the types of its argument, and what they are in words."""
NAMES = "a list of strings"


def read_parameters(
    url: str, dialect: str | Iterable[str], *, resources: Mapping[str, str], **values: Any
) -> Setup:
    """What to run and what decides, from a URL and the arguments of `check` by the keys of their options.

    Raises TypeError for an argument of a wrong type; OptionError and BaselineError for a wrong value.
    """
    names = (dialect,) if isinstance(dialect, str) else _strings(dialect, "dialect")
    if not isinstance(resources, Mapping):
        raise TypeError(f"resources: expected a mapping of names to ids, got {resources!r}")
    for name, value in resources.items():
        if not isinstance(value, str) or not value:
            raise TypeError(f"resources[{name!r}]: expected the id of a resource, got {value!r}")
    by_key = {option.key: option for option in OPTIONS}
    arguments = {
        key: _argument(value, by_key[key]) if key in by_key else value for key, value in values.items()
    }
    if arguments["api_key"] is not None and not isinstance(arguments["api_key"], str):
        raise TypeError(f"api_key: expected a string, got a value of type {type(values['api_key']).__name__}")
    unused = {"baseline_update": False, "report": None, "vendor": "", "note": ""}
    resource = tuple(f"{name}={value}" for name, value in resources.items())
    options = {"target": url, "dialect": ",".join(names), "resource": resource, **unused, **arguments}
    return read_options(options, PYTHON)


def read_base_path(value: str) -> str:
    """The path below which an application serves the API, without a slash at its end.

    Raises TypeError for a value that is no string, and OptionError for a path that begins without a slash.
    """
    if not isinstance(value, str):
        raise TypeError(f"base_path: expected a path such as '/v1', got {value!r}")
    if value and (not value.startswith("/") or "?" in value or "#" in value):
        raise OptionError("base_path", "a path that starts with a slash, such as '/v1'", repr(value))
    return value.rstrip("/")


def _argument(value: Any, option: Option) -> Any:
    where = place(option.key, PYTHON)
    if option.repeatable:
        return _strings(value, where)
    types, words = TYPES[option.kind]
    is_wrong_flag = isinstance(value, bool) and option.kind is not Kind.FLAG
    is_optional = option.default is None and option.kind is not Kind.FLAG
    if (value is None and is_optional) or (isinstance(value, types) and not is_wrong_flag):
        return value
    raise TypeError(f"{where}: expected {words}, got {value!r}")


def _strings(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{where}: expected {NAMES}, got {value!r}")
    names = tuple(value)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"{where}: expected {NAMES}, got {value!r}")
    return names
