"""Merging schemas that hold together: `allOf`, a branch and its parent, keywords beside a `$ref`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from antiphon_mockserver.model.words import words

Schema = Mapping[str, Any]


def merge(first: Schema, second: Any) -> dict[str, Any]:
    """A schema that demands what both demand; what no keyword can express stays in `allOf`."""
    if second is True:
        return dict(first)
    if second is False:
        return {**first, "not": {}}
    result = dict(first)
    for keyword, value in second.items():
        if keyword not in result or result[keyword] == value:
            result[keyword] = value
        elif combine := COMBINE.get(keyword):
            result[keyword] = combine(result[keyword], value)
        elif keyword not in ANNOTATIONS:
            result["allOf"] = [*result.get("allOf", ()), {keyword: value}]
    return result


def _properties(first: Schema, second: Schema) -> dict[str, Any]:
    return {
        **first,
        **{name: both(first[name], value) if name in first else value for name, value in second.items()},
    }


def both(first: Any, second: Any) -> Any:
    """Like merge, for schemas that may be booleans."""
    if isinstance(first, bool) or isinstance(second, bool):
        return False if first is False or second is False else second if first is True else first
    return merge(first, second)


def _types(first: Any, second: Any) -> list[str]:
    left = [first] if isinstance(first, str) else list(first)
    right = [second] if isinstance(second, str) else list(second)
    narrow = ["integer"] if {"integer", "number"} <= {*left, *right} else []
    return [name for name in left if name in right] or narrow


def _common(first: list[Any], second: list[Any]) -> list[Any]:
    return [value for value in first if value in second]


COMBINE: Mapping[str, Callable[[Any, Any], Any]] = {
    "properties": _properties,
    "patternProperties": _properties,
    "$defs": lambda first, second: {**first, **second},
    "definitions": lambda first, second: {**first, **second},
    "required": lambda first, second: [*first, *(name for name in second if name not in first)],
    "type": _types,
    "enum": _common,
    "minimum": max,
    "exclusiveMinimum": max,
    "minLength": max,
    "minItems": max,
    "minProperties": max,
    "minContains": max,
    "maximum": min,
    "exclusiveMaximum": min,
    "maxLength": min,
    "maxItems": min,
    "maxProperties": min,
    "items": both,
    "additionalProperties": both,
    "propertyNames": both,
    "uniqueItems": lambda first, second: first or second,
    "allOf": lambda first, second: [*first, *second],
}

ANNOTATIONS = frozenset(
    words(
        "title description default examples example deprecated readOnly writeOnly $comment $id",
        "$schema $anchor",
    )
)
