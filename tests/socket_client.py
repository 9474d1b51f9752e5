"""A client of one WebSocket connection to a mock server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from antiphon_mockserver import MockServer

Event = dict[str, Any]
TERMINAL = {"response.completed", "response.incomplete", "response.failed", "error"}
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class Socket:
    """A client with one connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, **members: Any) -> None:
        self.connection.send(json.dumps({"type": "response.create", "model": "gpt-5", **members}))

    def receive(self) -> Event:
        event = json.loads(self.connection.recv(timeout=10))
        assert isinstance(event, dict)
        return event

    def rest(self) -> list[Event]:
        """The events up to the end of a turn."""
        events = [self.receive()]
        while events[-1]["type"] not in TERMINAL:
            events.append(self.receive())
        return events

    def turn(self, **members: Any) -> list[Event]:
        self.send(**members)
        return self.rest()

    def end(self, **members: Any) -> Event:
        return self.turn(**members)[-1]


@contextmanager
def socket(server: MockServer | str, key: str = "any", **options: Any) -> Iterator[Socket]:
    """A connection to a server, or to the one at a base URL."""
    url = server if isinstance(server, str) else server.url
    address = url.replace("http", "ws", 1) + "/responses"
    headers = {"authorization": f"Bearer {key}"} if key else {}
    with connect(
        address, additional_headers=headers, open_timeout=10, close_timeout=10, **options
    ) as connection:
        yield Socket(connection)


def text_of(event: Event) -> str:
    response = event["response"]
    assert response["status"] == "completed", response
    return "".join(part["text"] for item in response["output"] for part in item.get("content") or ())


def code_of(event: Event) -> tuple[int, str]:
    assert event["type"] == "error", event
    return event["status"], event["error"]["code"]
