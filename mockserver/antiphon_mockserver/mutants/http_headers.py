"""Servers with missing or wrong headers."""

from __future__ import annotations

from antiphon_mockserver.answer import Answer
from antiphon_mockserver.mutants import Call, mutant

STREAM = "text/event-stream"


def _streams(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").startswith(STREAM)


def _without(answer: Answer, *names: str) -> Answer:
    for name in names:
        answer.headers.pop(name, None)
    return answer


def _with(answer: Answer, name: str, value: str) -> Answer:
    answer.headers[name] = value
    return answer


@mutant(caught_by=("transport.a-document-is-labelled-json", "errors.an-error-is-json"))
def labels_documents_as_text(answer: Answer) -> Answer:
    """Labels JSON as plain text."""
    return answer if _streams(answer) else _with(answer, "content-type", "text/plain; charset=utf-8")


@mutant(caught_by="transport.every-body-has-a-content-type")
def labels_nothing(answer: Answer) -> Answer:
    """Sends no content type."""
    return _without(answer, "content-type")


@mutant(caught_by="transport.the-content-type-is-well-formed")
def labels_with_half_a_type(answer: Answer) -> Answer:
    """Sends a content type without subtype."""
    return _with(answer, "content-type", "json")


@mutant(caught_by="transport.a-stream-is-labelled-event-stream")
def labels_streams_as_json(answer: Answer) -> Answer:
    """Labels a stream as JSON."""
    return _with(answer, "content-type", "application/json") if _streams(answer) else answer


@mutant(caught_by="transport.a-stream-goes-out-in-chunks")
def knows_the_length_of_its_streams(answer: Answer) -> Answer:
    """Buffers a stream and sends it with its length."""
    return _with(answer, "content-length", str(len(answer.body))) if _streams(answer) else answer


@mutant(caught_by="transport.a-stream-goes-out-in-chunks")
def ends_streams_by_closing(answer: Answer) -> Answer:
    """Ends a stream only by closing the connection."""
    return _with(answer, "connection", "close") if _streams(answer) else answer


@mutant(caught_by="framing.a-stream-names-no-other-charset")
def labels_streams_as_latin_1(answer: Answer) -> Answer:
    """Labels a stream as Latin-1."""
    return _with(answer, "content-type", f"{STREAM}; charset=iso-8859-1") if _streams(answer) else answer


@mutant(caught_by="transport.a-stream-arrives-whole")
def announces_more_than_it_sends(answer: Answer) -> Answer:
    """Announces a longer stream than it sends, so that the connection breaks off."""
    return _with(answer, "content-length", str(len(answer.body) + 10)) if _streams(answer) else answer


@mutant(caught_by="transport.the-content-encoding-is-that-of-the-bytes")
def claims_to_compress(answer: Answer) -> Answer:
    """Labels plain text as gzip."""
    return _with(answer, "content-encoding", "gzip")


@mutant(caught_by="transport.single-headers-are-sent-once")
def labels_twice(answer: Answer) -> Answer:
    """Sends two different content types."""
    return _with(answer, "Content-Type", "text/plain")


@mutant(caught_by="transport.the-date-is-an-http-date")
def dates_in_its_own_way(answer: Answer) -> Answer:
    """Sends `Date` in ISO 8601 format."""
    return _with(answer, "date", "2026-01-01T00:00:00Z")


@mutant(caught_by="transport.retry-after-is-a-number-of-seconds-or-a-date")
def asks_for_patience_in_words(answer: Answer) -> Answer:
    """Sends `Retry-After` in words."""
    return _with(answer, "retry-after", "soon")


@mutant(caught_by="transport.a-405-lists-the-methods")
def keeps_its_methods_to_itself(answer: Answer) -> Answer:
    """Answers 405 without an `Allow` header."""
    return _without(answer, "allow")


@mutant(caught_by="transport.a-401-carries-a-challenge")
def refuses_without_a_challenge(answer: Answer) -> Answer:
    """Answers 401 without `WWW-Authenticate`."""
    return _without(answer, "www-authenticate")


@mutant(caught_by="house-headers.every-answer-carries-a-request-id")
def names_no_request(answer: Answer) -> Answer:
    """Sends errors without a request id."""
    return _without(answer, "x-request-id") if answer.status >= 400 else answer


@mutant(caught_by="house-headers.request-ids-are-unique")
def names_every_request_alike(answer: Answer) -> Answer:
    """Gives every request the same id."""
    return _with(answer, "x-request-id", "req_1")


@mutant(caught_by="house-headers.answers-tell-organisation-time-and-version")
def tells_the_time_in_seconds(answer: Answer) -> Answer:
    """Sends the processing time in seconds with a fraction."""
    return _with(answer, "openai-processing-ms", "0.31")


@mutant(caught_by="house-headers.rate-limits-are-advertised")
def tells_resets_as_bare_numbers(answer: Answer) -> Answer:
    """Sends the reset time of a limit as a bare number of seconds."""
    return _with(answer, "x-ratelimit-reset-tokens", "60")


@mutant(caught_by="house-headers.no-more-remains-than-the-limit")
def has_more_left_than_it_had(answer: Answer) -> Answer:
    """Reports more remaining tokens than the limit allows."""
    if "x-ratelimit-limit-tokens" in answer.headers:
        answer.headers["x-ratelimit-remaining-tokens"] = answer.headers["x-ratelimit-limit-tokens"] + "0"
    return answer


@mutant(caught_by="house-headers.an-answer-may-be-read-by-a-page")
def hides_answers_from_pages(answer: Answer, call: Call) -> Answer:
    """Sends `Access-Control-Allow-Origin` only on the preflight."""
    return answer if call.method == "OPTIONS" else _without(answer, "access-control-allow-origin")


@mutant(caught_by="house-headers.a-preflight-is-answered")
def knows_no_preflight(answer: Answer, call: Call) -> Answer:
    """Answers a preflight with 405."""
    if call.method == "OPTIONS":
        answer.status = 405
        _without(answer, "access-control-allow-headers", "access-control-allow-origin")
    return answer


@mutant(caught_by="requests.a-wrong-request-is-not-to-be-sent-again")
def asks_for_mistakes_again(answer: Answer) -> Answer:
    """Tells clients to retry requests that can never succeed."""
    return _with(answer, "x-should-retry", "true") if answer.status == 400 else answer
