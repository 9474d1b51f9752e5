"""The files that a request passes through the mock server, and an exchange through the judge.

`python tests/walks.py create` prints the files of the one, `python tests/walks.py judgement` of the other.
Each walk is taken once before it is traced, so what is loaded once for all requests is no part of it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import load
from inprocess import KEY, AsgiTransport

DIALECT = "openai"
HEADERS = Headers((("content-type", "application/json"), ("authorization", f"Bearer {KEY}")))
CREATE = {"model": "gpt-5.2", "input": "Say hello."}

Answer = tuple[int, Headers, bytes]


TOOLS = {"antiphon_spec/loading/construction.py", "antiphon_spec/loading/late.py"}
"""What stands in for `dataclasses` and `re` is as little a part of a walk as they are."""


def trace(walk: Callable[[], object], package: str) -> list[str]:
    """The files of this package and of the spec whose functions a walk calls, in the order of first calls."""
    files: dict[str, None] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_code.co_filename
        for root in (package, "antiphon_spec"):
            _, found, path = name.rpartition(f"/{root}/")
            is_tool = f"{root}/{path}" in TOOLS
            if found and event == "call" and frame.f_code.co_name != "<module>" and not is_tool:
                files.setdefault(f"{root}/{path}")

    sys.setprofile(note)
    try:
        walk()
    finally:
        sys.setprofile(None)
    return list(files)


async def ask(transport: AsgiTransport, request: Request) -> Answer:
    """The status, the headers and the bytes of the answer to a request."""
    async with transport.open(request) as incoming:
        return incoming.status, incoming.headers, b"".join([chunk async for chunk in incoming.chunks])


def request_of(method: str, path: str, body: Mapping[str, Any] | None = None) -> Request:
    """A request below the base URL, with the headers that each needs."""
    return Request(method, path, HEADERS, body, None if body is None else json.dumps(body).encode())


def create() -> list[str]:
    """The files that a create passes whose answer the mock server streams."""
    transport = AsgiTransport(make_app(Settings(dialect=DIALECT, api_keys=(KEY,))))

    def walk(text: str, **options: str) -> None:
        request = request_of("POST", "/responses", {**CREATE, **options, "input": text, "stream": True})
        status, _, content = asyncio.run(ask(transport, request))
        assert status == 200
        assert content.startswith(b"event: response.created\n")

    for text in ("Say hello.", "Say hello again."):
        walk(text, instructions="Be brief.")
    walk("Warm up.")
    return trace(lambda: walk("Say hello."), "antiphon_mockserver")


async def converse(transport: AsgiTransport) -> list[tuple[Request, Answer]]:
    """Six requests with their answers: create, stream, retrieve, retrieve what is absent, list, delete."""
    first = request_of("POST", "/responses", CREATE)
    answer = await ask(transport, first)
    path = f"/responses/{json.loads(answer[2])['id']}"
    others = (
        request_of("POST", "/responses", {**CREATE, "stream": True}),
        request_of("GET", path),
        request_of("GET", "/responses/resp_nothing"),
        request_of("GET", f"{path}/input_items?limit=1"),
        request_of("DELETE", path),
    )
    return [(first, answer), *[(request, await ask(transport, request)) for request in others]]


def judgement() -> list[str]:
    """The files that six exchanges pass, from the bytes of the answers to records; with those of rules."""
    dialect = load(DIALECT)
    transport = AsgiTransport(make_app(Settings(dialect=DIALECT, api_keys=(KEY,))))
    pairs = asyncio.run(converse(transport))

    def walk() -> None:
        exchanges = [
            Exchange(f"walk/{number}", request, read_reply(*answer))
            for number, (request, answer) in enumerate(pairs)
        ]
        assert engine.lint(exchanges, dialect)

    walk()
    return trace(walk, "antiphon_conformance")


WALKS = {"create": create, "judgement": judgement}

if __name__ == "__main__":
    print("\n".join(WALKS[sys.argv[1]]()))
