"""Validators for request bodies, answers, events and items of one document.

`jsonschema-rs` decides, `jsonschema` explains: the compiled validator is some two hundred times as fast, and
only an instance that it refused goes to the other for faults that a person can act on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jsonschema_rs

from antiphon_spec.document import Document
from antiphon_spec.explain import faults
from antiphon_spec.fault import Fault
from antiphon_spec.unknown import closed, unknown_members

__all__ = ["Fault", "Schemas", "Validator"]

_BASE = "urn:antiphon:document"


class Validator:
    """Decides whether instances are valid against one schema of a document, and says what is wrong."""

    def __init__(self, name: str, pointer: str, schemas: Schemas) -> None:
        self.name = name
        self.pointer = pointer
        self._schemas = schemas

    def is_valid(self, instance: Any) -> bool:
        """Whether `instance` is valid."""
        try:
            return self._compiled.is_valid(instance)
        except ValueError:  # what the compiled validator cannot read: lone surrogates, keys that are no text
            return bool(self._explainer.is_valid(instance))

    def faults(self, instance: Any) -> list[Fault]:
        """What is wrong with `instance`; nothing when it is valid."""
        if self.is_valid(instance):
            return []
        errors = sorted(
            self._explainer.iter_errors(instance), key=lambda error: list(map(str, error.absolute_path))
        )
        return faults(errors)

    @cached_property
    def _compiled(self) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(
            {"$ref": _BASE + self.pointer}, registry=self._schemas.compiled_registry
        )

    @cached_property
    def _explainer(self) -> Any:
        # jsonschema takes 0.1 s to import, and a server whose clients make no mistakes never needs it.
        from jsonschema import Draft202012Validator  # noqa: PLC0415
        from jsonschema.validators import extend  # noqa: PLC0415

        unions = {key: self._tagged(Draft202012Validator.VALIDATORS[key]) for key in ("anyOf", "oneOf")}
        made = extend(Draft202012Validator, unions)  # type: ignore[no-untyped-call]  # so it is in typeshed
        return made({"$ref": _BASE + self.pointer}, registry=self._schemas.registry)

    def _tagged(self, decide: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """A union that asks only the members that an instance names by its `type`, when it names some.

        All others would say one thing more, each in turn: that they are of another type.
        """

        def asked(validator: Any, union: list[Any], instance: Any, schema: Any) -> Iterator[Any]:
            named = self._schemas.document.named_by(union, instance)
            yield from decide(validator, named or union, instance, schema)

        return asked


@dataclass(frozen=True)
class Schemas:
    """The validators of a document, made when they are first asked for."""

    document: Document
    _made: dict[str, Validator] = field(default_factory=dict, repr=False, compare=False)

    def at(self, pointer: str) -> Validator:
        """The validator of the schema that `pointer` names."""
        if pointer not in self._made:
            self.document.pointer(pointer)
            self._made[pointer] = Validator(pointer.rpartition("/")[2], pointer, self)
        return self._made[pointer]

    def named(self, schema_name: str) -> Validator:
        """The validator of a component schema. Raises LookupError when there is none of that name."""
        return self.at(f"#/components/schemas/{schema_name}")

    def request(self, operation_id: str) -> Validator | None:
        """The validator of an operation's JSON request body; None when it takes none."""
        pointer = self.document.operations[operation_id].request_schema
        return None if pointer is None else self.at(pointer)

    def body(self, operation_id: str, status: str | int = "200") -> Validator | None:
        """The validator of an operation's JSON answer with `status`; None when the document is silent."""
        pointer = self.document.operations[operation_id].answer_schema(str(status))
        return None if pointer is None else self.at(pointer)

    def event(self, event_type: str) -> Validator | None:
        """The validator of a stream event of this type; None when the document knows no such type."""
        pointer = self._events.get(event_type)
        return None if pointer is None else self.at(pointer)

    def item(self, item_type: str) -> Validator | None:
        """The validator of an output item of this type; None when the document knows no such type."""
        pointer = self._items.get(item_type)
        return None if pointer is None else self.at(pointer)

    @cached_property
    def event_types(self) -> frozenset[str]:
        """Every type of event that a stream may carry."""
        return frozenset(self._events)

    @cached_property
    def item_types(self) -> frozenset[str]:
        """Every type of item that a response may put out."""
        return frozenset(self._items)

    def unknown_members(self, operation_id: str, body: Any) -> list[Fault]:
        """The members of a request body, however deep, that the document does not know.

        Free-form objects (metadata, the JSON Schema of a function) have no unknown members.
        """
        pointer = self.document.operations[operation_id].request_schema
        if pointer is None or self._strict.at(pointer).is_valid(body):
            return []
        return unknown_members(self.document, pointer, body)

    @cached_property
    def _strict(self) -> Schemas:
        """The validators of the same schemas without room for what they do not name: they decide fast."""
        return Schemas(
            Document({**self.document.root, **closed({"components": self.document.root["components"]})})
        )

    @cached_property
    def compiled_registry(self) -> jsonschema_rs.Registry:
        """The document as `jsonschema-rs` resolves references into it."""
        return jsonschema_rs.Registry([(_BASE, dict(self.document.root))])

    @cached_property
    def registry(self) -> Any:
        """The document as `jsonschema` resolves references into it."""
        # Comes with jsonschema, and is as slow to import and as rarely needed.
        from referencing import Registry  # noqa: PLC0415
        from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

        return Registry().with_resource(_BASE, DRAFT202012.create_resource(self.document.root))

    @cached_property
    def _events(self) -> Mapping[str, str]:
        pointers = (operation.stream_schema for operation in self.document.operations.values())
        return self._by_type({pointer for pointer in pointers if pointer is not None})

    @cached_property
    def _items(self) -> Mapping[str, str]:
        outputs = (f"{pointer}/properties/output/items" for pointer in self._responses())
        return self._by_type(set(outputs))

    def _responses(self) -> list[str]:
        """Where the response object of operations that stream stands."""
        found = self.document.operations.values()
        return [pointer for each in found if each.stream_schema and (pointer := each.answer_schema("200"))]

    def _by_type(self, unions: set[str]) -> Mapping[str, str]:
        """The members of these unions by the constant that their `type` holds."""
        return {
            kind: pointer
            for union in sorted(unions)
            for pointer in self.document.members(union)
            for kind in _constants(self.document.resolve(self.document.pointer(pointer)))
        }


def _constants(schema: Mapping[str, Any]) -> list[str]:
    tag = schema.get("properties", {}).get("type", {})
    return [tag["const"]] if "const" in tag else list(tag.get("enum", ()))
