"""The response object as a whole: its members, its id, and the time of its creation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from antiphon_conformance.http.text import show
from antiphon_conformance.rules.reading.output import number, response_or_empty, value_at
from antiphon_conformance.rules.reading.schema_faults import findings, missing_member, response_faults
from antiphon_conformance.rules.response.members import is_claimed
from antiphon_conformance.rules.rule import EVERY, Finding, rule
from antiphon_conformance.rules.views import Scene, Snapshot

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
CLOCK_SKEW = 300
"""Seconds by which the clocks of judge and server may differ."""


@rule("response.has-all-members", Snapshot, cites=("RES-01", "RES-02", "ENV-16", "CG-RSP-01", "BUD-RSP-10"))
def has_all_members(snapshot: Snapshot) -> Iterator[Finding]:
    """The response object has every member that the document requires; null means no value.

    The response object in a lifecycle event has them too: clients keep the last of these as the response.
    Typed clients decode the whole object or nothing, so one absent member loses the answer.
    """
    yield from findings(snapshot.where, filter(missing_member, response_faults(snapshot)))


@rule(
    "response.matches-the-document",
    Snapshot,
    cites=(
        "openresponses#/components/schemas/ResponseResource",
        "openai#/components/schemas/Response",
        "cloudglue#/components/schemas/Response",
        "BUD-RSP-15",
    ),
)
def matches_the_document(snapshot: Snapshot) -> Iterator[Finding]:
    """The members of the response object that have no rule of their own follow the document."""
    faults = response_faults(snapshot)
    rest = (
        fault for fault in faults if not is_claimed(fault, snapshot.dialect) and not missing_member(fault)
    )
    yield from findings(snapshot.where, rest)


@rule(
    "response.id-is-a-non-empty-string",
    Snapshot,
    cites="RES-04",
    when=lambda snapshot: "id" in snapshot.object,
)
def id_is_a_non_empty_string(snapshot: Snapshot) -> Iterator[Finding]:
    """The `id` of a response is a string that is not empty."""
    identity = snapshot.object["id"]
    if not isinstance(identity, str) or not identity:
        yield Finding(f"{snapshot.where}/id", "a non-empty string", show(identity))


def _has_original_text_id(snapshot: Snapshot) -> bool:
    return isinstance(snapshot.object.get("id"), str) and "altered" not in snapshot.exchange.traits


@rule("response.id-has-its-prefix", Snapshot, cites=("RES-58", "BUD-RSP-01"), when=_has_original_text_id)
def id_has_its_prefix(snapshot: Snapshot) -> Iterator[Finding]:
    """The `id` of a response begins with the prefix of all response ids.

    Clients and gateways read from the prefix what an id names, and reject a bare UUID.
    """
    prefix = snapshot.dialect.traits.id_prefixes.get("response", "")
    if not snapshot.object["id"].startswith(prefix):
        yield Finding(f"{snapshot.where}/id", f"an id that begins with {prefix}", show(snapshot.object["id"]))


def _has_original_id(snapshot: Snapshot) -> bool:
    return "id" in snapshot.object and "altered" not in snapshot.exchange.traits


@rule("response.id-is-a-uuid", Snapshot, cites="CG-RSP-02", when=_has_original_id)
def id_is_a_uuid(snapshot: Snapshot) -> Iterator[Finding]:
    """The `id` of a response is a UUID."""
    identity = snapshot.object["id"]
    if not isinstance(identity, str) or not UUID.fullmatch(identity):
        yield Finding(f"{snapshot.where}/id", "a UUID", show(identity))


def _has_fresh_time(snapshot: Snapshot) -> bool:
    fresh = snapshot.creation and "altered" not in snapshot.exchange.traits
    return fresh and number(snapshot.object.get("created_at")) is not None and _now(snapshot) is not None


def _now(snapshot: Snapshot) -> float | None:
    """When the answer began, in Unix seconds: by the server's `Date` header, else by the judge's clock."""
    return snapshot.exchange.facts.once("now", _read_now, snapshot)


def _read_now(snapshot: Snapshot) -> float | None:
    date = snapshot.reply.headers.get("date")
    if date is None:
        return snapshot.reply.started_at
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return snapshot.reply.started_at


@rule(
    "response.created-at-is-the-time-of-the-request",
    Snapshot,
    cites=("RES-08", "CG-RSP-05"),
    when=_has_fresh_time,
    needs="a new response with `created_at`",
)
def created_at_is_the_time_of_the_request(snapshot: Snapshot) -> Iterator[Finding]:
    """`created_at` of a new response lies within the time of its request.

    The clocks of judge and server may differ by five minutes. Milliseconds instead of seconds, or a constant,
    break sorting and expiry in clients.
    """
    creation, now = number(snapshot.object["created_at"]) or 0, _now(snapshot) or 0.0
    earliest, latest = now - CLOCK_SKEW - (snapshot.reply.seconds or 0), now + CLOCK_SKEW
    if not earliest <= creation <= latest:
        yield Finding(f"{snapshot.where}/created_at", f"about {int(now)}", show(creation))


@rule("response.ids-are-unique", Scene, scenario="repeat", cites="RES-05")
def ids_are_unique(scene: Scene) -> Iterator[Finding]:
    """No two responses have the same id."""
    first, second = (value_at(scene[step].response, "id") for step in ("first", "as_list"))
    if first == second:
        yield Finding("reply.body/id", f"an id other than {show(first)}", show(second), scene["as_list"].id)


def _ids_of_creates(scene: Scene) -> list[tuple[str, str]]:
    """(step, id) of each response that a create returned."""
    creates = (
        (step, exchange)
        for step, exchange in scene.episode.exchanges.items()
        if exchange.operation == scene.dialect.create_operation and exchange.ok
    )
    pairs = ((step, response_or_empty(exchange).get("id")) for step, exchange in creates)
    return [(step, identity) for step, identity in pairs if isinstance(identity, str)]


@rule(
    "response.no-two-creates-return-the-same-id",
    Scene,
    scenario=EVERY,
    cites="CG-RSP-02",
    when=lambda scene: len(_ids_of_creates(scene)) > 1,
)
def no_two_creates_return_the_same_id(scene: Scene) -> Iterator[Finding]:
    """No two creates of a conversation return the same id, even when their requests are equal."""
    first: dict[str, str] = {}
    for step, identity in _ids_of_creates(scene):
        if identity in first:
            yield Finding(
                "reply.body/id", f"an id other than that of {first[identity]}", show(identity), step
            )
        first.setdefault(identity, step)
