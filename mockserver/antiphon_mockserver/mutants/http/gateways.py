"""Answers of gateways that lose or misread the answer of the server behind them."""

from __future__ import annotations

from typing import Any

import orjson

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


def _failing(status: int, message: str, answer: Answer) -> None:
    answer.status, answer.body = status, {"error": {**TEMPLATE_ERROR, "message": message}}
    answer.headers["content-type"] = "application/json"


@mutant("http.does-not-implement-named-functions", caught_by="requests.accepts-a-named-function")
def does_not_implement_named_functions(answer: Answer, call: Call) -> Answer:
    """Answers 501 to a `tool_choice` that names a function."""
    if answer.status == 200 and isinstance(_request(call).get("tool_choice"), dict):
        _failing(501, "Only 'auto' and 'none' are supported.", answer)
    return answer


@mutant(
    "http.breaks-at-references-to-items",
    caught_by=("item-references.a-stored-item-is-accepted", "requests.a-wrong-request-is-no-server-error"),
)
def breaks_at_references_to_items(answer: Answer, call: Call) -> Answer:
    """Answers 500 to every item reference."""
    given = _request(call).get("input")
    if isinstance(given, list) and any(
        isinstance(item, dict) and item.get("type") == "item_reference" for item in given
    ):
        _failing(500, "'role'", answer)
    return answer


@mutant(
    "http.begins-documents-with-a-comment", caught_by="transport.without-stream-the-answer-is-one-document"
)
def begins_documents_with_a_comment(answer: Answer, call: Call) -> Answer:
    """Sends the comment that keeps a stream alive before a document, too."""
    is_document = answer.headers.get("content-type", "").startswith("application/json")
    if answer.status == 200 and call.operation == CREATE and is_document and answer.body:
        answer.body = b": PROCESSING\n\n" + answer.body
        answer.headers.pop("content-length", None)
    return answer


@mutant("http.sends-errors-at-the-top-level", caught_by="errors.the-envelope-is-complete")
def sends_errors_at_the_top_level(answer: Answer, call: Call) -> Answer:
    """Sends the members of an error without the member `error` around them."""
    body = orjson.loads(answer.body) if answer.status >= 400 and answer.body else None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        answer.body = orjson.dumps({"object": "error", **body["error"]})
        answer.headers.pop("content-length", None)
    return answer
