"""Streams with calls of MCP servers that are named or answered wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.stream_edits import ITEM, Event, in_items

SEAM, CALL = "events", "mcp_call"
Json = dict[str, Any]


def _in_every_view(change: Callable[[Json], object]) -> Callable[[list[Event]], list[Event]]:
    """Changes the calls of servers wherever the stream shows them."""

    def mutate(events: list[Event]) -> list[Event]:
        for event in events:
            shown = [event.get("item") or {}, *((event.get("response") or {}).get("output") or ())]
            for item in shown:
                if item.get("type") == CALL:
                    change(item)
        return events

    return mutate


add(
    SEAM,
    "names_another_server",
    "Names a server in its calls that the request does not have.",
    "tool-servers.an-item-names-a-server-of-the-request",
    _in_every_view(lambda item: item.update(server_label="another")),
)
add(
    SEAM,
    "moves_a_call_to_another_server",
    "Changes the server of a call between `added` and `done`.",
    "stream-items.keep-their-identity",
    in_items(CALL, events_of=(f"{ITEM}.done",), change=lambda item: item.update(server_label="another")),
)
add(
    SEAM,
    "answers_and_fails_a_call",
    "Sends a call of a server's tool with an output and an error.",
    "tool-servers.a-call-has-only-one-of-output-and-error",
    _in_every_view(lambda item: item.update(output="Done.", error={"type": "http_error", "code": 500})),
)
