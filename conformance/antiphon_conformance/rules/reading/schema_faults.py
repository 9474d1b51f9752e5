"""The schema faults of a response object or an item, sorted for the rules.

Each object is validated once; every rule then reads the faults at its own member. The two rules about the
whole document report the faults that no other rule reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from antiphon_conformance.http.text import ABSENT
from antiphon_conformance.rules.reading.output import typed_parts
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.rules.views import DocumentReply, Item, ResponseObject
from antiphon_spec.schema import Fault, Validator


def response_faults(response: ResponseObject) -> tuple[Fault, ...]:
    """The faults of a response object, without faults inside output items, which rules over items report."""
    return response.exchange.facts.once(("faults", response.where), _faults_of_response, response)


def item_faults(item: Item) -> tuple[Fault, ...]:
    """The faults of one output item; none when the document does not know its type."""
    return item.exchange.facts.once(("faults", item.where), _faults_of_item, item)


def body_faults(body: DocumentReply) -> Iterator[Finding]:
    """The schema faults of a whole answer that is neither a response nor a stream."""
    validator = body.dialect.schemas.body(body.operation) if body.operation else None
    if validator is not None and not validator.is_valid(body.reply.body):
        yield from findings("reply.body", validator.faults(body.reply.body))


def covers(place: str, fault: Fault, *, exactly: bool = False) -> bool:
    """Whether a fault is at a place or, unless `exactly`, below it. A `*` is any member or index."""
    pattern, pointer = place.split("/"), fault.pointer.split("/")
    if len(pointer) < len(pattern) or (exactly and len(pointer) > len(pattern)):
        return False
    return all(step in ("*", name) for step, name in zip(pattern, pointer, strict=False))


def findings(where: str, faults: Iterable[Fault]) -> Iterator[Finding]:
    """The faults as findings about the object at `where`."""
    return (
        Finding(f"{where}{fault.pointer}", fault.expected, fault.actual, newer=fault.newer)
        for fault in faults
    )


def missing_member(fault: Fault) -> bool:
    """Whether a required member of the object itself (not of an inner object) is missing."""
    return fault.keyword == "required" and fault.pointer.count("/") <= 1


def lacks_required(response: ResponseObject, name: str) -> bool:
    """Whether a required member is missing; one rule reports that for all members."""
    if name in response.object:
        return False
    return any(missing_member(fault) and fault.pointer == f"/{name}" for fault in response_faults(response))


def _inside_item(fault: Fault) -> bool:
    return fault.pointer.startswith("/output/")


def _is_unknown_item(fault: Fault) -> bool:
    """Whether an output item has a type that the document does not list; a rule over items reports it."""
    return fault.keyword == "enum" and covers("/output/*/type", fault, exactly=True)


def _faults_of_response(response: ResponseObject) -> tuple[Fault, ...]:
    validator = response.dialect.schemas.body(response.dialect.create_operation)
    faults = validator.faults(response.object) if validator is not None else ()
    ignored = _inside_item if response.is_final else _is_unknown_item
    return tuple(fault for fault in faults if not ignored(fault))


def _faults_of_item(item: Item) -> tuple[Fault, ...]:
    validator = item.dialect.schemas.item(str(item.type))
    faults = object_faults(validator, item.object) if validator is not None else ()
    return tuple(fault for fault in faults if fault.pointer != "/type")


def object_faults(validator: Validator, item: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of an item: that it or a part of it lacks its type, and all else as if they had it."""
    typed = typed_parts(item)
    yield from validator.faults(typed)
    if typed is not item:
        whole = validator.faults(item), validator.faults({**item, "type": typed.get("type")})
        yield from {
            fault.pointer: fault for faults in whole for fault in faults if _lacks_type(fault)
        }.values()


def _lacks_type(fault: Fault) -> bool:
    """Whether a fault is the lack of a type."""
    return fault.pointer.endswith("/type") and fault.actual == str(ABSENT)
