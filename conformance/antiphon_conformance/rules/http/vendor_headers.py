"""Headers that OpenAI documents (request ids, times, versions, rate limits) and that browsers need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.requests.constants import ORIGIN
from antiphon_conformance.rules.http.transport import LIVE, is_live
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import AnyReply, ScenarioTrace

DURATION = re.compile(r"(?=\d)(\d+d)?(\d+h)?(\d+m(?!s))?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?")
QUANTITIES = ("requests", "tokens")


@rule("vendor-headers.every-answer-carries-a-request-id", AnyReply, cites="TRN-18", when=is_live, needs=LIVE)
def every_answer_carries_a_request_id(view: AnyReply) -> Iterator[Finding]:
    """Every answer, success or error, carries `x-request-id`.

    The vendor's support asks for this id first.
    """
    identity = view.reply.headers.get("x-request-id")
    if not identity:
        yield Finding("reply.headers/x-request-id", "the id of the request", _value(identity))


@rule("vendor-headers.request-ids-are-unique", ScenarioTrace, scenario="repeat", cites="TRN-18")
def request_ids_are_unique(trace: ScenarioTrace) -> Iterator[Finding]:
    """No two requests get the same `x-request-id`, not even equal ones."""
    first, again = (trace[step].answer.headers.get("x-request-id") for step in ("first", "again"))
    if first is not None and first == again:
        yield Finding("again.reply.headers/x-request-id", f"an id other than {show(first)}", show(again))


@rule(
    "vendor-headers.answers-carry-organisation-time-and-version",
    AnyReply,
    cites="TRN-19",
    when=is_live,
    needs=LIVE,
)
def answers_carry_organisation_time_and_version(view: AnyReply) -> Iterator[Finding]:
    """Answers carry `openai-organization`, `openai-processing-ms` and `openai-version`."""
    if view.reply.status in (401, 404, 405):
        return
    headers = view.reply.headers
    if not headers.get("openai-organization"):
        actual = _value(headers.get("openai-organization"))
        yield Finding("reply.headers/openai-organization", "the organisation", actual)
    duration = headers.get("openai-processing-ms")
    if duration is None or not duration.isdecimal():
        yield Finding("reply.headers/openai-processing-ms", "whole milliseconds", _value(duration))
    expected = view.dialect.traits.constant_headers.get("openai-version")
    version = headers.get("openai-version")
    if version != expected:
        yield Finding("reply.headers/openai-version", str(expected), _value(version))


@rule(
    "vendor-headers.a-repeated-create-makes-a-second-response",
    ScenarioTrace,
    scenario="repeat",
    cites=("TRN-20", "TRN-26"),
)
def a_repeated_create_makes_a_second_response(trace: ScenarioTrace) -> Iterator[Finding]:
    """A repeated create makes a second response, also with an `X-Client-Request-Id`.

    The API has no idempotency key; the client's id is only for the log.
    """
    status = trace["again"].answer.status
    if status != trace["first"].answer.status:
        yield Finding("again.reply.status", str(trace["first"].answer.status), str(status))
        return
    first, again = (trace[step].response.get("id") for step in ("first", "again"))
    if first == again:
        yield Finding("again.reply.body/id", f"an id other than {show(first)}", show(again))


def _created_live(view: AnyReply) -> bool:
    return is_live(view) and view.exchange.ok and view.operation == view.dialect.create_operation


@rule(
    "vendor-headers.a-create-carries-rate-limits",
    AnyReply,
    cites="TRN-21",
    when=_created_live,
    needs="a successful create on a live server",
)
def a_create_carries_rate_limits(view: AnyReply) -> Iterator[Finding]:
    """The answer to a create carries `x-ratelimit-limit-*`, `-remaining-*` and `-reset-*`.

    Clients pace their requests by them. A reset is a duration such as `6m0s` or `120ms`, not a bare number.
    """
    for quantity in QUANTITIES:
        for kind in ("limit", "remaining"):
            name = f"x-ratelimit-{kind}-{quantity}"
            value = view.reply.headers.get(name)
            if value is None or not value.isdecimal():
                yield Finding(f"reply.headers/{name}", "a whole number", _value(value))
        reset = view.reply.headers.get(f"x-ratelimit-reset-{quantity}")
        if reset is None or not DURATION.fullmatch(reset):
            where = f"reply.headers/x-ratelimit-reset-{quantity}"
            yield Finding(where, "a duration such as 6m0s", _value(reset))


def _has_limits(view: AnyReply) -> bool:
    return view.reply.headers.get("x-ratelimit-limit-requests") is not None


@rule(
    "vendor-headers.the-remaining-count-is-at-most-the-limit",
    AnyReply,
    cites="TRN-22",
    when=_has_limits,
    needs="an answer with rate limits",
)
def the_remaining_count_is_at_most_the_limit(view: AnyReply) -> Iterator[Finding]:
    """`x-ratelimit-remaining-*` never exceeds the matching `-limit-*`."""
    for quantity in QUANTITIES:
        limit, remaining = (
            view.reply.headers.get(f"x-ratelimit-{kind}-{quantity}") for kind in ("limit", "remaining")
        )
        if not (limit and remaining and limit.isdecimal() and remaining.isdecimal()):
            continue
        if int(remaining) > int(limit):
            yield Finding(f"reply.headers/x-ratelimit-remaining-{quantity}", f"at most {limit}", remaining)


@rule("vendor-headers.a-preflight-succeeds", ScenarioTrace, scenario="preflight", cites="TRN-29")
def a_preflight_succeeds(trace: ScenarioTrace) -> Iterator[Finding]:
    """A CORS preflight without credentials succeeds and allows the headers of a create.

    These are `authorization` and `content-type`. Otherwise no page in a browser can call the server, not even
    the published compliance runner.
    """
    reply = trace["preflight"].answer
    if not 200 <= reply.status < 300:
        yield Finding("preflight.reply.status", "200 or 204", str(reply.status))
    header = reply.headers.get("access-control-allow-headers")
    names = (header or "").lower()
    for name in ("authorization", "content-type"):
        if "*" not in names and name not in names:
            where = "preflight.reply.headers/access-control-allow-headers"
            yield Finding(where, f"a list with {name}", _value(header))
    yield from _origin("preflight", trace["preflight"])


@rule(
    "vendor-headers.an-answer-allows-the-origin-of-the-page", ScenarioTrace, scenario="repeat", cites="TRN-29"
)
def an_answer_allows_the_origin_of_the_page(trace: ScenarioTrace) -> Iterator[Finding]:
    """An answer to a web page of another origin carries `access-control-allow-origin`.

    The header names that origin or `*`. Servers that send it on the preflight alone hide every answer from
    the page.
    """
    yield from _origin("as_list", trace["as_list"])


def _value(header: str | None) -> str:
    """The value of a header in a finding; an absent header and an empty one differ."""
    return show(ABSENT if header is None else header)


def _origin(step: str, exchange: Exchange) -> Iterator[Finding]:
    actual = exchange.answer.headers.get("access-control-allow-origin")
    if actual not in ("*", ORIGIN):
        where = f"{step}.reply.headers/access-control-allow-origin"
        yield Finding(where, f"* or {ORIGIN}", _value(actual))
