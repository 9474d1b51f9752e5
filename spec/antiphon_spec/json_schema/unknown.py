"""The members of an instance that its schema does not name.

JSON Schema allows members that it does not name, and the published documents hardly ever forbid them, but
servers do. This module collects the names from every branch of a union that the instance may match.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_spec.document import Document
from antiphon_spec.json_schema.fault import Fault, pointer_of, show

_TAGS = ("type", "role")
Path = tuple[str | int, ...]


def unknown_members(document: Document, pointer: str, instance: Any) -> list[Fault]:
    """Each member of `instance`, at any depth, that the schema at `pointer` does not name."""
    members = _walk(document, [document.pointer(pointer)], instance, ())
    return [Fault(pointer_of(path), "unknown", "no such member", show(value)) for path, value in members]


def close(value: Any, **free: Any) -> Any:
    """Copies of schemas that allow only the members that they name.

    `free` holds keywords to add to the schemas of objects that name no members.
    """
    if isinstance(value, list):
        return [close(inner, **free) for inner in value]
    if not isinstance(value, dict):
        return value
    inside = {key: close(inner, **free) for key, inner in value.items()}
    if "type" in value and isinstance(value.get("properties"), dict) and value["properties"]:
        return {"additionalProperties": False, **inside}
    return {**free, **inside} if value.get("type") == "object" else inside


def _walk(
    document: Document, schemas: Sequence[Any], instance: Any, path: Path
) -> Iterator[tuple[Path, Any]]:
    branches = [branch for schema in schemas for branch in document.branches(schema)]
    if isinstance(instance, list):
        items = [schema["items"] for schema in branches if "items" in schema]
        for index, element in enumerate(instance if items else ()):
            yield from _walk(document, items, element, (*path, index))
    elif isinstance(instance, dict):
        yield from _members(
            document, [schema for schema in branches if _can_be(schema, instance)], instance, path
        )


def _members(
    document: Document, candidates: Sequence[Mapping[str, Any]], instance: dict[str, Any], path: Path
) -> Iterator[tuple[Path, Any]]:
    if not candidates or any(_is_open(schema) for schema in candidates):
        return
    for name, value in instance.items():
        schemas = [schema["properties"][name] for schema in candidates if name in schema["properties"]]
        if not schemas:
            yield (*path, name), value
        elif isinstance(value, dict | list):
            yield from _walk(document, schemas, value, (*path, name))


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Whether the schema allows any member: it names none, or it has `additionalProperties`."""
    return not schema.get("properties") or bool(schema.get("additionalProperties", False))


def _can_be(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> bool:
    """Whether the object's tags fit this schema."""
    kinds = schema.get("type", "object")
    if kinds != "object" and "object" not in kinds:
        return False
    for tag in _TAGS:
        rule = schema.get("properties", {}).get(tag, {})
        values = [rule["const"]] if "const" in rule else rule.get("enum")
        if values is None:
            continue
        if tag in instance and instance[tag] not in values:
            return False
        if tag not in instance and tag in schema.get("required", ()):
            return False
    return True
