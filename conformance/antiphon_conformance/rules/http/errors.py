"""Rules on errors: the envelope, the types, the message, and the `error` event of a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import NOT_OFFERED, Part, Reply
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.rules.http.transport import is_json_type
from antiphon_conformance.rules.reading.output import member, parse_json
from antiphon_conformance.rules.reading.streams import is_bare_error, is_rejection
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import AnyReply, ErrorReply, StreamReply

MEMBERS = ("type", "code", "param", "message")
FLAT_MEMBERS = ("code", "param", "message")
"""The members of an `error` event that has them beside its type."""
OF_GATEWAYS = frozenset({408, 413, 414, 431, 502, 503, 504, *range(520, 531)})
"""Statuses that proxies and load balancers make up themselves."""
OF_ROUTERS = frozenset({405, 501})
"""Statuses of a path without this method: no code of the API has seen the request."""
LONG_HEADERS = 8_000
"""Characters of headers that web servers read; they reject more by themselves, in words of their own."""
KINDS = {
    400: ("invalid_request", "invalid_request_error"),
    404: ("not_found", "invalid_request", "invalid_request_error"),
    422: ("invalid_request", "invalid_request_error"),
    429: ("too_many_requests", "rate_limit_error", "insufficient_quota"),
    500: ("server_error", "model_error"),
}
"""Open Responses' table of types by status; it is not strict, so a 404 may also be an invalid request."""
CLIENT_KINDS = ("invalid_request_error",)
INTERNALS = re.compile(
    r"Traceback \(most recent call last\)|\bFile \"[^\"]+\", line \d+|\bat [\w.$]+\([\w.]+:\d+\)"
    r"|\b0x[0-9a-f]{8,}\b|site-packages|node_modules|\bgoroutine \d+ \["
)
"""Stack traces, source files and memory addresses, as several languages print them."""


def is_of_the_api(error_reply: ErrorReply) -> bool:
    """Whether the API made the error: on an operation that it offers, and not before it saw the request."""
    is_early = error_reply.reply.status in OF_GATEWAYS or _length_of_headers(error_reply) > LONG_HEADERS
    is_offered = error_reply.operation is not None and NOT_OFFERED not in error_reply.exchange.traits
    return is_offered and error_reply.reply.status not in OF_ROUTERS and not is_early


def _length_of_headers(error_reply: ErrorReply) -> int:
    return sum(len(name) + len(value) for name, value in error_reply.request.headers.pairs)


@rule(
    "errors.an-error-is-json",
    ErrorReply,
    cites=("ERR-11", "BUD-SSE-22"),
    reads={Part.REPLY_HEADERS},
    when=is_of_the_api,
)
def an_error_is_json(error_reply: ErrorReply) -> Iterator[Finding]:
    """The body of an error is a JSON object of the media type `application/json`.

    Proxies and load balancers answer in HTML; that is no error of the API.
    """
    yield from _expect_json_type(error_reply)
    if not isinstance(error_reply.reply.body, dict):
        yield Finding("reply.body", "a JSON object", describe_body(error_reply.reply))


def _expect_json_type(error_reply: ErrorReply) -> Iterator[Finding]:
    if not is_json_type(error_reply):
        value = error_reply.reply.headers.get("content-type")
        actual = show(ABSENT if value is None else value)
        yield Finding("reply.headers/content-type", "application/json", actual)


def describe_body(reply: Reply) -> str:
    """A body as a finding prints it; a body that is absent or not JSON is not shown as null."""
    if reply.body is not None or reply.raw.strip() == b"null":
        return show(reply.body)
    return "not JSON" if reply.raw else show(ABSENT)


def _expect_string_error(error_reply: ErrorReply) -> Iterator[Finding]:
    yield from _expect_json_type(error_reply)
    if not isinstance(error_reply.reply.fields.get("error"), str):
        yield Finding("reply.body", "an object whose `error` is a string", describe_body(error_reply.reply))


@rule(
    "errors.the-error-is-a-string",
    ErrorReply,
    cites="CG-GEN-05",
    when=lambda error_reply: error_reply.operation is not None,
    needs="an error of an operation of the document",
    reads={Part.REPLY_HEADERS},
)
def the_error_is_a_string(error_reply: ErrorReply) -> Iterator[Finding]:
    """The body of an error is a JSON object whose `error` is a string.

    Clients show that string to people; they show an object as `[object Object]`.
    """
    yield from _expect_string_error(error_reply)


@rule(
    "errors.the-error-on-an-unknown-path-is-a-string",
    ErrorReply,
    cites="CG-GEN-10",
    when=lambda error_reply: error_reply.operation is None,
    needs="an error on an unknown path or a wrong method",
    reads={Part.REPLY_HEADERS},
)
def the_error_on_an_unknown_path_is_a_string(error_reply: ErrorReply) -> Iterator[Finding]:
    """An unknown path or a wrong method gets an error in the envelope of all other errors."""
    yield from _expect_string_error(error_reply)


