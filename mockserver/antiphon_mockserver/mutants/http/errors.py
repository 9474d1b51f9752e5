"""Servers whose errors have a different form, type or code than the documentation shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from antiphon_mockserver.mutants import Call, add, mutant
from antiphon_mockserver.server.context import Answer

SEAM = "http"
Json = dict[str, Any]


def _in_errors(change: Callable[[int, Json], Any]) -> Callable[[Answer], Answer]:
    """Changes or replaces the body of each error."""

    def mutate(answer: Answer) -> Answer:
        if answer.status >= 400:
            body = change(answer.status, orjson.loads(answer.body))
            answer.body = orjson.dumps(body)
            answer.headers.pop("content-length", None)
        return answer

    return mutate


def _in_words(_status: int, body: Json) -> Json:
    return {"error": body["error"]["message"]} if isinstance(body.get("error"), dict) else body


def _numbered(status: int, body: Json) -> Json:
    if status == 401 and isinstance(body.get("error"), dict):
        body["error"] |= {"type": "invalid_request_error", "code": status}
    return body


def _unnamed_model(_status: int, body: Json) -> Json:
    if isinstance(body.get("error"), dict) and body["error"].get("code") == "invalid_model":
        body["error"]["code"] = "not_found"
    return body


for _name, _doc, _rule, _change in (
    (
        "sends_errors_as_strings",
        "Sends a string as the error of a rejected request.",
        "errors-have-message-type-and-code",
        _in_words,
    ),
    (
        "repeats_the_status_as_code",
        "Answers 401 with the status as the code of the error.",
        "a-401-is-about-credentials",
        _numbered,
    ),
    (
        "has_an_undefined_code_for_models",
        "Rejects an unknown model with an undefined error code.",
        "an-unknown-model-has-its-code",
        _unnamed_model,
    ),
):
    add(SEAM, _name, _doc, f"error-codes.{_rule}", _in_errors(_change))


@mutant("http.repeats-the-request-in-its-errors", caught_by="errors.an-error-is-short")
def repeats_the_request_in_its_errors(answer: Answer, call: Call) -> Answer:
    """Quotes the whole request in the message of each error."""
    body = orjson.loads(answer.body) if answer.status >= 400 and answer.body else None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body["error"]["message"] += f" The input was: {orjson.dumps(call.body).decode()}"
        answer.body = orjson.dumps(body)
        answer.headers.pop("content-length", None)
    return answer
