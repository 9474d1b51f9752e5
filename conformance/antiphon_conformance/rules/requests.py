"""Wrong requests are refused: one rule for each row of the table of mistakes, and rules on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_conformance.mistake import Mistake
from antiphon_conformance.mistakes import MISTAKES, mistakes_in
from antiphon_conformance.places import root
from antiphon_conformance.rule import Finding, add, make, rule
from antiphon_conformance.rules.transport import live
from antiphon_conformance.subject import Answered, Refused
from antiphon_conformance.text import safe, show

OTHER_REASONS = frozenset({401, 403, 408, 429, 503})
"""Statuses that say nothing about the request's content."""
BAD_REQUESTS = tuple(
    f"CG-{area}-{number:02}"
    for area, numbers in {
        "REQ": (1, 3, 5, 6, 7, 11, 13, 14, 18, 19),
        "KB": (2, 3, 8, 10, 15),
        "CHAT": (1, 3, 5),
    }.items()
    for number in numbers
)
"""Rows that name the status of what they forbid: 400."""


def _asks(mistake: Mistake) -> Callable[[Answered], bool]:
    def applies(answered: Answered) -> bool:
        made = mistakes_in(answered.exchange, answered.dialect)
        return any(mistake is one for one, _, _ in made) and answered.reply.status not in OTHER_REASONS

    return applies


def refused(answered: Answered, place: str, got: Any, legal: str) -> Iterator[Finding]:
    """A finding when the answer is a success. Server errors, and streams that begin as one and end in
    failure, are reported by rules of their own."""
    if answered.reply.status < 400 and not _fails_in_its_stream(answered):
        why = f"a refusal with 4xx, because `{place}` is {show(got, 40)} and not {legal}"
        yield Finding("reply.status", why, str(answered.reply.status))


def _checks(mistake: Mistake) -> Callable[[Answered], Iterator[Finding]]:
    def check(answered: Answered) -> Iterator[Finding]:
        for place, value in mistake.made_in(answered.asked):
            yield from refused(answered, place or mistake.path, value, mistake.legal.words)
            return

    return check


for _mistake in MISTAKES:
    add(
        make(
            "requests",
            f"refuses_{_mistake.name}",
            f"A request with {_mistake.says} is refused with a 4xx status.\n\n"
            "A server that takes it answers something that was not asked, or breaks later and elsewhere.",
            Answered,
            _checks(_mistake),
            cites=_mistake.cites,
            when=_asks(_mistake),
            needs=f"a request with {_mistake.says}",
        )
    )


def _wrong(answered: Answered) -> bool:
    return bool(mistakes_in(answered.exchange, answered.dialect))


def _wrong_in_one_member(refused: Refused) -> bool:
    """Whether the mistake was made on purpose: a recorded request may be refused for another reason."""
    judged = live(refused) and refused.reply.status in (400, 422)
    return judged and len(_roots(refused)) == 1 and _is_all(refused, _roots(refused))


def _made(refused: Refused, name: str) -> bool:
    """Whether this mistake, and nothing else, is what is wrong with the request."""
    found = mistakes_in(refused.exchange, refused.dialect)
    return {mistake.name for mistake, _, _ in found} == {name} and _is_all(refused, {root(found[0][1])})


def _roots(answered: Answered) -> set[str]:
    """The members in which the request makes a mistake of the table."""
    return {root(place) for _, place, _ in mistakes_in(answered.exchange, answered.dialect)}


def _is_all(answered: Answered, roots: set[str]) -> bool:
    """Whether the document finds nothing wrong in other members, and knows them all."""
    schemas, operation = answered.dialect.schemas, answered.operation or ""
    validator = schemas.request(operation)
    faults = validator.faults(answered.asked) if validator is not None else []
    found = (*faults, *schemas.unknown_members(operation, answered.asked))
    return {root(fault.param) for fault in found} <= roots