def _has_json_object(error_reply: ErrorReply) -> bool:
    return isinstance(error_reply.reply.body, dict) and is_of_the_api(error_reply)


@rule(
    "errors.the-envelope-is-complete", ErrorReply, cites=("ERR-01", "ERR-02", "RET-13"), when=_has_json_object
)
def the_envelope_is_complete(error_reply: ErrorReply) -> Iterator[Finding]:
    """An error is an object `error` with a `message`; its other members are strings or null.

    Clients read `error.message` first: openai-node says "(no body)" where there is no `error`.
    """
    if not error_reply.error:
        actual = show(error_reply.reply.fields.get("error", ABSENT))
        yield Finding("reply.body/error", f"an object with {', '.join(MEMBERS)}", actual)
        return
    present = tuple(name for name in MEMBERS if name in error_reply.error or name == "message")
    yield from _check_members(error_reply.error, "reply.body/error", present)


@rule(
    "errors.an-error-has-type-code-and-param",
    ErrorReply,
    cites="ERR-24",
    when=lambda error_reply: bool(error_reply.error) and _has_json_object(error_reply),
    needs="an error with an object `error`",
)
def an_error_has_type_code_and_param(error_reply: ErrorReply) -> Iterator[Finding]:
    """An error has `type`, `code` and `param`; the last two are null where they have no value."""
    absent = (name for name in MEMBERS if name not in error_reply.error and name != "message")
    for name in absent:
        yield Finding(
            f"reply.body/error/{name}", "a string" if name == "type" else "a string or null", show(ABSENT)
        )


def _check_members(
    error: Mapping[str, Any], where: str, names: tuple[str, ...] = MEMBERS
) -> Iterator[Finding]:
    """A finding for each member of an error that is no string; `code` and `param` may be null."""
    for name in names:
        value, is_nullable = error.get(name, ABSENT), name in ("code", "param")
        if not (isinstance(value, str) or (is_nullable and value is None)):
            yield Finding(f"{where}/{name}", "a string or null" if is_nullable else "a string", show(value))


@rule(
    "errors.the-type-fits-the-status",
    ErrorReply,
    cites=("ERR-04", "ERR-06"),
    when=lambda error_reply: error_reply.reply.status in KINDS and bool(error_reply.error),
    reads={Part.STATUS},
)
def the_type_fits_the_status(error_reply: ErrorReply) -> Iterator[Finding]:
    """The `type` of an error fits its status.

    It is `invalid_request` for 400, `not_found` for 404, and so on.
    """
    kinds, actual = KINDS[error_reply.reply.status], error_reply.error.get("type", ABSENT)
    if actual not in kinds:
        yield Finding("reply.body/error/type", " or ".join(kinds), show(actual))


@rule(
    "errors.a-client-error-has-its-type",
    ErrorReply,
    cites=("ERR-07", "RET-03"),
    when=lambda error_reply: (
        error_reply.reply.status in (400, 404, 405, 413, 415, 422) and bool(error_reply.error)
    ),
    reads={Part.STATUS},
)
def a_client_error_has_its_type(error_reply: ErrorReply) -> Iterator[Finding]:
    """The error on a wrong request has the type `invalid_request_error`."""
    actual = error_reply.error.get("type", ABSENT)
    if actual not in CLIENT_KINDS:
        yield Finding("reply.body/error/type", " or ".join(CLIENT_KINDS), show(actual))


@rule(
    "errors.the-message-is-for-people",
    ErrorReply,
    cites="ERR-10",
    when=lambda error_reply: bool(error_reply.error),
    reads={Part.TEXTS},
)
def the_message_is_for_people(error_reply: ErrorReply) -> Iterator[Finding]:
    """The message of an error is a sentence for people, without JSON or stack traces.

    Clients show it to their users. Stack traces and addresses help attackers.
    """
    message = error_reply.error.get("message", ABSENT)
    if not isinstance(message, str) or not message.strip():
        yield Finding("reply.body/error/message", "a sentence", show(message))
    elif shows_internals(message, error_reply):
        yield Finding("reply.body/error/message", "no stack trace, source path or address", show(message))
    elif _is_packed(message):
        yield Finding("reply.body/error/message", "a sentence, and not JSON", show(message))


def shows_internals(message: str, view: AnyReply) -> bool:
    """Whether a message shows the inside of the server, and does not merely quote the request."""
    match = INTERNALS.search(message)
    asked = view.request.raw or json.dumps(view.request.body).encode()
    return match is not None and match.group().encode() not in asked


def _is_packed(message: str) -> bool:
    """Whether a message is the text of a JSON object: an error inside another one."""
    if not message.lstrip().startswith("{"):
        return False
    try:
        return isinstance(parse_json(message), dict)
    except ValueError:
        return False


