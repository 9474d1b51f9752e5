"""A request for every member that the types of the `openai` package know, each as small as it can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from antiphon_spec.json_schema.shape import Form, Shape, joined, of_type

SCALARS: Mapping[str, Any] = {"text": "text", "number": 1, "boolean": True, "null": None, "map": {}}
VALUES: Mapping[str, Any] = {
    "max_output_tokens": 16,
    "compact_threshold": 1000,
    "image_url": "https://example.com/cat.png",
    "file_url": "https://example.com/cat.pdf",
    "server_url": "https://example.com/mcp",
    "url": "https://example.com/",
    "tunnel_id": f"tunnel_{'a' * 32}",
    "file_data": "data:text/plain;base64,YQ==",
    "model": "gpt-5",
    "schema": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
}
"""Values for members that take only some texts or numbers, which no type says."""


@dataclass(frozen=True)
class Generated:
    """One value, and the member, word or form that it is there for."""

    place: str
    value: Any


def generated(
    hint: Any, place: str, *, seen: frozenset[Any] = frozenset(), name: str = ""
) -> Iterator[Generated]:
    """The least value for each thing that the type allows, however deep."""
    shape = joined(of_type, hint if isinstance(hint, tuple) else (hint,))
    for kind in sorted(shape.kinds & SCALARS.keys()):
        yield Generated(f"{place}:{kind}", None if kind == "null" else VALUES.get(name, SCALARS[kind]))
    for word in sorted(shape.words):
        yield Generated(f"{place}={word}", word)
    if "array" in shape.kinds:
        for inner in generated(shape.elements, f"{place}/0", seen=seen):
            yield Generated(inner.place, [inner.value])
    for form in shape.forms:
        if form.source not in seen:
            yield from _members(form, place, seen | {form.source})


def _members(form: Form, place: str, seen: frozenset[Any]) -> Iterator[Generated]:
    least = _least_object(form)
    here = f"{place}[{min(form.tags)}]" if form.tags else place
    yield Generated(here, least)
    for name, member in form.members.items():
        for inner in generated(member.sources, f"{here}/{name}", seen=seen, name=name):
            yield Generated(inner.place, {**least, name: inner.value})


def _least_object(form: Form) -> dict[str, Any]:
    members = form.members.items()
    return {
        name: _least(joined(of_type, member.sources), name) for name, member in members if member.required
    }


def _least(shape: Shape, name: str) -> Any:
    if name in VALUES:
        return VALUES[name]
    if shape.words:
        return min(shape.words)
    if shape.forms:
        return _least_object(shape.forms[0])
    if "array" in shape.kinds:
        inner = joined(of_type, shape.elements)
        return [_least(inner, "")] if inner != Shape() else []
    kinds = sorted(shape.kinds & SCALARS.keys(), key=list(SCALARS).index)
    return SCALARS[kinds[0]] if kinds else {}
