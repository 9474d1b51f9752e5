"""Requests that are wrong as a whole: malformed, mislabelled, misrouted, too large."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import show
from antiphon_conformance.requests.constants import UNKNOWN_MODEL
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply, ScenarioTrace


@rule(
    "invalid-requests.malformed-json-is-rejected",
    ScenarioTrace,
    scenario="wrong_requests",
    cites=("TRN-09", "BUD-GEN-08"),
)
def malformed_json_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A body that is not JSON is rejected with a 4xx status."""
    yield from _expect_rejection("malformed", trace["malformed"])


@rule(
    "invalid-requests.a-body-that-is-not-an-object-is-rejected",
    ScenarioTrace,
    scenario="wrong_requests",
    cites="TRN-10",
)
def a_body_that_is_not_an_object_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A JSON body that is not an object is rejected with a 4xx status."""
    yield from _expect_rejection("array", trace["array"])


@rule(
    "invalid-requests.a-body-that-is-not-a-json-object-gets-400",
    ScenarioTrace,
    scenario="wrong_requests",
    cites="CG-GEN-06",
)
def a_body_that_is_not_a_json_object_gets_400(trace: ScenarioTrace) -> Iterator[Finding]:
    """A body that is not a JSON object is rejected with 400."""
    for step in ("malformed", "array"):
        yield from _expect_rejection(step, trace[step], 400)


@rule(
    "invalid-requests.a-content-type-other-than-json-is-rejected",
    ScenarioTrace,
    scenario="wrong_requests",
    cites="TRN-11",
)
def a_content_type_other_than_json_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A body with a content type other than JSON is rejected with 400 or 415."""
    status = trace["plain_text"].answer.status
    if status not in (400, 415):
        yield Finding("plain_text.reply.status", "400 or 415", str(status))


@rule(
    "invalid-requests.an-unknown-route-is-404",
    ScenarioTrace,
    scenario="wrong_requests",
    cites=("TRN-28", "CG-GEN-10"),
)
def an_unknown_route_is_404(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request to an unknown route gets 404."""
    yield from _expect_rejection("unknown_route", trace["unknown_route"], 404)


@rule(
    "invalid-requests.a-wrong-method-is-404-or-405",
    ScenarioTrace,
    scenario="wrong_requests",
    cites=("TRN-28", "CG-GEN-10"),
)
def a_wrong_method_is_404_or_405(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request with a method that the route does not have gets 404 or 405."""
    yield from _expect_rejection("wrong_method", trace["wrong_method"], 404, 405)


@rule(
    "invalid-requests.the-same-request-gets-the-same-error",
    ScenarioTrace,
    scenario="wrong_requests",
    cites="ERR-12",
)
def the_same_request_gets_the_same_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """A wrong request gets the same status and the same error code every time."""
    first, again = trace["malformed"].answer, trace["malformed_again"].answer
    if first.status != again.status:
        yield Finding("malformed_again.reply.status", str(first.status), str(again.status))
    if _code(trace["malformed"]) != _code(trace["malformed_again"]):
        actual = show(_code(trace["malformed_again"]))
        yield Finding("malformed_again.reply.body/error/code", show(_code(trace["malformed"])), actual)


@rule(
    "invalid-requests.an-unknown-model-is-rejected",
    AnyReply,
    cites=("REQ-03", "CG-REQ-02", "BUD-REQ-03"),
    when=lambda view: view.request_fields.get("model") == UNKNOWN_MODEL,
    needs="a create with a model that does not exist",
    reads=REJECTION,
)
def an_unknown_model_is_rejected(view: AnyReply) -> Iterator[Finding]:
    """An unknown model is rejected with a 4xx status and an error that points at `model`.

    If the server answers with another model, the client believes that it was the requested one. Servers of a
    single model may accept every name, hence a warning.
    """
    if not 400 <= view.reply.status < 500:
        yield Finding("reply.status", "4xx, since the model does not exist", str(view.reply.status))
        return
    error, envelope = view.reply.fields.get("error"), view.dialect.traits.error_envelope
    if envelope == "object" and error and not _points_at_model(view.exchange):
        yield Finding("reply.body/error", "`param` model or `code` model_not_found", show(error))


def _points_at_model(exchange: Exchange) -> bool:
    error = exchange.answer.fields.get("error")
    return isinstance(error, dict) and (
        error.get("param") == "model" or error.get("code") == "model_not_found"
    )


def _has_large_headers(view: AnyReply) -> bool:
    limit = view.dialect.traits.header_limit
    return (
        limit is not None
        and sum(len(name) + len(value) for name, value in view.request.headers.pairs) > limit
    )


@rule(
    "invalid-requests.oversized-headers-are-rejected",
    AnyReply,
    cites="TRN-27",
    when=_has_large_headers,
    needs="a request with more than 64 KiB of headers",
    reads=REJECTION,
)
def oversized_headers_are_rejected(view: AnyReply) -> Iterator[Finding]:
    """A request with more than 64 KiB of headers is rejected with a 4xx status."""
    if not 400 <= view.reply.status < 500:
        yield Finding("reply.status", "4xx", str(view.reply.status))


@rule(
    "invalid-requests.an-oversized-input-is-rejected",
    ScenarioTrace,
    scenario="oversized_input",
    cites="REQ-05",
)
def an_oversized_input_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """An `input` of more than 10,485,760 characters is rejected with a 4xx status."""
    yield from _expect_size_error(trace)


@rule(
    "invalid-requests.a-large-body-is-rejected", ScenarioTrace, scenario="overlong_input", cites="BUD-GEN-09"
)
def a_large_body_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A body of more than 1 MiB is rejected with 400 or 413."""
    step = "large" if "large" in trace else "overlong"  # the step of earlier transcripts
    yield from _expect_rejection(step, trace[step], 400, 413)


@rule(
    "invalid-requests.an-oversized-count-is-rejected",
    ScenarioTrace,
    scenario="oversized_count",
    cites="TOK-07",
)
def an_oversized_count_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A count of more than 10,485,760 characters is rejected with a 4xx status."""
    yield from _expect_size_error(trace)


def _expect_size_error(trace: ScenarioTrace) -> Iterator[Finding]:
    status = trace["oversized"].answer.status
    if not 400 <= status < 500:
        yield Finding("oversized.reply.status", "4xx, since the text has too many characters", str(status))


def _expect_rejection(step: str, exchange: Exchange, *statuses: int) -> Iterator[Finding]:
    status = exchange.answer.status
    if status not in (statuses or range(400, 500)):
        expected = " or ".join(map(str, statuses)) or "4xx"
        yield Finding(f"{step}.reply.status", expected, str(status))


def _code(exchange: Exchange) -> object:
    error = exchange.answer.fields.get("error")
    return error.get("code") if isinstance(error, dict) else None
