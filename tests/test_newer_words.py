"""A word that the vendor added to a list after our document is no fault of a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from antiphon.main import antiphon
from antiphon_spec.dialect import load
from antiphon_spec.document import Document
from antiphon_spec.schema import Schemas
from mock_client import Client

SONG = {
    "type": "object",
    "properties": {
        "mode": {"type": "string", "enum": ["sung", "spoken"]},
        "pace": {"anyOf": [{"type": "string", "enum": ["slow", "fast"]}, {"type": "null"}]},
        "status": {"type": "string", "enum": ["completed"]},
        "state": {"type": "string", "enum": ["completed"], "x-antiphon-open": False},
        "role": {"type": "string", "enum": ["singer"], "x-antiphon-open": True},
        "key": {"const": "minor"},
        "moods": {"type": "array", "items": {"enum": ["glad"]}},
    },
}


@pytest.mark.parametrize(
    ("song", "breaches", "newer"),
    [
        ({"mode": "whistled"}, [], ["/mode"]),
        ({"pace": "hasty"}, [], ["/pace"]),
        ({"moods": ["glad", "sad"]}, [], ["/moods/1"]),
        ({"role": "choir"}, [], ["/role"]),
        ({"mode": "whistled", "pace": 3}, ["/pace"], ["/mode"]),
        ({"mode": ""}, ["/mode"], []),
        ({"mode": "as you like it"}, ["/mode"], []),
        ({"mode": 3}, ["/mode"], []),
        ({"mode": None}, ["/mode"], []),
        ({"status": "done"}, ["/status"], []),
        ({"state": "done"}, ["/state"], []),
        ({"key": "major"}, ["/key"], []),
        ({"mode": "sung"}, [], []),
    ],
)
def test_only_a_word_in_an_open_list_is_newer(song: Any, breaches: list[str], newer: list[str]) -> None:
    validator = Schemas(Document({"components": {"schemas": {"Song": SONG}}})).component("Song")
    faults = validator.faults(song)
    assert [fault.pointer for fault in faults if not fault.newer] == breaches
    assert [fault.pointer for fault in faults if fault.newer] == newer


def test_a_newer_word_in_a_request_is_still_a_fault() -> None:
    request = load("openai").schemas.request("createResponse")
    assert request is not None
    assert request.faults({"model": "gpt-5", "input": "Hi", "truncation": "smart"})


def recorded(folder: Path, request: Mapping[str, Any], **members: Any) -> str:
    """A file with one exchange of the mock server, whose response has other values in some members."""
    body = {"model": "gpt-5", "input": "Hi", **request}
    response = {**Client(dialect="openai").post("/responses", body).json, **members}
    headers = {"content-type": "application/json"}
    line = {
        "id": "newer",
        "request": {"method": "POST", "path": "/v1/responses", "headers": headers, "body": body},
        "response": {"status": 200, "headers": headers, "body": response},
    }
    path = folder / "newer.jsonl"
    path.write_text(json.dumps(line))
    return str(path)


def status_of_lint(path: str) -> int:
    result = CliRunner().invoke(antiphon, ["lint", path, "--dialect", "openai"], standalone_mode=False)
    return int(result.return_value)


INCOMPLETE = {"status": "incomplete", "completed_at": None}
FAILED: dict[str, Any] = {"status": "failed", "completed_at": None, "output": [], "usage": None}


@pytest.mark.parametrize(
    "members",
    [
        {"service_tier": "hyper"},
        {"truncation": "smart"},
        {"prompt_cache_retention": "1y"},
        {"reasoning": {"effort": "ultra", "summary": None}},
        {**INCOMPLETE, "incomplete_details": {"reason": "steered"}},
        {**INCOMPLETE, "incomplete_details": {"reason": "out_of_budget"}},
        {**FAILED, "error": {"code": "misalignment_policy_violation", "message": "No.", "misalignment": {}}},
        {**FAILED, "error": {"code": "quantum_noise", "message": "No."}},
    ],
)
def test_no_rule_fails_a_newer_word(members: Mapping[str, Any], tmp_path: Path) -> None:
    assert status_of_lint(recorded(tmp_path, {}, **members)) == 0


@pytest.mark.parametrize(
    "request_members",
    [
        {"tools": [{"type": "function", "name": "look", "parameters": None, "strict": True, "async": True}]},
        {"input": [{"type": "configuration_update", "reasoning": {}}, {"role": "user", "content": "Hi"}]},
        {"prompt_cache_options": {"ttl": "12h", "prewarm": False}},
        {"background_options": {"completion_window": "soonest"}},
        {"access_programs": {"cyber": "standard"}},
    ],
)  # fmt: skip
def test_no_rule_fails_a_server_that_takes_what_is_new(
    request_members: Mapping[str, Any], tmp_path: Path
) -> None:
    assert status_of_lint(recorded(tmp_path, request_members)) == 0


@pytest.mark.parametrize(
    "members",
    [
        {"truncation": ""},
        {"service_tier": 3},
        {"status": "done"},
        {**INCOMPLETE, "incomplete_details": {"reason": "length"}},
    ],
)
def test_what_no_vendor_adds_is_failed(members: Mapping[str, Any], tmp_path: Path) -> None:
    assert status_of_lint(recorded(tmp_path, {}, **members)) == 1


HOLOGRAM = {"type": "hologram_call", "id": "hg_1", "status": "completed"}


def streamed(folder: Path, dialect: str, event: Mapping[str, Any], item: Mapping[str, Any] | None) -> str:
    """A file with one stream of the mock server into which an event and, before its end, an item were put."""
    body = {"model": "gpt-5", "input": "Hi", "stream": True}
    events = Client(dialect=dialect).post("/responses", body).events
    events.insert(2, dict(event))
    if item is not None:
        events[-1]["response"]["output"].append(item)
        done = {"type": "response.output_item.done", "output_index": 1, "item": item}
        begun = {**item, "status": "in_progress"}
        events[-1:-1] = [{**done, "type": "response.output_item.added", "item": begun}, done]
    numbered = [{**each, "sequence_number": index} for index, each in enumerate(events)]
    sse = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in numbered)
    line = {
        "id": "newer",
        "request": {"method": "POST", "path": "/v1/responses", "headers": {}, "body": body},
        "response": {"status": 200, "headers": {"content-type": "text/event-stream"}, "sse": sse},
    }
    path = folder / "newer.jsonl"
    path.write_text(json.dumps(line))
    return str(path)


def findings(path: str, dialect: str) -> dict[str, str]:
    """The outcome of each rule that found something."""
    arguments = ["lint", path, "--dialect", dialect, "--format", "json"]
    result = CliRunner().invoke(antiphon, arguments, standalone_mode=False)
    records = json.loads(result.stdout)
    return {record["rule"]: record["outcome"] for record in records if record["findings"]}


@pytest.mark.parametrize(("dialect", "outcome"), [("openai", "noted"), ("openresponses", "failed")])
def test_a_vendor_adds_event_types_and_a_norm_does_not(dialect: str, outcome: str, tmp_path: Path) -> None:
    path = streamed(tmp_path, dialect, {"type": "response.thinking.pulse"}, None)
    assert findings(path, dialect)["stream-framing.event-types-are-documented"] == outcome


def test_a_newer_item_type_is_noted(tmp_path: Path) -> None:
    path = streamed(tmp_path, "openai", {"type": "keepalive"}, HOLOGRAM)
    assert findings(path, "openai") == {"items.types-are-documented": "noted"}


def test_a_newer_word_is_noted(tmp_path: Path) -> None:
    found = findings(recorded(tmp_path, {}, truncation="smart"), "openai")
    assert found == {"response-members.truncation-is-auto-or-disabled": "noted"}


def test_a_newer_word_does_not_hide_a_fault(tmp_path: Path) -> None:
    found = findings(recorded(tmp_path, {}, reasoning={"effort": "ultra", "summary": 3}), "openai")
    assert found == {"response-members.reasoning-has-a-documented-form": "failed"}


def message(*parts: Mapping[str, Any], annotations: tuple[Mapping[str, Any], ...] = ()) -> list[Any]:
    """An output of one message: a text with these annotations, and these parts after it."""
    text = {"type": "output_text", "text": "Hi.", "annotations": list(annotations), "logprobs": []}
    content = [text, *parts]
    return [
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": content}
    ]


PARTS = "item-members.message-parts-are-documented"


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (message({"type": "output_scent", "scent": "thyme"}), {PARTS: "noted"}),
        (message({"type": "acme:scent"}), {PARTS: "noted"}),
        (
            message(annotations=({"type": "map_citation", "place": "Ulm"},)),
            {"item-members.annotations-are-complete": "noted"},
        ),
        (message({"type": "text", "text": "Hi."}), {PARTS: "failed"}),
        (message({"type": "tool_use", "name": "look"}), {PARTS: "failed"}),
        (message({"type": "input_text", "text": "Hi."}), {PARTS: "failed"}),
    ],
    ids=["part", "extension", "annotation", "word of Chat", "word of another API", "part in the wrong place"],
)
def test_a_newer_part_is_noted_and_a_wrong_one_failed(
    output: list[Any], found: Mapping[str, str], tmp_path: Path
) -> None:
    assert findings(recorded(tmp_path, {}, output=output), "openai") == found


def test_a_known_object_may_have_more_members(tmp_path: Path) -> None:
    path = recorded(tmp_path, {}, text={"format": {"type": "text", "style": "plain"}, "verbosity": "medium"})
    assert findings(path, "openai") == {}
