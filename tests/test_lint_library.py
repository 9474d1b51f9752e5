"""`antiphon lint --dialect cloudglue`: handwritten recordings of right and wrong answers of a library."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antiphon.main import run

Json = Any
KITCHEN = "0d9f6a52-7c1b-4e38-8b14-6a5e2f93c7d0"
CITATION = {
    "type": "cloudglue_citation",
    "collection_id": KITCHEN,
    "file_id": "b5f4f3a0-4df0-4a0e-9a34-0d6a5f6b7c10",
    "segment_id": "a5f4f3a0-4df0-4a0e-9a34-0d6a5f6b7c10",
    "start_time": 12,
    "end_time": 20.5,
    "context": "Salt goes into the water.",
}
PART = {"type": "output_text", "text": "Salt goes in.", "annotations": [CITATION]}
MESSAGE = {"type": "message", "role": "assistant", "content": [PART]}
USAGE = {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}
RESPONSE = {
    "id": "c2f5f3a0-4df0-4a0e-9a34-0d6a5f6b7c10",
    "object": "response",
    "status": "completed",
    "created_at": 1767225600,
    "model": "nimbus-001",
    "instructions": None,
    "output": [MESSAGE],
    "usage": USAGE,
    "error": None,
}
CREATE = {"model": "nimbus-001", "input": "What goes in?", "knowledge_base": {"collections": [KITCHEN]}}
STREAMED = CREATE | {"stream": True}
PLACE = {"output_index": 0, "content_index": 0}
RUNNING = RESPONSE | {"status": "in_progress", "output": None, "usage": None}
EVENTS = (
    {"type": "response.created", "response": RUNNING},
    {"type": "response.output_item.added", "output_index": 0, "item": MESSAGE | {"content": []}},
    {"type": "response.content_part.added", **PLACE, "part": PART | {"text": "", "annotations": []}},
    {"type": "response.output_text.delta", **PLACE, "delta": "Salt goes in."},
    {"type": "response.output_text.done", **PLACE, "text": "Salt goes in."},
    {"type": "response.content_part.done", **PLACE, "part": PART},
    {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE},
    {"type": "response.completed", "response": RESPONSE},
)
CHAT = {
    "model": "nimbus-001",
    "messages": [{"role": "user", "content": "What goes in?"}],
    "collections": [KITCHEN],
}
COMPLETION = {
    "id": "d2f5f3a0-4df0-4a0e-9a34-0d6a5f6b7c10",
    "object": "chat.completion",
    "created_at": 1767225600000,
    "model": "nimbus-001",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Salt."}, "citations": []}],
    "payload": {"messages": CHAT["messages"], "collections": [KITCHEN], "temperature": 0.7},
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


def record(path: str, request_body: Json, answer: Json) -> Json:
    """One line of a recording; a tuple of events is a stream."""
    request = {"method": "POST", "path": path, "headers": {}, "body": request_body}
    if not isinstance(answer, tuple):
        headers, body = {"content-type": "application/json"}, {"body": answer}
    else:
        headers, body = {"content-type": "text/event-stream"}, {"sse": "".join(map(frame, answer))}
    return {"id": "one", "request": request, "response": {"status": 200, "headers": headers, **body}}


def frame(event: Json) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def cite(**members: Json) -> Json:
    return RESPONSE | {"output": [MESSAGE | {"content": [PART | {"annotations": [CITATION | members]}]}]}


@pytest.fixture
def lint(tmp_path, capsys):
    def linted(*lines: Json) -> tuple[int, dict[str, str]]:
        """The exit status, and where each rule that did not pass found what."""
        path = tmp_path / "recorded.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        status = run(["lint", str(path), "--dialect", "cloudglue", "--format", "json"])
        records = json.loads(capsys.readouterr().out)
        return status, {
            record["rule"]: record["findings"][0]["where"] for record in records if record["findings"]
        }

    return linted


def test_right_answers_pass(lint) -> None:
    lines = (
        record("/v1/responses", CREATE, RESPONSE),
        record("/v1/responses", STREAMED, EVENTS),
        record("/v1/chat/completions", CHAT, COMPLETION),
    )
    assert lint(*lines) == (0, {})


@pytest.mark.parametrize(
    ("line", "status", "rule", "where"),
    [
        (
            record("/v1/responses", CREATE, cite(start_time=30)),
            1,
            "citations.times-are-in-order",
            "reply.body/output/0/content/0/annotations/0/end_time",
        ),
        (
            record("/v1/responses", CREATE, cite(collection_id=CITATION["file_id"])),
            1,
            "citations.name-a-collection-of-the-request",
            "reply.body/output/0/content/0/annotations/0/collection_id",
        ),
        (
            record("/v1/responses", CREATE, RESPONSE | {"usage": USAGE | {"total_tokens": 14}}),
            0,
            "usage.total-is-the-sum",
            "reply.body/usage/total_tokens",
        ),
        (
            record("/v1/responses", STREAMED, EVENTS[:-1]),
            1,
            "lifecycle.ends-with-a-terminal-event",
            "end of stream",
        ),
        (
            record("/v1/chat/completions", CHAT, COMPLETION | {"created_at": 1767225600}),
            1,
            "chat.created-at-counts-milliseconds",
            "reply.body/created_at",
        ),
    ],
    ids=["order of times", "another collection", "sum", "no end", "seconds"],
)
def test_a_wrong_answer_is_reported_with_rule_and_place(
    lint, line: Json, status: int, rule: str, where: str
) -> None:
    assert lint(line) == (status, {rule: where})
