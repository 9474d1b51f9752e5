"""The response object as a whole: its members, its id, and the time of its creation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import show
from antiphon_conformance.http.timing import read_date
from antiphon_conformance.rules.http.errors import describe_body
from antiphon_conformance.rules.reading.output import number, response_or_empty, value_at
from antiphon_conformance.rules.reading.schema_faults import (
    findings,
    is_nullable,
    missing_member,
    response_absences,
    response_faults,
    response_nulls,
)
from antiphon_conformance.rules.response.members import is_claimed
from antiphon_conformance.rules.rule import EVERY, Finding, rule
from antiphon_conformance.rules.views import DocumentReply, ResponseObject, ScenarioTrace
from antiphon_spec.schema import Fault

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
    missing = filter(missing_member, response_faults(response))
    yield from findings(response.where, (fault for fault in missing if not _may_be_absent(response, fault)))


def _may_be_absent(response: ResponseObject, fault: Fault) -> bool:
    """Whether a missing member may be null, and the dialect does not demand it as null in so many words."""
    is_explicit = response.dialect.resolve("RES-02") is None
    return not is_explicit and is_nullable(response, fault.pointer.removeprefix("/"))


@rule("response.members-without-a-value-are-null", ResponseObject, cites="RES-65")
def members_without_a_value_are_null(response: ResponseObject) -> Iterator[Finding]:
    """A required member that may be null is null where it has no value, and not absent.

    Released clients read both alike. Clients that are generated from the document may not.
    """
    missing = filter(missing_member, response_faults(response))
    yield from findings(response.where, (fault for fault in missing if _may_be_absent(response, fault)))
    yield from findings(response.where, response_absences(response))


@rule("response.optional-members-are-not-null", ResponseObject, cites="RES-61")
def optional_members_are_not_null(response: ResponseObject) -> Iterator[Finding]:
    """An optional member that cannot be null is absent where it has no value.

    Servers that write out every field of their classes send null; released clients read both alike.
    """
    yield from findings(response.where, response_nulls(response))


@rule(
    "response.is-an-object",
    DocumentReply,
    cites=("RES-03", "CG-RSP-03", "BUD-RSP-02"),
    when=lambda body: body.operation in body.dialect.response_operations,
    reads={Part.TEXTS},
)
def is_an_object(body: DocumentReply) -> Iterator[Finding]:
    """A success answers with a response object.

    A server that cannot answer without a stream, and sends `null` with 200, leaves its client with nothing:
    the openai package returns None or raises an AttributeError far from the cause.
    """
    if not body.reply.fields:
        yield Finding("reply.body", "a response object", describe_body(body.reply))


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


def _has_text_id(response: ResponseObject) -> bool:
    return isinstance(response.object.get("id"), str)


@rule(
    "response.id-has-its-prefix",
    ResponseObject,
    cites=("RES-58", "BUD-RSP-01"),
    when=_has_text_id,
    reads={Part.IDS},
)
def id_has_its_prefix(response: ResponseObject) -> Iterator[Finding]:
    """The `id` of a response begins with the prefix of all response ids.

    Clients and gateways read from the prefix what an id names, and reject a bare UUID.
    """
    prefix = response.dialect.traits.id_prefixes.get("response", "")
    if not response.object["id"].startswith(prefix):
        yield Finding(f"{response.where}/id", f"an id that begins with {prefix}", show(response.object["id"]))


def _has_id(response: ResponseObject) -> bool:
    return "id" in response.object


@rule("response.id-is-a-uuid", ResponseObject, cites="CG-RSP-02", when=_has_id, reads={Part.IDS})
def id_is_a_uuid(response: ResponseObject) -> Iterator[Finding]:
    """The `id` of a response is a UUID."""
    identity = response.object["id"]
    if not isinstance(identity, str) or not UUID.fullmatch(identity):
        yield Finding(f"{response.where}/id", "a UUID", show(identity))


def _continues(response: ResponseObject) -> bool:
    previous = response.request_fields.get("previous_response_id")
    return response.creation and isinstance(previous, str) and isinstance(response.object.get("id"), str)


@rule(
    "response.id-is-not-that-of-the-response-before",
    ResponseObject,
    cites="RES-05",
    when=_continues,
    needs="an answer to a request with `previous_response_id`",
    reads={Part.IDS},
)
def id_is_not_that_of_the_response_before(response: ResponseObject) -> Iterator[Finding]:
    """A response that continues another one has an id of its own.

    With the id of the response before it replaces that one, and no client can branch from it any more.
    """
    identity = response.object["id"]
    if identity == response.request_fields["previous_response_id"]:
        yield Finding(f"{response.where}/id", "an id of its own", f"{show(identity)}, the previous response")


def _has_fresh_time(response: ResponseObject) -> bool:
    return (
        response.creation
        and number(response.object.get("created_at")) is not None
        and _now(response) is not None
    )


def _now(response: ResponseObject) -> float | None:
    """When the answer began, in Unix seconds: by the server's `Date` header, else by the judge's clock."""
    return response.exchange.facts.once("now", _read_now, response)


def _read_now(response: ResponseObject) -> float | None:
    date = read_date(response.reply.headers.get("date") or "")
    return response.reply.started_at if date is None else date


@rule(
    "response.created-at-is-the-time-of-the-request",
    ResponseObject,
    cites=("RES-08", "CG-RSP-05"),
    when=_has_fresh_time,
    needs="a new response with `created_at`",
    reads={Part.REPLY_HEADERS, Part.TIMES},
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
