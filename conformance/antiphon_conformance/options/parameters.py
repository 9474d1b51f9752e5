"""Checks the arguments of `check` in Python, and gives them to the reader of the options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from antiphon_conformance.options.error import OptionError
from antiphon_conformance.options.reading import Setup, read_options
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


def read_parameters(arguments: Mapping[str, Any]) -> Setup:
    """What to run and what decides, from the arguments of `check` by their names; `target` is an address.

    Raises TypeError for an argument of a wrong type; OptionError and BaselineError for a wrong value.
    """
    options: dict[str, Any] = {"api_key_env": None, "baseline_update": False}
    options |= {"vendor": "", "note": ""}
    options["webhook_secret"] = _text(arguments["webhook_secret"], "webhook_secret")
    options |= {"target": arguments["target"], "api_key": _text(arguments["api_key"], "api_key")}
    options |= {
        "other_api_key": _text(arguments["other_api_key"], "other_api_key"),
        "other_api_key_env": None,
    }
    options["dialect"] = ",".join(_names(arguments["dialect"], "dialect"))
    options["resource"] = _resources(arguments["resources"] or {})
    model = arguments["model"]
    options["model"] = model if isinstance(model, tuple) else filter(None, (_text(model, "model"),))
    options["no_properties"] = not _flag(arguments["properties"], "properties")
    for option in OPTIONS:
        name = place(option.key, PYTHON)
        if name == "headers":
            options[option.key] = _headers(arguments[name] or {})
        elif option.key not in options and name in arguments:
            options[option.key] = _argument(arguments[name], option)
    return read_options(options, PYTHON)


def read_models(value: Any) -> tuple[str, ...]:
    """The models to judge. Raises TypeError for anything but texts, and OptionError without a model."""
    if not (models := _strings(value, "models")):
        raise OptionError("models", "the name of a model", "none")
    return models


def _text(value: Any, name: str) -> str | None:
    """A secret text; the message does not repeat it."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name}: expected a string, got a value of type {type(value).__name__}")
    return value


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name}: expected True or False, got {value!r}")
    return value


def _names(value: Any, name: str) -> tuple[str, ...]:
    """One name, or several."""
    return (value,) if isinstance(value, str) else _strings(value, name)


def _resources(resources: Any) -> tuple[str, ...]:
    if not isinstance(resources, Mapping):
        raise TypeError(f"resources: expected a mapping of names to ids, got {resources!r}")
    for name, value in resources.items():
        if not isinstance(value, str) or not value:
            raise TypeError(f"resources[{name!r}]: expected the id of a resource, got {value!r}")
    return tuple(f"{name}={value}" for name, value in resources.items())


def _headers(headers: Any) -> tuple[str, ...]:
    """Headers by their names as the lines of the option. Raises TypeError for anything but texts."""
    if not isinstance(headers, Mapping):
        raise TypeError(f"headers: expected a mapping of names to values, got {type(headers).__name__}")
    if not all(isinstance(text, str) for pair in headers.items() for text in pair):
        raise TypeError("headers: expected strings as names and values")
    return tuple(f"{name}: {value}" for name, value in headers.items())


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
