"""What a refusal says: the envelope, its types, a message for people, and the `error` event of a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.transport import media
from antiphon_conformance.sse import SENTINEL
from antiphon_conformance.subject import Refused, Streamed
from antiphon_conformance.text import ABSENT, show

MEMBERS = ("type", "code", "param", "message")
KINDS = {
    400: ("invalid_request", "invalid_request_error"),
    404: ("not_found", "invalid_request", "invalid_request_error"),
    422: ("invalid_request", "invalid_request_error"),
    429: ("too_many_requests", "rate_limit_error"),
    500: ("server_error", "model_error"),
}
"""Open Responses' table; the mapping holds only generally, so that 404 may also be an invalid request."""
CLIENT_KINDS = ("invalid_request_error",)
INTERNALS = re.compile(
    r"Traceback \(most recent call last\)|\bFile \"[^\"]+\", line \d+|\bat [\w.$]+\([\w.]+:\d+\)"
    r"|\b0x[0-9a-f]{8,}\b|site-packages|node_modules|\bgoroutine \d+ \["
)
"""Stack traces, source files and memory addresses, in the forms of several languages."""


@rule(Refused, cites="ERR-11")
def an_error_is_json(refused: Refused) -> Iterator[Finding]:
    """The body of an error is JSON, and labelled `application/json`."""
    if media(refused) != "application/json":
        got = show(refused.reply.headers.get("content-type") or ABSENT)
        yield Finding("reply.headers/content-type", "application/json", got)
    if not isinstance(refused.reply.body, dict):
        yield Finding("reply.body", "a JSON object", show(refused.reply.body or ABSENT))


def texts_instead(refused: Refused) -> Iterator[Finding]:
    """What an envelope that holds a text, and no object, lacks."""
    if media(refused) != "application/json":
        got = show(refused.reply.headers.get("content-type") or ABSENT)
        yield Finding("reply.headers/content-type", "application/json", got)
    if not isinstance(refused.reply.fields.get("error"), str):
        got = show(refused.reply.body or ABSENT)
        yield Finding("reply.body", "an object whose `error` is a string", got)


@rule(
    Refused,
    cites="CG-GEN-05",
    when=lambda refused: refused.operation is not None,
    needs="a refusal by an operation of the document",
)
def the_error_is_a_text(refused: Refused) -> Iterator[Finding]:
    """The body of an error is a JSON object whose `error` is a string.

    Clients show that string to people: of an object they show `[object Object]`.
    """
    yield from texts_instead(refused)


@rule(
    Refused,
    cites="CG-GEN-10",
    when=lambda refused: refused.operation is None,
    needs="a refusal of an unknown path or of a wrong method",
)
def where_nothing_is_the_error_is_a_text_too(refused: Refused) -> Iterator[Finding]:
    """Unknown paths and wrong methods are refused with the envelope of all other errors."""
    yield from texts_instead(refused)


def _has_document(refused: Refused) -> bool:
    return isinstance(refused.reply.body, dict)


@rule(Refused, cites=("ERR-01", "ERR-02", "RET-13"), when=_has_document)
def the_envelope_is_complete(refused: Refused) -> Iterator[Finding]:
    """An error is wrapped as `{"error": {...}}`, with `type`, `code`, `param` and `message`; nulls are told.

    Clients read `error.message` before anything else, and show "undefined" where it is missing.
    """
    if not refused.error:
        yield Finding("reply.body/error", f"an object with {', '.join(MEMBERS)}", show(refused.reply.body))
        return
    for name in MEMBERS:
        value = refused.error.get(name, ABSENT)
        nullable = name in ("code", "param")
        if not (isinstance(value, str) or (nullable and value is None)):
            wanted = "a string, or null" if nullable else "a string"
            yield Finding(f"reply.body/error/{name}", wanted, show(value))


@rule(
    Refused,
    cites=("ERR-04", "ERR-06"),
    when=lambda refused: refused.reply.status in KINDS and bool(refused.error),
)
def the_type_fits_the_status(refused: Refused) -> Iterator[Finding]:
    """The `type` of an error fits its status: `invalid_request` for 400, `not_found` for 404 and so on."""
    wanted, got = KINDS[refused.reply.status], refused.error.get("type")
    if got not in wanted:
        yield Finding("reply.body/error/type", " or ".join(wanted), show(got))


