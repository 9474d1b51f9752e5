"""From what `jsonschema` says about an invalid instance to the few faults that a person can act on.

A union fails with the errors of all its members. Here the member that was meant is found first, by what can
be told apart at a glance: the kind of value (text, array, object), then its `type`, then its `role`. Only the
errors of that member are told; when no member is meant, the one fault names the tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from antiphon_spec.fault import ABSENT, Fault, one_of, pointer_of, show

if TYPE_CHECKING:
    from jsonschema import ValidationError

TAGS = ("type", "role")
OPEN = "x-antiphon-open"
"""What a schema with an `enum` says of itself: whether the vendor may add to it."""
CLOSED = ("type", "object", "role", "status")
"""Members whose lists are closed unless their schema says that they are open."""
_KINDS = {
    "null": "null",
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
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
    "pattern": lambda value: f"text that matches {value}",
    "minItems": lambda value: f"at least {_count(value, 'element')}",
    "maxItems": lambda value: f"at most {_count(value, 'element')}",
    "minProperties": lambda value: f"at least {_count(value, 'member')}",
    "maxProperties": lambda value: f"at most {_count(value, 'member')}",
    "uniqueItems": lambda _: "no element twice",
    "oneOf": lambda _: "exactly one of the forms, not several",
}
_WORDS = ("enum", "const")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
"""What vendors put into lists; an empty text or a sentence is nobody's addition."""
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
    """One member of a union, and why the instance is not it."""

    errors: Sequence[ValidationError]

    def of(self, keywords: tuple[str, ...], path: tuple[str, ...] = ()) -> list[ValidationError]:
        """Its errors at `path` below the union with one of these keywords."""
        return [
            error
            for error in self.errors
            if tuple(error.relative_path) == path and error.validator in keywords
        ]

    def is_known_by(self, tag: str) -> bool:
        """Whether it has a word for `tag`, as far as its own errors tell."""
        schemas = [_value(error, "schema") for error in self.of(("required",))]
        return not schemas or any(tag in schema.get("properties", {}) for schema in schemas)


def faults(errors: Iterable[ValidationError]) -> list[Fault]:
    """The faults behind these errors, in order, without repetition: what is of another kind altogether is not
    blamed for being none of the allowed values as well, nor for lacking the members of what it is not."""
    found = list(dict.fromkeys(fault for error in errors for fault in _explain(error)))
    strange = {fault.pointer for fault in found if fault.keyword == "type"}
    plain = [fault for fault in found if fault.keyword not in _WORDS or fault.pointer not in strange]
    others = tuple(fault.pointer.removesuffix("type") for fault in plain if _is_of_another_type(fault))
    return [fault for fault in plain if _is_of_another_type(fault) or not fault.pointer.startswith(others)]


def _is_of_another_type(fault: Fault) -> bool:
    """Whether an object is of a type that does not belong there: the members that it should have are moot."""
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
    got = _count(len(instance), _SIZES[keyword]) if keyword in _SIZES else show(instance)
    if "propertyNames" in list(error.absolute_schema_path)[-2:-1]:
        return Fault(
            _pointer(error), "propertyNames", f"names of {phrase(_value(error))}", f"a name of {got}"
        )
    return Fault(_pointer(error), keyword, phrase(_value(error)), got, _may_be_newer(error))


def _may_be_newer(error: ValidationError) -> bool:
    """Whether the value is a word that an open list lacks.

    A list is open unless what it says decides how the rest is read; a document may say so of either kind.
    """
    instance = _value(error, "instance")
    if error.validator != "enum" or not isinstance(instance, str) or not _WORD.fullmatch(instance):
        return False
    name = next((step for step in reversed(error.absolute_path) if isinstance(step, str)), "")
    return bool(_value(error, "schema").get(OPEN, name not in CLOSED))


def _missing(error: ValidationError, name: str) -> Fault:
    return Fault(_pointer(error, name), "required", "a value, for it is required", ABSENT)


def _union(error: ValidationError) -> Iterator[Fault]:
    members, instance = _members(error), _value(error, "instance")
    meant = [member for member in members if not member.of(("type", "const", "enum"))]
    if not meant:
        yield _no_kind(error, members)
        return
    for tag in TAGS:
        given = isinstance(instance, dict) and tag in instance
        meant = [member for member in meant if given and member.is_known_by(tag)] or meant
        fitting = [member for member in meant if not member.of(("const", "enum", "type"), (tag,))]
        if not fitting:
            yield _no_tag(error, meant, tag)
            return
        meant = fitting
    if _is_untagged(instance, meant):
        yield _missing(error, "type")
    else:
        yield from faults(min(meant, key=lambda member: len(member.errors)).errors)


def _members(error: ValidationError) -> list[_Member]:
    """The union's members; one that is itself a union counts as its members."""
    grouped: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        grouped.setdefault(inner.relative_schema_path[0], []).append(inner)
    return [member for errors in grouped.values() for member in _unnested(errors)]


def _unnested(errors: list[ValidationError]) -> list[_Member]:
    alone = errors[0]
    nested = len(errors) == 1 and not alone.relative_path and alone.validator in ("anyOf", "oneOf")
    return _members(alone) if nested and alone.context else [_Member(errors)]


def _no_kind(error: ValidationError, members: Sequence[_Member]) -> Fault:
    """Nothing that the union allows is of the instance's kind, or it is a word that is not allowed."""
    instance = _value(error, "instance")
    words = _values(
        inner for member in members if not member.of(("type",)) for inner in member.of(("const", "enum"))
    )
    if words and isinstance(instance, str):
        lists = [inner for member in members for inner in member.of(("enum",))]
        return Fault(_pointer(error), "enum", one_of(words), show(instance), any(map(_may_be_newer, lists)))
    kinds = [kind for member in members for inner in member.of(("type",)) for kind in _list(_value(inner))]
    expected = " or ".join(filter(None, (_kinds(kinds), one_of(words) if words else "")))
    return Fault(_pointer(error), "type", expected, show(instance))


def _no_tag(error: ValidationError, members: Sequence[_Member], tag: str) -> Fault:
    allowed = _values(inner for member in members for inner in member.of(("const", "enum"), (tag,)))
    texts = sorted({value for value in allowed if isinstance(value, str)})
    return Fault(_pointer(error, tag), "enum", one_of(texts), show(_value(error, "instance")[tag]))


def _is_untagged(instance: Any, members: Sequence[_Member]) -> bool:
    """Whether the instance has neither type nor role, where some member would be known by its type."""
    if not isinstance(instance, dict) or any(tag in instance for tag in TAGS):
        return False
    lacking = [[name for error in member.of(("required",)) for name in _value(error)] for member in members]
    return all(lacking) and any("type" in names for names in lacking)


def _value(error: ValidationError, attribute: str = "validator_value") -> Any:
    """One attribute of an error as plain JSON; the library types it as possibly unset."""
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
