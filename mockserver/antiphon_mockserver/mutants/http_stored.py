"""Answers about stored responses that come in the wrong form."""

from __future__ import annotations

from antiphon_mockserver.answer import Answer
from antiphon_mockserver.mutants import Call, mutant


@mutant(caught_by="retrieve.not-found-comes-in-an-envelope")
def says_not_found_like_its_framework(answer: Answer, call: Call) -> Answer:
    """Answers 404 with the body of its web framework."""
    if call.operation == "getResponse" and answer.status == 404:
        answer.body = {"detail": "Not Found"}
    return answer


@mutant(caught_by=("compaction.a-compaction-is-not-stored", "retrieve.an-unknown-response-is-not-found"))
def finds_whatever_is_looked_for(answer: Answer, call: Call) -> Answer:
    """Answers 200 and `null` to the retrieval of an id that names nothing."""
    if call.operation == "getResponse" and answer.status == 404:
        answer.status, answer.body = 200, b"null"
    return answer


@mutant(caught_by="background.background-is-honoured-or-refused")
def breaks_at_background_mode(answer: Answer, call: Call) -> Answer:
    """Answers 500 to a create in the background."""
    if call.operation == "createResponse" and call.body.get("background") is True:
        answer.status, answer.body = (
            500,
            {"error": {"message": "?", "type": "server_error", "param": None, "code": None}},
        )
    return answer
