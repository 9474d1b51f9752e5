"""What values a schema of a document, or a type of Python, allows: one noun for both, so that they compare.

A shape looks one level deep. Its members and elements stay the schemas or types that they were, because both
kinds of description refer to themselves.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from antiphon_spec.document import Document
from antiphon_spec.loading.construction import dataclass

_TAG = "type"
_NUMBERS = {
    "integer": "number"
}  # a type of Python for a time in seconds is `float`, whatever the schema says
_SCALARS: Mapping[Any, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
}
_NAMES = {"string": "text"}
_ANYTHING = (object, Any)
_UNIONS = (typing.Union, types.UnionType)
_WRAPPERS = (typing.Annotated, typing.Required, typing.NotRequired)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object."""

    sources: tuple[Any, ...]
    """The schemas or types that it may follow."""
    required: bool
    lenient: bool = False
    """Whether the type says nothing about null: an optional field of a model is None when it is absent."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form that an object may have."""

    members: Mapping[str, Member]
    tags: frozenset[str]
    """The values of `type` that name it; none when it has no such member."""
    source: Any


@dataclass(frozen=True)
class Shape:
    """What is allowed at one place."""

    kinds: frozenset[str] = frozenset()
    """`null`, `text` (any), `number`, `boolean`, `array`, `map` (an object of any members), `anything`."""
    words: frozenset[str] = frozenset()
    """Texts that are allowed one by one."""
    forms: tuple[Form, ...] = ()
    elements: tuple[Any, ...] = field(default=(), compare=False)
    """What the elements of an array, or the values of a map, may follow."""

    def joined(self, other: Shape) -> Shape:
        """What either of the two allows."""
        return Shape(
            self.kinds | other.kinds,
            self.words | other.words,
            (*self.forms, *other.forms),
            (*self.elements, *other.elements),
        )


Reader = Callable[[Any], Shape]
"""Reads one schema or type."""


def joined(read: Reader, sources: Iterable[Any]) -> Shape:
    """What any of the sources allows."""
    shape = Shape()
    for source in sources:
        shape = shape.joined(read(source))
    return shape


def merged(forms: Iterable[Form]) -> Mapping[str, Member]:
    """The members of forms that share a tag. Required is what each of them requires."""
    form_list = list(forms)
    names = dict.fromkeys(name for form in form_list for name in form.members)
    return {name: _merged_member([form.members.get(name) for form in form_list]) for name in names}


def _merged_member(members: list[Member | None]) -> Member:
    present = [member for member in members if member is not None]
    return Member(
        tuple(source for member in present for source in member.sources),
        all(member is not None and member.required for member in members),
        any(member.lenient for member in present),
    )


def of_schema(document: Document, schema: Any) -> Shape:
    """What a schema of `document` allows, its references and unions followed."""
    shape = Shape()
    for branch in document.branches(schema):
        shape = shape.joined(_of_branch(document, branch))
    return shape


def _of_branch(document: Document, schema: Mapping[str, Any]) -> Shape:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values is not None:
        return _of_values(values)
    kinds = schema.get("type", "object" if "properties" in schema else "anything")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    if "object" in names and schema.get("properties"):
        form = _form_of_schema(document, schema)
        return Shape(_kinds(name for name in names if name != "object"), forms=(form,))
    elements = [schema[keyword] for keyword in ("items", "additionalProperties") if keyword in schema]
    schemas = tuple(element for element in elements if isinstance(element, dict))
    return Shape(_kinds(names), elements=schemas)


def _kinds(names: Iterable[str]) -> frozenset[str]:
    words = {"object": "map", **_NAMES, **_NUMBERS}
    return frozenset(words.get(name, name) for name in names)


def _of_values(values: Iterable[Any]) -> Shape:
    elements = list(values)
    return Shape(
        frozenset(_SCALARS[type(value)] for value in elements if not isinstance(value, str)),
        frozenset(value for value in elements if isinstance(value, str)),
    )


def _form_of_schema(document: Document, schema: Mapping[str, Any]) -> Form:
    properties = schema["properties"]
    required = schema.get("required", ())
    members = {name: Member((inner,), name in required) for name, inner in properties.items()}
    tag = of_schema(document, properties[_TAG]) if _TAG in properties else Shape()
    return Form(members, tag.words, schema)


def of_type(hint: Any) -> Shape:
    """What a type of Python allows: a TypedDict, a model of pydantic, a union, a list, words, scalars."""
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if hint in _SCALARS:
        return Shape(frozenset({_SCALARS[hint]}))
    if hint in _ANYTHING:
        return Shape(frozenset({"anything"}))
    if origin in _WRAPPERS:
        return of_type(arguments[0])
    if origin in _UNIONS:
        return joined(of_type, arguments)
    if origin is typing.Literal:
        return _of_values(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Shape(frozenset({"map"}), elements=arguments[1:])
    if arguments:  # List[X], Iterable[X], Sequence[X] and what the package makes of them
        return Shape(frozenset({"array"}), elements=arguments)
    return Shape(forms=(_form_of_type(hint),))


def _form_of_type(hint: Any) -> Form:
    members = dict(_fields(hint) if hasattr(hint, "model_fields") else _entries(hint))
    tag = joined(of_type, members[_TAG].sources) if _TAG in members else Shape()
    return Form(members, tag.words, hint)


def _fields(model: Any) -> Iterator[tuple[str, Member]]:
    """The fields of a model of pydantic, by the names that they have on the wire."""
    for name, info in model.model_fields.items():
        is_required = info.is_required()
        yield info.alias or name, Member((info.annotation,), is_required, lenient=not is_required)


def _entries(hint: Any) -> Iterator[tuple[str, Member]]:
    """The entries of a TypedDict."""
    for name, inner in typing.get_type_hints(hint, include_extras=True).items():
        yield name, Member((inner,), _is_required(inner))


def _is_required(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _is_required(typing.get_args(hint)[0])
    return origin is typing.Required
