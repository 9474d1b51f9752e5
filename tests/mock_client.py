"""A client that calls the mock server as an ASGI app, without sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.server.app import MockApp, make_app
from antiphon_mockserver.settings import Settings

AUTHORIZED = {"authorization": "Bearer key-of-alice", "content-type": "application/json"}
BOB = {**AUTHORIZED, "authorization": "Bearer key-of-bob"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    raw: bytes
    complete: bool

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def error(self) -> Any:
        return self.json["error"]

    @property
    def events(self) -> list[Any]:
        frames = self.raw.decode().split("\n\n")
        return [json.loads(frame.partition("data: ")[2]) for frame in frames if "data: {" in frame]


class Client:
    """`client.post("/responses", {...})`."""

    def __init__(self, app: MockApp | None = None, **settings: Any) -> None:
        self.app = app or make_app(Settings(**settings))

    def send(
        self,
        method: str,
        path: str,
        raw: bytes = b"",
        headers: Mapping[str, str] = AUTHORIZED,
    ) -> Reply:
        return asyncio.run(self._call(method, path, raw, headers))

    def get(self, path: str, headers: Mapping[str, str] = AUTHORIZED) -> Reply:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, headers: Mapping[str, str] = AUTHORIZED) -> Reply:
        return self.send("POST", path, b"" if body is None else json.dumps(body).encode(), headers)

    def create(
        self, content: Any = "Say hello.", headers: Mapping[str, str] = AUTHORIZED, **body: Any
    ) -> Reply:
        return self.post("/responses", {"model": "gpt-5", "input": content, **body}, headers)

    async def _call(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> Reply:
        bare, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": "/v1" + bare,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        messages: list[Any] = []

        body = [{"type": "http.request", "body": raw, "more_body": False}]

        async def receive() -> Any:
            # After the body nothing comes: the client stays connected until it has the answer.
            return body.pop() if body else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        reply_headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in messages[1:])
        return Reply(messages[0]["status"], reply_headers, content, not messages[-1].get("more_body", False))
