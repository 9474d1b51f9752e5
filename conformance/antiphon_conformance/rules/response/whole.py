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
from antiphon_conformance.rules.views import ResponseObject, ScenarioTrace

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
CLOCK_SKEW = 300
"""Seconds by which the clocks of judge and server may differ."""


@rule(
    "response.has-all-members",
    ResponseObject,
    cites=("RES-01", "RES-02", "ENV-16", "CG-RSP-01", "BUD-RSP-10"),
)
def has_all_members(response: ResponseObject) -> Iterator[Finding]:
    """The response object has every member that the document requires; null means no value.

    The response object in a lifecycle event has them too: clients keep the last of these as the response.
    Typed clients decode the whole object or nothing, so one absent member loses the answer.
    """
    yield from findings(response.where, filter(missing_member, response_faults(response)))


@rule(
    "response.matches-the-document",
    ResponseObject,
    cites=(
        "openresponses#/components/schemas/ResponseResource",
        "openai#/components/schemas/Response",
        "cloudglue#/components/schemas/Response",
        "BUD-RSP-15",
    ),
)
def matches_the_document(response: ResponseObject) -> Iterator[Finding]:
    """The members of the response object that have no rule of their own follow the document."""
    faults = response_faults(response)
    rest = (
        fault for fault in faults if not is_claimed(fault, response.dialect) and not missing_member(fault)
    )
    yield from findings(response.where, rest)


@rule(
    "response.id-is-a-non-empty-string",
    ResponseObject,
    cites="RES-04",
    when=lambda response: "id" in response.object,
)
def id_is_a_non_empty_string(response: ResponseObject) -> Iterator[Finding]:
    """The `id` of a response is a string that is not empty."""
    identity = response.object["id"]
    if not isinstance(identity, str) or not identity:
        yield Finding(f"{response.where}/id", "a non-empty string", show(identity))


def _has_original_text_id(response: ResponseObject) -> bool:
    return isinstance(response.object.get("id"), str) and "altered" not in response.exchange.traits


@rule(
    "response.id-has-its-prefix", ResponseObject, cites=("RES-58", "BUD-RSP-01"), when=_has_original_text_id
)
def id_has_its_prefix(response: ResponseObject) -> Iterator[Finding]:
    """The `id` of a response begins with the prefix of all response ids.

    Clients and gateways read from the prefix what an id names, and reject a bare UUID.
    """
    prefix = response.dialect.traits.id_prefixes.get("response", "")
    if not response.object["id"].startswith(prefix):
        yield Finding(f"{response.where}/id", f"an id that begins with {prefix}", show(response.object["id"]))


def _has_original_id(response: ResponseObject) -> bool:
    return "id" in response.object and "altered" not in response.exchange.traits


@rule("response.id-is-a-uuid", ResponseObject, cites="CG-RSP-02", when=_has_original_id)
def id_is_a_uuid(response: ResponseObject) -> Iterator[Finding]:
    """The `id` of a response is a UUID."""
    identity = response.object["id"]
    if not isinstance(identity, str) or not UUID.fullmatch(identity):
        yield Finding(f"{response.where}/id", "a UUID", show(identity))


def _has_fresh_time(response: ResponseObject) -> bool:
    fresh = response.creation and "altered" not in response.exchange.traits
    return fresh and number(response.object.get("created_at")) is not None and _now(response) is not None


def _now(response: ResponseObject) -> float | None:
    """When the answer began, in Unix seconds: by the server's `Date` header, else by the judge's clock."""
    return response.exchange.facts.once("now", _read_now, response)


def _read_now(response: ResponseObject) -> float | None:
    date = response.reply.headers.get("date")
    if date is None:
        return response.reply.started_at
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return response.reply.started_at


@rule(
    "response.created-at-is-the-time-of-the-request",
    ResponseObject,
    cites=("RES-08", "CG-RSP-05"),
    when=_has_fresh_time,
    needs="a new response with `created_at`",
)
def created_at_is_the_time_of_the_request(response: ResponseObject) -> Iterator[Finding]:
    """`created_at` of a new response lies within the time of its request.

    The clocks of judge and server may differ by five minutes. Milliseconds instead of seconds, or a constant,
    break sorting and expiry in clients.
    """
    creation, now = number(response.object["created_at"]) or 0, _now(response) or 0.0
    earliest, latest = now - CLOCK_SKEW - (response.reply.seconds or 0), now + CLOCK_SKEW
    if not earliest <= creation <= latest:
        yield Finding(f"{response.where}/created_at", f"about {int(now)}", show(creation))


@rule("response.ids-are-unique", ScenarioTrace, scenario="repeat", cites="RES-05")
def ids_are_unique(trace: ScenarioTrace) -> Iterator[Finding]:
    """No two responses have the same id."""
    first, second = (value_at(trace[step].response, "id") for step in ("first", "as_list"))
    if first == second:
        yield Finding("reply.body/id", f"an id other than {show(first)}", show(second), trace["as_list"].id)


def _ids_of_creates(trace: ScenarioTrace) -> list[tuple[str, str]]:
    """(step, id) of each response that a create returned."""
    creates = (
        (step, exchange)
        for step, exchange in trace.trace.exchanges.items()
        if exchange.operation == trace.dialect.create_operation and exchange.ok
    )
    pairs = ((step, response_or_empty(exchange).get("id")) for step, exchange in creates)
    return [(step, identity) for step, identity in pairs if isinstance(identity, str)]


@rule(
    "response.no-two-creates-return-the-same-id",
    ScenarioTrace,
    scenario=EVERY,
    cites="CG-RSP-18",
    when=lambda trace: len(_ids_of_creates(trace)) > 1,
)
def no_two_creates_return_the_same_id(trace: ScenarioTrace) -> Iterator[Finding]:
    """No two creates of a conversation return the same id, even when their requests are equal."""
    first: dict[str, str] = {}
    for step, identity in _ids_of_creates(trace):
        if identity in first:
            yield Finding(
                "reply.body/id", f"an id other than that of {first[identity]}", show(identity), step
            )
        first.setdefault(identity, step)
