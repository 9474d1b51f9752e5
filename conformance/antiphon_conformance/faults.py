"""What a dialect's document finds wrong with a response object or an item, cut up for the rules.

A document is asked once for each object; every rule then takes the faults that lie at its own member. What no
rule takes is left to the two rules that compare with the whole document.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from antiphon_conformance.rule import Finding
from antiphon_conformance.subject import Body, Item, Snapshot
from antiphon_spec.dialect import Dialect
from antiphon_spec.schema import Fault

KEPT = 256
"""For how many objects the faults are kept: more than one exchange carries, and still little memory."""

_SEEN: OrderedDict[tuple[int, str], tuple[object, tuple[Fault, ...]]] = OrderedDict()


def response_faults(snapshot: Snapshot) -> tuple[Fault, ...]:
    """The faults of a response object, without those in output items that rules over items report."""
    found = _once(snapshot.object, snapshot.dialect, _faults_of_response)
    return tuple(fault for fault in found if not (snapshot.ended and _inside_item(fault)))


def item_faults(item: Item) -> tuple[Fault, ...]:
    """The faults of one output item; none when the document does not know its type."""
    return _once(item.object, item.dialect, _faults_of_item)


def body_faults(body: Body) -> Iterator[Finding]:
    """What the document finds wrong with a whole answer that is neither a response nor a stream."""
    validator = body.dialect.schemas.body(body.operation) if body.operation else None
    if validator is not None and not validator.is_valid(body.reply.body):
        yield from findings("reply.body", validator.faults(body.reply.body))


def covers(place: str, fault: Fault, *, exactly: bool = False) -> bool:
    """Whether a fault lies at a place or, unless `exactly`, below it. A `*` is any member or index."""
    wanted, got = place.split("/"), fault.pointer.split("/")
    if len(got) < len(wanted) or (exactly and len(got) > len(wanted)):
        return False
    return all(want in ("*", have) for want, have in zip(wanted, got, strict=False))


def findings(where: str, faults: Iterable[Fault]) -> Iterator[Finding]:
    """The faults as findings of the object that stands at `where`."""
    return (Finding(f"{where}{fault.pointer}", fault.expected, fault.got) for fault in faults)


def missing_member(fault: Fault) -> bool:
    """Whether the fault is that a required member of the object itself (not of one inside it) is absent."""
    return fault.keyword == "required" and fault.pointer.count("/") <= 1


def _inside_item(fault: Fault) -> bool:
    return fault.pointer.startswith("/output/")


def _faults_of_response(value: Mapping[str, Any], dialect: Dialect) -> Iterable[Fault]:
    validator = dialect.schemas.body(dialect.create_operation)
    return () if validator is None or validator.is_valid(value) else validator.faults(value)


def _faults_of_item(value: Mapping[str, Any], dialect: Dialect) -> Iterable[Fault]:
    validator = dialect.schemas.item(str(value.get("type")))
    return () if validator is None or validator.is_valid(value) else validator.faults(value)


def _once(
    value: Mapping[str, Any], dialect: Dialect, find: Callable[[Mapping[str, Any], Dialect], Iterable[Fault]]
) -> tuple[Fault, ...]:
    """Asks `find` unless it was asked about this very object; a kept object keeps its identity from reuse."""
    key = (id(value), f"{dialect.name} {find.__name__}")
    if key not in _SEEN:
        _SEEN[key] = (value, tuple(find(value, dialect)))
        if len(_SEEN) > KEPT:
            _SEEN.popitem(last=False)
    return _SEEN[key][1]
