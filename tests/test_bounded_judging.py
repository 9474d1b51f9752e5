"""What judging an answer costs and how much is said of it is bounded, however much is wrong with it."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.rule_run import MOST_FINDINGS
from antiphon_spec.dialect import load
from antiphon_spec.json_schema import window
from antiphon_spec.schema import LocalValidator

MANY = 1500
SECONDS = 20
"""Of processor time: ten times what a bounded judgement takes, a tenth of an unbounded one."""
ITEM = {"type": "message", "content": [{"type": "output_text"}]}


def snapshot(number: int, output: list[Any]) -> dict[str, Any]:
    return {"type": "response.in_progress", "response": {"id": f"resp_{number}", "output": output}}


DOCUMENTS: dict[str, Any] = {
    "empty objects": {"object": "response", "output": [{}] * MANY},
    "empty arrays": {"object": "response", "output": [[]] * MANY},
    "half parts": {"object": "response", "output": [{"type": "message", "content": [{}] * MANY}]},
    "numbers in place of texts": {"object": "response", "metadata": {f"k{i}": i for i in range(MANY)}},
    "unknown members": {f"k{i}": i for i in range(MANY)},
}
STREAMS: dict[str, Any] = {
    "equal snapshots": [snapshot(0, [{}])] * MANY,
    "different snapshots": [snapshot(number, []) for number in range(MANY)],
    "half items": [
        {"type": "response.output_item.done", "output_index": number, "item": {"type": "message"}}
        for number in range(MANY)
    ],
}


def judge(raw: bytes, kind: str) -> list[Record]:
    request = Request("POST", "/responses", body={"model": "m", "input": "x", "stream": "event" in kind})
    reply = read_reply(200, Headers((("content-type", kind),)), raw)
    before = time.process_time()
    records = engine.lint([Exchange("large", request, reply)], load("openai"))
    assert time.process_time() - before < SECONDS
    return records


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_full_of_faults(name: str) -> None:
    check(judge(orjson.dumps(DOCUMENTS[name]), "application/json"))


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_full_of_faults(name: str) -> None:
    raw = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in STREAMS[name])
    check(judge(raw, "text/event-stream"))


def check(records: list[Record]) -> None:
    assert [record.note for record in records if record.outcome is Outcome.BROKEN] == []
    assert any(record.outcome is Outcome.FAILED for record in records)
    assert max(len(record.findings) for record in records) <= MOST_FINDINGS


def test_the_rest_is_counted_and_what_was_not_judged_is_inconclusive() -> None:
    response = {"object": "response", "status": "completed", "output": [ITEM] * 5001}
    records = judge(orjson.dumps(response), "application/json")
    check(records)
    notes = {record.note for record in records if record.findings}
    assert "at least 480 more findings are counted, not listed" in notes
    cuts = {record.note for record in records if record.outcome is Outcome.INCONCLUSIVE}
    assert "we judge 5000 output items of an answer, no more" in cuts


SCHEMA = {
    "type": "object",
    "properties": {
        "list": {"type": "array", "maxItems": 2 * MANY, "items": {"type": "integer"}},
        "few": {"type": "array", "maxItems": 900, "minItems": 500},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["list", "map", "name", "title"],
}
RIGHT = {"list": [1] * MANY, "few": [1] * 600, "map": {}, "name": 1, "title": 1}


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ({}, []),
        ({"list": [1] * (MANY - 1) + ["x"]}, [f"list[{MANY - 1}]: expected an integer, got 'x'"]),
        ({"list": [1] * 1000 + [None] + [1] * 1000}, ["list[1000]: expected an integer, got null"]),
        (
            {"list": [1] * (2 * MANY + 1)},
            [f"list: expected at most {2 * MANY} elements, got {2 * MANY + 1} elements"],
        ),
        ({"few": [1] * 1000}, ["few: expected at most 900 elements, got 1000 elements"]),
        ({"few": [1] * 400}, ["few: expected at least 500 elements, got 400 elements"]),
        ({"map": {"a": "x"}}, ["map.a: expected an integer, got 'x'"]),
        (
            {"list": [1, "x", *[1] * 1000, "x"], "few": []},
            ["few: expected at least 500 elements, got 0 elements", "list[1]: expected an integer, got 'x'"],
        ),
    ],
)  # fmt: skip
def test_the_faults_of_a_large_instance_are_true(change: Any, messages: list[str]) -> None:
    faults = LocalValidator(SCHEMA).faults({**RIGHT, **change})
    assert [fault.message for fault in faults] == messages


def test_absent_members_of_a_large_instance_are_named_once() -> None:
    faults = LocalValidator(SCHEMA).faults({"list": [1] * MANY})
    assert [fault.message for fault in faults] == [
        "map is missing (required)",
        "name is missing (required)",
        "title is missing (required)",
    ]


def test_a_small_instance_is_shown_whole() -> None:
    assert not window.is_large({"list": [1] * (window.LARGE - 1)})
    assert window.is_large([[1] * 20 for _ in range(window.LARGE // 20)])


def test_an_answer_is_judged_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LONGEST", 0.0)
    records = judge(orjson.dumps(DOCUMENTS["half parts"]), "application/json")
    late = [record for record in records if record.note == engine.TOO_LONG]
    assert late
    assert {record.outcome for record in late} == {Outcome.INCONCLUSIVE}
    assert engine.TOO_LONG.startswith("we judge an answer for 60 seconds")
