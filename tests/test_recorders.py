"""The files of many recorders give the same exchange: go-vcr, betamax, VCR in five languages, nock, HAR."""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.recordings import reader, safe_yaml

BODY = {"id": "resp_1", "object": "response", "status": "completed"}
ASKED = {"model": "m", "input": "hi"}
ANSWER, QUESTION = json.dumps(BODY), json.dumps(ASKED)
URL = "https://api.example/v1/responses"
ZIPPED = base64.b64encode(gzip.compress(ANSWER.encode())).decode()
DEFLATED = base64.b64encode(zlib.compress(ANSWER.encode())).decode()
BASE64 = base64.b64encode(ANSWER.encode()).decode()


def go_vcr(version: int, more: str = "", status: str = "200 OK", duration: str = '""') -> str:
    return f"""---
version: {version}
interactions:
- id: 0
  request:
    {more}
    body: '{QUESTION}'
    form: {{}}
    headers: {{Content-Type: [application/json]}}
    url: {URL}
    method: POST
  response:
    {more}
    body: '{ANSWER}'
    headers: {{Content-Type: [application/json]}}
    status: {status}
    code: 200
    duration: {duration}
"""


def cassette(
    body: str, status: str = "{code: 200, message: OK}", key: str = "interactions", **more: str
) -> str:
    headers = more.get("headers", "{Content-Type: [application/json]}")
    request = more.get("request", f"'{QUESTION}'")
    return f"""{key}:
- request: {{method: {more.get("method", "POST")}, uri: {URL}, headers: {headers}, body: {request}}}
  response:
    status: {status}
    headers: {headers}
    {more.get("member", "body")}: {body}
"""


def har(content: dict, **entry) -> str:
    headers = [{"name": "Content-Type", "value": "application/json"}]
    request = {"method": "POST", "url": URL, "headers": headers, "postData": {"text": QUESTION}}
    response = {"status": 200, "headers": headers, "content": content}
    return json.dumps({"log": {"entries": [{"request": request, "response": response, **entry}]}})


