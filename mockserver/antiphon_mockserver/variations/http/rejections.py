"""Rejections with another status, or in another place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import orjson

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import Call
from antiphon_mockserver.server.context import Answer
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails
from antiphon_mockserver.variations import DOCUMENTS, EVERY, ITEMS, add, variation
from antiphon_mockserver.variations.edits import json_of

OPTIONAL = frozenset(
    {
        "getResponse",
        "deleteResponse",
        "cancelResponse",
        "listInputItems",
        "countInputTokens",
        "compactResponse",
        "createConversation",
        "getConversation",
        "updateConversation",
        "deleteConversation",
        "createConversationItems",
        "listConversationItems",
        "getConversationItem",
        "deleteConversationItem",
    }
)
OPTIONAL_VIDEO = frozenset(
    {"deleteResponse", "cancelResponse", "listFiles", "createCompletion", "listCompletions"}
)
"""The operations of optional features in the dialect with a library of videos."""


def _answers(answer: Answer, status: int, message: str, *, in_text: bool = False) -> Answer:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("cache-control", "content-length")
    }
    return Answer(status, headers | {"content-type": "application/json"},
                  orjson.dumps({"error": message if in_text else error}))  # fmt: skip


def _offering_nothing_optional(status: int, *, in_text: bool) -> Callable[[Answer, Call], Answer]:
    operations = OPTIONAL_VIDEO if in_text else OPTIONAL

    def vary(answer: Answer, call: Call) -> Answer:
        if call.operation not in operations or answer.status == 401:
            return answer
        varied = _answers(answer, status, "This server does not offer that.", in_text=in_text)
        if status == 405:
            varied.headers["allow"] = "OPTIONS"
        return varied

    return vary


def _working_in_the_foreground(behaviour: Behaviour, _call: Call) -> Behaviour:
    """Rejects background responses, for nobody could read them later."""

    def foreground(details: RequestDetails) -> None:
        if details.body.get("background") is True:
            raise invalid("This server does not answer in the background.", "background")

    checks = {"foreground": foreground, **behaviour.requests.checks}
    return replace(behaviour, requests=replace(behaviour.requests, checks=checks))


_REASON = """RFC 9110, 15.5.5 and 15.5.6: both say that the server has no such resource or method.

The dialect calls the features optional."""

for _status in (404, 405):
    _summary = f"Answers {_status} on every endpoint of an optional feature.\n\n{_REASON}"
    add(
        "http",
        f"offers_no_optional_endpoint_by_{_status}",
        _summary,
        ITEMS,
        _offering_nothing_optional(_status, in_text=False),
        state=_working_in_the_foreground,
    )
    add(
        "http",
        f"offers_no_optional_endpoint_of_the_library_by_{_status}",
        _summary,
        ("cloudglue",),
        _offering_nothing_optional(_status, in_text=True),
    )


@variation("http.keeps-chats-and-deletes-none", fits=("openai",))
def keeps_chats_and_deletes_none(answer: Answer, call: Call) -> Answer:
    """Keeps chats that can be read and listed; nobody can change or delete them, or read their messages.

    RFC 9110, 15.5.6. The dialect calls stored chats optional, and does not say that they come as a whole.
    """
    if call.operation not in ("updateChatCompletion", "deleteChatCompletion", "getChatCompletionMessages"):
        return answer
    headers = {"content-type": "application/json", "allow": "GET"}
    return Answer(405, headers, orjson.dumps({"detail": "Method Not Allowed"}))


def _says_not_found(answer: Answer, call: Call) -> Answer:
    if call.operation not in OPTIONAL or answer.status == 401:
        return answer
    return replace(answer, status=404, body={"detail": "Not Found"})


add(
    "http",
    "offers_no_optional_endpoint_like_its_framework",
    "Answers with its framework's own 404 on every endpoint of an optional feature.\n\n"
    "No code of the API sees such a request, so that the error is not the API's.",
    ("openai",),
    _says_not_found,
    state=_working_in_the_foreground,
)


@variation("http.answers-422", fits=EVERY)
def answers_422(answer: Answer) -> Answer:
    """Answers 422 to a request whose content is wrong, and not 400.

    RFC 9110, 15.5.21: the syntax is right, and the instructions in it cannot be processed.
    """
    if answer.status == 400 and json_of(answer) is not None:
        answer.status = 422
    return answer


@variation("http.answers-404-for-a-wrong-method", fits=EVERY)
def answers_404_for_a_wrong_method(answer: Answer) -> Answer:
    """Answers 404 where another server answers 405.

    RFC 9110, 15.5.5: a server that does not want to say which methods a resource has answers 404.
    """
    if answer.status == 405:
        answer.status = 404
        answer.headers.pop("allow", None)
    return answer


@variation("http.sends-no-challenge", fits=EVERY)
def sends_no_challenge(answer: Answer) -> Answer:
    """Answers 401 without a challenge, and 405 without the methods that it allows.

    RFC 9110 demands both; no client of such an API reads them, and most servers leave them out.
    """
    answer.headers = {
        name: value for name, value in answer.headers.items() if name not in ("www-authenticate", "allow")
    }
    return answer


@variation("http.rejects-in-the-stream", fits=DOCUMENTS)
def rejects_in_the_stream(answer: Answer, call: Call) -> Answer:
    """Rejects what a stream asks for by an `error` event, after 200.

    A server that asks another machine finds the fault when it has sent the status; both documents have the
    event for that.
    """
    document = json_of(answer) if answer.status == 400 else None
    error = document.get("error") if isinstance(document, dict) else None
    streams = isinstance(call.body, dict) and call.body.get("stream") is True
    if not streams or not isinstance(error, dict):
        return answer
    event = {**error, "type": "error", "sequence_number": 0, "error": error}
    body = b"event: error\ndata: " + orjson.dumps(event) + b"\n\n"
    headers = answer.headers | {"content-type": "text/event-stream; charset=utf-8"}
    headers.pop("content-length", None)
    return Answer(200, headers, body)


@variation("http.offers-no-preflight", fits=ITEMS)
def offers_no_preflight(answer: Answer, call: Call) -> Answer:
    """Answers 405 to OPTIONS and sends no headers for browsers.

    RFC 9110, 9.1: only GET and HEAD are mandatory for a general server, and no dialect promises scripts in
    a browser anything.
    """
    answer.headers = {
        name: value
        for name, value in answer.headers.items()
        if not name.startswith("access-control-") and name != "vary"
    }
    if call.method == "OPTIONS":
        varied = _answers(answer, 405, "OPTIONS is not allowed here.")
        varied.headers["allow"] = "GET, POST, DELETE"
        return varied
    return answer


@variation("http.has-no-param-in-errors", fits=("bud",))
def has_no_param_in_errors(answer: Answer) -> Answer:
    """Sends errors of `message`, `type` and `code`.

    The examples of the vendor's page have no `param`.
    """
    body = json_of(answer)
    if answer.status >= 400 and isinstance(body, dict) and isinstance(body.get("error"), dict):
        body["error"].pop("param", None)
        answer.body = body
    return answer
