"""The response object as a whole: which members it has, how it is identified, when it says it was made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from antiphon_conformance.answers import number, response_or_empty
from antiphon_conformance.faults import findings, missing_member, response_faults
from antiphon_conformance.rule import EVERY, Finding, rule
from antiphon_conformance.rules.response_members import is_claimed
from antiphon_conformance.subject import Scene, Snapshot
from antiphon_conformance.text import show

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
CLOCK_SKEW = 300
"""Seconds by which the clocks of judge and server may differ."""


@rule(Snapshot, cites=("RES-01", "RES-02", "ENV-16", "CG-RSP-01", "BUD-RSP-10"))
def has_its_members(snapshot: Snapshot) -> Iterator[Finding]:
    """The response object has every member that the document requires, null where there is nothing to say.

    So has the one in a lifecycle event: clients keep the last as the response. Typed clients decode the
    whole object or nothing: one absent member and the answer is lost.
    """
    yield from findings(snapshot.where, filter(missing_member, response_faults(snapshot)))


@rule(
    Snapshot,
    cites=(
        "openresponses#/components/schemas/ResponseResource",
        "openai#/components/schemas/Response",
        "cloudglue#/components/schemas/Response",
        "BUD-RSP-15",
    ),
)
def matches_the_document(snapshot: Snapshot) -> Iterator[Finding]:
    """Whatever no other rule looks at in the response object is as the document has it."""
    faults = response_faults(snapshot)
    rest = (
        fault for fault in faults if not is_claimed(fault, snapshot.dialect) and not missing_member(fault)
    )
    yield from findings(snapshot.where, rest)


@rule(Snapshot, cites="RES-04", when=lambda snapshot: "id" in snapshot.object)
def id_is_a_non_empty_string(snapshot: Snapshot) -> Iterator[Finding]:
    """The `id` of a response is a string that is not empty."""
    found = snapshot.object["id"]
    if not isinstance(found, str) or not found:
        yield Finding(f"{snapshot.where}/id", "a non-empty string", show(found))


def _prefixed(snapshot: Snapshot) -> bool:
    return isinstance(snapshot.object.get("id"), str) and "altered" not in snapshot.exchange.traits


@rule(Snapshot, cites=("RES-58", "BUD-RSP-01"), when=_prefixed)
def id_has_its_prefix(snapshot: Snapshot) -> Iterator[Finding]:
    """The `id` of a response begins as every id of a response does.

    Clients and gateways tell by the prefix what an id names, and refuse a bare UUID.
    """
    prefix = snapshot.dialect.traits.id_prefixes.get("response", "")
    if not snapshot.object["id"].startswith(prefix):
        yield Finding(f"{snapshot.where}/id", f"an id that begins with {prefix}", show(snapshot.object["id"]))


def _identified(snapshot: Snapshot) -> bool:
    return "id" in snapshot.object and "altered" not in snapshot.exchange.traits


@rule(Snapshot, cites="CG-RSP-02", when=_identified)
def id_is_a_uuid(snapshot: Snapshot) -> Iterator[Finding]:
    """The `id` of a response is a UUID."""
    found = snapshot.object["id"]
    if not isinstance(found, str) or not UUID.fullmatch(found):
        yield Finding(f"{snapshot.where}/id", "a UUID", show(found))


def _timed(snapshot: Snapshot) -> bool:
    fresh = snapshot.creation and "altered" not in snapshot.exchange.traits
    return fresh and number(snapshot.object.get("created_at")) is not None and _now(snapshot) is not None


def _now(snapshot: Snapshot) -> float | None:
    """When the answer began: by the server's own clock when it tells the date, else by the judge's."""
    return snapshot.exchange.facts.once("now", _told_now, snapshot)


def _told_now(snapshot: Snapshot) -> float | None:
    date = snapshot.reply.headers.get("date")
    if date is None:
        return snapshot.reply.started_at
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return snapshot.reply.started_at


@rule(Snapshot, cites=("RES-08", "CG-RSP-05"), when=_timed, needs="a create answered with a `Date` header")
def created_at_is_the_time_of_the_request(snapshot: Snapshot) -> Iterator[Finding]:
    """A new response's `created_at` lies within the time of its request, give or take the clocks' difference.

    Milliseconds instead of seconds, or a constant, break sorting and expiry in clients.
    """
    created, now = number(snapshot.object["created_at"]) or 0, _now(snapshot) or 0.0
    earliest, latest = now - CLOCK_SKEW - (snapshot.reply.seconds or 0), now + CLOCK_SKEW
    if not earliest <= created <= latest:
        yield Finding(f"{snapshot.where}/created_at", f"about {int(now)}", show(created))


@rule(Scene, scenario="repeat", cites="RES-05")
def ids_are_unique(scene: Scene) -> Iterator[Finding]:
    """No two responses have the same id."""
    first, second = (scene[step].response.get("id") for step in ("first", "as_list"))
    if first == second:
        yield Finding("reply.body/id", f"another id than {show(first)}", show(second), scene["as_list"].id)


def _created(scene: Scene) -> list[tuple[str, str]]:
    """(step, id) of each response that was created."""
    creates = (
        (step, exchange)
        for step, exchange in scene.episode.exchanges.items()
        if exchange.operation == scene.dialect.create_operation and exchange.ok
    )
    told = ((step, response_or_empty(exchange).get("id")) for step, exchange in creates)
    return [(step, identity) for step, identity in told if isinstance(identity, str)]


@rule(Scene, scenario=EVERY, cites="CG-RSP-02", when=lambda scene: len(_created(scene)) > 1)
def no_two_creates_give_one_id(scene: Scene) -> Iterator[Finding]:
    """No two creates of a conversation are answered with the same id, were they asked the same or not."""
    first: dict[str, str] = {}
    for step, identity in _created(scene):
        if identity in first:
            yield Finding("reply.body/id", f"another id than that of {first[identity]}", show(identity), step)
        first.setdefault(identity, step)
