"""The headers that OpenAI documents (request ids, times, versions, rate limits) and that browsers need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.probes import ORIGIN
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.transport import LIVE, live
from antiphon_conformance.subject import Answered, Scene
from antiphon_conformance.text import ABSENT, show

DURATION = re.compile(r"(?=\d)(\d+d)?(\d+h)?(\d+m(?!s))?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?")
LIMITED = ("requests", "tokens")


@rule(Answered, cites="TRN-18", when=live, needs=LIVE)
def every_answer_carries_a_request_id(answered: Answered) -> Iterator[Finding]:
    """Every answer carries `x-request-id`, an error as well as a success.

    It is what support asks for first.
    """
    if not answered.reply.headers.get("x-request-id"):
        yield Finding("reply.headers/x-request-id", "the id of the request", "absent")


@rule(Scene, scenario="repeat", cites="TRN-18")
def request_ids_are_unique(scene: Scene) -> Iterator[Finding]:
    """No two requests get the same `x-request-id`, not even equal ones."""
    first, again = (scene[step].answer.headers.get("x-request-id") for step in ("first", "again"))
    if first is not None and first == again:
        yield Finding("again.reply.headers/x-request-id", f"another id than {show(first)}", show(again))


@rule(Answered, cites="TRN-19", when=live, needs=LIVE)
def answers_tell_organisation_time_and_version(answered: Answered) -> Iterator[Finding]:
    """Answers carry `openai-organization`, `openai-processing-ms` and `openai-version`."""
    if answered.reply.status in (401, 404, 405):
        return
    sent = answered.reply.headers
    if not sent.get("openai-organization"):
        yield Finding("reply.headers/openai-organization", "the organisation", "absent")
    took = sent.get("openai-processing-ms")
    if took is None or not took.isdecimal():
        yield Finding("reply.headers/openai-processing-ms", "whole milliseconds", show(took or ABSENT))
    wanted = answered.dialect.traits.constant_headers.get("openai-version")
    if sent.get("openai-version") != wanted:
        got = show(sent.get("openai-version") or ABSENT)
        yield Finding("reply.headers/openai-version", str(wanted), got)


@rule(Scene, scenario="repeat", cites=("TRN-20", "TRN-26"))
def a_request_sent_again_is_another_request(scene: Scene) -> Iterator[Finding]:
    """A create sent a second time, with an `X-Client-Request-Id`, makes a second response of its own.

    There is no idempotency key, and the client's id is only for the log.
    """
    status = scene["again"].answer.status
    if status != scene["first"].answer.status:
        yield Finding("again.reply.status", str(scene["first"].answer.status), str(status))
        return
    first, again = (scene[step].response.get("id") for step in ("first", "again"))
    if first == again:
        yield Finding("again.reply.body/id", f"another id than {show(first)}", show(again))


def _created_live(answered: Answered) -> bool:
    return live(answered) and answered.exchange.ok and answered.operation == answered.dialect.create_operation


@rule(Answered, cites="TRN-21", when=_created_live, needs="a create that succeeds, not recorded")
def rate_limits_are_advertised(answered: Answered) -> Iterator[Finding]:
    """Creates advertise rate limits: `x-ratelimit-limit-*`, `-remaining-*`, and `-reset-*` as a duration.

    Clients that pace themselves read them; `6m0s` and `120ms` are durations, a bare number is none.
    """
    for what in LIMITED:
        for kind in ("limit", "remaining"):
            name = f"x-ratelimit-{kind}-{what}"
            value = answered.reply.headers.get(name)
            if value is None or not value.isdecimal():
                yield Finding(f"reply.headers/{name}", "a whole number", show(value or ABSENT))
        reset = answered.reply.headers.get(f"x-ratelimit-reset-{what}")
        if reset is None or not DURATION.fullmatch(reset):
            got = show(reset or ABSENT)
            yield Finding(f"reply.headers/x-ratelimit-reset-{what}", "a duration such as 6m0s", got)


def _limited(answered: Answered) -> bool:
    return answered.reply.headers.get("x-ratelimit-limit-requests") is not None


@rule(Answered, cites="TRN-22", when=_limited, needs="an answer with rate limits")
def no_more_remains_than_the_limit(answered: Answered) -> Iterator[Finding]:
    """`x-ratelimit-remaining-*` never exceeds the matching `-limit-*`."""
    for what in LIMITED:
        limit, rest = (
            answered.reply.headers.get(f"x-ratelimit-{kind}-{what}") for kind in ("limit", "remaining")
        )
        if limit and rest and limit.isdecimal() and rest.isdecimal() and int(rest) > int(limit):
            yield Finding(f"reply.headers/x-ratelimit-remaining-{what}", f"at most {limit}", rest)


@rule(Scene, scenario="preflight", cites="TRN-29")
def a_preflight_is_answered(scene: Scene) -> Iterator[Finding]:
    """A CORS preflight succeeds without credentials, and allows `authorization` and `content-type`.

    Without it no page in a browser can call the server, the published compliance runner included.
    """
    reply = scene["preflight"].answer
    if not 200 <= reply.status < 300:
        yield Finding("preflight.reply.status", "200 or 204", str(reply.status))
    allowed = (reply.headers.get("access-control-allow-headers") or "").lower()
    for name in ("authorization", "content-type"):
        if "*" not in allowed and name not in allowed:
            where = "preflight.reply.headers/access-control-allow-headers"
            yield Finding(where, f"a list with {name}", show(allowed or ABSENT))
    yield from _origin("preflight", scene["preflight"])


@rule(Scene, scenario="repeat", cites="TRN-29")
def an_answer_may_be_read_by_a_page(scene: Scene) -> Iterator[Finding]:
    """An answer to a page of another origin names that origin, or `*`, in `access-control-allow-origin`.

    Servers that send it on the preflight alone still hide every answer from the page.
    """
    yield from _origin("as_list", scene["as_list"])


def _origin(step: str, exchange: Exchange) -> Iterator[Finding]:
    got = exchange.answer.headers.get("access-control-allow-origin")
    if got not in ("*", ORIGIN):
        where = f"{step}.reply.headers/access-control-allow-origin"
        yield Finding(where, f"* or {ORIGIN}", show(got or ABSENT))
