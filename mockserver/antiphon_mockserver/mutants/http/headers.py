"""Servers with missing or wrong headers."""

from __future__ import annotations

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import Answer

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


@mutant(
    "http.labels-documents-as-text",
    caught_by=("transport.a-document-is-labelled-json", "errors.an-error-is-json"),
)
def labels_documents_as_text(answer: Answer) -> Answer:
    """Labels JSON as plain text."""
    return answer if _streams(answer) else _with(answer, "content-type", "text/plain; charset=utf-8")


@mutant("http.labels-nothing", caught_by="transport.every-body-has-a-content-type")
def labels_nothing(answer: Answer) -> Answer:
    """Sends no content type."""
    return _without(answer, "content-type")


@mutant("http.labels-with-half-a-type", caught_by="transport.the-content-type-is-well-formed")
def labels_with_half_a_type(answer: Answer) -> Answer:
    """Sends a content type without subtype."""
    return _with(answer, "content-type", "json")


@mutant("http.labels-streams-as-json", caught_by="transport.a-stream-is-labelled-event-stream")
def labels_streams_as_json(answer: Answer) -> Answer:
    """Labels a stream as JSON."""
    return _with(answer, "content-type", "application/json") if _streams(answer) else answer


@mutant("http.knows-the-length-of-its-streams", caught_by="transport.a-stream-comes-in-chunks")
def knows_the_length_of_its_streams(answer: Answer) -> Answer:
    """Buffers a stream and sends it with its length."""
    return _with(answer, "content-length", str(len(answer.body))) if _streams(answer) else answer


@mutant("http.ends-streams-by-closing", caught_by="transport.a-stream-comes-in-chunks")
def ends_streams_by_closing(answer: Answer) -> Answer:
    """Ends a stream only by closing the connection."""
    return _with(answer, "connection", "close") if _streams(answer) else answer


@mutant("http.labels-streams-as-latin-1", caught_by="framing.a-stream-names-no-other-charset")
def labels_streams_as_latin_1(answer: Answer) -> Answer:
    """Labels a stream as Latin-1."""
    return _with(answer, "content-type", f"{STREAM}; charset=iso-8859-1") if _streams(answer) else answer


@mutant("http.announces-more-than-it-sends", caught_by="transport.a-stream-is-complete")
def announces_more_than_it_sends(answer: Answer) -> Answer:
    """Announces a longer stream than it sends, so that the connection breaks off."""
    return _with(answer, "content-length", str(len(answer.body) + 10)) if _streams(answer) else answer


@mutant("http.claims-to-compress", caught_by="transport.the-content-encoding-matches-the-body")
def claims_to_compress(answer: Answer) -> Answer:
    """Labels plain text as gzip."""
    return _with(answer, "content-encoding", "gzip")


@mutant("http.labels-twice", caught_by="transport.single-value-headers-have-one-value")
def labels_twice(answer: Answer) -> Answer:
    """Sends two different content types."""
    return _with(answer, "Content-Type", "text/plain")


@mutant("http.dates-in-its-own-way", caught_by="transport.the-date-is-an-http-date")
def dates_in_its_own_way(answer: Answer) -> Answer:
    """Sends `Date` in ISO 8601 format."""
    return _with(answer, "date", "2026-01-01T00:00:00Z")


@mutant("http.sends-retry-after-in-words", caught_by="transport.retry-after-is-a-number-of-seconds-or-a-date")
def sends_retry_after_in_words(answer: Answer) -> Answer:
    """Sends `Retry-After` in words."""
    return _with(answer, "retry-after", "soon")


@mutant("http.sends-no-allow-header", caught_by="transport.a-405-lists-the-methods")
def sends_no_allow_header(answer: Answer) -> Answer:
    """Answers 405 without an `Allow` header."""
    return _without(answer, "allow")


@mutant("http.answers-401-without-a-challenge", caught_by="transport.a-401-carries-a-challenge")
def answers_401_without_a_challenge(answer: Answer) -> Answer:
    """Answers 401 without `WWW-Authenticate`."""
    return _without(answer, "www-authenticate")


@mutant("http.names-no-request", caught_by="vendor-headers.every-answer-carries-a-request-id")
def names_no_request(answer: Answer) -> Answer:
    """Sends errors without a request id."""
    return _without(answer, "x-request-id") if answer.status >= 400 else answer


@mutant("http.names-every-request-alike", caught_by="vendor-headers.request-ids-are-unique")
def names_every_request_alike(answer: Answer) -> Answer:
    """Gives every request the same id."""
    return _with(answer, "x-request-id", "req_1")


@mutant(
    "http.sends-the-processing-time-in-seconds",
    caught_by="vendor-headers.answers-carry-organisation-time-and-version",
)
def sends_the_processing_time_in_seconds(answer: Answer) -> Answer:
    """Sends the processing time in seconds with a fraction."""
    return _with(answer, "openai-processing-ms", "0.31")


@mutant("http.sends-resets-as-bare-numbers", caught_by="vendor-headers.a-create-carries-rate-limits")
def sends_resets_as_bare_numbers(answer: Answer) -> Answer:
    """Sends the reset time of a limit as a bare number of seconds."""
    return _with(answer, "x-ratelimit-reset-tokens", "60")


@mutant(
    "http.reports-more-remaining-than-the-limit",
    caught_by="vendor-headers.the-remaining-count-is-at-most-the-limit",
)
def reports_more_remaining_than_the_limit(answer: Answer) -> Answer:
    """Reports more remaining tokens than the limit allows."""
    if "x-ratelimit-limit-tokens" in answer.headers:
        answer.headers["x-ratelimit-remaining-tokens"] = answer.headers["x-ratelimit-limit-tokens"] + "0"
    return answer


@mutant("http.sends-no-allowed-origin", caught_by="vendor-headers.an-answer-allows-the-origin-of-the-page")
def sends_no_allowed_origin(answer: Answer, call: Call) -> Answer:
    """Sends `Access-Control-Allow-Origin` only on the preflight."""
    return answer if call.method == "OPTIONS" else _without(answer, "access-control-allow-origin")


@mutant("http.knows-no-preflight", caught_by="vendor-headers.a-preflight-succeeds")
def knows_no_preflight(answer: Answer, call: Call) -> Answer:
    """Answers a preflight with 405."""
    if call.method == "OPTIONS":
        answer.status = 405
        _without(answer, "access-control-allow-headers", "access-control-allow-origin")
    return answer


@mutant("http.asks-to-retry-wrong-requests", caught_by="requests.a-wrong-request-does-not-invite-a-retry")
def asks_to_retry_wrong_requests(answer: Answer) -> Answer:
    """Tells clients to retry requests that can never succeed."""
    return _with(answer, "x-should-retry", "true") if answer.status == 400 else answer
