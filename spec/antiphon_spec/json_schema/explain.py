"""Reduces the errors about an invalid instance to the few faults that people can act on.

A union fails with the errors of all its members. This module first selects the member that the instance
resembles: by the kind of value (string, array, object), then by its `type`, then by its `role`. It reports
only the errors of that member. When no member fits, the one fault names the tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from antiphon_spec.json_schema.error import SchemaError
from antiphon_spec.json_schema.fault import (
    ABSENT,
    REQUIRED,
    Fault,
    one_of,
    pointer_of,
    show,
)
from antiphon_spec.json_schema.newer import FINISH_REASONS
from antiphon_spec.json_schema.window import Path
from antiphon_spec.loading.construction import dataclass

TAGS = ("type", "role")
OPEN = "x-antiphon-open"
"""The keyword with which a schema says whether the vendor may add to its `enum`."""
CLOSED = ("type", "object", "role", "status")
"""Members whose lists are closed unless their schema says that they are open."""
_KINDS = {
    "null": "null",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
}
_PHRASES: Mapping[str, Callable[[Any], str]] = {
    "type": lambda value: _kinds([value] if isinstance(value, str) else value),
    "enum": one_of,
    "const": show,
    "minimum": lambda value: f"at least {value}",
    "maximum": lambda value: f"at most {value}",
    "exclusiveMinimum": lambda value: f"more than {value}",
    "exclusiveMaximum": lambda value: f"less than {value}",
    "minLength": lambda value: f"at least {_count(value, 'character')}",
    "maxLength": lambda value: f"at most {_count(value, 'character')}",
    "pattern": lambda value: f"a string that matches {value}",
    "minItems": lambda value: f"at least {_count(value, 'element')}",
    "maxItems": lambda value: f"at most {_count(value, 'element')}",
    "minProperties": lambda value: f"at least {_count(value, 'member')}",
    "maxProperties": lambda value: f"at most {_count(value, 'member')}",
    "uniqueItems": lambda _: "no element twice",
    "oneOf": lambda _: "exactly one of the alternatives",
}
_WORDS = ("enum", "const")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
"""What vendors add to lists; an empty text or a sentence is nobody's addition."""
_SIZES = {
    "minLength": "character",
    "maxLength": "character",
    "minItems": "element",
    "maxItems": "element",
    "minProperties": "member",
    "maxProperties": "member",
}


@dataclass(frozen=True, slots=True)
class _Member:
    """One member of a union, and the errors of the instance against it."""

    errors: Sequence[SchemaError]
    union: Path
    """Where the union's instance stands."""

    def of(self, keywords: tuple[str, ...], path: Path = ()) -> list[SchemaError]:
        """Its errors at `path` below the union that have one of these keywords."""
        return [
            error for error in self.errors if error.path == self.union + path and error.keyword in keywords
        ]

    def has_tag(self, tag: str) -> bool:
        """Whether its schema has the property `tag`, as far as its errors show."""
        schemas = [error.schema for error in self.of(("required",))]
        return not schemas or any(tag in schema.get("properties", {}) for schema in schemas)


def faults(errors: Iterable[SchemaError]) -> list[Fault]:
    """The faults behind these errors, in order and without repetition.

    A value of the wrong kind gets no second fault for its enum, and an object of the wrong `type` none for
    the members that it lacks.
    """
    candidates = list(dict.fromkeys(fault for error in _distinct(errors) for fault in _explain(error)))
    wrong_kind = {fault.pointer for fault in candidates if fault.keyword == "type"}
    rest = [fault for fault in candidates if fault.keyword not in _WORDS or fault.pointer not in wrong_kind]
    wrong_type = tuple(fault.pointer.removesuffix("type") for fault in rest if _is_wrong_type(fault))
    return [fault for fault in rest if _is_wrong_type(fault) or not fault.pointer.startswith(wrong_type)]


def _distinct(errors: Iterable[SchemaError]) -> Iterator[SchemaError]:
    """The errors, of `required` one for each list at a place: a validator repeats it for each absent name."""
    lists: set[tuple[Path, int]] = set()
    for error in errors:
        if error.keyword == REQUIRED:
            if (error.path, id(error.value)) in lists:
                continue
            lists.add((error.path, id(error.value)))
        yield error


def _is_wrong_type(fault: Fault) -> bool:
    """Whether the fault is about an object's `type`; then further faults in the object mean nothing."""
    return fault.keyword in _WORDS and fault.pointer.endswith("/type")


