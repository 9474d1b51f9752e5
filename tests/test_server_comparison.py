"""`antiphon compare`, without rules: a wrong server is located, a right one explained, the same one equal."""

from __future__ import annotations

import json
import re
import socket
from functools import cache
from pathlib import Path

import pytest

from antiphon.main import run
from antiphon_conformance.compare.difference import Contrast, DifferenceGroup, Grade
from antiphon_conformance.compare.traces import compare
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.recordings.transcript import lines
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_mockserver import MockServer
from antiphon_mockserver.variations import all_variations
from antiphon_spec.dialect import load
from inprocess import traces
from mock_client import Client
from socket_client import socket as open_socket

DIALECT = "openai"
FIRST = 3
"""Among so many differences from the top, one names what a mutant changes."""
MUTANTS = {
    "body.calls-another-tool": "item[function_call].name",
    "body.calls-the-object-by-another-name": "object",
    "body.completes-with-an-error": "response.error",
    "body.counts-nothing": "usage",
    "body.counts-beyond-the-limit": "usage.output_tokens",
    "body.cuts-the-arguments": "arguments",
    "body.echoes-tools-nested": "tools[function].name",
    "body.forgets-metadata": "response.metadata",
    "body.forgets-text-format-type": "text.format.type",
    "body.forgets-the-input-in-the-total": "total_tokens",
    "body.forgets-tool-choice": "tool_choice",
    "body.gives-every-call-the-same-call-id": "call_id",
    "body.leaves-out-item-ids": "item[message].id",
    "body.leaves-out-output": "response.output",
    "body.numbers-items-alike": "item[message].id",
    "body.reports-cut-text-as-completed": "response.status",
    "body.requires-action": "response.status",
    "body.sends-content-null": "item[message].content",
    "body.writes-created-at-as-text": "created_at",
    "events.adds-padding-to-texts": "response.output_text.d",
    "events.announces-items-twice": "response.output_item.added",
    "events.changes-the-time-of-creation": "created_at",
    "events.closes-parts-twice": "response.content_part.done",
    "events.counts-items-from-one": "output_index",
    "events.counts-parts-from-one": "content_index",
    "events.ends-without-output": "response.output",
    "events.finishes-items-after-the-end": "response.output_item.done",
    "events.leaves-items-open": "response.output_item.done",
    "events.leaves-texts-open": "response.output_text.done",
    "events.loses-deltas": "response.output_text.d",
    "events.loses-half-the-arguments": "arguments",
    "events.misspells-an-event": "response.",
    "events.names-no-item": "item_id",
    "events.never-ends": "response.completed",
    "events.renames-items": "item[message].id",
    "events.repeats-a-sequence-number": "sequence_number",
    "events.sends-anonymous-deltas": "item_id",
    "events.streams-no-model": "response.model",
    "http.labels-documents-as-text": "content-type",
    "sse.leaves-out-the-type": "type",
    "state.cannot-stream-again": "status",
    "state.forgets-instructions-on-the-way": "response.instructions",
    "state.ignores-the-order": "data",
}
"""By mutant, the member or the event that it changes."""
OPEN = {
    "http.stores-chats-as-others-do": {"error"},
    "state.continues-what-has-no-call": {"status"},
    "state.drops-what-was-cancelled": {"status"},
    "state.keeps-no-responses": {"status", "response.status", "response.background", "response.store"},
}
"""Right servers that differ so that clients notice, and what differs: an error that is a text has no code to
look at, a request that A rejects succeeds, what was cancelled is gone, nothing is stored or runs in the
background."""
VARIATIONS = sorted(
    variation.id
    for variation in all_variations().values()
    if DIALECT in variation.fits and variation.seam != "wire" and variation.id not in OPEN
)


@pytest.fixture(autouse=True)
def _polls_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)


def conversations() -> tuple[str, ...]:
    """The conversations that are no table of requests, and do no harm."""
    entries = scenarios_for(load(DIALECT)).values()
    return tuple(entry.name for entry in entries if not (entry.from_table or entry.risky or entry.heavy))


def short_conversations() -> tuple[str, ...]:
    """Those that show what each mutant changes: the long ones repeat it, over another transport."""
    return tuple(name for name in conversations() if not name.startswith("websocket"))


@cache
def mock(names: tuple[str, ...]) -> list[Trace]:
    return traces(DIALECT, names)


def contrast(*mutants: str, variations: tuple[str, ...] = ()) -> Contrast:
    """The mock against another one."""
    names = short_conversations() if mutants else conversations()
    return compare(mock(names), traces(DIALECT, names, *mutants, variations=variations), load(DIALECT))


def shown(group: DifferenceGroup) -> str:
    example = group.example
    place = f"{' '.join(group.events)} {example.place}"
    return f"{group.grade}: {place} | {example.in_a} | {example.in_b} | {example.reason}"


def test_the_mock_equals_itself() -> None:
    result = contrast()
    assert result.steps > 50
    assert not [shown(group) for group in result.groups]


def test_forty_mutants_are_tried() -> None:
    assert len(MUTANTS) >= 40
    assert len(VARIATIONS) >= 40


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_located(mutant: str) -> None:
    groups = contrast(mutant).groups[:FIRST]
    places = [shown(group).partition(" | ")[0] for group in groups]
    assert any(MUTANTS[mutant] in place for place in places), places


