"""Recordings of every format become the same exchanges; a transcript is read back unchanged."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from antiphon_conformance.http.exchange import Exchange, Headers, Part, Request, Trace
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.recordings import reader, transcript

BODY = {"id": "resp_1", "object": "response", "status": "completed"}
ASKED = {"model": "m", "input": "hi"}
SSE = 'event: response.created\ndata: {"type":"response.created","sequence_number":0}\n\n'
JSON_HEADERS = {"content-type": "application/json"}


def load_text(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return reader.load(path)


def line(**more):
    request = {"method": "POST", "path": "/v1/responses", "headers": JSON_HEADERS, "body": ASKED}
    response = {"status": 200, "headers": JSON_HEADERS, "body": BODY}
    return {"id": "one", "request": request, "response": response, **more}


HAR = {
    "log": {
        "entries": [
            {
                "request": {
                    "method": "POST",
                    "url": "https://api.example/v1/responses",
                    "headers": [{"name": "Content-Type", "value": "application/json"}],
                    "postData": {"text": json.dumps(ASKED)},
                },
                "response": {
                    "status": 200,
                    "headers": [{"name": "Content-Type", "value": "application/json"}],
                    "content": {"text": json.dumps(BODY)},
                },
            }
        ]
    }
}
VCR = """
interactions:
- request: {method: POST, uri: https://api.example/v1/responses, headers: {Content-Type: [application/json]},
            body: '{"model": "m", "input": "hi"}'}
  response: {status: {code: 200, message: OK}, headers: {Content-Type: [application/json]},
             body: {string: '{"id": "resp_1", "object": "response", "status": "completed"}'}}
version: 1
"""
VCR_PARSED = """
interactions:
- request: {method: POST, uri: https://api.example/v1/responses, headers: {content-type: [application/json]},
            parsed_body: {model: m, input: hi}}
  response: {status: {code: 200, message: OK}, headers: {content-type: [application/json]},
             parsed_body: {id: resp_1, object: response, status: completed}}
"""
RUBY = """
http_interactions:
- request: {method: post, uri: https://api.example/v1/responses, headers: {Content-Type: [application/json]},
            body: {encoding: UTF-8, string: '{"model": "m", "input": "hi"}'}}
  response: {status: {code: 200, message: OK}, headers: {Content-Type: [application/json]},
             body: {encoding: UTF-8, string: '{"id": "resp_1", "object": "response", "status": "completed"}'}}
