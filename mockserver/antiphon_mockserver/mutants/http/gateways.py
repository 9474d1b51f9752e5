"""Answers of gateways that lose or misread the answer of the server behind them."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import EVENT_STREAM, Answer

CREATE = "createResponse"
TEMPLATE_ERROR = {
    "message": "The system message must come first.",
    "type": "server_error",
    "param": None,
    "code": None,
}


def _request(call: Call) -> dict[str, Any]:
    """The body of a create request; empty for any other."""
    return call.body if call.operation == CREATE and isinstance(call.body, dict) else {}


@mutant("http.opens-an-empty-stream-for-a-wrong-request", caught_by="requests.a-wrong-request-gets-no-stream")
def opens_an_empty_stream_for_a_wrong_request(answer: Answer, call: Call) -> Answer:
    """Opens a stream for a wrong request and never sends an event."""
    if answer.status == 400 and _request(call).get("stream") is True:
        answer.status, answer.body = 200, b""
        answer.headers["content-type"] = EVENT_STREAM
    return answer


@mutant("http.breaks-at-late-developers", caught_by="generated-requests.no-request-causes-a-server-error")
def breaks_at_late_developers(answer: Answer, call: Call) -> Answer:
    """Answers 500 to a developer message that is not the first item."""
    given = _request(call).get("input")
    later = given[1:] if isinstance(given, list) else []
    if any(isinstance(item, dict) and item.get("role") == "developer" for item in later):
        answer.status, answer.body = 500, {"error": TEMPLATE_ERROR}
        answer.headers["content-type"] = "application/json"
    return answer


@mutant("http.rejects-without-naming-the-fault", caught_by="requests.valid-forms-may-be-combined")
def rejects_without_naming_the_fault(answer: Answer, call: Call) -> Answer:
    """Rejects a request with much metadata without naming the fault."""
    if answer.status == 200 and len(_request(call).get("metadata") or {}) > 10:
        answer.status, answer.body = 400, {"error": {**TEMPLATE_ERROR, "message": "Bad request."}}
        answer.headers["content-type"] = "application/json"
    return answer


@mutant("http.rejects-forced-calls", caught_by="requests.a-create-that-others-depend-on-is-accepted")
def rejects_forced_calls(answer: Answer, call: Call) -> Answer:
    """Rejects every request that forces a call."""
    if answer.status == 200 and _request(call).get("tool_choice") == "required":
        answer.status = 400
        answer.body = {"error": {**TEMPLATE_ERROR, "message": "This choice is not supported."}}
        answer.headers["content-type"] = "application/json"
    return answer


@mutant(
    "http.demands-instructions", caught_by=("requests.accepts-a-text-as-input", "errors.an-error-is-json")
)
def demands_instructions(answer: Answer, call: Call) -> Answer:
    """Answers 400 without a body when there are no instructions."""
    if call.operation == CREATE and _request(call).get("instructions") is None:
        answer.status, answer.body = 400, b""
    return answer
