"""Servers with a wrong status, a body that is not JSON, or ambiguous JSON."""

from __future__ import annotations

import re
from typing import Any

import orjson

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import Answer

CREATE = "createResponse"


def _document(answer: Answer) -> dict[str, Any]:
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _succeeds(answer: Answer, call: Call) -> bool:
    return call.operation == CREATE and answer.status == 200


def _with_text(answer: Answer, pattern: bytes, replacement: bytes) -> Answer:
    """Replaces the first match in the answer, when it is a document."""
    if answer.headers.get("content-type", "").startswith("application/json"):
        answer.body = re.sub(pattern, replacement.replace(b"\\", b"\\\\"), answer.body, count=1)
        answer.headers.pop("content-length", None)
    return answer


@mutant("http.serves-chat-completions-only", caught_by="transport.a-create-is-a-post-to-responses")
def serves_chat_completions_only(answer: Answer, call: Call) -> Answer:
    """Answers 404 to every create."""
    if _succeeds(answer, call):
        answer.status = 404
    return answer


@mutant(
    "http.says-created", caught_by=("transport.a-create-that-succeeds-is-200", "transport.a-success-is-200")
)
def says_created(answer: Answer, call: Call) -> Answer:
    """Answers a create with 201."""
    if _succeeds(answer, call):
        answer.status = 201
    return answer


@mutant("http.always-streams", caught_by="transport.without-stream-the-answer-is-one-document")
def always_streams(answer: Answer, call: Call) -> Answer:
    """Streams although the request does not ask for it."""
    if _succeeds(answer, call) and not answer.headers["content-type"].startswith("text/event-stream"):
        event = orjson.dumps(
            {"type": "response.completed", "sequence_number": 0, "response": _document(answer)}
        )
        answer.headers["content-type"] = "text/event-stream"
        answer.headers.pop("content-length", None)
        answer.body = b"event: response.completed\ndata: " + event + b"\n\n"
    return answer


@mutant("http.fails-with-success", caught_by="transport.an-error-body-has-an-error-status")
def fails_with_success(answer: Answer) -> Answer:
    """Answers 200 to requests that it rejects."""
    if answer.status == 400:
        answer.status = 200
    return answer


@mutant("http.rejects-in-the-stream", caught_by="requests.a-wrong-request-gets-no-stream")
def rejects_in_the_stream(answer: Answer, call: Call) -> Answer:
    """Rejects a streaming request in an event after the status 200."""
    if answer.status == 400 and isinstance(call.body, dict) and call.body.get("stream"):
        event = orjson.dumps({"type": "error", "sequence_number": 0, **_document(answer)})
        answer.status, answer.body = 200, b"event: error\ndata: " + event + b"\n\n"
        answer.headers["content-type"] = "text/event-stream"
    return answer


@mutant("http.sends-a-response-id-with-an-error", caught_by="requests.a-rejected-create-returns-no-response")
def sends_a_response_id_with_an_error(answer: Answer, call: Call) -> Answer:
    """Puts a response id into the error that rejects a create."""
    if call.operation == CREATE and answer.status == 400:
        answer.body = _document(answer) | {"id": "resp_refused", "object": "response"}
    return answer


@mutant("http.answers-on-unknown-routes", caught_by="invalid-requests.an-unknown-route-is-404")
def answers_on_unknown_routes(answer: Answer, call: Call) -> Answer:
    """Answers an unknown route with 400."""
    if call.method == "GET" and not call.operation and answer.status == 404:
        answer.status = 400
    return answer


@mutant("http.answers-wrong-methods", caught_by="invalid-requests.a-wrong-method-is-404-or-405")
def answers_wrong_methods(answer: Answer) -> Answer:
    """Answers an unsupported method with 400."""
    if answer.status == 405:
        answer.status = 400
    return answer


@mutant("http.breaks-on-long-headers", caught_by="invalid-requests.oversized-headers-are-rejected")
def breaks_on_long_headers(answer: Answer) -> Answer:
    """Answers 500 when the headers are too long."""
    if answer.status == 431:
        answer.status = 500
    return answer


@mutant("http.changes-its-error-codes", caught_by="invalid-requests.the-same-request-gets-the-same-error")
def changes_its_error_codes(answer: Answer) -> Answer:
    """Sends a different error code for the same wrong request each time."""
    error = _document(answer).get("error")
    if answer.status == 400 and isinstance(error, dict):
        code = f"error_{answer.headers.get('date', '')}_{answer.headers.get('x-request-id', id(answer))}"
        answer.body = {"error": error | {"code": code}}
    return answer


