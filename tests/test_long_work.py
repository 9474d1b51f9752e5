"""Small requests to the mock server with long work are answered beside its loop, or in pieces."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from uvicorn.server import ServerState

from antiphon_mockserver import MockServer
from antiphon_mockserver.api import files
from antiphon_mockserver.server import haste
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.server.runner import configuration
from antiphon_mockserver.server.socket_protocol import TextProtocol
from antiphon_mockserver.settings import Settings
from mock_client import AUTHORIZED, BOB, Client
from socket_client import socket

HI = {"role": "user", "content": "Hi"}
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
ROW = {**OBJECT, "required": ["a", "b"]}
NAME = {"type": "string", "pattern": "^[a-z]{5}[0-9]+$"}
STORY = {"model": "gpt-5", "input": "Write a story of 5000 words."}
CHAT = {"model": "gpt-5", "messages": [{"role": "user", "content": STORY["input"]}]}
ROWS_OF_RULES = "start: r0\n" + "\n".join(f'r{n}: r{n + 1} | "a{n}"' for n in range(99)) + '\nr99: "z"'


def filling(schema: dict[str, Any], **members: Any) -> tuple[str, dict[str, Any]]:
    """A create whose answer is an instance of this schema."""
    named = {"type": "json_schema", "name": "n", "schema": schema}
    return "/responses", {"model": "gpt-5", "input": "Hi", "text": {"format": named}, **members}


def tool(form: str, definition: str) -> dict[str, Any]:
    """A tool whose calls are in a grammar."""
    grammar = {"type": "grammar", "syntax": form, "definition": definition}
    return {"type": "custom", "name": "g", "format": grammar}


def calling(called: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A create that demands a call of this tool."""
    return "/responses", {"model": "gpt-5", "input": "Hi", "tools": [called], "tool_choice": "required"}