@rule(
    Refused, cites="REQ-73", when=_wrong_in_one_member, needs="a refusal of a request with one wrong member"
)
def the_refusal_names_the_wrong_member(refused: Refused) -> Iterator[Finding]:
    """A refusal names the wrong member of the request in `error.param`.

    Programs mark the field in a form by it; people find the mistake in a body of thousands of lines.
    """
    (wrong,) = _roots(refused)
    param = refused.error.get("param")
    if not isinstance(param, str) or root(param) != wrong:
        yield Finding("reply.body/error/param", f"a path that begins with `{wrong}`", show(param))


@rule(Answered, cites=("ERR-20", *BAD_REQUESTS), when=_wrong, needs="a wrong request")
def a_wrong_request_is_no_server_error(answered: Answered) -> Iterator[Finding]:
    """A wrong request is never answered with a 5xx status.

    Clients send such a request again, several times, because a server error may pass.
    """
    if answered.reply.status >= 500 and answered.reply.status != 503:
        yield Finding("reply.status", "4xx, since the request is wrong", str(answered.reply.status))


def _is_bad(refused: Refused) -> bool:
    """Whether a request makes a mistake that is answered 400, and was refused for its content."""
    made = mistakes_in(refused.exchange, refused.dialect)
    bad = any(row in BAD_REQUESTS for mistake, _, _ in made for row in mistake.cites)
    return bad and refused.reply.status < 500 and refused.reply.status not in OTHER_REASONS


@rule(Refused, cites=BAD_REQUESTS, when=_is_bad, needs="a refusal of a wrong request")
def a_mistake_is_a_bad_request(refused: Refused) -> Iterator[Finding]:
    """A wrong request is refused with 400; it may be 404 for an id, or 413 for its size, at the same time.

    Frameworks answer 422 by themselves; clients that tell mistakes from other failures look for 400.
    """
    if refused.reply.status not in (400, 404, 413):
        yield Finding("reply.status", "400, since the request is wrong", str(refused.reply.status))


@rule(Answered, cites="TRN-25", when=_wrong, needs="a wrong request")
def a_wrong_request_is_not_to_be_sent_again(answered: Answered) -> Iterator[Finding]:
    """The refusal of a wrong request does not invite clients to send it again.

    The official client retries 408, 409, 429 and 5xx, and whatever says `x-should-retry: true`. That a
    wrong request is no server error is another rule.
    """
    status = answered.reply.status
    if status in (408, 409):
        yield Finding("reply.status", "a status that clients do not retry", str(status))
    if status >= 400 and (answered.reply.headers.get("x-should-retry") or "").lower() == "true":
        yield Finding("reply.headers/x-should-retry", "absent, or false", '"true"')


@rule(Refused, cites="REQ-74", when=lambda refused: refused.operation == refused.dialect.create_operation)
def a_refused_create_hands_out_no_response(refused: Refused) -> Iterator[Finding]:
    """A refused create leaves no trace: its answer holds neither a response object nor the id of one.

    A client that finds an id would poll or continue a response that does not exist.
    """
    body = refused.reply.fields
    if body.get("object") == "response" or str(body.get("id", "")).startswith("resp_"):
        yield Finding("reply.body", "an error without a response", show(body))


def _fails_in_its_stream(answered: Answered) -> bool:
    stream = answered.reply.stream
    return stream is not None and not any(stream.of("response.completed", "response.incomplete"))


def _streams_wrongly(answered: Answered) -> bool:
    judged = live(answered) and answered.reply.status not in OTHER_REASONS
    return judged and answered.asked.get("stream") is True and _wrong(answered)


@rule(
    Answered,
    cites=("ENV-23", "CG-SSE-14"),
    when=_streams_wrongly,
    needs="a wrong request that asks for a stream",
)
def a_wrong_request_gets_no_stream(answered: Answered) -> Iterator[Finding]:
    """A wrong request that asks for a stream is refused by its status, before any stream begins.

    Whoever looks at the status first takes a 200 for success, and waits for events that never come.
    """
    if _fails_in_its_stream(answered):
        yield Finding(
            "reply.status", "a refusal with 4xx", f"{answered.reply.status} and a stream that fails"
        )
    elif answered.reply.status >= 400 and answered.reply.stream is not None:
        yield Finding("reply.headers/content-type", "application/json", "a stream")


