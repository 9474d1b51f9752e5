"""HTTP under the API: statuses, content types, bodies that are what their headers say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Body, Refused, Scene, Streamed
from antiphon_conformance.text import ABSENT, show

MEDIA_TYPE = re.compile(
    r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;\s*[\w!#$%&'*+.^`|~-]+=(\"[^\"]*\"|[^\s;\"]+))*\s*;?"
)
MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
"""How the bytes of a content coding begin (RFC 1952, RFC 8878)."""
SINGLE = ("content-type", "content-length", "date", "retry-after")
LIVE = "an answer that was not recorded"


def live(answered: Answered) -> bool:
    """Whether we received the answer ourselves: recorders drop headers and decode bodies."""
    return answered.reply.started_at is not None


def media(answered: Answered) -> str:
    """The media type of the answer in lower case, without parameters."""
    return (answered.reply.headers.get("content-type") or "").partition(";")[0].strip().lower()


def _header(answered: Answered, name: str) -> str:
    return show(answered.reply.headers.get(name) or ABSENT)


def _created(answered: Answered) -> bool:
    return answered.operation == answered.dialect.create_operation and answered.exchange.ok


@rule(Scene, scenario="repeat", cites="TRN-01")
def a_create_is_a_post_to_responses(scene: Scene) -> Iterator[Finding]:
    """`POST {base}/responses` creates a response."""
    status = scene["first"].answer.status
    if status >= 300:
        yield Finding("first.reply.status", "200", str(status))


@rule(Answered, cites="TRN-17", when=_created)
def a_create_that_succeeds_is_200(answered: Answered) -> Iterator[Finding]:
    """A create that succeeds answers 200, whether blocking, streaming or in the background.

    Clients that compare with 200 take a 201 or 202 for a failure.
    """
    if answered.reply.status != 200:
        yield Finding("reply.status", "200", str(answered.reply.status))


@rule(
    Answered,
    cites="CG-GEN-04",
    when=lambda answered: answered.operation is not None and answered.exchange.ok,
)
def a_success_is_200(answered: Answered) -> Iterator[Finding]:
    """Whatever succeeds is answered 200, creating in the background and deleting included.

    The Python client makes nothing of 201, 202 and 204: its caller gets None, and no error.
    """
    if answered.reply.status != 200:
        yield Finding("reply.status", "200", str(answered.reply.status))


@rule(
    Body, cites=("TRN-12", "CG-GEN-03"), when=lambda body: body.operation is not None and bool(body.reply.raw)
)
def a_document_is_labelled_json(body: Body) -> Iterator[Finding]:
    """An answer that is no stream has the content type `application/json`."""
    if media(body) != "application/json":
        yield Finding("reply.headers/content-type", "application/json", _header(body, "content-type"))


@rule(Answered, cites="TRN-13", when=lambda answered: bool(answered.reply.raw))
def every_body_has_a_content_type(answered: Answered) -> Iterator[Finding]:
    """Every answer with a body carries a `Content-Type`."""
    if not answered.reply.headers.get("content-type"):
        yield Finding("reply.headers/content-type", "a media type", "absent")


@rule(Answered, cites="HTTP-03", when=lambda answered: answered.reply.headers.get("content-type") is not None)
def the_content_type_is_well_formed(answered: Answered) -> Iterator[Finding]:
    """A `Content-Type` is one well-formed media type."""
    value = answered.reply.headers.get("content-type") or ""
    if not MEDIA_TYPE.fullmatch(value.strip()):
        yield Finding("reply.headers/content-type", "a media type such as application/json", show(value))


def _asked_for_stream(answered: Answered) -> bool:
    return _created(answered) and answered.asked.get("stream") is True


@rule(
    Answered,
    cites=("TRN-14", "SSE-08", "CG-SSE-01", "CG-GEN-03"),
    when=_asked_for_stream,
    needs="a create with `stream: true`",
)
def a_stream_is_labelled_event_stream(answered: Answered) -> Iterator[Finding]:
    """A stream has the content type `text/event-stream`.

    Browsers refuse to read anything else as a stream of events.
    """
    if media(answered) != "text/event-stream":
        yield Finding("reply.headers/content-type", "text/event-stream", _header(answered, "content-type"))


@rule(Streamed, cites="CG-SSE-01", when=live, needs=LIVE)
def a_stream_goes_out_in_chunks(streamed: Streamed) -> Iterator[Finding]:
    """A stream is sent in chunks: it has no `Content-Length`, and does not end by closing the connection.

    Whoever knows the length has waited for the end. Where only the end of the connection ends the stream,
    some clients collect it whole before they show anything.
    """
    for name in ("content-length", "connection"):
        got = streamed.reply.headers.get(name)
        chunked = streamed.reply.headers.get("transfer-encoding") is not None
        if got is not None and (name == "content-length" or ("close" in got.lower() and not chunked)):
            yield Finding(f"reply.headers/{name}", "a stream in chunks", show(got))


def _asked_for_document(answered: Answered) -> bool:
    known = "request-unknown" not in answered.exchange.traits
    return known and _created(answered) and answered.asked.get("stream") in (None, False)


@rule(Answered, cites=("TRN-15", "CG-GEN-03"), when=_asked_for_document)
def without_stream_the_answer_is_one_document(answered: Answered) -> Iterator[Finding]:
    """With `stream` absent, null or false the answer is one JSON document."""
    if answered.reply.stream is not None:
        yield Finding("reply.headers/content-type", "application/json", _header(answered, "content-type"))


@rule(Answered, cites="HTTP-02", when=live, needs=LIVE)
def the_content_encoding_is_that_of_the_bytes(answered: Answered) -> Iterator[Finding]:
    """`Content-Encoding` names what was done to the bytes: plain text does not claim to be gzip.

    Proxies that decode what they pass on, and leave the header standing, break every client behind them.
    """
    coding = (answered.reply.headers.get("content-encoding") or "").strip().lower()
    if coding in MAGIC and answered.reply.raw and not answered.reply.raw.startswith(MAGIC[coding]):
        yield Finding("reply.headers/content-encoding", "absent, as the body is not compressed", show(coding))


@rule(Answered, cites="HTTP-06")
def single_headers_are_sent_once(answered: Answered) -> Iterator[Finding]:
    """A header that holds one value is not sent twice with different values."""
    for name in SINGLE:
        values = answered.reply.headers.all(name)
        if len(set(values)) > 1:
            yield Finding(f"reply.headers/{name}", "one value", show(list(values)))


@rule(Answered, cites="HTTP-07", when=lambda answered: answered.reply.headers.get("date") is not None)
def the_date_is_an_http_date(answered: Answered) -> Iterator[Finding]:
    """`Date` is an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`."""
    value = answered.reply.headers.get("date") or ""
    if not _http_date(value):
        yield Finding("reply.headers/date", "an HTTP date", show(value))


@rule(Answered, cites="HTTP-09")
def retry_after_is_a_number_of_seconds_or_a_date(answered: Answered) -> Iterator[Finding]:
    """`Retry-After` is a whole number of seconds or an HTTP date."""
    value = answered.reply.headers.get("retry-after")
    if value is not None and not value.strip().isdecimal() and not _http_date(value):
        yield Finding("reply.headers/retry-after", "seconds or an HTTP date", show(value))


def _http_date(value: str) -> bool:
    try:
        parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return False
    return value.endswith("GMT")


@rule(Refused, cites="HTTP-04", when=lambda refused: refused.reply.status == 405, needs="an answer 405")
def a_405_lists_the_methods(refused: Refused) -> Iterator[Finding]:
    """An answer 405 lists the allowed methods in `Allow`."""
    if refused.reply.headers.get("allow") is None:
        yield Finding("reply.headers/allow", "the allowed methods", "absent")


@rule(Refused, cites="HTTP-05", when=lambda refused: refused.reply.status == 401, needs="an answer 401")
def a_401_carries_a_challenge(refused: Refused) -> Iterator[Finding]:
    """An answer 401 carries a challenge in `WWW-Authenticate`."""
    if not refused.reply.headers.get("www-authenticate"):
        yield Finding("reply.headers/www-authenticate", "a challenge such as Bearer", "absent")


@rule(Body, cites="HTTP-08", when=lambda body: isinstance(body.reply.body, dict))
def a_failure_is_no_success(body: Body) -> Iterator[Finding]:
    """An answer that only names an error has a status of the 4xx or 5xx class."""
    told = body.object.get("error")
    if told and "object" not in body.object and "output" not in body.object:
        yield Finding("reply.status", "4xx or 5xx, as the body is an error", str(body.reply.status))


@rule(
    Streamed,
    cites=("HTTP-01", "HTTP-10", "ERR-18"),
    when=lambda streamed: "left-early" not in streamed.exchange.traits,
)
def a_stream_arrives_whole(streamed: Streamed) -> Iterator[Finding]:
    """A stream is not cut off: whatever fails on the way is told in the stream, which then ends properly.

    The status was sent long before, so a client can learn of the failure nowhere else.
    """
    if streamed.stream.cut:
        why = streamed.exchange.failure or "the connection broke"
        yield Finding("reply.body", "a body that ends", f"cut off: {show(why)}")
