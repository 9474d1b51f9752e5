"""A cancel that comes after the end of a response: who works fast may reject it, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request, Trace
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load

JSON = Headers((("content-type", "application/json"),))
RULE = "cancel.a-running-response-can-be-cancelled"


def step(name: str, path: str, status: int, body: Any) -> Exchange:
    request = Request("POST", path, JSON, {"model": "m", "input": "Hi.", "background": True})
    return Exchange(f"cancel/{name}", request, Reply(status, JSON, b"{}", body, started_at=0.0))


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Cannot cancel a completed response.", Outcome.INCONCLUSIVE),
        ("The response is already finished.", Outcome.INCONCLUSIVE),
        ("The response cannot be cancelled.", Outcome.FAILED),
    ],
)
def test_a_rejection_that_names_the_end_is_no_missing_cancel(message: str, outcome: Outcome) -> None:
    error = {"error": {"message": message, "type": "invalid_request_error", "code": None, "param": None}}
    response = {"id": "resp_1", "object": "response", "status": "in_progress", "output": []}
    steps = {
        "started": step("started", "/responses", 200, response),
        "cancelled": step("cancelled", "/responses/resp_1/cancel", 400, error),
    }
    records = engine.judge([Trace("cancel", steps)], load("openai"))
    assert {record.outcome for record in records if record.rule == RULE} == {outcome}