def single(**more) -> str:
    request = {
        "method": "POST",
        "url": URL,
        "headers": {"Content-Type": "application/json"},
        "body": QUESTION,
    }
    headers = {"Content-Type": "application/json"}
    response = {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": ANSWER}
    return json.dumps({"request": request, "response": response}, **more)


def php_vcr() -> str:
    return f"""-
    request:
        method: POST
        url: '{URL}'
        headers: {{Host: api.example, Content-Type: application/json}}
        body: '{QUESTION}'
    response:
        status: {{http_version: '1.1', code: '200', message: OK}}
        headers: {{Content-Type: application/json}}
        body: '{ANSWER}'
    index: 0
"""


def exvcr() -> str:
    request = {"body": "", "headers": JSON_HEADER, "method": "post", "request_body": QUESTION, "url": URL}
    response = {"binary": False, "body": ANSWER, "headers": JSON_HEADER, "status_code": 200, "type": "ok"}
    return json.dumps([{"request": request, "response": response}])


def nock(response, body=ASKED) -> str:
    call = {"scope": "https://api.example", "method": "POST", "path": "/v1/responses", "body": body}
    raw = ["Content-Type", "application/json", "Vary", "Origin", "Vary", "Accept"]
    return json.dumps([{**call, "status": 200, "response": response, "rawHeaders": raw}])


def apart(url: str, headers: str = "{Content-Type: [application/json]}", body: str = QUESTION) -> str:
    """A serializer that keeps requests and answers in two lists."""
    question = base64.b64encode(body.encode()).decode()
    return f"""requests:
- {{method: POST, uri: '{url}', headers: {headers}, body: !!binary '{question}'}}
responses:
- {{status: {{code: 200, message: OK}}, headers: {headers}, body: {{string: !!binary '{BASE64}'}}}}
"""


def azure(answer) -> str:
    entry = {
        "RequestUri": URL, "RequestMethod": "POST", "RequestHeaders": JSON_HEADER, "RequestBody": ASKED,
        "StatusCode": 200, "ResponseHeaders": JSON_HEADER, "ResponseBody": answer,
    }  # fmt: skip
    return json.dumps({"Entries": [entry], "Variables": {}})


def httprr(more: str = "", body: bytes = ANSWER.encode()) -> bytes:
    """A pair of messages as they went over the wire."""
    asked = f"POST {URL} HTTP/1.1\r\nHost: api.example\r\nContent-Length: {len(QUESTION)}\r\n\r\n{QUESTION}"
    answer = f"HTTP/2.0 200 OK\r\nContent-Type: application/json\r\n{more}\r\n".encode() + body
    return f"httprr trace v1\n{len(asked)} {len(answer)}\n{asked}".encode() + answer


JSON_HEADER = {"Content-Type": "application/json"}
HALVES = [ANSWER[:20], ANSWER[20:]]
RUBY = "http_interactions"
JSON = {"Content-Type": ["application/json"]}
ENCODED = [base64.b64encode(half.encode()).decode() for half in HALVES]
FILES = {
    "go-vcr-1.yaml": go_vcr(1),
    "go-vcr-2-status-only.yaml": go_vcr(1).replace("    code: 200\n", ""),
    "go-vcr-3.yaml": go_vcr(2, "proto: HTTP/1.1\n    content_length: 29", duration="1.204893s"),
    "go-vcr-4.yaml": go_vcr(2, "proto: HTTP/2.0\n    uncompressed: true", duration="812.5ms"),
    "ruby.yml": cassette(f"{{encoding: UTF-8, string: '{ANSWER}'}}", key=RUBY, method="post"),
    "ruby-binary.yml": cassette(f"{{encoding: ASCII-8BIT, string: !binary '{BASE64}'}}", key=RUBY),
    "ruby-base64.yml": cassette(f"{{encoding: ASCII-8BIT, base64_string: '{ZIPPED}'}}", key=RUBY),
    "ruby-tags.yml": cassette(f"!ruby/hash:Hashie::Mash {{string: !ruby/string:Text '{ANSWER}'}}"),
    "r.yml": cassette(f"{{string: '{ANSWER}'}}", status="200", key=RUBY),
    "r-text-status.yml": cassette(f"{{string: '{ANSWER}'}}", status="{status_code: '200', message: OK}"),
    "betamax.json": json.dumps(
        {
            "http_interactions": [
                {
                    "request": {"method": "POST", "uri": URL, "headers": JSON,
                                "body": {"encoding": "utf-8", "string": QUESTION}},
                    "response": {"status": {"code": 200, "message": "OK"},
                                 "headers": JSON,
                                 "body": {"encoding": "utf-8", "base64_string": ZIPPED}},
                }
            ],
            "recorded_with": "betamax/0.9.0",
        }
    ),
    "vcrpy-unicode.yaml": cassette(
        f"{{string: !!python/unicode '{ANSWER}'}}", request=f"!!python/unicode '{QUESTION}'"
    ),
    "vcrpy-str-tuple.yaml": cassette(
        f"{{string: !!python/str '{ANSWER}'}}", headers="{Content-Type: !!python/tuple [application/json]}"
    ),
    "vcrpy-names-of-aiohttp.yaml": cassette(
        f"{{string: '{ANSWER}'}}",
        headers="{? !!python/object/apply:multidict._multidict.istr [Content-Type] : [application/json]}",
    ),
    "vcrpy-gzip.yaml": cassette(f"{{string: !!binary '{ZIPPED}'}}"),
    "vcrpy-bytes-as-text.yaml": cassette(f"{{string: {json.dumps(str(gzip.compress(ANSWER.encode())))}}}"),
    "vcrpy-deflate.yaml": cassette(
        f"{{string: !!binary '{DEFLATED}'}}",
        headers="{Content-Type: [application/json], Content-Encoding: [deflate]}",
    ),
    "parsed.yaml": cassette(ANSWER, request=QUESTION),
    "parsed-objects-of-a-client.yaml": cassette(
        json.dumps({"__type__": "Response", "__data__": BODY}), request=QUESTION
    ),
    "httpx.yaml": cassette(f"'{ANSWER}'", "200", member="content").replace("status:", "status_code:"),
    "php-vcr.yml": php_vcr(),
    "exvcr.json": exvcr(),
    "nock.json": nock(BODY),
    "nock-texts.json": nock(ANSWER, QUESTION),
    "nock-gzip.json": nock([gzip.compress(ANSWER.encode()).hex()]),
    "test-proxy.json": azure(BODY),
    "test-proxy-lines.json": azure(HALVES),
    "trace.httprr": httprr(),
    "trace.httprr.gz": gzip.compress(httprr()),
    "trace-chunked.httprr": httprr(
        "Transfer-Encoding: chunked\r\n", f"{len(ANSWER):x}\r\n{ANSWER}\r\n0\r\n\r\n".encode()
    ),
    "lists-apart.yaml": apart(URL),
    "lists-apart.yaml.gz": gzip.compress(apart(URL).encode()),
    "one-interaction.json": single(),
    "one-interaction-indented.json": single(indent=2),
    "chunks.har": har({"mimeType": "application/json", "text": HALVES}),
    "chunks-as-json.har": har({"text": json.dumps(HALVES), "_isBinary": False}),
    "chunks-base64.har": har(
        {"text": json.dumps(ENCODED), "encoding": "base64"}
    ),
    "chunks-hex.har": har({"text": json.dumps([half.encode().hex() for half in HALVES])}),
    "base64.har": har({"text": BASE64, "encoding": "base64"}),
    "gzip-in-base64.har": har({"text": ZIPPED, "encoding": "base64"}),
}  # fmt: skip


def load_text(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return reader.load(path).exchanges


@pytest.mark.parametrize("name", FILES)
def test_every_recorder_gives_the_same_exchange(tmp_path, name):
    (result,) = load_text(tmp_path, name, FILES[name])
    assert (result.request.method, result.request.path) == ("POST", URL)
    assert result.request.body == ASKED
    assert result.answer.status == 200
    assert result.answer.headers.get("content-type") == "application/json"
    assert result.answer.body == BODY
    assert result.failure is None
    assert Part.STATUS not in result.not_recorded


EVENTS = [{"type": "response.created", "sequence_number": 0}, {"type": "error", "sequence_number": 1}]
CHUNKS: list[dict] = [{"object": "", "choices": []}, {"object": "chat.completion.chunk", "choices": []}]


@pytest.mark.parametrize(("objects", "end"), [(EVENTS, []), (CHUNKS, ["[DONE]"])], ids=["events", "chunks"])
def test_a_list_of_parsed_events_is_a_stream(tmp_path, objects, end):
    kept = json.dumps([{"__type__": "some.Class", "__data__": entry} for entry in objects])
    (result,) = load_text(tmp_path, "stream.yaml", cassette(kept))
    frames = [frame.data for frame in result.answer.stream.frames]
    assert [json.loads(data) for data in frames[: len(objects)]] == objects
    assert frames[len(objects) :] == end
    assert Part.BYTES in result.not_recorded


@pytest.mark.parametrize("lines", [True, False], ids=["lines", "a list"])
def test_events_that_somebody_wrote_down(tmp_path, lines):
    """A new stream begins with each `response.created`: nobody knows which answer the events came in."""
    objects = [*EVENTS, *EVENTS]
    content = "\n".join(map(json.dumps, objects)) if lines else json.dumps(objects)
    results = load_text(tmp_path, "example.chunks.txt", content)
    assert [len(result.answer.stream.events) for result in results] == [2, 2]
    assert all({Part.REQUEST, Part.STATUS, Part.BYTES} <= result.not_recorded for result in results)


def test_a_chat_completion_alone_is_the_answer_to_a_chat(tmp_path):
    (result,) = load_text(tmp_path, "a.json", '{"object": "chat.completion", "choices": []}')
    assert result.request.path == "/chat/completions"


def test_a_list_of_other_parsed_objects_is_no_stream(tmp_path):
    (result,) = load_text(tmp_path, "list.yaml", cassette('[{"id": "gpt-4", "object": "model"}]'))
    assert (result.answer.stream, result.answer.body) == (None, [{"id": "gpt-4", "object": "model"}])


HIDDEN = "**REDACTED**"


def test_a_hidden_address_is_known_by_the_answer(tmp_path):
    fields = f"{{Content-Type: ['{HIDDEN}'], Date: ['{HIDDEN}']}}"
    (result,) = load_text(tmp_path, "a.yaml", apart(HIDDEN, fields))
    assert (result.request.path, result.request.body, result.answer.body) == ("/responses", ASKED, BODY)
    assert Part.REPLY_HEADERS in result.not_recorded


@pytest.mark.parametrize("body", ["", "[]"])
def test_a_hidden_address_that_two_operations_have_stays_open(tmp_path, body):
    (result,) = load_text(tmp_path, "a.yaml", apart(HIDDEN, body=body))
    assert result.request.path == HIDDEN


def test_a_request_without_an_answer_in_the_other_list(tmp_path):
    content = apart(URL).partition("responses:\n")[0] + "responses: []\n"
    (result,) = load_text(tmp_path, "a.yaml", content)
    assert (result.reply, result.failure) == (None, "no answer was recorded")


def test_an_unknown_status_is_not_recorded(tmp_path):
    (result,) = load_text(tmp_path, "a.yaml", cassette(f"{{string: '{ANSWER}'}}", status="null"))
    assert Part.STATUS in result.not_recorded


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_body_that_nobody_can_decompress_has_a_reason(tmp_path, coding):
    headers = f"{{Content-Type: [application/json], Content-Encoding: [{coding}]}}"
    damaged = base64.b64encode(b"\x8b\xff\x00\x81").decode()
    (result,) = load_text(tmp_path, "a.yaml", cassette(f"{{string: !!binary '{damaged}'}}", headers=headers))
    assert result.reply is None
    assert "compressed" in result.failure


def test_an_interaction_without_an_answer(tmp_path):
    content = f"interactions:\n- {{request: {{method: POST, uri: '{URL}', body: null}}, response: null}}\n"
    (result,) = load_text(tmp_path, "a.yaml", content)
    assert result.failure == "no answer was recorded"


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (
            {"_webSocketMessages": [{"type": "receive", "data": "{}"}]},
            "WebSocket messages without a `response.create`",
        ),
        ({}, "the messages of a WebSocket were not recorded"),
    ],
)
def test_a_web_socket_in_a_har(tmp_path, mark, why):
    content = json.loads(har({}, **mark))
    content["log"]["entries"][0]["response"]["status"] = 101
    (result,) = load_text(tmp_path, "a.har", json.dumps(content))
    assert result.reply is None
    assert result.failure == why