def _undercuts(refused: Refused) -> bool:
    whole = type(refused.asked.get("max_output_tokens")) is int
    return whole and _made(refused, "too_few_output_tokens")


@rule(Refused, cites="REQ-47", when=_undercuts, needs="a refusal of too few `max_output_tokens`")
def too_few_output_tokens_have_their_code(refused: Refused) -> Iterator[Finding]:
    """Too few `max_output_tokens` are refused with 400, and the code `integer_below_min_value`."""
    yield from _exactly(refused, 400, "integer_below_min_value", "max_output_tokens")


@rule(
    Refused,
    cites="REQ-20",
    when=lambda refused: _made(refused, "an_empty_call_id"),
    needs="a refusal of an empty `call_id`",
)
def an_empty_call_id_has_its_code(refused: Refused) -> Iterator[Finding]:
    """An empty `call_id` is refused with 400 and the code `empty_string`, and `param` names its place."""
    place = next(place for _, place, _ in mistakes_in(refused.exchange, refused.dialect))
    yield from _exactly(refused, 400, "empty_string", place)


@rule(
    Refused,
    cites="REQ-68",
    when=lambda refused: _made(refused, "an_illegal_previous_id"),
    needs="a refusal of an illegal `previous_response_id`",
)
def an_illegal_previous_id_is_a_bad_request(refused: Refused) -> Iterator[Finding]:
    """An illegal `previous_response_id` is refused with 400: it is misspelt, not unknown."""
    if refused.reply.status != 400:
        yield Finding("reply.status", "400", str(refused.reply.status))


@rule(
    Refused,
    cites="REQ-53",
    when=lambda refused: _made(refused, "a_service_tier_that_nobody_knows"),
    needs="a refusal of an unknown `service_tier`",
)
def an_unknown_tier_is_an_invalid_request(refused: Refused) -> Iterator[Finding]:
    """An unknown `service_tier` is refused with 400, as an `invalid_request_error` on `service_tier`."""
    if refused.reply.status != 400:
        yield Finding("reply.status", "400", str(refused.reply.status))
    for name, wanted in (("type", "invalid_request_error"), ("param", "service_tier")):
        if refused.error.get(name) != wanted:
            yield Finding(f"reply.body/error/{name}", wanted, show(refused.error.get(name)))


def _exactly(refused: Refused, status: int, code: str, param: str) -> Iterator[Finding]:
    if refused.reply.status != status:
        yield Finding("reply.status", str(status), str(refused.reply.status))
    for name, wanted in (("code", code), ("param", param)):
        if refused.error.get(name) != wanted:
            yield Finding(f"reply.body/error/{name}", wanted, show(refused.error.get(name)))


def _unknown(answered: Answered) -> bool:
    judged = answered.reply.status not in OTHER_REASONS and answered.operation is not None
    return judged and bool(answered.dialect.schemas.unknown_members(answered.operation or "", answered.asked))


@rule(Answered, cites="REQ-71", when=_unknown, needs="a request with a parameter that nobody knows")
def an_unknown_parameter_is_refused(answered: Answered) -> Iterator[Finding]:
    """A parameter that nobody knows is refused, at any depth.

    A misspelt parameter would otherwise be ignored, and nobody would notice.
    """
    unknown = answered.dialect.schemas.unknown_members(answered.operation or "", answered.asked)
    if answered.reply.status < 400 and not _fails_in_its_stream(answered):
        why = f"a refusal with 4xx, because nobody knows `{safe(unknown[0].param)}`"
        yield Finding("reply.status", why, str(answered.reply.status))
