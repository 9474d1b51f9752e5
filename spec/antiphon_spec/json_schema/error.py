"""The errors of `jsonschema-rs`, with the keyword, its value, the schema and the instance of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema_rs import ValidationError, ValidationErrorKind

from antiphon_spec.json_schema.window import Path, Window
from antiphon_spec.loading.construction import dataclass

SMALLEST = ("minItems", "minProperties", "contains", "minContains")
"""The keywords that a part of an instance may break while the whole one does not."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One keyword that an instance breaks."""

    keyword: str
    value: Any
    """The value of the keyword."""
    schema: Mapping[str, Any]
    """The schema that has the keyword."""
    instance: Any
    path: Path
    """Where the instance stands in the document that was validated."""
    members: tuple[tuple[SchemaError, ...], ...] = ()
    """For a union, the errors against each of its members."""
    is_about_a_name: bool = False
    """Whether the instance is the name of a member of the object at `path`."""


def read_errors(errors: Iterable[ValidationError], view: Window, schemas: Any) -> list[SchemaError]:
    """The errors of a validator about the window on an instance, sorted by their paths in the whole one.
    `schemas` is the document that holds the schemas."""
    reader = _Reader(view, schemas)
    found = (reader.read(error) for error in errors if not reader.is_of_the_window(error))
    return sorted(found, key=_place)


def too_long(view: Window, path: Path, limit: int) -> SchemaError:
    """The error about a text with more characters than it may have: the validator would copy it into each
    error about the objects around it."""
    schema = {"maxLength": limit}
    return SchemaError("maxLength", limit, schema, view.value(path), view.path(path))


def readable(instance: Any) -> Any:
    """The instance as `jsonschema-rs` can read it: lone surrogates become U+FFFD, and every key a string."""
    if isinstance(instance, dict):
        return {readable(str(key)): readable(value) for key, value in instance.items()}
    if isinstance(instance, list):
        return [readable(value) for value in instance]
    return _LONE_SURROGATE.sub("\ufffd", instance) if isinstance(instance, str) else instance


def _place(error: SchemaError) -> tuple[list[str], int]:
    """By path; keywords of one schema in the order of the schema."""
    return list(map(str, error.path)), list(error.schema).index(error.keyword)


@dataclass(frozen=True, slots=True)
class _Reader:
    view: Window
    schemas: Any

    def is_of_the_window(self, error: ValidationError) -> bool:
        """Whether only the window lacks what the error asks for, not the whole instance."""
        path = _true_path(self.view.instance, error)
        *_, keyword = error.schema_path
        if path not in self.view.wholes or keyword not in SMALLEST:
            return False
        least = _at(self.schemas, _keys(self.schemas, error.schema_path))
        return not isinstance(least, int) or len(self.view.wholes[path]) >= least

    def read(self, error: ValidationError) -> SchemaError:
        kind: Any = error.kind  # each kind has attributes of its own
        *parents, keyword = _keys(self.schemas, error.schema_path)
        path = _true_path(self.view.instance, error)
        schema = _at(self.schemas, parents)
        is_union = isinstance(kind, ValidationErrorKind.AnyOf | ValidationErrorKind.OneOfNotValid)
        about_name = isinstance(kind, ValidationErrorKind.PropertyNames)
        return SchemaError(
            keyword=str(keyword),
            value=schema[keyword],
            schema=schema,
            instance=kind.error.instance if about_name else self.view.value(path),
            path=self.view.path(path),
            members=tuple(tuple(map(self.read, member)) for member in kind.context) if is_union else (),
            is_about_a_name=about_name,
        )


def _true_path(instance: Any, error: ValidationError) -> Path:
    """The path that the library means: it gives a member whose name has only digits as an integer, and leaves
    out one whose name is empty."""
    path = _keys(instance, error.instance_path)
    value = _at(instance, path)
    while isinstance(value, dict) and "" in value and value != error.instance:
        path, value = [*path, ""], value[""]
    return tuple(path)


def _keys(value: Any, steps: Iterable[str | int]) -> list[str | int]:
    """The keys behind the steps of a path of the library; fewer where it leads nowhere."""
    keys: list[str | int] = []
    for step in steps:
        if type(step) is str and isinstance(value, dict) and step in value:  # as nearly always
            keys.append(step)
            value = value[step]
            continue
        while (key := _key(value, step)) is None and isinstance(value, Mapping) and "" in value:
            keys.append("")
            value = value[""]
        if key is None:
            break
        keys.append(key)
        value = value[key]
    return keys


def _key(value: Any, step: str | int) -> str | int | None:
    if isinstance(value, list):
        return step if isinstance(step, int) and step < len(value) else None
    if not isinstance(value, Mapping):
        return None
    if str(step) in value:
        return str(step)
    names = (name for name in value if name.isascii() and name.isdecimal() and int(name) == step)
    return next(names, None)


def _at(value: Any, path: Iterable[str | int]) -> Any:
    for key in path:
        value = value[key]
    return value