def _has_error_event(stream: StreamReply) -> bool:
    return any(stream.source.of("error"))


def _error_of(holder: Any) -> Mapping[str, Any]:
    error = member(holder, "error")
    return error if isinstance(error, dict) else {}


@rule(
    "errors.an-error-event-is-complete",
    StreamReply,
    cites=("ERR-13", "openai#/components/schemas/ResponseErrorEvent"),
    when=_has_error_event,
    needs="a stream with an `error` event",
)
def an_error_event_is_complete(stream: StreamReply) -> Iterator[Finding]:
    """An `error` event has its type, a `sequence_number`, and an `error` with all its members.

    Chat ends a stream with a bare `error`, which clients of this API may take for no event. The members are
    `type`, `code`, `message` and `param`. OpenAI's document has them beside the event's `type`, and every
    recorded event has them in `error`: with OpenAI both will do.
    """
    may_be_flat = "openai" in stream.dialect.lineage
    for event in stream.source.of("error"):
        if may_be_flat and "error" not in event.data:
            yield from _check_members(event.data, event.where, FLAT_MEMBERS)
        else:
            yield from _check_members(_error_of(event.data), f"{event.where}/error")
        if is_bare_error(event):
            yield Finding(f"{event.where}/type", show("error"), show(ABSENT))
        if not isinstance(event.data.get("sequence_number"), int):
            actual = show(event.data.get("sequence_number", ABSENT))
            yield Finding(f"{event.where}/sequence_number", "an integer", actual)


@rule(
    "errors.an-error-event-has-a-message",
    StreamReply,
    cites="CG-SSE-11",
    when=_has_error_event,
    needs="a stream that fails after it began",
)
def an_error_event_has_a_message(stream: StreamReply) -> Iterator[Finding]:
    """An `error` event has an object `error` with a `message`.

    `type` and `code` are optional strings. Clients read `error.message`; they show nothing when `error` is
    a string, or when the message is beside it.
    """
    for event in stream.source.of("error"):
        error = _error_of(event.data)
        if not isinstance(error.get("message"), str) or not error["message"].strip():
            yield Finding(f"{event.where}/error/message", "a sentence", show(error.get("message", ABSENT)))
        for name in ("type", "code"):
            if error.get(name) is not None and not isinstance(error[name], str):
                yield Finding(f"{event.where}/error/{name}", "a string", show(error[name]))


@rule(
    "errors.an-error-event-ends-the-stream",
    StreamReply,
    cites=("CG-SSE-11", "CG-SSE-12"),
    when=_has_error_event,
    needs="a stream that fails after it began",
)
def an_error_event_ends_the_stream(stream: StreamReply) -> Iterator[Finding]:
    """A stream ends with its `error` event."""
    error = stream.source.of("error")[0]
    for frame in stream.source.frames:
        if frame.index > error.index and frame.data != SENTINEL:
            yield Finding(f"event[{frame.index}]", f"no event after {error.where}", named("data", frame.data))


@rule(
    "errors.an-error-event-is-followed-by-failure",
    StreamReply,
    cites=("ERR-16", "LIF-12"),
    when=lambda stream: _has_error_event(stream) and not is_rejection(stream),
    needs="a stream with an `error` event",
)
def an_error_event_is_followed_by_failure(stream: StreamReply) -> Iterator[Finding]:
    """After an `error` event comes `response.failed` with the same code in `response.error`.

    Clients that know only the terminal events would wait for ever. The codes need not match when the
    `error` event has none.
    """
    event = stream.source.of("error")[0]
    failures = (later for later in stream.source.of("response.failed") if later.index > event.index)
    failure = next(failures, None)
    if failure is None:
        yield Finding(event.where, "response.failed after it", "followed by no response.failed")
        return
    code = _error_of(event.data).get("code")
    cause = _error_of(failure.data.get("response"))
    if code is not None and code != cause.get("code"):
        actual = show(cause.get("code", ABSENT))
        yield Finding(f"{failure.where}/response/error/code", show(code), actual)


LONGEST_ERROR = 256 * 1024
"""Bytes: none of the genuine errors that we know has 16 KiB."""


@rule(
    "errors.an-error-is-short",
    AnyReply,
    cites="ERR-25",
    when=lambda view: view.reply.status >= 400,
    needs="an error",
)
def an_error_is_short(view: AnyReply) -> Iterator[Finding]:
    """An error does not repeat the request: it has at most 256 KiB.

    A server that quotes the input for each of its faults answers a few kilobytes with a hundred megabytes.
    """
    if len(view.reply.raw) > LONGEST_ERROR:
        yield Finding("reply.body", f"at most {LONGEST_ERROR} bytes", f"{len(view.reply.raw)} bytes")
