"""Validators for the request bodies, answers, events and items of one document.

`jsonschema-rs` decides; for an instance that it rejects, its errors are reduced to faults that people can act
on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import quote

import jsonschema_rs
import orjson

from antiphon_spec.document import Document
from antiphon_spec.json_schema.error import read_errors, readable, too_long
from antiphon_spec.json_schema.explain import faults
from antiphon_spec.json_schema.fault import Fault
from antiphon_spec.json_schema.newer import may_be_newer_type
from antiphon_spec.json_schema.unknown import close, unknown_members
from antiphon_spec.json_schema.window import Window, window
from antiphon_spec.loading.construction import dataclass

__all__ = ["Fault", "LocalValidator", "Schemas", "Validator"]

NEGATIONS = (b"not", b"oneOf", b"if", b"contains", b"dependentSchemas")
"""The keywords with which an instance may be wrong because it is valid against an inner schema."""
_BASE = "urn:antiphon:document"


class Validator:
    """Validates instances against one schema of a document, and explains what is wrong."""

    def __init__(self, name: str, pointer: str, schemas: Schemas) -> None:
        self.name = name
        self.pointer = pointer
        self._schemas = schemas

    def is_valid(self, instance: Any) -> bool:
        """Whether `instance` is valid."""
        try:
            return self._compiled.is_valid(instance)
        except ValueError:
            return self._compiled.is_valid(readable(instance))

    def faults(self, instance: Any) -> list[Fault]:
        """What is wrong with `instance`; empty when it is valid."""
        if self.is_valid(instance):
            return []
        schemas = self._schemas
        names = schemas.member_names
        found = _faults(self._compiled, self.is_valid, instance, schemas.document.root, names)
        return [
            replace(fault, newer=True) if may_be_newer_type(fault, schemas.types, schemas.grows) else fault
            for fault in found
        ]

    @cached_property
    def _compiled(self) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(
            {"$ref": _BASE + quote(self.pointer, safe="#/~:")}, registry=self._schemas.compiled_registry
        )


class LocalValidator:
    """Validates instances against one JSON Schema, such as a client's, and explains what is wrong.

    Raises ValueError when the schema is malformed or refers to another document: nothing is fetched.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._compiled = jsonschema_rs.Draft202012Validator(dict(schema), retriever=_fetch_nothing)

    def faults(self, instance: Any) -> list[Fault]:
        """What is wrong with `instance`; empty when it is valid."""
        content = readable(instance)
        if self._compiled.is_valid(content):
            return []
        names = _member_names(self._schema)
        return _faults(self._compiled, self._compiled.is_valid, content, self._schema, names)

    def messages(self, instance: Any) -> list[str]:
        """What is wrong with `instance`, in the words of the library: also for schemas of a strange form."""
        return [_describe(error) for error in self._compiled.iter_errors(readable(instance))]


def _faults(
    compiled: jsonschema_rs.Draft202012Validator,
    is_valid: Callable[[Any], bool],
    instance: Any,
    schemas: Mapping[str, Any],
    names: Collection[str],
) -> list[Fault]:
    """What is wrong with an invalid instance; of a large one, with the parts around the first faults."""
    for part in (window(instance, is_valid, names), Window(instance)):
        view = replace(part, instance=readable(part.instance))
        if view.too_long is not None:
            path, limit = view.too_long
            return faults([too_long(view, path, limit)])
        if errors := read_errors(compiled.iter_errors(view.instance), view, schemas):
            return faults(errors)
    return []


def _member_names(schema: Any) -> frozenset[str]:
    """The names of all members that a schema describes, at any depth."""
    names: set[str] = set()
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            properties = value.get("properties")
            names |= set(properties) if isinstance(properties, Mapping) else set()
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return frozenset(names)


def _describe(error: jsonschema_rs.ValidationError) -> str:
    where = "/".join(map(str, error.instance_path))
    return f"{where}: {error.message}" if where else error.message


def _fetch_nothing(uri: str) -> NoReturn:
    """References to the network are never followed."""
    raise LookupError(f"{uri} is another document")