"""
VALID_REQUESTS = [
    ("a.jsonl", json.dumps(line())),
    ("text-in-a-line.jsonl", json.dumps(line(request=line()["request"] | {"body": json.dumps(ASKED)}))),
    ("two-lines.jsonl", json.dumps(line(id="zero")) + "\n\n" + json.dumps(line()) + "\n"),
    ("a.har", json.dumps(HAR)),
    ("pretty.har", json.dumps(HAR, indent=2)),
    ("a.yaml", VCR),
    ("parsed.yaml", VCR_PARSED),
    ("ruby.yml", RUBY),
]


@pytest.mark.parametrize(("name", "content"), VALID_REQUESTS, ids=[name for name, _ in VALID_REQUESTS])
def test_every_form_gives_the_same_exchange(tmp_path, name, content):
    result = load_text(tmp_path, name, content).exchanges[-1]
    assert result.request.method == "POST"
    assert result.request.path.endswith("/v1/responses")
    assert result.request.body == ASKED
    assert result.answer.status == 200
    assert result.answer.headers.get("content-type") == "application/json"
    assert result.answer.body == BODY
    assert result.failure is None


def test_a_raw_event_stream(tmp_path):
    (result,) = load_text(tmp_path, "a.sse", SSE).exchanges
    assert [event.type for event in result.answer.stream.events] == ["response.created"]
    assert result.not_recorded == {Part.REQUEST, Part.REQUEST_HEADERS, Part.STATUS, Part.REPLY_HEADERS}


def test_a_tidy_file_lacks_no_blank_line(tmp_path):
    (result,) = load_text(tmp_path, "a.sse", SSE.rstrip() + "\n").exchanges
    assert "unterminated" not in result.answer.stream.oddities
    (result,) = load_text(tmp_path, "a.sse", SSE.rstrip()).exchanges
    assert "unterminated" in result.answer.stream.oddities


def test_a_raw_event_stream_is_recognized_by_its_content(tmp_path):
    assert load_text(tmp_path, "a.txt", SSE).exchanges[0].answer.stream is not None


def test_a_response_object(tmp_path):
    (result,) = load_text(tmp_path, "a.json", json.dumps(BODY, indent=1)).exchanges
    assert result.answer.body == BODY


def test_a_recorded_stream(tmp_path):
    entry = line(response={"status": 200, "headers": {"content-type": "text/event-stream"}, "sse": SSE})
    (result,) = load_text(tmp_path, "a.jsonl", json.dumps(entry)).exchanges
    assert len(result.answer.stream.events) == 1


@pytest.mark.parametrize(
    "entry",
    [
        {"request": 5},
        {"request": {"method": "POST", "path": "/responses"}, "response": {"status": "two", "body": {}}},
        {"request": {"method": 5, "path": 7}, "response": None},
        {"request": {"method": "POST", "path": "/responses"}, "response": 5},
        {"log": {"entries": [{"request": {}}]}},
        {"episode": {}},
    ],
)
def test_a_malformed_entry_is_rejected_with_the_line(tmp_path, entry):
    with pytest.raises(reader.RecordingError):
        load_text(tmp_path, "a.jsonl", json.dumps(entry) + "\n" + json.dumps(line()))


DATED = {**JSON_HEADERS, "date": "Sun, 06 Nov 1994 08:49:37 GMT"}


@pytest.mark.parametrize(
    ("more", "lost"),
    [
        ({}, set()),
        ({"capture": "wire"}, set()),
        ({"capture": "parsed"}, {Part.BYTES}),
        ({"capture": "fixture"}, {Part.BYTES, Part.STATUS, Part.REPLY_HEADERS}),
        ({"request_unknown": True}, {Part.REQUEST, Part.REQUEST_HEADERS}),
        ({"sse_synthesised": True}, {Part.BYTES}),
        ({"altered": "ids replaced"}, {Part.IDS, Part.TIMES, Part.TEXTS}),
        ({"trimmed": True}, {Part.TEXTS}),
        ({"not_recorded": ["the ids"]}, {Part.IDS}),
    ],
)
def test_a_line_says_what_its_recorder_lost(tmp_path, more, lost):
    response = {"status": 200, "headers": DATED, "body": BODY}
    (result,) = load_text(tmp_path, "a.jsonl", json.dumps(line(response=response, **more))).exchanges
    assert result.not_recorded == lost


def test_a_compressed_body_in_a_cassette(tmp_path):
    payload = base64.b64encode(gzip.compress(json.dumps(BODY).encode())).decode()
    content = VCR.replace(
        """{string: '{"id": "resp_1", "object": "response", "status": "completed"}'}""",
        f"{{string: !!binary '{payload}'}}",
    )
    assert load_text(tmp_path, "a.yaml", content).exchanges[0].answer.body == BODY


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "{", "not JSON"),
        ("a.jsonl", json.dumps(line()) + "\n{", "a.jsonl:2"),
        ("a.jsonl", '{"request": {}, "response": {}}', "a.jsonl:1: expected a string `request.method`"),
        ("a.jsonl", '{"request": 1, "response": null}', "an object `request`"),
        ("a.json", '{"x": 1}', "an object with the members x"),
        ("a.yaml", "a: [", "YAML"),
        ("a.yaml", "- 1", "list"),
        ("a.bin", b"\x00\x01", "2 bytes"),
        ("a.har", '{"log": {}}', "a.har: log: expected a member `entries`, got none"),
        ("a.har", '{"log": {"entries": [{"response": {}}]}}', "log/entries/0: expected a member `request`"),
        (
            "a.har",
            '{"log": {"entries": [{"request": {"method": "GET"}}]}}',
            "log/entries/0/request: expected a member `url`",
        ),
        (
            "a.har",
            '{"log": {"entries": [{"request": {"method": "GET", "url": "/", "headers": [{"name": "a"}]}}]}}',
            "log/entries/0/request/headers/0: expected a member `value`",
        ),
        (
            "a.har",
            '{"log": {"entries": [{"request": {"method": "GET", "url": "/"}}]}}',
            "log/entries/0: expected a member `response`",
        ),
        ("a.yaml", "interactions: [{response: {}}]", "interactions/0: expected a member `request`"),
        (
            "a.yaml",
            "interactions: [{request: {method: POST}}]",
            "interactions/0/request: expected a member `url`",
        ),
        ("a.jsonl", json.dumps({**line(), "response": {}}), "response: expected a member `status`"),
    ],
)
def test_a_file_other_than_a_recording_is_rejected_with_a_reason(tmp_path, name, content, message):
    with pytest.raises(reader.RecordingError) as error:
        load_text(tmp_path, name, content)
    assert message in str(error.value)
    assert name in str(error.value)


def exchange(name, raw=b"{}", status=200, kind="application/json", **how):
    reply = read_reply(status, Headers((("content-type", kind),)), raw, seconds=0.5, started_at=1.0)
    request = how.pop("request", Request("POST", "/responses", body=ASKED))
    return Exchange(f"s/{name}", request, reply, **how)


EXCHANGES = [
    exchange("plain", json.dumps(BODY).encode()),
    exchange("nothing", b""),
    exchange("duplicate", b'{"a":1,"a":2}'),
    exchange("not-json", b"<html>"),
    exchange("not-utf8", b"\xff\xfe"),
    exchange("a-number-too-long", b'{"a":123456789012345678901234567890}'),
    exchange("stream", SSE.encode(), kind="text/event-stream"),
    exchange("stream-not-utf8", b'data: {"type":"a\xff"}\n\n', kind="text/event-stream"),
    exchange("raw-request", request=Request("POST", "/responses", raw=b"{\xff")),
    exchange("long-request", request=Request("POST", "/responses", body={"input": "a" * 200_000})),
    exchange("traits", traits=frozenset({"left-early"})),
    exchange("losses", not_recorded=frozenset({Part.IDS, Part.TIMES})),
    Exchange("s/failed", Request("GET", "/responses/x"), None, failure="connection refused"),
]


@pytest.mark.parametrize("original", EXCHANGES, ids=[original.id for original in EXCHANGES])
def test_an_exchange_survives_the_transcript(original):
    lines = list(transcript.lines({"target": "x"}, [Trace("s", {"step": original})]))
    result = reader.assemble(("", json.loads(entry)) for entry in lines)
    assert result.run == {"target": "x"}
    assert result.exchanges == ()
    assert result.traces[0]["step"] == original


def test_a_megabyte_of_one_letter_is_a_short_line():
    long = exchange("long", request=Request("POST", "/responses", body={"input": "a" * 1_000_000}))
    assert max(map(len, transcript.lines({}, [Trace("s", {"step": long})]))) < 5000


def test_a_trace_survives_the_transcript():
    trace = Trace("s", {}, "created: answered 500", "background", "limit")
    lines = transcript.lines({}, [trace])
    assert reader.assemble(("", json.loads(entry)) for entry in lines).traces == (trace,)


def test_no_secret_reaches_the_transcript():
    headers = Headers((("Authorization", "Bearer sk-one"), ("x-api-key", "sk-two"), ("x-note", "sk-planted")))
    request = Request("POST", "/responses?key=sk-planted", headers, {"input": "sk-planted"})
    original = exchange("one", b'{"echo":"sk-planted"}', request=request)
    text = b"".join(
        transcript.lines({"over": "sk-planted"}, [Trace("s", {"step": original})], ["sk-planted"])
    )
    assert b"sk-" not in text