@rule(
    Refused,
    cites=("ERR-07", "RET-13", "RET-03"),
    when=lambda refused: refused.reply.status in (400, 404, 405, 413, 415, 422) and bool(refused.error),
)
def a_client_error_has_its_type(refused: Refused) -> Iterator[Finding]:
    """A client's mistake has the type `invalid_request_error`."""
    got = refused.error.get("type")
    if got not in CLIENT_KINDS:
        yield Finding("reply.body/error/type", " or ".join(CLIENT_KINDS), show(got))


@rule(Refused, cites="ERR-10", when=lambda refused: bool(refused.error))
def the_message_is_for_people(refused: Refused) -> Iterator[Finding]:
    """The message of an error is a text for people: not empty, not JSON, and no look inside the server."""
    message = refused.error.get("message")
    if not isinstance(message, str) or not message.strip():
        yield Finding("reply.body/error/message", "a sentence", show(message))
    elif INTERNALS.search(message):
        yield Finding("reply.body/error/message", "no stack trace, source path or address", show(message))
    elif _is_packed(message):
        yield Finding(
            "reply.body/error/message", "a sentence, not another error packed into it", show(message)
        )


def _is_packed(message: str) -> bool:
    if not message.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(message), dict)
    except ValueError:
        return False


def _told_in_stream(streamed: Streamed) -> bool:
    return any(streamed.stream.of("error"))


def _error_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    nested = event.get("error")
    return nested if isinstance(nested, dict) else {}


@rule(
    Streamed,
    cites=("ERR-13", "openai#/components/schemas/ResponseErrorEvent"),
    when=_told_in_stream,
    needs="a stream with an `error` event",
)
def an_error_event_is_complete(streamed: Streamed) -> Iterator[Finding]:
    """An `error` event holds an `error` object with `type`, `code`, `message` and `param`, and a number.

    The published OpenAI document shows it flat; every genuine one is nested.
    """
    for event in streamed.stream.of("error"):
        error = _error_of(event.data)
        for name in MEMBERS:
            value = error.get(name, ABSENT)
            if not (isinstance(value, str) or (name in ("code", "param") and value is None)):
                yield Finding(f"{event.where}/error/{name}", "a string", show(value))
        if not isinstance(event.data.get("sequence_number"), int):
            got = show(event.data.get("sequence_number", ABSENT))
            yield Finding(f"{event.where}/sequence_number", "an integer", got)


@rule(Streamed, cites="CG-SSE-11", when=_told_in_stream, needs="a stream that fails after it began")
def a_stream_tells_what_went_wrong(streamed: Streamed) -> Iterator[Finding]:
    """An `error` event holds an object `error` with a `message`; `type` and `code` are strings where given.

    Clients read `error.message`: where the error is a text, or stands beside `type`, they show nothing.
    """
    for event in streamed.stream.of("error"):
        error = _error_of(event.data)
        if not isinstance(error.get("message"), str) or not error["message"].strip():
            yield Finding(f"{event.where}/error/message", "a sentence", show(error.get("message", ABSENT)))
        for name in ("type", "code"):
            if error.get(name) is not None and not isinstance(error[name], str):
                yield Finding(f"{event.where}/error/{name}", "a string", show(error[name]))


@rule(
    Streamed,
    cites=("CG-SSE-11", "CG-SSE-12"),
    when=_told_in_stream,
    needs="a stream that fails after it began",
)
def an_error_event_ends_the_stream(streamed: Streamed) -> Iterator[Finding]:
    """Nothing follows an `error` event: the stream ends with it."""
    error = next(streamed.stream.of("error"))
    for frame in streamed.stream.frames:
        if frame.index > error.index and frame.data != SENTINEL:
            yield Finding(f"event[{frame.index}]", f"nothing after {error.where}", show(frame.data))


@rule(Streamed, cites=("ERR-16", "LIF-12"), when=_told_in_stream, needs="a stream with an `error` event")
def an_error_event_is_followed_by_failure(streamed: Streamed) -> Iterator[Finding]:
    """After an `error` event comes `response.failed`, which carries the same cause in `response.error`.

    Clients that only know the terminal events would wait for ever. An error without a code names no cause.
    """
    error = next(streamed.stream.of("error"))
    failed = next(
        (event for event in streamed.stream.of("response.failed") if event.index > error.index), None
    )
    if failed is None:
        yield Finding(error.where, "response.failed after it", "nothing of the kind")
        return
    told, cause = _error_of(error.data), _error_of(failed.data.get("response") or {})
    if told.get("code") is not None and told["code"] != cause.get("code"):
        got = show(cause.get("code", ABSENT))
        yield Finding(f"{failed.where}/response/error/code", show(told.get("code", ABSENT)), got)