@dataclass(frozen=True)
class Schemas:
    """The validators of a document, made on first use."""

    document: Document
    grows: bool = False
    """Whether the vendor adds to the types of objects; then a type that nobody knows is newer."""
    _validators: dict[str, Validator] = field(default_factory=dict, repr=False, compare=False)

    def at(self, pointer: str) -> Validator:
        """The validator of the schema at `pointer`. Raises LookupError when there is none."""
        validator = self._validators.get(pointer)
        if validator is None:
            self.document.pointer(pointer)
            validator = self._validators[pointer] = Validator(pointer.rpartition("/")[2], pointer, self)
        return validator

    def component(self, schema_name: str) -> Validator:
        """The validator of a component schema. Raises LookupError when there is none of this name."""
        return self.at(f"#/components/schemas/{schema_name}")

    def request(self, operation_id: str) -> Validator | None:
        """The validator of an operation's JSON request body; None when the operation has no such body."""
        pointer = self.document.operations[operation_id].request_schema
        return None if pointer is None else self.at(pointer)

    def accepts(self, operation_id: str, body: Any) -> bool:
        """Whether a request body is valid; True for an operation without such a body.

        Most bodies have no unknown members: their validator decides, and no other has to be made.
        """
        if self.names_all(operation_id, body):
            return True
        pointer = self.document.operations[operation_id].request_schema
        return pointer is None or self.at(pointer).is_valid(body)

    def names_all(self, operation_id: str, body: Any) -> bool:
        """Whether a request body is valid and has only members that the document names; False may also mean
        that it takes more than one validator to tell."""
        pointer = self.document.operations[operation_id].request_schema
        return pointer is not None and self._only_narrows and self._strict.at(pointer).is_valid(body)

    @cached_property
    def _only_narrows(self) -> bool:
        """Whether all that a closed schema accepts is accepted without closing, too: nothing is negated."""
        text = orjson.dumps(self.document.root, option=orjson.OPT_NON_STR_KEYS)
        return not any(b'"%b":' % keyword in text for keyword in NEGATIONS)

    def body(self, operation_id: str, status: str | int = "200") -> Validator | None:
        """The validator of an operation's JSON answer with `status`; None when the document has no schema."""
        pointer = self.document.operations[operation_id].answer_schema(str(status))
        return None if pointer is None else self.at(pointer)

    def event(self, event_type: str) -> Validator | None:
        """The validator of a stream event of this type; None when the document has no such type."""
        pointer = self._events.get(event_type)
        return None if pointer is None else self.at(pointer)

    def item(self, item_type: str) -> Validator | None:
        """The validator of an output item of this type; None when the document has no such type."""
        pointer = self._items.get(item_type)
        return None if pointer is None else self.at(pointer)

    @cached_property
    def types(self) -> frozenset[str]:
        """Every word that the document has as the `type` of an object."""
        return frozenset(_types(self.document.root.get("components", {})))

    @cached_property
    def event_types(self) -> frozenset[str]:
        """Every type of event in a stream."""
        return frozenset(self._events)

    @cached_property
    def item_types(self) -> frozenset[str]:
        """Every type of output item of a response."""
        return frozenset(self._items)

    def unknown_members(self, operation_id: str, body: Any) -> list[Fault]:
        """The members of a request body, at any depth, that the document does not name.

        Free-form objects (metadata, the JSON Schema of a function) have no unknown members.
        """
        pointer = self.document.operations[operation_id].request_schema
        if pointer is None or self._strict.at(pointer).is_valid(body):
            return []
        return unknown_members(self.document, pointer, body)

    @cached_property
    def _strict(self) -> Schemas:
        """Validators of request bodies that reject members which the schemas do not name."""
        components = self.document.root["components"]
        names = self.document.reached(self.document.request_schemas)
        schemas = {name: schema for name, schema in self.document.schemas.items() if name in names}
        closed = close({"components": {**components, "schemas": schemas}})
        return Schemas(Document({**self.document.root, **closed}))

    @cached_property
    def member_names(self) -> frozenset[str]:
        """The names of all members that the document describes."""
        return _member_names(self.document.root)

    @cached_property
    def compiled_registry(self) -> jsonschema_rs.Registry:
        """The document as `jsonschema-rs` resolves references into it."""
        return jsonschema_rs.Registry([(_BASE, dict(self.document.root))])

    @cached_property
    def _events(self) -> Mapping[str, str]:
        pointers = (operation.stream_schema for operation in self.document.operations.values())
        return self._by_type({pointer for pointer in pointers if pointer is not None})

    @cached_property
    def _items(self) -> Mapping[str, str]:
        outputs = (f"{pointer}/properties/output/items" for pointer in self._responses())
        return self._by_type(set(outputs))

    def _responses(self) -> list[str]:
        """The pointers of the response objects of the operations that stream."""
        streaming = [operation for operation in self.document.operations.values() if operation.stream_schema]
        return [pointer for operation in streaming if (pointer := operation.answer_schema("200"))]

    def _by_type(self, unions: set[str]) -> Mapping[str, str]:
        """The pointers of the members of these unions, by the values of their `type`."""
        return {
            kind: pointer
            for union in sorted(unions)
            for pointer in self.document.members(union)
            for kind in _constants(self.document.resolve(self.document.pointer(pointer)))
        }


def _types(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        tag = properties.get("type") if isinstance(properties, Mapping) else None
        if isinstance(tag, Mapping):
            yield from (word for word in _constants(schema) if isinstance(word, str))
        for part in schema.values():
            yield from _types(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _types(part)


def _constants(schema: Mapping[str, Any]) -> list[str]:
    tag = schema.get("properties", {}).get("type", {})
    return [tag["const"]] if "const" in tag else list(tag.get("enum", ()))
