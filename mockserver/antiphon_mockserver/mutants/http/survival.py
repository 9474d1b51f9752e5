"""Servers that a request stops. Somebody starts them again: after some unanswered requests they are back."""

from __future__ import annotations

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import Answer

CREATE = "createResponse"
LOST = 6
"""How many further requests go unanswered."""


class _Death:
    """How many more requests go unanswered. A process that is tested with the mutant has one such server."""

    rest = 0


@mutant("http.dies-at-a-malformed-body", caught_by="server.outlives-every-request")
def dies_at_a_malformed_body(answer: Answer, call: Call) -> Answer:
    """Answers nothing to a create whose body is no JSON object, nor to the next requests."""
    if call.operation == CREATE and answer.status == 400 and not isinstance(call.body, dict):
        _Death.rest = LOST
    if _Death.rest:
        _Death.rest -= 1
        answer.headers["content-length"] = str(len(answer.body) + 1)
    return answer