def _explain(error: SchemaError) -> Iterator[Fault]:
    if error.members:
        yield from _union(error)
    elif error.keyword == "required":
        for name in error.value:
            if name not in error.instance:
                yield _missing(error, name)
    elif error.keyword == "additionalProperties" and error.value is False:
        instance = error.instance
        for name in instance.keys() - error.schema.get("properties", {}).keys():
            yield Fault(_pointer(error, name), "additionalProperties", "no such member", show(instance[name]))
    else:
        yield _plain(error)


def _plain(error: SchemaError) -> Fault:
    keyword, instance = error.keyword, error.instance
    phrase = _PHRASES.get(keyword, lambda value: f"{keyword} {show(value)}")
    actual = _count(len(instance), _SIZES[keyword]) if keyword in _SIZES else show(instance)
    if error.is_about_a_name:
        return Fault(
            _pointer(error), "propertyNames", f"names of {phrase(error.value)}", f"a name of {actual}"
        )
    return Fault(_pointer(error), keyword, phrase(error.value), actual, _may_be_newer(error))


def _may_be_newer(error: SchemaError) -> bool:
    """Whether the value is a word that an open list lacks.

    A list is open unless its word decides how the rest is read; a document may say so of either kind.
    """
    instance = error.instance
    if error.keyword != "enum" or not isinstance(instance, str) or not _WORD.fullmatch(instance):
        return False
    name = next((step for step in reversed(error.path) if isinstance(step, str)), "")
    if name == "reason" and instance in FINISH_REASONS:
        return False
    return bool(error.schema.get(OPEN, name not in CLOSED))


def _missing(error: SchemaError, name: str) -> Fault:
    return Fault(_pointer(error, name), REQUIRED, "a value (required)", ABSENT)


def _union(error: SchemaError) -> Iterator[Fault]:
    members, instance = _members(error), error.instance
    candidates = [member for member in members if not member.of(("type", "const", "enum"))]
    if not candidates:
        yield _no_kind(error, members)
        return
    for tag in TAGS:
        present = isinstance(instance, dict) and tag in instance
        candidates = [member for member in candidates if present and member.has_tag(tag)] or candidates
        matches = [member for member in candidates if not member.of(("const", "enum", "type"), (tag,))]
        if not matches:
            yield _no_tag(error, candidates, tag)
            return
        candidates = matches
    if _lacks_tag(instance, candidates):
        yield _missing(error, "type")
    else:
        yield from faults(min(candidates, key=lambda member: len(member.errors)).errors)


def _members(error: SchemaError) -> list[_Member]:
    """The union's members; a member that is a union counts as its own members."""
    return [member for errors in error.members if errors for member in _flatten(errors, error.path)]


def _flatten(errors: Sequence[SchemaError], union: Path) -> list[_Member]:
    first = errors[0]
    is_union = len(errors) == 1 and first.path == union and bool(first.members)
    return _members(first) if is_union else [_Member(errors, union)]


def _no_kind(error: SchemaError, members: Sequence[_Member]) -> Fault:
    """The fault of an instance whose kind no member allows, or of a string that is none of the words."""
    instance = error.instance
    words = _values(
        inner for member in members if not member.of(("type",)) for inner in member.of(("const", "enum"))
    )
    if words and isinstance(instance, str):
        lists = [inner for member in members for inner in member.of(("enum",))]
        return Fault(_pointer(error), "enum", one_of(words), show(instance), any(map(_may_be_newer, lists)))
    kinds = [kind for member in members for inner in member.of(("type",)) for kind in _list(inner.value)]
    expected = " or ".join(filter(None, (_kinds(kinds), one_of(words) if words else "")))
    return Fault(_pointer(error), "type", expected, show(instance))


def _no_tag(error: SchemaError, members: Sequence[_Member], tag: str) -> Fault:
    values = _values(inner for member in members for inner in member.of(("const", "enum"), (tag,)))
    texts = sorted({value for value in values if isinstance(value, str)})
    return Fault(_pointer(error, tag), "enum", one_of(texts), show(error.instance[tag]))


def _lacks_tag(instance: Any, members: Sequence[_Member]) -> bool:
    """Whether the instance has neither `type` nor `role` although some member requires `type`."""
    if not isinstance(instance, dict) or any(tag in instance for tag in TAGS):
        return False
    lacking = [[name for error in member.of(("required",)) for name in error.value] for member in members]
    return all(lacking) and any("type" in names for names in lacking)


def _values(errors: Iterable[SchemaError]) -> list[Any]:
    return [value for error in errors for value in _list(error.value)]


def _pointer(error: SchemaError, *more: str) -> str:
    return pointer_of((*error.path, *more))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _kinds(names: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(_KINDS[name] for name in names))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
