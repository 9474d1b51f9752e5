"""`antiphon lint`: verdicts over files, as text and as JSON."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from itertools import product

import pytest

from antiphon.main import run
from antiphon_conformance.recordings import reader
from antiphon_conformance.recordings.allowance import Allowance
from antiphon_spec.dialect import names
from scripted_transport import response

HEADERS = {"content-type": "application/json"}
GOOD_USAGE = {
    "input_tokens": 3,
    "output_tokens": 4,
    "total_tokens": 7,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}


def line(identity="one", **members):
    request = {
        "method": "POST",
        "path": "/v1/responses",
        "headers": HEADERS,
        "body": {"model": "m", "input": "hi"},
    }
    answer = {"status": 200, "headers": HEADERS, "body": response(usage=GOOD_USAGE, **members)}
    return json.dumps({"id": identity, "request": request, "response": answer})


def lint(path, *arguments):
    return run(["lint", str(path), *arguments])


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "recorded.jsonl"
    wrong = {**GOOD_USAGE, "total_tokens": 8}
    path.write_text(
        line("right") + "\n" + line("wrong").replace(json.dumps(GOOD_USAGE), json.dumps(wrong)) + "\n"
    )
    return path


def test_json_has_rule_finding_and_place(recording, capsys):
    assert lint(recording, "--dialect", "openai", "--format", "json") == 1
    records = {(record["rule"], record["scenario"]): record for record in json.loads(capsys.readouterr().out)}
    record = records["usage.total-is-the-sum", "wrong"]
    assert record["requirement"] == "RES-51"
    assert record["outcome"] == "failed"
    (finding,) = record["findings"]
    assert finding["where"] == "reply.body/usage/total_tokens"
    assert (finding["expected"], finding["got"]) == ("7", "8")
    assert finding["message"] == "reply.body/usage/total_tokens is 8: expected 7"
    assert records["usage.total-is-the-sum", ""]["outcome"] == "passed"
    assert ("usage.total-is-the-sum", "right") not in records


def test_text_begins_with_the_answer_and_names_exchange_and_rule(recording, capsys):
    assert lint(recording) == 1
    output = capsys.readouterr().out
    assert output.startswith("not conformant")
    assert "rule usage.total-is-the-sum" in output
    assert "What next" in output
    assert "wrong: reply.body/usage/total_tokens is 8: expected 7" in output
    assert "2 exchanges, 0 events: " in output


def test_a_hostile_recording_does_no_harm(tmp_path, capsys):
    path = tmp_path / "hostile.jsonl"
    path.write_text(line("\u001b[31m", status="\u001b[2J\ud800", **{"\u202e": 1}) + "\n")
    for dialect, form in product(names(), ("text", "json")):
        assert lint(path, "--dialect", dialect, "--format", form) in (0, 1)
        output = capsys.readouterr().out
        assert "\x1b" not in output
        assert "\u202e" not in output


@pytest.mark.parametrize(
    "data",
    [
        b'data: {"type": "response.created", "response": 7}\n\n',
        b'data: {"type": "response.output_text.delta", "output_index": [], "content_index": {}}\n\n' * 3,
        b'data: {"type": "response.completed", "response": {"output": [1, null, {"type": {}}]}}\n\n',
        b'data: {"type": "error", "error": []}\n\n',
        b'data: {"type": "error"}\n\ndata: ' + b"[" * 100_000 + b"\n\n",
    ],
)
@pytest.mark.parametrize("dialect", names())
def test_no_stream_breaks_a_rule(tmp_path, data, dialect):
    path = tmp_path / "stream.sse"
    path.write_bytes(data)
    assert lint(path, "--dialect", dialect) in (0, 1)


NO_EVENT = "a stream without an event of this API"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", NO_EVENT),
        (b"data: {}\n\n", NO_EVENT),
        (b"data: [DONE]\n\n", NO_EVENT),
        (b"data: " + b"[" * 100_000 + b"\n\n", NO_EVENT),
        (b"\xff\xfe\x00", NO_EVENT),
        (b": \r\rdata:x\r", NO_EVENT),
        (
            b'event: message_start\ndata: {"type": "message_start"}\n\n',
            "a stream without an event of this API",
        ),
        (b'data: {"object": "chat.completion.chunk", "choices": []}\n\n', "a stream of chat completions"),
    ],
)
@pytest.mark.parametrize("dialect", names())
def test_a_stream_of_another_api_is_not_judged(tmp_path, data, why, dialect, capsys):
    path = tmp_path / "stream.sse"
    path.write_bytes(data)
    assert lint(path, "--dialect", dialect) == 2
    output = capsys.readouterr().out
    assert f"1 unjudged: {why}" in output
    assert "passed" not in output


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("{", [], "not JSON"),
        ("hello", [], "expected JSON lines, HAR"),
        (line(), ["--dialect", "klingon"], "klingon"),
        (line(), ["--format", "xml"], "xml"),
    ],
)
def test_wrong_usage_exits_with_3(tmp_path, content, arguments, message, capsys):
    path = tmp_path / "recorded.jsonl"
    path.write_text(content)
    assert lint(path, *arguments) == 3
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("response.has-all-memberz", "did you mean 'response.has-all-members'?"),
        ("xyzzy", "--rule: expected the id of a rule, got 'xyzzy'"),
    ],
)
def test_an_unknown_rule_is_wrong_usage_with_the_nearest_name(recording, rule, message, capsys):
    assert run(["lint", str(recording), "--rule", rule]) == 3
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("first_line", "told"),
    [
        ('{"run": {"dialects": ["openresponses"]}}', "judged by openresponses, which its transcript names;"),
        ('{"run": {"dialects": ["klingon"]}}', "judged by openai, the default; --dialect NAME"),
        ("[]", "judged by openai, the default; --dialect NAME"),
    ],
)
def test_the_dialect_that_nobody_named_is_told(tmp_path, first_line, told, capsys):
    path = tmp_path / "recording.jsonl"
    path.write_text(f"{first_line}\n")
    lint(path)
    assert told in capsys.readouterr().err


def test_an_empty_file_is_told_as_one(tmp_path, capsys):
    path = tmp_path / "empty.jsonl"
    path.write_text("")
    assert lint(path) == 3
    assert "got an empty file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "outcome", "words"),
    [
        (["--max-events", "3"], "inconclusive", "(--max-events)"),
        (["--max-memory", "1"], "unjudged", "(--max-memory)"),
        ([], "passed", ""),
    ],
)
def test_what_our_limits_cut_is_named_with_its_option(options, outcome, words, tmp_path, capsys):
    path = tmp_path / "long.sse"
    delta = b'data: {"type":"response.output_text.delta","delta":"x"}\n\n'
    path.write_bytes(delta * 1500)
    run(["lint", str(path), "--dialect", "openai", "--format", "json", *options])
    records = json.loads(capsys.readouterr().out)
    assert {record["outcome"] for record in records if words in record["note"]} >= {outcome}


def test_a_compressed_recording_that_grows_without_end_is_no_recording(tmp_path, capsys):
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(bytes(8 << 20)))
    assert run(["lint", str(path), "--max-memory", "4"]) == 3
    assert "grows beyond" in capsys.readouterr().err


@pytest.mark.parametrize("member", ["request", "response"])
def test_json_lines_are_read_one_by_one(member, tmp_path):
    path, text = tmp_path / "long.jsonl", "x" * 500_000
    request = {"method": "POST", "path": "/responses", "body": {"model": "m", "input": "Hi"}}
    line = {"request": request, "response": {"status": 400, "body": {"error": {"message": "no"}}}}
    line[member]["body"] = {**line[member]["body"], "metadata": {"k": text}}
    peaks = []
    for count in (10, 40):
        path.write_text(f"{json.dumps(line)}\n" * count)
        tracemalloc.start()
        try:
            recording = reader.load(path, Allowance(memory=4 << 20))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert len(recording.exchanges) == count
        assert "(--max-memory)" in recording.exchanges[-1].failure
    assert peaks[1] - peaks[0] < 5 << 20


def test_lines_may_end_as_on_any_system(tmp_path):
    line = json.dumps({"request": {"method": "GET", "path": "/models"}, "response": {"status": 200}})
    for end in ("\n", "\r\n", "\n\n \n"):
        path = tmp_path / "lines.jsonl"
        path.write_bytes(f"{end}{line}{end}{line}{end}{line}".encode())
        assert len(reader.load(path).exchanges) == 3
