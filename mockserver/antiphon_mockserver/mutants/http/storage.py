"""Answers about stored responses in a wrong form."""

from __future__ import annotations

from dataclasses import replace

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import Answer


@mutant("http.types-what-is-not-found", caught_by="errors.a-client-error-has-its-type")
def types_what_is_not_found(answer: Answer, call: Call) -> Answer:
    """Answers 404 to a retrieval with the error type `not_found_error`."""
    if call.operation == "getResponse" and answer.status == 404:
        error = {
            "message": "No response has this id.",
            "type": "not_found_error",
            "param": None,
            "code": None,
        }
        answer.body = {"error": error}
    return answer


@mutant("http.says-not-found-like-its-framework", caught_by="errors.the-envelope-is-complete")
def says_not_found_like_its_framework(answer: Answer, call: Call) -> Answer:
    """Answers 404 with the default body of its web framework."""
    if call.operation == "getResponse" and answer.status == 404:
        answer.body = {"detail": "Not Found"}
    return answer


@mutant(
    "http.finds-responses-that-do-not-exist",
    caught_by=("compaction.a-compaction-is-not-stored", "retrieve.an-unknown-response-is-not-found"),
)
def finds_responses_that_do_not_exist(answer: Answer, call: Call) -> Answer:
    """Answers 200 and `null` to the retrieval of an unknown id."""
    if call.operation == "getResponse" and answer.status == 404:
        answer.status, answer.body = 200, b"null"
    return answer


@mutant("http.breaks-at-background-mode", caught_by="background.background-is-used-or-rejected")
def breaks_at_background_mode(answer: Answer, call: Call) -> Answer:
    """Answers 500 to a create in the background."""
    if call.operation == "createResponse" and call.body.get("background") is True:
        answer.status, answer.body = (
            500,
            {"error": {"message": "?", "type": "server_error", "param": None, "code": None}},
        )
    return answer


def without_route(answer: Answer) -> Answer:
    """The answer of a web framework to an unknown route."""
    return replace(answer, status=404, body={"detail": "Not Found"})


@mutant("http.has-no-cancel", caught_by="cancel.a-running-response-can-be-cancelled")
def has_no_cancel(answer: Answer, call: Call) -> Answer:
    """Claims background mode but has no route to cancel."""
    return without_route(answer) if call.operation == "cancelResponse" else answer


@mutant("http.has-no-input-items", caught_by="input-items.input-items-can-be-listed")
def has_no_input_items(answer: Answer, call: Call) -> Answer:
    """Stores responses but has no route to their input items."""
    return without_route(answer) if call.operation == "listInputItems" else answer


@mutant("http.has-no-compaction", caught_by="compaction.a-history-can-be-compacted")
def has_no_compaction(answer: Answer, call: Call) -> Answer:
    """Has no route to compact a conversation."""
    return replace(answer, status=405, body=b"") if call.operation == "compactResponse" else answer