@mutant("http.shows-errors-as-pages", caught_by="errors.an-error-is-json")
def shows_errors_as_pages(answer: Answer) -> Answer:
    """Answers wrong requests with an HTML page."""
    if answer.status == 400:
        answer.headers["content-type"] = "text/html"
        answer.body = b"<h1>400 Bad Request</h1>"
    return answer


@mutant("http.rejects-with-an-empty-object", caught_by="errors.the-envelope-is-complete")
def rejects_with_an_empty_object(answer: Answer) -> Answer:
    """Answers wrong requests with an empty object."""
    if answer.status == 400:
        answer.body = {}
    return answer


@mutant("http.answers-empty-input-without-output", caught_by="requests.an-empty-list-gets-no-empty-response")
def answers_empty_input_without_output(answer: Answer, call: Call) -> Answer:
    """Answers an empty input list with a response without output."""
    if call.operation == CREATE and isinstance(call.body, dict) and call.body.get("input") == []:
        answer.status, answer.body = 200, {"id": "resp_0", "object": "response", "output": []}
    return answer


@mutant("http.crashes-without-tools", caught_by="requests.a-forced-choice-without-tools-is-no-server-error")
def crashes_without_tools(answer: Answer, call: Call) -> Answer:
    """Answers 500 when a tool call is required and there are no tools."""
    if isinstance(call.body, dict) and call.body.get("tool_choice") and not call.body.get("tools"):
        answer.status = 500
    return answer


@mutant("http.finds-no-model-to-compact-with", caught_by="requests.compaction-without-model-is-rejected")
def finds_no_model_to_compact_with(answer: Answer, call: Call) -> Answer:
    """Answers 404 to a compaction without a model."""
    if call.operation == "compactResponse" and answer.status == 400:
        answer.status = 404
    return answer


@mutant("http.sends-two-documents", caught_by="framing.a-json-body-is-json")
def sends_two_documents(answer: Answer) -> Answer:
    """Sends a second document after the first."""
    return _with_text(answer, rb"\}\s*\Z", b"}{}")


@mutant("http.begins-with-a-byte-order-mark", caught_by="framing.json-is-utf-8-without-a-byte-order-mark")
def begins_with_a_byte_order_mark(answer: Answer) -> Answer:
    """Sends a byte order mark before the document."""
    return _with_text(answer, rb"\A", b"\xef\xbb\xbf")


@mutant("http.names-a-member-twice", caught_by="framing.no-object-repeats-a-member-name")
def names_a_member_twice(answer: Answer) -> Answer:
    """Sends the first member of the document twice."""
    return _with_text(answer, rb"\A\{", b'{"object":"response","object":"response",')


@mutant("http.writes-nan", caught_by="framing.numbers-are-finite")
def writes_nan(answer: Answer) -> Answer:
    """Writes NaN in place of a number."""
    return _with_text(answer, rb"\A\{", b'{"score":NaN,')


@mutant("http.cuts-characters-in-half", caught_by="framing.no-string-holds-half-a-surrogate-pair")
def cuts_characters_in_half(answer: Answer) -> Answer:
    """Writes half of a surrogate pair."""
    return _with_text(answer, rb"\A\{", b'{"face":"\\ud83d",')


@mutant("http.breaks-at-the-list-of-models", caught_by="models.a-list-of-models-is-readable")
def breaks_at_the_list_of_models(answer: Answer, call: Call) -> Answer:
    """Answers 500 to `GET /models`."""
    if call.path.endswith("/models"):
        answer.status = 500
    return answer


@mutant("http.lists-models-for-codex-by-name", caught_by="models.codex-reads-the-list")
def lists_models_for_codex_by_name(answer: Answer, call: Call) -> Answer:
    """Answers Codex with an object that has a member for each model."""
    if call.path.endswith("/models") and "client_version" in call.query:
        answer.body = b'{"models":{"gpt-5":{"visibility":"list"}}}'
    return answer


@mutant("http.answers-a-model-with-another", caught_by="models.a-model-of-the-list-is-readable")
def answers_a_model_with_another(answer: Answer, call: Call) -> Answer:
    """Answers each `GET /models/{id}` with the same other model."""
    if "/models/" in call.path and answer.status == 200:
        answer.body = b'{"id":"default","object":"model","created":0,"owned_by":"antiphon"}'
    return answer


@mutant("http.nests-arrays-too-deeply", caught_by="framing.json-is-not-nested-too-deeply")
def nests_arrays_too_deeply(answer: Answer) -> Answer:
    """Nests an array in an array, a thousand times."""
    return _with_text(answer, rb"\A\{", b'{"nest":' + b"[" * 1000 + b"]" * 1000 + b",")
