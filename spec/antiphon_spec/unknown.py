"""The members of an instance that its schema has no word for.

JSON Schema allows what it does not name, and the published documents hardly ever forbid it; servers do. So
the members that a schema names are gathered here from every branch of a union that the instance may follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_spec.document import Document
from antiphon_spec.fault import Fault, pointer_of, show

_TAGS = ("type", "role")
Path = tuple[str | int, ...]


def unknown_members(document: Document, pointer: str, instance: Any) -> list[Fault]:
    """Each member of `instance`, however deep, that the schema at `pointer` does not know."""
    found = _walk(document, [document.pointer(pointer)], instance, ())
    return [Fault(pointer_of(path), "unknown", "no such member", show(value)) for path, value in found]


def closed(value: Any, **free: Any) -> Any:
    """Schemas with room for the members that they name and for no others.

    `free` is added to the schemas of objects that name none.
    """
    if isinstance(value, list):
        return [closed(inner, **free) for inner in value]
    if not isinstance(value, dict):
        return value
    inside = {key: closed(inner, **free) for key, inner in value.items()}
    if "type" in value and isinstance(value.get("properties"), dict) and value["properties"]:
        return {"additionalProperties": False, **inside}
    return {**free, **inside} if value.get("type") == "object" else inside


def _walk(
    document: Document, schemas: Sequence[Any], instance: Any, path: Path
) -> Iterator[tuple[Path, Any]]:
    plain = [found for schema in schemas for found in document.branches(schema)]
    if isinstance(instance, list):
        items = [schema["items"] for schema in plain if "items" in schema]
        for index, element in enumerate(instance if items else ()):
            yield from _walk(document, items, element, (*path, index))
    elif isinstance(instance, dict):
        yield from _members(
            document, [schema for schema in plain if _can_be(schema, instance)], instance, path
        )


def _members(
    document: Document, meant: Sequence[Mapping[str, Any]], instance: dict[str, Any], path: Path
) -> Iterator[tuple[Path, Any]]:
    if not meant or any(_is_open(schema) for schema in meant):
        return
    for name, value in instance.items():
        known = [schema["properties"][name] for schema in meant if name in schema["properties"]]
        if not known:
            yield (*path, name), value
        elif isinstance(value, dict | list):
            yield from _walk(document, known, value, (*path, name))


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Whether any member may stand in such an object: nothing is named, or others are openly allowed."""
    return not schema.get("properties") or bool(schema.get("additionalProperties", False))


def _can_be(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> bool:
    """Whether an object can be meant for this schema, judged by its tags."""
    kinds = schema.get("type", "object")
    if kinds != "object" and "object" not in kinds:
        return False
    for tag in _TAGS:
        allowed = schema.get("properties", {}).get(tag, {})
        values = [allowed["const"]] if "const" in allowed else allowed.get("enum")
        if values is None:
            continue
        if tag in instance and instance[tag] not in values:
            return False
        if tag not in instance and tag in schema.get("required", ()):
            return False
    return True
