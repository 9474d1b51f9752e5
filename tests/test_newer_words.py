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
    validator = Schemas(Document({"components": {"schemas": {"Song": SONG}}})).named("Song")
    assert [fault.pointer for fault in validator.breaches(song)] == breaches
    assert [fault.pointer for fault in validator.newer_words(song)] == newer


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


@pytest.mark.parametrize("members", [{"truncation": ""}, {"service_tier": 3}, {"status": "done"}])
def test_what_no_vendor_adds_is_failed(members: Mapping[str, Any], tmp_path: Path) -> None:
    assert status_of_lint(recorded(tmp_path, {}, **members)) == 1
