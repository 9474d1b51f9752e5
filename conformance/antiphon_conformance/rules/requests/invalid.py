"""Wrong requests are rejected: one rule for each row of the table of mistakes, and rules on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_conformance.http.text import ABSENT, safe, show
from antiphon_conformance.requests.invalid.request import InvalidRequest
from antiphon_conformance.requests.invalid.table import INVALID_REQUESTS, mistakes_in
from antiphon_conformance.requests.paths import root
from antiphon_conformance.requests.validity import unknown_members
from antiphon_conformance.rules.http.transport import is_live
from antiphon_conformance.rules.reading.output import value_at
from antiphon_conformance.rules.rule import REJECTION, Finding, add, make, rule, rule_id
from antiphon_conformance.rules.views import AnyReply, ErrorReply

UNRELATED_STATUSES = frozenset({401, 403, 408, 429, 503})
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
"""Requirements that demand the status 400 for the request that they forbid."""


def _has(invalid_request: InvalidRequest) -> Callable[[AnyReply], bool]:
    """For `when=`: the request makes this mistake, and the status speaks of its content."""

    def applies(view: AnyReply) -> bool:
        rows = (row for row, _, _ in mistakes_in(view.exchange, view.dialect))
        return any(row is invalid_request for row in rows) and view.reply.status not in UNRELATED_STATUSES

    return applies


def expect_rejection(view: AnyReply, place: str, actual: Any, legal: str) -> Iterator[Finding]:
    """A finding when the answer is a success. Other rules report server errors, and streams that begin as a
    success and end in failure."""
    if view.reply.status < 400 and not _fails_in_its_stream(view):
        expected = f"a 4xx status, because `{place}` is {show(actual, 40)} and not {legal}"
        yield Finding("reply.status", expected, str(view.reply.status))


def _is_wrong(view: AnyReply) -> bool:
    return bool(mistakes_in(view.exchange, view.dialect))


def _check_of(invalid_request: InvalidRequest) -> Callable[[AnyReply], Iterator[Finding]]:
    def check(view: AnyReply) -> Iterator[Finding]:
        for place, value in invalid_request.occurrences_in(view.request_fields):
            yield from expect_rejection(
                view, place or invalid_request.path, value, invalid_request.legal.words
            )
            return

    return check


for _mistake in INVALID_REQUESTS:
    add(
        make(
            rule_id("requests", f"rejects_{_mistake.name}"),
            f"A request with {_mistake.says} is rejected.\n\n"
            "A right server answers with a 4xx status. A server that accepts the request answers another "
            "question, or breaks later in another place.",
            AnyReply,
            _check_of(_mistake),
            cites=_mistake.cites,
            when=_has(_mistake),
            scope=_is_wrong,
            needs=f"a request with {_mistake.says}",
            reads=REJECTION,
        )
    )


def _is_wrong_in_one_member(error_reply: ErrorReply) -> bool:
    """Whether the mistake is deliberate: a server may reject a recorded request for another reason."""
    about_content = is_live(error_reply) and error_reply.reply.status in (400, 422)
    return (
        about_content and len(_roots(error_reply)) == 1 and _are_all_faults(error_reply, _roots(error_reply))
    )


def _has_only(error_reply: ErrorReply, name: str) -> bool:
    """Whether this mistake, and nothing else, is what is wrong with the request."""
    invalid_requests = mistakes_in(error_reply.exchange, error_reply.dialect)
    names = {invalid_request.name for invalid_request, _, _ in invalid_requests}
    return names == {name} and _are_all_faults(error_reply, {root(invalid_requests[0][1])})


def _roots(view: AnyReply) -> set[str]:
    """The members in which the request makes a mistake of the table."""
    return {root(place) for _, place, _ in mistakes_in(view.exchange, view.dialect)}


def _are_all_faults(view: AnyReply, roots: set[str]) -> bool:
    """Whether the document knows all members of the request, and finds faults in these only."""
    schemas, operation = view.dialect.schemas, view.operation or ""
    validator = schemas.request(operation)
    faults = validator.faults(view.request_fields) if validator is not None else []
    strangers = schemas.unknown_members(operation, view.request_fields)
    return {root(fault.param) for fault in (*faults, *strangers)} <= roots


@rule(
    "requests.the-error-names-the-wrong-member",
    ErrorReply,
    cites="REQ-73",
    when=_is_wrong_in_one_member,
    needs="an error answer to a request with one wrong member",
    reads=REJECTION,
)
def the_error_names_the_wrong_member(error_reply: ErrorReply) -> Iterator[Finding]:
    """The error answer to a wrong request names the wrong member in `error.param`.

    Programs mark the field in a form by it; people find the mistake in a body of thousands of lines.
    """
    (member,) = _roots(error_reply)
    param = error_reply.error.get("param", ABSENT)
    if not isinstance(param, str) or root(param) != member:
        yield Finding("reply.body/error/param", f"a path that begins with `{member}`", show(param))


@rule(
    "requests.a-wrong-request-is-no-server-error",
    AnyReply,
    cites=("ERR-20", *BAD_REQUESTS),
    when=_is_wrong,
    needs="a wrong request",
    reads=REJECTION,
)
def a_wrong_request_is_no_server_error(view: AnyReply) -> Iterator[Finding]:
    """The answer to a wrong request never has a 5xx status.

    Clients repeat such a request several times, because a server error may pass.
    """
    if view.reply.status >= 500 and view.reply.status != 503:
        yield Finding("reply.status", "4xx, because the request is wrong", str(view.reply.status))


def _is_bad_request(error_reply: ErrorReply) -> bool:
    """Whether the request makes a mistake that demands 400, and the server rejected it for its content."""
    invalid_requests = mistakes_in(error_reply.exchange, error_reply.dialect)
    bad = any(
        row in BAD_REQUESTS for invalid_request, _, _ in invalid_requests for row in invalid_request.cites
    )
    return bad and error_reply.reply.status < 500 and error_reply.reply.status not in UNRELATED_STATUSES


@rule(
    "requests.a-wrong-request-gets-400",
    ErrorReply,
    cites=BAD_REQUESTS,
    when=_is_bad_request,
    needs="a 4xx answer to a wrong request",
    reads=REJECTION,
)
def a_wrong_request_gets_400(error_reply: ErrorReply) -> Iterator[Finding]:
    """The status for a wrong request is 400, or 404 for an id, or 413 for its size.

    Frameworks answer 422 by themselves; clients that tell mistakes from other failures look for 400.
    """
    if error_reply.reply.status not in (400, 404, 413):
        yield Finding("reply.status", "400, because the request is wrong", str(error_reply.reply.status))


@rule(
    "requests.a-wrong-request-does-not-invite-a-retry",
    AnyReply,
    cites="TRN-25",
    when=_is_wrong,
    needs="a wrong request",
    reads=REJECTION,
)
def a_wrong_request_does_not_invite_a_retry(view: AnyReply) -> Iterator[Finding]:
    """The answer to a wrong request does not invite clients to send it again.

    The official client retries 408, 409, 429 and 5xx, and any answer with `x-should-retry: true`. Another
    rule says that a wrong request is no server error.
    """
    status = view.reply.status
    if status in (408, 409):
        yield Finding("reply.status", "a status that clients do not retry", str(status))
    if status >= 400 and (view.reply.headers.get("x-should-retry") or "").lower() == "true":
        yield Finding("reply.headers/x-should-retry", "no header, or false", '"true"')


@rule(
    "requests.a-rejected-create-returns-no-response",
    ErrorReply,
    cites="REQ-74",
    when=lambda error_reply: error_reply.operation == error_reply.dialect.create_operation,
    reads=REJECTION,
)
def a_rejected_create_returns_no_response(error_reply: ErrorReply) -> Iterator[Finding]:
    """The answer to a rejected create holds neither a response object nor the id of a response.

    A client that finds an id would poll or continue a response that does not exist.
    """
    body = error_reply.reply.fields
    if body.get("object") == "response" or str(body.get("id", "")).startswith("resp_"):
        yield Finding("reply.body", "an error without a response", show(body))


def _fails_in_its_stream(view: AnyReply) -> bool:
    stream = view.reply.stream
    return stream is not None and not any(stream.of("response.completed", "response.incomplete"))


def _is_wrong_and_asks_for_a_stream(view: AnyReply) -> bool:
    about_content = is_live(view) and view.reply.status not in UNRELATED_STATUSES
    return about_content and view.request_fields.get("stream") is True and _is_wrong(view)


@rule(
    "requests.a-wrong-request-gets-no-stream",
    AnyReply,
    cites=("ENV-23", "CG-SSE-14", "BUD-SSE-22"),
    when=_is_wrong_and_asks_for_a_stream,
    needs="a wrong request that asks for a stream",
    reads=REJECTION,
)
def a_wrong_request_gets_no_stream(view: AnyReply) -> Iterator[Finding]:
    """A wrong request for a stream is rejected by the status, before any stream begins.

    A client that looks at the status first reads a 200 as success, and waits for events that never come.
    """
    if _fails_in_its_stream(view):
        actual = f"{view.reply.status} and a stream that fails"
        yield Finding("reply.status", "a 4xx status", actual)
    elif view.reply.status >= 400 and view.reply.stream is not None:
        yield Finding("reply.headers/content-type", "application/json", "a stream")


def _asks_for_too_few_tokens(error_reply: ErrorReply) -> bool:
    whole = type(error_reply.request_fields.get("max_output_tokens")) is int
    return whole and _has_only(error_reply, "too_few_output_tokens")


@rule(
    "requests.too-few-output-tokens-have-their-code",
    ErrorReply,
    cites="REQ-47",
    when=_asks_for_too_few_tokens,
    needs="an error answer to a request with too few `max_output_tokens`",
    reads=REJECTION,
)
def too_few_output_tokens_have_their_code(error_reply: ErrorReply) -> Iterator[Finding]:
    """Too few `max_output_tokens` are rejected with 400 and the code `integer_below_min_value`."""
    yield from _unlike_error(error_reply, {"code": "integer_below_min_value", "param": "max_output_tokens"})


@rule(
    "requests.an-empty-call-id-has-its-code",
    ErrorReply,
    cites="REQ-20",
    when=lambda error_reply: _has_only(error_reply, "an_empty_call_id"),
    needs="an error answer to a request with an empty `call_id`",
    reads=REJECTION,
)
def an_empty_call_id_has_its_code(error_reply: ErrorReply) -> Iterator[Finding]:
    """An empty `call_id` is rejected with 400, the code `empty_string` and its path in `param`."""
    place = next(place for _, place, _ in mistakes_in(error_reply.exchange, error_reply.dialect))
    yield from _unlike_error(error_reply, {"code": "empty_string", "param": place})


@rule(
    "requests.a-malformed-previous-id-gets-400",
    ErrorReply,
    cites="REQ-68",
    when=lambda error_reply: _has_only(error_reply, "a_malformed_previous_id"),
    needs="an error answer to a request with a malformed `previous_response_id`",
    reads=REJECTION,
)
def a_malformed_previous_id_gets_400(error_reply: ErrorReply) -> Iterator[Finding]:
    """A malformed `previous_response_id` is rejected with 400, not with 404."""
    yield from _unlike_error(error_reply, {})


@rule(
    "requests.an-unknown-tier-is-an-invalid-request",
    ErrorReply,
    cites="REQ-53",
    when=lambda error_reply: _has_only(error_reply, "a_service_tier_outside_the_enum"),
    needs="an error answer to a request with an unknown `service_tier`",
    reads=REJECTION,
)
def an_unknown_tier_is_an_invalid_request(error_reply: ErrorReply) -> Iterator[Finding]:
    """An unknown `service_tier` is rejected with 400 and the type `invalid_request_error`."""
    yield from _unlike_error(error_reply, {"type": "invalid_request_error", "param": "service_tier"})


def _unlike_error(error_reply: ErrorReply, members: dict[str, str]) -> Iterator[Finding]:
    """Findings when the status is not 400 or the error lacks one of these members and values."""
    if error_reply.reply.status != 400:
        yield Finding("reply.status", "400", str(error_reply.reply.status))
    for name, expected in members.items():
        actual = value_at(error_reply.error, name)
        if actual != expected:
            yield Finding(f"reply.body/error/{name}", expected, show(actual))


def _has_unknown_members(view: AnyReply) -> bool:
    about_content = view.reply.status not in UNRELATED_STATUSES and view.operation is not None
    return about_content and bool(unknown_members(view.exchange, view.dialect))


@rule(
    "requests.an-unknown-parameter-is-rejected",
    AnyReply,
    cites="REQ-71",
    when=_has_unknown_members,
    needs="a request with a parameter that the document does not know",
    reads=REJECTION,
)
def an_unknown_parameter_is_rejected(view: AnyReply) -> Iterator[Finding]:
    """A parameter that the document does not know is rejected, at any depth.

    A server that ignores it hides a misspelt parameter from its user.
    """
    strangers = unknown_members(view.exchange, view.dialect)
    if view.reply.status < 400 and not _fails_in_its_stream(view):
        expected = f"a 4xx status, because the document has no parameter `{safe(strangers[0].param)}`"
        yield Finding("reply.status", expected, str(view.reply.status))