MEMBERS = {f"p{number}": {"type": "integer", "minimum": 5} for number in range(1_000)}
LONG_WORK: dict[str, tuple[str, dict[str, Any]]] = {
    "many objects": filling({"type": "array", "minItems": 2_000, "items": ROW}),
    "many objects, streamed": filling({"type": "array", "minItems": 2_000, "items": ROW}, stream=True),
    "arrays of arrays": filling(
        {"type": "array", "minItems": 50, "items": {"type": "array", "minItems": 99, "items": ROW}}
    ),
    "many numbers": filling({"type": "object", "properties": MEMBERS, "required": [*MEMBERS]}),
    "many texts of an expression": filling({"type": "array", "minItems": 900, "items": NAME}),
    "long texts": filling(
        {"type": "array", "minItems": 99, "items": {"type": "string", "minLength": 50_000}}
    ),
    "a place that doubles": filling(
        {
            "$defs": {
                **{f"d{n}": {"prefixItems": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(12)},
                "d12": {"type": "string"},
            },
            "$ref": "#/$defs/d0",
        }
    ),
    "classes of Unicode": filling({"type": "string", "pattern": r"^\p{L}{80}$"}),
    "arguments": calling(
        {
            "type": "function",
            "name": "f",
            "parameters": {**ROW, "required": [*MEMBERS], "properties": {**MEMBERS, "a": {}}},
        }
    ),
    "probabilities": (
        "/responses",
        {**STORY, "top_logprobs": 20, "include": ["message.output_text.logprobs"]},
    ),
    "probabilities of a chat": (
        "/chat/completions",
        {**CHAT, "logprobs": True, "top_logprobs": 20, "n": 2},
    ),
}
GRAMMARS_OF_TOOLS = {
    "a grammar": calling(tool("lark", ROWS_OF_RULES)),
    "an expression of a tool": calling(tool("regex", r"^\p{L}{80}$")),
}
ORDINARY: dict[str, tuple[str, dict[str, Any]]] = {
    "a text": ("/responses", {"model": "gpt-5", "input": "Hi"}),
    "a text of 900 words": ("/responses", {"model": "gpt-5", "input": "Write a story of 900 words."}),
    "many properties": filling(
        {
            "type": "object",
            "properties": {f"p{number}": {"type": "string"} for number in range(200)},
            "required": [f"p{number}" for number in range(200)],
        }
    ),
    "an expression": filling({"type": "string", "pattern": r"^\p{Lu}[\p{L}' -]{1,30}$"}),
    "a tool of many": calling({"type": "function", "name": "f", "parameters": ROW}),
    "probabilities": (
        "/responses",
        {"model": "gpt-5", "input": "Hi", "top_logprobs": 5, "include": ["message.output_text.logprobs"]},
    ),
    "many choices": (
        "/chat/completions",
        {"model": "gpt-5", "messages": [HI], "n": 128, "logprobs": True, "top_logprobs": 20},
    ),
}


async def turns() -> None:
    """Lets the loop do all that it can do without the thread."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(dialect="openai")


async def is_done_beside(client: Client, path: str, body: dict[str, Any]) -> bool:
    """Whether the answer waits for the thread beside the loop."""
    gate = threading.Event()
    held = asyncio.create_task(client.app.aside.run(gate.wait, 10.0))
    answer = asyncio.create_task(client._call("POST", path, json.dumps(body).encode(), AUTHORIZED))
    await turns()
    is_beside = not answer.done()
    gate.set()
    assert await held
    assert (await answer).status == 200, (await answer).raw[:500]
    return is_beside


@pytest.mark.parametrize("name", LONG_WORK)
def test_nobody_waits_for_a_small_request_with_long_work(client: Client, name: str) -> None:
    assert asyncio.run(is_done_beside(client, *LONG_WORK[name]))


@pytest.mark.parametrize("name", GRAMMARS_OF_TOOLS)
def test_nobody_waits_for_a_grammar(client: Client, name: str) -> None:
    pytest.importorskip("lark", reason="the extra `grammar` is not installed")
    assert asyncio.run(is_done_beside(client, *GRAMMARS_OF_TOOLS[name]))


@pytest.mark.parametrize("name", ORDINARY)
def test_the_loop_itself_answers_ordinary_requests(client: Client, name: str) -> None:
    assert not asyncio.run(is_done_beside(client, *ORDINARY[name]))


@pytest.mark.parametrize("name", LONG_WORK)
def test_long_work_has_the_same_result_beside_the_loop(
    client: Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, body = LONG_WORK[name]
    body = {**body, "metadata": {"again": "yes"}}
    beside = client.post(path, body)
    monkeypatch.setattr(haste.Allowance, "whole", float("inf"))
    alone = Client(dialect="openai")
    monkeypatch.setattr(alone.app, "aside", None)
    within = alone.post(path, body)
    assert (beside.raw, beside.headers) == (within.raw, within.headers)


@pytest.mark.parametrize("count", [2, 11, 128])
@pytest.mark.parametrize("demands", ["text", "probabilities", "calls"])
def test_many_choices_are_written_as_one_would_be(count: int, demands: str) -> None:
    members: dict[str, Any] = {"model": "gpt-5", "messages": [HI], "n": count}
    if demands == "probabilities":
        members |= {"logprobs": True, "top_logprobs": 20}
    if demands == "calls":
        function = {"name": "f", "parameters": ROW}
        members |= {"tools": [{"type": "function", "function": function}], "tool_choice": "required"}
    reply = Client(dialect="openai").post("/chat/completions", members)
    choices = reply.json["choices"]
    assert [choice["index"] for choice in choices] == [*range(count)]
    assert reply.raw == json.dumps(reply.json, separators=(",", ":"), ensure_ascii=False).encode()
    assert reply.headers["content-length"] == str(len(reply.raw))
    if demands == "calls":
        assert len({choice["message"]["tool_calls"][0]["id"] for choice in choices}) == count
    else:
        assert all({**choice, "index": 0} == choices[0] for choice in choices)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 11, 12, 13, 100])
def test_a_file_is_written_and_read_in_pieces(
    client: Client, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "STEP", 3)
    content = bytes(range(size))
    part = b'--b\r\ncontent-disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    fields = part % (b"purpose", b"", b"user_data") + part % (b"file", b'; filename="a"', content)
    kind = {"content-type": "multipart/form-data; boundary=b"}
    file = client.send("POST", "/files", fields + b"--b--\r\n", {**AUTHORIZED, **kind}).json
    path = f"/files/{file['id']}/content"
    assert client.get(path).raw == content
    assert client.get(path, BOB).status == 404


class Transport(asyncio.Transport):
    """A connection on which nothing is written."""

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """Nothing is read here anyway."""

    resume_reading = pause_reading


def test_many_pings_are_answered_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    monkeypatch.setattr(WSProtocol, "data_received", lambda _self, data: read.append(data))
    data = b"\x89\x80abcd" * 20_000

    async def receive() -> list[int]:
        config = configuration(make_app(Settings()))
        config.load()
        protocol = TextProtocol(config, ServerState(), {})
        protocol.transport = Transport()
        counts = []
        for piece in (data, b"end"):
            protocol.data_received(piece)
            counts.append(len(read))
        while protocol.waiting:
            await asyncio.sleep(0)
            counts.append(len(read))
        return counts

    counts = asyncio.run(receive())
    assert counts == [1, 1, *range(2, len(read) + 1)]
    assert max(map(len, read)) * 5 < len(data)
    assert b"".join(read) == data + b"end"


def test_a_turn_over_websocket_with_long_work_ends() -> None:
    members = {f"p{number}": {"type": "number", "minimum": 7} for number in range(400)}
    schema = {"type": "object", "properties": members, "required": [*members]}
    form = {"format": {"type": "json_schema", "name": "n", "schema": schema}}
    with MockServer(dialect="openai") as server, socket(server) as client:
        end = client.end(input="Hi", text=form)
    assert len(json.loads(end["response"]["output"][0]["content"][0]["text"])) == 400
