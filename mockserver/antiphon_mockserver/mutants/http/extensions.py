"""Answers to streaming requests and provider extensions with a wrong status or body."""

from __future__ import annotations

import json
from typing import Any

from antiphon_mockserver.mutants import Call, mutant

UNKNOWN = "antiphon_unknown:"


def _request(call: Call) -> dict[str, Any]:
    return call.body if isinstance(call.body, dict) else {}


@mutant("http.opens-a-stream-to-reject", caught_by="requests.a-wrong-request-gets-no-stream")
def opens_a_stream_to_reject(answer: Any, call: Call) -> Any:
    """Answers a wrong streaming request with 200 and an `error` event."""
    if answer.status == 400 and _request(call).get("stream") is True:
        event = {"type": "error", "sequence_number": 0, "error": {"message": "bad request"}}
        answer.status = 200
        answer.headers["content-type"] = "text/event-stream"
        answer.body = f"event: error\ndata: {json.dumps(event)}\n\n".encode()
    return answer


@mutant("http.accepts-any-tool", caught_by="extensions.unknown-hosted-tools-are-rejected")
def accepts_any_tool(answer: Any, call: Call) -> Any:
    """Accepts a hosted tool that it cannot run."""
    tools = _request(call).get("tools")
    if isinstance(tools, list) and any(UNKNOWN in str(tool) for tool in tools):
        answer.status = 200
    return answer


@mutant("http.breaks-on-unknown-items", caught_by="extensions.unknown-input-items-are-no-server-error")
def breaks_on_unknown_items(answer: Any, call: Call) -> Any:
    """Answers 500 to an input item of an unknown provider."""
    if UNKNOWN in str(_request(call).get("input")):
        answer.status = 500
    return answer
