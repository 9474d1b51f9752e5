"""`antiphon example`: prints a right answer, which the mock server makes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import click
import orjson

from antiphon.commands.parameters import Choice
from antiphon.dialects import dialect_path, find_dialect
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_mockserver.video_library.library import open_library
from antiphon_spec.dialect import Dialect

RESPONSE, STREAM, ERROR = "response", "stream", "error"
KINDS: Mapping[str, Mapping[str, Any]] = {
    RESPONSE: {},
    STREAM: {"stream": True},
    ERROR: {"model": 5},
}
"""For each example, the members of its request besides those of every create."""
PROMPT = "Say hello."


@click.command()
@click.argument("kind", type=Choice(list(KINDS)))
@dialect_path
@click.option(
    "--dialect", "dialect_name", default="openresponses", show_default=True, help="The dialect to speak."
)
def example(kind: str, dialect_name: str) -> int:
    """Print a right answer of a dialect: a response, a stream, or an error."""
    dialect = find_dialect(dialect_name)
    request = {**_plain(dialect), **KINDS[kind]}
    status, content_type, body = asyncio.run(_send(dialect, request))
    click.echo("POST /responses")
    click.echo(orjson.dumps(request).decode())
    click.echo(f"\n{status}\ncontent-type: {content_type}\n")
    text = body if kind == STREAM else orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2)
    click.echo(text.decode().rstrip("\n"))
    return 0


def _plain(dialect: Dialect) -> dict[str, Any]:
    """The smallest request of a create in this dialect."""
    plain = dialect.plain.get("createResponse", {"model": "{model}", "input": PROMPT})
    values = {"{model}": dialect.models[0]}
    if "collection" in dialect.holds:
        values["{collection}"] = open_library("").collections[0].id
    text = orjson.dumps(plain).decode()
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    request: dict[str, Any] = orjson.loads(text)
    return request


async def _send(dialect: Dialect, request: Mapping[str, Any]) -> tuple[int, str, bytes]:
    """The mock server's answer: status, content type and body."""
    app = make_app(Settings(dialect=dialect.name))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/responses",
        "raw_path": b"/v1/responses",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"authorization", b"Bearer example")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    messages: list[dict[str, Any]] = []
    incoming = [{"type": "http.request", "body": orjson.dumps(request), "more_body": False}]

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop()
        await asyncio.Event().wait()  # the client stays until it has the whole answer
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(dict(message))

    await app(scope, receive, send)
    head = dict(messages[0]["headers"])
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return int(messages[0]["status"]), head[b"content-type"].decode(), body