@pytest.mark.parametrize("variation", VARIATIONS)
def test_a_right_server_is_harmless_or_explained(variation: str) -> None:
    groups = contrast(variations=(variation,)).groups
    assert not [shown(group) for group in groups if group.grade is Grade.DIFFERENT]
    assert all(group.example.reason for group in groups)


@pytest.mark.parametrize("variation", OPEN)
def test_a_right_server_that_clients_notice(variation: str) -> None:
    """Nothing else of it is called different."""
    groups = contrast(variations=(variation,)).of(Grade.DIFFERENT)
    assert {group.example.place for group in groups} == OPEN[variation]


def test_what_varies_by_itself_is_left_out() -> None:
    other = traces(DIALECT, conversations(), variations=("state.dates-the-model",))
    result = compare(mock(conversations()), other, load(DIALECT), again=other)
    assert not result.groups
    assert result.varying


@pytest.fixture
def transcript(tmp_path: Path) -> Path:
    """A recording of the mock."""
    path = tmp_path / "transcript.jsonl"
    path.write_bytes(b"".join(lines({"dialects": [DIALECT]}, mock(conversations()))))
    return path


def test_two_recordings_of_the_same_server(transcript: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(transcript), str(transcript), "--dialect", DIALECT]) == 0
    assert "No difference." in capsys.readouterr().out


def test_a_folder_of_a_report_has_the_floor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its second transcript says what the server varies by itself."""
    other = traces(DIALECT, conversations(), variations=("state.dates-the-model",))
    for name, runs in (("transcript.jsonl", mock(conversations())), ("transcript-2.jsonl", other)):
        (tmp_path / name).write_bytes(b"".join(lines({"dialects": [DIALECT]}, runs)))
    alone = str(tmp_path / "transcript.jsonl")
    second = str(tmp_path / "transcript-2.jsonl")
    assert run(["compare", alone, second, "--dialect", DIALECT]) == 1
    output = capsys.readouterr().out
    assert "A was seen once" in output
    assert "1. response.model: value" in output
    assert run(["compare", str(tmp_path), second, "--dialect", DIALECT]) == 0
    assert "A against itself: " in capsys.readouterr().out


def test_a_recording_with_a_mutant(
    transcript: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.jsonl"
    wrong = traces(DIALECT, conversations(), "events.repeats-a-sequence-number")
    other.write_bytes(b"".join(lines({"dialects": [DIALECT]}, wrong)))
    assert run(["compare", str(transcript), str(other), "--dialect", DIALECT]) == 1
    output = capsys.readouterr().out
    assert re.search(r"1\. sequence_number: numbers of events\n +A  increases\n", output), output
    assert max(map(len, output.splitlines())) <= 80
    assert run(["compare", str(transcript), str(other), "--dialect", DIALECT, "--format", "json"]) == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference["place"] == "sequence_number"
    assert difference["grade"] == "different"
    assert difference["first"].startswith("chaining/")


def test_a_stream_over_http_and_over_a_websocket(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recordings without conversations are compared request by request."""
    body = {"model": "gpt-5", "input": "Say hello."}
    streams = {"http": Client(dialect=DIALECT).post("/responses", {**body, "stream": True}).events}
    with MockServer(dialect=DIALECT) as server, open_socket(server) as connection:
        streams["socket"] = connection.turn(input=body["input"])
    for name, events in streams.items():
        line = {
            "id": name,
            "request": {"method": "POST", "path": "/responses", "body": {**body, "stream": True}},
            "response": {"status": 200, "headers": {"content-type": "text/event-stream"}, "sse": sse(events)},
            "sse_synthesised": True,
        }
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(line) + "\n")
    files = [str(tmp_path / f"{name}.jsonl") for name in streams]
    assert run(["compare", *files, "--dialect", DIALECT]) == 0, capsys.readouterr().out
    assert "1 step in both" in capsys.readouterr().out


def sse(events: list[dict[str, object]]) -> str:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def test_a_dead_server(transcript: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
        arguments = ["--dialect", DIALECT, "--scenario", "structured_output", "--recovery", "0.1"]
        assert run(["compare", str(transcript), url, *arguments]) == 2
    error = capsys.readouterr().err
    assert f"B  {url}: nothing can be compared: the target never answered" in error


def test_recordings_of_other_conversations(
    transcript: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.json"
    request = {"method": "POST", "path": "/responses", "body": {"input": "Something else."}}
    other.write_text(json.dumps({"request": request, "response": {"status": 500, "body": {}}}))
    assert run(["compare", str(transcript), str(other), "--dialect", DIALECT]) == 2
    assert "A and B share no conversation and no request" in capsys.readouterr().err
    assert run(["compare", "http://127.0.0.1:9/v1", str(other), "--dialect", DIALECT]) == 3
    assert "is compared with a recording of `check`" in capsys.readouterr().err


def test_a_recording_in_another_dialect(transcript: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(transcript), str(transcript), "--dialect", "openresponses"]) == 3
    assert "A: expected a run in openresponses, got one in openai; see --dialect" in capsys.readouterr().err


def test_what_is_neither_an_address_nor_a_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", "nowhere", "nowhere"]) == 3
    assert "A: URL: expected a URL" in capsys.readouterr().err
    assert run(["compare", str(tmp_path), str(tmp_path)]) == 3
    assert "expected the folder of a report" in capsys.readouterr().err