TAGS = {
    "!!python/object/apply:os.system ['true']": ["true"],
    "!!python/object:builtins.object {a: 1}": {"a": 1},
    "!!python/name:os.system ''": "",
    "!ruby/object:OpenStruct {b: [1]}": {"b": [1]},
    "!!python/bytes 'YQ=='": b"a",
    "!binary YQ==": b"a",
}


@pytest.mark.parametrize("text", TAGS)
def test_no_tag_makes_an_object(text):
    assert safe_yaml.read(f"value: {text}".encode()) == {"value": TAGS[text]}


def test_lines_that_repeat_an_id_are_all_read(tmp_path):
    request = {"method": "POST", "path": "/v1/responses", "body": ASKED}
    lines = [
        {"id": "same", "request": request, "response": {"status": status, "headers": {}, "body": BODY}}
        for status in (200, 201, 202)
    ]
    results = load_text(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines)))
    assert [(result.id, result.answer.status) for result in results] == [
        ("same", 200),
        ("same (2)", 201),
        ("same (3)", 202),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '{"scope": "https://api.example", "path": "/"}', "an object with the members scope, path"),
        ("a.json", "[1, 2]", "list"),
        ("a.json", "hello", "5 bytes that start with b'hello'"),
        ("a.yaml", "just text", "str"),
    ],
)
def test_an_unknown_shape_says_what_was_expected(tmp_path, name, content, message):
    with pytest.raises(reader.RecordingError) as error:
        load_text(tmp_path, name, content)
    assert "expected JSON lines, HAR, a VCR cassette, an event stream or a response object" in str(
        error.value
    )
    assert message in str(error.value)
