"""Servers that break off at requests that only generators send."""

from __future__ import annotations

from antiphon_mockserver.mutants import Call, mutant
from antiphon_mockserver.server.context import Answer


@mutant("http.breaks-off-at-odd-instructions", caught_by="generated-requests.every-request-is-answered")
def breaks_off_at_odd_instructions(answer: Answer, call: Call) -> Answer:
    """Closes the connection mid-answer when `instructions` is not a string."""
    if isinstance(call.body, dict) and not isinstance(call.body.get("instructions", ""), str | None):
        answer.headers["content-length"] = str(len(answer.body) + 1)
    return answer
