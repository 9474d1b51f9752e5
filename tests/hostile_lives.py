"""Servers with hostile lives, each a process of its own: `python tests/hostile_lives.py LIFE PORT [SECONDS]`.

The mock server answers behind each of them; the life decides when it dies, hangs, or is too busy.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable

import uvicorn

from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.server.runner import configuration, listen
from antiphon_mockserver.settings import Settings

WORDS_A_SECOND = 14
JSON = [(b"content-type", b"application/json")]


class Life:
    """An application around the mock server. A subclass replaces `__call__`."""

    settings = Settings(dialect="openai")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.app = make_app(self.settings)

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = await _body(receive)
        return await self.serve(scope, body, send)

    async def serve(self, scope, body: bytes, send) -> None:
        await self.answer(scope, body, send)

    async def answer(self, scope, body: bytes, send) -> None:
        """The answer of the mock server."""
        pieces = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive():
            piece = next(pieces, None)
            return await asyncio.Event().wait() if piece is None else piece

        await self.app(scope, receive, send)


class DiesWithoutKey(Life):
    """The process ends at a create without a key. Nobody starts it again."""

    async def serve(self, scope, body, send):
        if scope["method"] == "POST" and b"authorization" not in dict(scope["headers"]):
            os._exit(1)
        await self.answer(scope, body, send)


class HangsAfterAList(Life):
    """After a request whose body is a list nothing is answered, for some seconds."""

    silent_until = 0.0

    async def serve(self, scope, body, send):
        if body.startswith(b"["):
            self.silent_until = time.monotonic() + self.seconds
        await asyncio.sleep(self.silent_until - time.monotonic())
        await self.answer(scope, body, send)


class SingleSlot(Life):
    """Answers one request at a time; the others get a 429 that says when to ask again."""

    is_busy = False

    async def serve(self, scope, body, send):
        if self.is_busy:
            await _send(send, 429, b'{"busy": true}', [(b"retry-after", b"1")])
            return
        self.is_busy = True
        try:
            await asyncio.sleep(self.seconds)
            await self.answer(scope, body, send)
        finally:
            self.is_busy = False


class Restarts(Life):
    """The process ends at its 30th request. `_supervise` starts it again after some seconds."""

    count = 0

    async def serve(self, scope, body, send):
        self.count += 1
        if self.count == 30 and self.seconds:
            os._exit(1)
        await self.answer(scope, body, send)


class Slow(Life):
    """Generates 14 tokens a second."""

    settings = Settings(dialect="openai", faults=(f"pace={1 / WORDS_A_SECOND}",))


class AnswersAnything(Life):
    """Answers 200 with an empty object to every method and path."""

    async def serve(self, scope, body, send):
        await _send(send, 200, b"{}")


class AnswersUnknownPaths(Life):
    """Creates responses, and answers 200 with a page to everything else, as servers of web apps do."""

    async def serve(self, scope, body, send):
        if scope["method"] == "POST" and scope["path"].endswith("/responses"):
            await self.answer(scope, body, send)
        else:
            page = b"<!doctype html><title>app</title>"
            await _send(send, 200, page, [(b"content-type", b"text/html")])


LIVES: dict[str, Callable[[float], Life]] = {
    "dies-without-key": DiesWithoutKey,
    "hangs-after-a-list": HangsAfterAList,
    "single-slot": SingleSlot,
    "restarts": Restarts,
    "slow": Slow,
    "answers-anything": AnswersAnything,
    "answers-unknown-paths": AnswersUnknownPaths,
}


async def _body(receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send, status: int, body: bytes, headers=()) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers) or JSON})
    await send({"type": "http.response.body", "body": body})


def _supervise(life: str, port: str, seconds: float) -> None:
    """Starts the life, and once more when it has ended."""
    command = [sys.executable, __file__, life, port]
    subprocess.run([*command, "-1"], check=False)
    time.sleep(seconds)
    os.execv(sys.executable, [*command, "0"])


def main() -> None:
    life, port, *rest = sys.argv[1:]
    seconds = float(rest[0]) if rest else 0.0
    if life == "restarts" and seconds > 0:
        _supervise(life, port, seconds)
    listener = listen("127.0.0.1", int(port))
    print(listener.getsockname()[1], flush=True)
    server = uvicorn.Server(configuration(LIVES[life](seconds)))
    server.run([listener])


if __name__ == "__main__":
    main()
