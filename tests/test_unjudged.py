"""Lint sets aside what is not of this API, says how many exchanges and why, and never calls that a pass."""

from __future__ import annotations

import json

import pytest

from antiphon.main import run
from antiphon_conformance.recordings import transcript
from antiphon_conformance.recordings.lint import lint
from antiphon_conformance.report.records import read
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.verdict import Exit
from inprocess import traces

JSON = {"content-type": "application/json"}


def line(identity, method="POST", path="/v1/responses", answer=None, asked=None, **more):
    request = {"method": method, "path": path, "headers": JSON, "body": asked}
    reply = None if answer is None else {"status": 200, "headers": JSON, "body": answer}
    return json.dumps({"id": identity, "request": request, "response": reply, **more})


CHAT = line("chat", path="/v1/completions", asked={"messages": []}, answer={"object": "chat.completion"})


def created(name, **usage):
    """The line of a create of the right server, with these token counts."""
    (trace,) = traces("openai", ("repeat",))
    entry = transcript.entry(trace["first"])
    text = entry["response"].pop("text", None)
    body = json.loads(text) if text else entry["response"]["body"]
    entry["response"]["body"] = {**body, "usage": {**body["usage"], **usage}}
    return json.dumps({**entry, "id": name})


ASIDE = {
    "chat completions": (CHAT, "no operation of openai: POST /v1/completions"),
    "files of a vector store": (
        line(
            "files", "GET", "https://api.example/v1/vector_stores/vs_68cdec1f3290/files", {"object": "list"}
        ),
        "no operation of openai: GET /v1/vector_stores/*/files",
    ),
    "another host": (
        line("repository", "GET", "https://git.example/repos/7/issues?page=2", []),
        "no operation of openai: GET /repos/*/issues",
    ),
    "no answer": (line("lost"), "no answer was recorded"),
    "a failure": (line("dead", failure="connection refused"), "connection refused"),
    "an object of another API": (
        line("loose", answer={"object": "chat.completion"}, request_unknown=True),
        "an object of another kind: chat.completion",
    ),
}


def judge(tmp_path, *lines):
    path = tmp_path / "recorded.jsonl"
    path.write_text("\n".join(lines))
    return lint(path), path


@pytest.mark.parametrize("name", ASIDE)
def test_what_is_not_ours_is_set_aside(tmp_path, name):
    text, why = ASIDE[name]
    result, path = judge(tmp_path, text)
    (record,) = result.records
    assert (record.outcome, record.note, record.scenario) == (Outcome.UNJUDGED, why, json.loads(text)["id"])
    assert result.status is Exit.NOT_JUDGED
    assert run(["lint", str(path)]) == 2


def test_the_rest_of_a_file_is_judged(tmp_path, capsys):
    result, path = judge(tmp_path, created("right"), CHAT, CHAT)
    assert result.status is Exit.CONFORMANT
    assert run(["lint", str(path)]) == 0
    output = capsys.readouterr().out
    assert "3 exchanges" in output
    assert "2 unjudged: no operation of openai: POST /v1/completions" in output


def test_answers_of_any_size_are_set_aside_for_one_reason(tmp_path, capsys):
    failures = [f"there was no room for its answer of {size} bytes (--max-memory)" for size in (7, 9)]
    _, path = judge(tmp_path, *(line(why, failure=why) for why in failures))
    assert run(["lint", str(path)]) == 2
    assert "2 unjudged: there was no room for its answer (--max-memory)" in capsys.readouterr().out


def test_a_fault_counts_more_than_what_was_set_aside(tmp_path):
    result, _ = judge(tmp_path, created("wrong", total_tokens=1), CHAT)
    assert result.status is Exit.NOT_CONFORMANT


def test_one_file_without_a_verdict_is_not_a_pass(tmp_path):
    right, chat, wrong = (tmp_path / name for name in ("right.jsonl", "chat.jsonl", "wrong.jsonl"))
    right.write_text(created("right"))
    chat.write_text(CHAT)
    wrong.write_text(created("wrong", total_tokens=1))
    assert run(["lint", str(right), str(chat)]) == 2
    assert run(["lint", str(right), str(chat), str(wrong)]) == 1
    assert run(["lint", str(right)]) == 0


def test_json_has_the_reason(tmp_path, capsys):
    _, path = judge(tmp_path, CHAT)
    run(["lint", str(path), "--format", "json"])
    (record,) = json.loads(capsys.readouterr().out)
    assert record["outcome"] == "unjudged"
    assert record["scenario"] == "chat"
    assert record["note"] == "no operation of openai: POST /v1/completions"


@pytest.mark.parametrize("status", [101, 200])
def test_frames_of_a_web_socket_are_set_aside(tmp_path, status, capsys):
    frames = [{"type": "receive", "opcode": 1, "time": 1.0, "data": '{"type": "response.created"}'}]
    entry = {
        "request": {"method": "GET", "url": "wss://api.example/v1/responses", "headers": []},
        "response": {"status": status, "headers": [], "content": {}},
        "_webSocketMessages": frames,
    }
    path = tmp_path / "socket.har"
    path.write_text(json.dumps({"log": {"entries": [entry]}}))
    assert run(["lint", str(path)]) == 2
    assert "1 unjudged: WebSocket messages without a `response.create`" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", ['{"log": {"entries": []}}', '{"interactions": []}', '{"interactions": null}']
)
def test_a_file_without_an_exchange_is_not_judged(tmp_path, content, capsys):
    path = tmp_path / "empty.json"
    path.write_text(content)
    assert run(["lint", str(path)]) == 2
    assert "0 exchanges" in capsys.readouterr().out


def test_a_body_that_the_recorder_cut_is_set_aside(tmp_path):
    path = tmp_path / "cut.yaml"
    request = {"method": "POST", "uri": "https://api.example/v1/responses", "headers": {}, "body": "{}"}
    cut = {"status": {"code": 200}, "headers": {}, "body": {"string": '{"id": 1'}}
    path.write_text(json.dumps({"interactions": [{"request": request, "response": cut}]}))
    (record,) = lint(path).records
    assert record.note == "the recorder cut the body of the answer"


def test_a_written_report_with_what_was_set_aside_is_read_again(tmp_path):
    path = tmp_path / "recorded.jsonl"
    path.write_text(f"{created('create')}\n{CHAT}\n", encoding="utf-8")
    folder = tmp_path / "report"
    run(["lint", str(path), "--dialect", "openai", "--report", str(folder)])
    page = tmp_path / "page.md"
    assert run(["report", str(folder / "report.jsonl"), "--to", "markdown", "-o", str(page)]) == 0
    assert page.read_text(encoding="utf-8")
    assert [record.note for record in read(folder / "report.jsonl").records if not record.rule] == [
        "no operation of openai: POST /v1/completions"
    ]
