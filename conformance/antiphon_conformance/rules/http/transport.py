"""HTTP under the API: statuses, content types, and bodies that agree with their headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antiphon_conformance.http.exchange import GAVE_UP, NoEvidenceError, Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.http.timing import read_date
from antiphon_conformance.http.turns import error_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import AnyReply, DocumentReply, ErrorReply, ScenarioTrace, StreamReply

MEDIA_TYPE = re.compile(
    r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;\s*[\w!#$%&'*+.^`|~-]+=(\"[^\"]*\"|[^\s;\"]+))*\s*;?"
)
MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
"""Content coding -> its first bytes (RFC 1952, RFC 8878)."""
SINGLE = ("content-type", "content-length", "retry-after")
"""Headers with one value that clients act on. A proxy may add a `Date` of its own, which nobody minds."""
LIVE = "an answer that is not from a recording"


def is_live(view: AnyReply) -> bool:
    """Whether the suite itself received the answer: recorders drop headers and decode bodies."""
    return view.reply.started_at is not None


def media_type(view: AnyReply) -> str:
    """The media type of the answer in lower case, without parameters."""
    return (view.reply.headers.get("content-type") or "").partition(";")[0].strip().lower()


def is_json_type(view: AnyReply) -> bool:
    """Whether the answer is labelled as JSON: `application/json`, or a type that is JSON too (RFC 6839)."""
    kind = media_type(view)
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _header(view: AnyReply, name: str) -> str:
    value = view.reply.headers.get(name)
    return show(ABSENT if value is None else value)


def _is_successful_create(view: AnyReply) -> bool:
    return view.operation == view.dialect.create_operation and view.exchange.ok


@rule("transport.a-create-is-a-post-to-responses", ScenarioTrace, scenario="repeat", cites="TRN-01")
def a_create_is_a_post_to_responses(trace: ScenarioTrace) -> Iterator[Finding]:
    """`POST {base}/responses` creates a response."""
    status = trace["first"].answer.status
    if status >= 300:
        yield Finding("first.reply.status", "200", str(status))


@rule(
    "transport.a-create-that-succeeds-is-200",
    AnyReply,
    cites=("TRN-17", "BUD-REQ-02"),
    when=_is_successful_create,
    reads={Part.STATUS},
)
def a_create_that_succeeds_is_200(view: AnyReply) -> Iterator[Finding]:
    """The status of a successful create is 200, also with a stream or in the background.

    No client is known that fails at a 201, and no document has one.
    """
    if view.reply.status != 200:
        yield Finding("reply.status", "200", str(view.reply.status))


@rule(
    "transport.a-success-is-200",
    AnyReply,
    cites="CG-GEN-04",
    when=lambda view: view.operation is not None and view.exchange.ok,
    reads={Part.STATUS},
)
def a_success_is_200(view: AnyReply) -> Iterator[Finding]:
    """The status of a success is 200, also for a create in the background and for a deletion.

    The vendor's Python client ignores the body of 201, 202 and 204: its caller gets None, and no error.
    """
    if view.reply.status != 200:
        yield Finding("reply.status", "200", str(view.reply.status))


@rule(
    "transport.a-document-is-labelled-json",
    DocumentReply,
    cites=("TRN-12", "CG-GEN-03"),
    when=lambda body: body.operation is not None and bool(body.reply.raw),
    reads={Part.REPLY_HEADERS},
)
def a_document_is_labelled_json(body: DocumentReply) -> Iterator[Finding]:
    """An answer that is not a stream has the content type `application/json`."""
    is_stream = media_type(body) == "text/event-stream" and body.request_fields.get("stream") is True
    if not is_json_type(body) and not is_stream:  # what is no stream although it says so, other rules report
        yield Finding("reply.headers/content-type", "application/json", _header(body, "content-type"))


@rule(
    "transport.every-body-has-a-content-type",
    AnyReply,
    cites="TRN-13",
    when=lambda view: bool(view.reply.raw),
    reads={Part.REPLY_HEADERS},
)
def every_body_has_a_content_type(view: AnyReply) -> Iterator[Finding]:
    """Every answer with a body carries a `Content-Type`."""
    if not view.reply.headers.get("content-type"):
        yield Finding("reply.headers/content-type", "a media type", _header(view, "content-type"))


@rule(
    "transport.the-content-type-is-well-formed",
    AnyReply,
    cites="HTTP-03",
    when=lambda view: view.reply.headers.get("content-type") is not None,
    reads={Part.REPLY_HEADERS},
)
def the_content_type_is_well_formed(view: AnyReply) -> Iterator[Finding]:
    """A `Content-Type` is one well-formed media type."""
    value = view.reply.headers.get("content-type") or ""
    if not MEDIA_TYPE.fullmatch(value.strip()):
        yield Finding("reply.headers/content-type", "a media type such as application/json", show(value))


def _asks_for_a_stream(view: AnyReply) -> bool:
    by_itself = view.request_fields.get("prompt") is None  # a stored template may set `stream` too
    return _is_successful_create(view) and by_itself and view.request_fields.get("stream") is True


@rule(
    "transport.a-stream-is-labelled-event-stream",
    AnyReply,
    cites=("TRN-14", "SSE-08", "CG-SSE-01", "CG-GEN-03", "BUD-REQ-23"),
    when=_asks_for_a_stream,
    needs="a create with `stream: true`",
    reads={Part.REQUEST, Part.REPLY_HEADERS, Part.TEXTS},
)
def a_stream_is_labelled_event_stream(view: AnyReply) -> Iterator[Finding]:
    """A stream has the content type `text/event-stream`.

    Browsers read nothing else as a stream of events.
    """
    if media_type(view) != "text/event-stream":
        yield Finding("reply.headers/content-type", "text/event-stream", _header(view, "content-type"))


@rule("transport.a-stream-comes-in-chunks", StreamReply, cites="CG-SSE-01", when=is_live, needs=LIVE)
def a_stream_comes_in_chunks(stream: StreamReply) -> Iterator[Finding]:
    """A stream arrives in chunks: without `Content-Length`, and not up to a closed connection.

    A server that knows the length has waited for the end. Where only the end of the connection ends the
    stream, some clients collect all of it before they show anything.
    """
    for name in ("content-length", "connection"):
        actual = stream.reply.headers.get(name)
        has_chunks = stream.reply.headers.get("transfer-encoding") is not None
        if actual is not None and (
            name == "content-length" or ("close" in actual.lower() and not has_chunks)
        ):
            yield Finding(f"reply.headers/{name}", "a stream in chunks", show(actual))


def _asks_for_a_document(view: AnyReply) -> bool:
    over_http = _is_successful_create(view) and not view.exchange.is_turn
    return over_http and view.request_fields.get("stream") in (None, False)


@rule(
    "transport.without-stream-the-answer-is-one-document",
    AnyReply,
    cites=("TRN-15", "CG-GEN-03"),
    when=_asks_for_a_document,
    reads={Part.REQUEST, Part.TEXTS},
)
def without_stream_the_answer_is_one_document(view: AnyReply) -> Iterator[Finding]:
    """With `stream` absent, null or false the answer is one JSON document."""
    if view.reply.stream is not None:
        yield Finding("reply.headers/content-type", "application/json", _header(view, "content-type"))


@rule("transport.the-content-encoding-matches-the-body", AnyReply, cites="HTTP-02", when=is_live, needs=LIVE)
def the_content_encoding_matches_the_body(view: AnyReply) -> Iterator[Finding]:
    """`Content-Encoding` names the real coding of the body: plain text is not labelled gzip.

    Proxies that decode a body and keep the header break every client behind them.
    """
    coding = (view.reply.headers.get("content-encoding") or "").strip().lower()
    if coding in MAGIC and view.reply.raw and not view.reply.raw.startswith(MAGIC[coding]):
        yield Finding(
            "reply.headers/content-encoding", "no header, because the body is not compressed", show(coding)
        )


@rule("transport.single-value-headers-have-one-value", AnyReply, cites="HTTP-06", reads={Part.REPLY_HEADERS})
def single_value_headers_have_one_value(view: AnyReply) -> Iterator[Finding]:
    """A header with a single value comes once, or always with the same value."""
    for name in SINGLE:
        values = view.reply.headers.all(name)
        if len(set(values)) > 1:
            yield Finding(f"reply.headers/{name}", "one value", show(list(values)))


@rule(
    "transport.the-date-is-an-http-date",
    AnyReply,
    cites="HTTP-07",
    when=lambda view: view.reply.headers.get("date") is not None,
    reads={Part.REPLY_HEADERS},
)
def the_date_is_an_http_date(view: AnyReply) -> Iterator[Finding]:
    """`Date` is an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`."""
    value = view.reply.headers.get("date") or ""
    if not _http_date(value):
        yield Finding("reply.headers/date", "an HTTP date", show(value))


@rule(
    "transport.retry-after-is-a-number-of-seconds-or-a-date",
    AnyReply,
    cites="HTTP-09",
    reads={Part.REPLY_HEADERS},
)
def retry_after_is_a_number_of_seconds_or_a_date(view: AnyReply) -> Iterator[Finding]:
    """`Retry-After` is a whole number of seconds or an HTTP date."""
    value = view.reply.headers.get("retry-after")
    if value is not None and not value.strip().isdecimal() and not _http_date(value):
        yield Finding("reply.headers/retry-after", "seconds or an HTTP date", show(value))


def _http_date(value: str) -> bool:
    return value.endswith("GMT") and read_date(value) is not None


@rule(
    "transport.a-405-lists-the-methods",
    ErrorReply,
    cites="HTTP-04",
    when=lambda error_reply: error_reply.reply.status == 405,
    needs="a 405 answer",
    reads={Part.STATUS, Part.REPLY_HEADERS},
)
def a_405_lists_the_methods(error_reply: ErrorReply) -> Iterator[Finding]:
    """A 405 answer lists the allowed methods in `Allow`."""
    if error_reply.reply.headers.get("allow") is None:
        yield Finding("reply.headers/allow", "the allowed methods", show(ABSENT))


@rule(
    "transport.a-401-carries-a-challenge",
    ErrorReply,
    cites="HTTP-05",
    when=lambda error_reply: error_reply.reply.status == 401,
    needs="a 401 answer",
    reads={Part.STATUS, Part.REPLY_HEADERS},
)
def a_401_carries_a_challenge(error_reply: ErrorReply) -> Iterator[Finding]:
    """A 401 answer carries a challenge in `WWW-Authenticate`."""
    if not error_reply.reply.headers.get("www-authenticate"):
        actual = _header(error_reply, "www-authenticate")
        yield Finding("reply.headers/www-authenticate", "a challenge such as Bearer", actual)


@rule(
    "transport.an-error-body-has-an-error-status",
    DocumentReply,
    cites="HTTP-08",
    when=lambda body: isinstance(body.reply.body, dict),
    reads={Part.STATUS},
)
def an_error_body_has_an_error_status(body: DocumentReply) -> Iterator[Finding]:
    """An answer whose body is only an error has a 4xx or 5xx status."""
    error = body.object.get("error")
    if error and "object" not in body.object and "output" not in body.object:
        yield Finding("reply.status", "4xx or 5xx, because the body is an error", str(body.reply.status))


@rule(
    "transport.a-stream-is-complete",
    StreamReply,
    cites=("HTTP-01", "HTTP-10", "ERR-18"),
    when=lambda stream: "left-early" not in stream.exchange.traits and not error_of(stream.exchange),
    reads={Part.BODY_END},
)
def a_stream_is_complete(stream: StreamReply) -> Iterator[Finding]:
    """A stream is complete: after a failure it reports the failure in an event and then ends.

    The status is long sent by then, so a client can learn of the failure nowhere else.
    """
    if GAVE_UP in stream.exchange.traits:
        raise NoEvidenceError(stream.exchange.failure)
    if stream.source.cut:
        why = stream.exchange.failure or "the connection broke"
        yield Finding("reply.body", "a complete body", f"cut off: {show(why)}")
