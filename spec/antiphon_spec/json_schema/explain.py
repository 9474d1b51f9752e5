"""Reduces the errors of `jsonschema` about an invalid instance to the few faults that people can act on.

A union fails with the errors of all its members. This module first selects the member that the instance
resembles: by the kind of value (string, array, object), then by its `type`, then by its `role`. It reports
only the errors of that member. When no member fits, the one fault names the tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from antiphon_spec.json_schema.fault import (
    ABSENT,
    REQUIRED,
    Fault,
    one_of,
    pointer_of,
    show,
)

if TYPE_CHECKING:
    from jsonschema import ValidationError

TAGS = ("type", "role")
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

    errors: Sequence[ValidationError]

    def of(self, keywords: tuple[str, ...], path: tuple[str, ...] = ()) -> list[ValidationError]:
        """Its errors at `path` below the union that have one of these keywords."""
        return [
            error
            for error in self.errors
            if tuple(error.relative_path) == path and error.validator in keywords
        ]

    def has_tag(self, tag: str) -> bool:
        """Whether its schema has the property `tag`, as far as its errors show."""
        schemas = [_value(error, "schema") for error in self.of(("required",))]
        return not schemas or any(tag in schema.get("properties", {}) for schema in schemas)


def faults(errors: Iterable[ValidationError]) -> list[Fault]:
    """The faults behind these errors, in order and without repetition.

    A value of the wrong kind gets no second fault for its enum, and an object of the wrong `type` none for
    the members that it lacks.
    """
    candidates = list(dict.fromkeys(fault for error in errors for fault in _explain(error)))
    wrong_kind = {fault.pointer for fault in candidates if fault.keyword == "type"}
    rest = [fault for fault in candidates if fault.keyword not in _WORDS or fault.pointer not in wrong_kind]
    wrong_type = tuple(fault.pointer.removesuffix("type") for fault in rest if _is_wrong_type(fault))
    return [fault for fault in rest if _is_wrong_type(fault) or not fault.pointer.startswith(wrong_type)]


def _is_wrong_type(fault: Fault) -> bool:
    """Whether the fault is about an object's `type`; then further faults in the object mean nothing."""
    return fault.keyword in _WORDS and fault.pointer.endswith("/type")


def _explain(error: ValidationError) -> Iterator[Fault]:
    if error.validator in ("anyOf", "oneOf") and error.context:
        yield from _union(error)
    elif error.validator == "required":
        for name in _value(error):
            if name not in _value(error, "instance"):
                yield _missing(error, name)
    elif error.validator == "additionalProperties" and _value(error) is False:
        instance = _value(error, "instance")
        for name in instance.keys() - _value(error, "schema").get("properties", {}).keys():
            yield Fault(_pointer(error, name), "additionalProperties", "no such member", show(instance[name]))
    else:
        yield _plain(error)


def _plain(error: ValidationError) -> Fault:
    keyword, instance = str(error.validator), _value(error, "instance")
    phrase = _PHRASES.get(keyword, lambda value: f"{keyword} {show(value)}")
    actual = _count(len(instance), _SIZES[keyword]) if keyword in _SIZES else show(instance)
    if "propertyNames" in list(error.absolute_schema_path)[-2:-1]:
        return Fault(
            _pointer(error), "propertyNames", f"names of {phrase(_value(error))}", f"a name of {actual}"
        )
    return Fault(_pointer(error), keyword, phrase(_value(error)), actual)


def _missing(error: ValidationError, name: str) -> Fault:
    return Fault(_pointer(error, name), REQUIRED, "a value (required)", ABSENT)


def _union(error: ValidationError) -> Iterator[Fault]:
    members, instance = _members(error), _value(error, "instance")
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


def _members(error: ValidationError) -> list[_Member]:
    """The union's members; a member that is a union counts as its own members."""
    by_member: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        by_member.setdefault(inner.relative_schema_path[0], []).append(inner)
    return [member for errors in by_member.values() for member in _flatten(errors)]


def _flatten(errors: list[ValidationError]) -> list[_Member]:
    first = errors[0]
    is_union = len(errors) == 1 and not first.relative_path and first.validator in ("anyOf", "oneOf")
    return _members(first) if is_union and first.context else [_Member(errors)]


def _no_kind(error: ValidationError, members: Sequence[_Member]) -> Fault:
    """The fault of an instance whose kind no member allows, or of a string that is none of the words."""
    instance = _value(error, "instance")
    words = _values(
        inner for member in members if not member.of(("type",)) for inner in member.of(("const", "enum"))
    )
    if words and isinstance(instance, str):
        return Fault(_pointer(error), "enum", one_of(words), show(instance))
    kinds = [kind for member in members for inner in member.of(("type",)) for kind in _list(_value(inner))]
    expected = " or ".join(filter(None, (_kinds(kinds), one_of(words) if words else "")))
    return Fault(_pointer(error), "type", expected, show(instance))


def _no_tag(error: ValidationError, members: Sequence[_Member], tag: str) -> Fault:
    values = _values(inner for member in members for inner in member.of(("const", "enum"), (tag,)))
    texts = sorted({value for value in values if isinstance(value, str)})
    return Fault(_pointer(error, tag), "enum", one_of(texts), show(_value(error, "instance")[tag]))


def _lacks_tag(instance: Any, members: Sequence[_Member]) -> bool:
    """Whether the instance has neither `type` nor `role` although some member requires `type`."""
    if not isinstance(instance, dict) or any(tag in instance for tag in TAGS):
        return False
    lacking = [[name for error in member.of(("required",)) for name in _value(error)] for member in members]
    return all(lacking) and any("type" in names for names in lacking)


def _value(error: ValidationError, attribute: str = "validator_value") -> Any:
    """One attribute of an error as JSON; the library declares it as possibly unset."""
    return getattr(error, attribute)


def _values(errors: Iterable[ValidationError]) -> list[Any]:
    return [value for error in errors for value in _list(_value(error))]


def _pointer(error: ValidationError, *more: str) -> str:
    return pointer_of((*error.absolute_path, *more))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _kinds(names: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(_KINDS[name] for name in names))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
