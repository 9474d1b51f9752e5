"""The schema faults of a response object or an item, sorted for the rules.

Each object is validated once; every rule then reads the faults at its own member. The two rules about the
whole document report the faults that no other rule reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT
from antiphon_conformance.rules.reading.output import typed_parts
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.rules.views import DocumentReply, Item, ResponseObject
from antiphon_spec.dialect import Dialect
from antiphon_spec.schema import Fault, Validator

NULL = "null"
"""How a fault shows null."""


class Sorted(NamedTuple):
    """The faults of an object, and apart from them those that released clients do not notice."""

    faults: tuple[Fault, ...] = ()
    nulls: tuple[Fault, ...] = ()
    """Nulls that the schema would have absent."""
    absences: tuple[Fault, ...] = ()
    """Absent members of inner objects that the schema would have as null."""


MORE = "additionalProperties"
"""What a fault says of a member that an object of a request must not have; in an answer it is a newer one."""


def response_faults(response: ResponseObject) -> tuple[Fault, ...]:
    """The faults of a response object, without faults inside output items, which rules over items report.

    `response_nulls` and `response_absences` have those that released clients do not notice.
    """
    return _sorted(response).faults


def response_nulls(response: ResponseObject) -> tuple[Fault, ...]:
    """The nulls of a response object that the schema would have absent."""
    return _sorted(response).nulls


def response_absences(response: ResponseObject) -> tuple[Fault, ...]:
    """The absent members of the objects in a response that the schema would have as null."""
    return _sorted(response).absences


def _sorted(response: ResponseObject) -> Sorted:
    return response.exchange.facts.once(("faults", response.where), _faults_of_response, response)


def item_faults(item: Item) -> tuple[Fault, ...]:
    """The faults of one output item but those of `item_nulls`; none when the document does not know it."""
    sorted_faults = item.exchange.facts.once(("faults", item.where), _faults_of_item, item)
    return sorted_faults.faults + sorted_faults.absences


def item_nulls(item: Item) -> tuple[Fault, ...]:
    """The nulls of an output item that the schema would have absent."""
    return item.exchange.facts.once(("faults", item.where), _faults_of_item, item).nulls


def is_nullable(response: ResponseObject, name: str) -> bool:
    """Whether the schema allows null for a member of the response object."""
    return _is_nullable(response.dialect, name)


@cache
def _is_nullable(dialect: Dialect, name: str) -> bool:
    validator = dialect.schemas.body(dialect.create_operation)
    return validator is not None and not any(
        covers(f"/{name}", fault) for fault in validator.faults({name: None})
    )


def body_faults(body: DocumentReply) -> Iterator[Finding]:
    """The schema faults of a whole answer that is neither a response nor a stream, but for nulls that the
    schema would have absent."""
    validator = body.dialect.schemas.body(body.operation) if body.operation else None
    if validator is not None and not validator.is_valid(body.reply.body):
        faults, _, absences = _sort(validator, body.reply.body, validator.faults(body.reply.body))
        yield from findings("reply.body", faults + absences)


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


def _is_unknown_item(fault: Fault) -> bool:
    """Whether an output item has a type that the document does not list; a rule over items reports it."""
    return fault.keyword == "enum" and covers("/output/*/type", fault, exactly=True)


def _faults_of_response(response: ResponseObject) -> Sorted:
    validator = response.dialect.schemas.body(response.dialect.create_operation)
    if validator is None:
        return Sorted()
    value = _without_items(response.object) if response.is_final else response.object
    pool = (fault for fault in validator.faults(value) if fault.keyword != MORE)
    return _sort(validator, value, (fault for fault in pool if not _is_unknown_item(fault)))


def _without_items(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """A response whose items are judged one by one: every document allows an output without any."""
    return {**response, "output": []} if isinstance(response.get("output"), list) else response


def _faults_of_item(item: Item) -> Sorted:
    validator = item.dialect.schemas.item(str(item.type))
    if validator is None:
        return Sorted()
    pool = faults_of_item(item.exchange, validator, item.object)
    faults = (fault for fault in pool if fault.pointer != "/type")
    return _sort(validator, typed_parts(item.object), faults)


def faults_of_item(exchange: Exchange, validator: Validator, item: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The faults of an output item in an answer. The end of a stream and its views read them, too."""
    key = ("faults of item", id(item))  # the exchange holds the item, so that no other takes its id
    return exchange.facts.once(key, _all_faults, validator, item)


def _all_faults(validator: Validator, item: Mapping[str, Any]) -> tuple[Fault, ...]:
    return tuple(object_faults(validator, item))


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


def _sort(validator: Validator, value: Any, faults: Iterable[Fault]) -> Sorted:
    pool = tuple(faults)
    absences = [fault for fault in pool if fault.keyword == "required" and not missing_member(fault)]
    nulls = _remedied(validator, value, [fault for fault in pool if fault.actual == NULL], _remove)
    lacks = _remedied(validator, value, absences, _set_null)
    groups: tuple[list[Fault], list[Fault], list[Fault]] = ([], [], [])
    for fault in pool:
        groups[1 if fault in nulls else 2 if fault in lacks else 0].append(fault)
    return Sorted(*map(tuple, groups))


def _remove(holder: dict[str, Any], name: str) -> None:
    holder.pop(name, None)


def _set_null(holder: dict[str, Any], name: str) -> None:
    holder[name] = None


def _remedied(
    validator: Validator, value: Any, faults: Iterable[Fault], remedy: Callable[[dict[str, Any], str], None]
) -> Sequence[Fault]:
    """Those of the faults that are gone once the value is changed at each."""
    places = tuple(faults)
    if not places:
        return ()
    copy, changes = deepcopy(value), []
    for fault in places:
        holder, name = _holder(copy, fault)
        if isinstance(holder, dict):
            remedy(holder, name)
            changes.append(fault)
    rest = validator.faults(copy) if changes else ()
    return [fault for fault in changes if not any(covers(fault.pointer, other) for other in rest)]


def _holder(value: Any, fault: Fault) -> tuple[Any, str]:
    """The object or array in which a fault is, and the name of the member."""
    *path, name = fault.pointer.removeprefix("/").split("/")
    for step in path:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value, name
