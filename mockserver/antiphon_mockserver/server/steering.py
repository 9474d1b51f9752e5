"""Steering: input that a client adds to a response while it is being sent over WebSocket.

The response ends at the next boundary between two items, and its successor begins with the new input. A
response that waits for the client's own tools is followed by no successor: the input waits, too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Any

from antiphon_mockserver.response.identity import tail
from antiphon_spec.loading.construction import dataclass

if TYPE_CHECKING:
    from antiphon_mockserver.server.lane import Lane
    from antiphon_mockserver.server.websocket import Session

THINKING = 0.25
"""Seconds of real time between a reasoning item and what follows it, unless the client steers before: it
learns from the first event what to steer, and a response that is sent at once would be over by then."""
MOST_PENDING = 16
"""Inputs that wait for one response."""
MEMBERS = frozenset({"type", "previous_response_id", "input"})
MESSAGE_MEMBERS = frozenset({"type", "role", "content"})
PARTS = frozenset({"input_text", "input_image", "input_file"})
ITEM_ADDED = "response.output_item.added"
ITEM_DONE = "response.output_item.done"
ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
OUTPUTS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "tool_search_call": "tool_search_output",
}
"""The types of items that wait for the client, with those of the answers."""


@dataclass(frozen=True, slots=True)
class Steer:
    """Accepted input."""

    id: str
    previous_response_id: str
    items: Sequence[Any]
    input: Any
    """The input as the client sent it."""

    @property
    def submission(self) -> dict[str, str]:
        """How events name it."""
        return {"id": self.id, "previous_response_id": self.previous_response_id}


@dataclass(slots=True)
class Steering:
    """What steers the responses of one lane."""

    pending: deque[Steer] = field(default_factory=deque)
    count: int = 0
    _at_boundary: bool = False
    _has_thought: bool = False
    """Whether the item before the boundary is the model's reasoning."""
    _steered: asyncio.Event = field(default_factory=asyncio.Event)
    _added: int = 0
    """Events that were added to the stream of the current response."""
    _number: int = -1
    _response: dict[str, Any] = field(default_factory=dict)
    """The current response, as it began."""
    _open: int = 0
    """How many of its items have begun and not ended."""
    _output: list[Any] = field(default_factory=list)
    """Its finished items."""

    def interrupt(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """The end of a steered response, when it is at a boundary before this event; otherwise None.

        Mutants send events of any form, so nothing is taken for granted here.
        """
        kind, response, item = event.get("type"), event.get("response"), event.get("item")
        if kind == "response.created" and isinstance(response, Mapping):
            self._added, self._number, self._open, self._at_boundary = 0, -1, 0, False
            self._response, self._output = dict(response), []
        if self._at_boundary and self.pending and kind not in ENDS:
            details = {"status": "incomplete", "incomplete_details": {"reason": "steered"}}
            end = {**self._response, **details, "output": list(self._output)}
            number = event.get("sequence_number")
            return {"type": "response.incomplete", "sequence_number": number, "response": end}
        self._open += (kind == ITEM_ADDED) - (kind == ITEM_DONE)
        self._at_boundary = kind == ITEM_DONE and self._open <= 0
        self._has_thought = False
        if kind == ITEM_DONE and isinstance(item, Mapping):
            self._output.append(dict(item))
            self._has_thought = item.get("type") == "reasoning"
        return None

    def accept(self, entry: Steer) -> None:
        """Lets input wait for the next boundary."""
        self.pending.append(entry)
        self._steered.set()

    async def think(self) -> None:
        """Returns when input waits, or the time for it is over. Only after reasoning there is such a time."""
        if not (self._at_boundary and self._has_thought) or self.pending:
            return
        self._steered.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._steered.wait(), THINKING)

    def numbered(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The event, with a number that counts the events that were added before it."""
        number = event.get("sequence_number")
        if not isinstance(number, int):
            return event
        self._number = number + self._added
        return event if not self._added else {**event, "sequence_number": self._number}

    def next_number(self) -> int:
        """The number of an event that is added to the stream."""
        self._added += 1
        self._number += 1
        return self._number

    def prepend(self, body: dict[str, Any]) -> None:
        """Puts the input that waits for a response before that of the create that continues it."""
        previous = body.get("previous_response_id")
        waiting = [entry for entry in self.pending if entry.previous_response_id == previous]
        if not waiting:
            return
        own = body.get("input") or []
        items = [{"type": "message", "role": "user", "content": own}] if isinstance(own, str) else own
        body["input"] = [*(item for entry in waiting for item in entry.items), *items]
        self.pending = deque(entry for entry in self.pending if entry not in waiting)


async def steer(session: Session, event: Mapping[str, Any]) -> None:
    """Accepts the input of a `response.steer`, or says why not."""
    response_id, given = event.get("previous_response_id"), event.get("input")
    lane = session.lane_of(response_id) if isinstance(response_id, str) else None
    items = items_of(given)
    if items is None or not isinstance(response_id, str) or not event.keys() <= MEMBERS:
        failure = "invalid_input", "Steering takes a `previous_response_id` and an `input` of user messages."
    elif lane is None:
        failure = "response_not_found", "This connection has no such response."
    elif (body := lane.made[response_id]).get("conversation") or body.get("context_management"):
        failure = "steering_not_supported", "A response of a conversation cannot be steered."
    elif lane.current != response_id:
        failure = "response_already_completed", "The response has ended."
    elif len(lane.steering.pending) >= MOST_PENDING:
        failure = "too_many_pending_steers", f"{MOST_PENDING} inputs wait already."
    else:
        await _accept(lane, response_id, items, given)
        return
    await _fail(session, lane, failure, {"previous_response_id": str(response_id), "input": given})


async def _accept(lane: Lane, response_id: str, items: Sequence[Any], given: Any) -> None:
    steering = lane.steering
    steering.count += 1
    entry = Steer(f"steer_{tail(response_id, steering.count)}", response_id, items, given)
    steering.accept(entry)
    number = steering.next_number()
    accepted = {"type": "response.steer.accepted", "sequence_number": number, "steer": entry.submission}
    await lane.session.send(accepted, lane.id)


async def _fail(
    session: Session, lane: Lane | None, failure: tuple[str, str], submission: Mapping[str, Any]
) -> None:
    code, message = failure
    error = {"type": "invalid_request_error", "code": code, "message": message}
    event = {"type": "response.steer.failed", "sequence_number": 0, "error": error, "steer": submission}
    await session.send(event, lane.id if lane is not None else None)


async def successor(lane: Lane, response_id: str, final: Mapping[str, Any]) -> dict[str, Any] | None:
    """The create that follows a steered response; None when nothing waits, or the client has to answer."""
    steering = lane.steering
    waiting = [entry for entry in steering.pending if entry.previous_response_id == response_id]
    if not waiting:
        return None
    stubs = required_input(final.get("output") or ())
    if stubs and final.get("status") == "completed":
        for entry in waiting:
            event = {
                "type": "response.steer.pending",
                "sequence_number": steering.next_number(),
                "reason": "waiting_for_required_input",
                "required_input": stubs,
                "steer": entry.submission,
            }
            await lane.session.send(event, lane.id)
        return None
    return {**lane.made[response_id], "previous_response_id": response_id, "input": []}


def required_input(output: Sequence[Any]) -> list[dict[str, Any]]:
    """Stubs of the answers that a response waits for."""
    stubs: list[dict[str, Any]] = []
    for item in output:
        kind = item.get("type")
        if kind == "mcp_approval_request":
            stubs.append({"type": "mcp_approval_response", "approval_request_id": item["id"]})
        elif kind in OUTPUTS and item.get("execution", "client") == "client":
            stub = {"type": OUTPUTS[kind], "call_id": item.get("call_id")}
            if kind == "function_call":
                stub["name"] = item.get("name")
            if kind == "tool_search_call":
                stub["execution"] = "client"
            stubs.append(stub)
    return stubs


def items_of(given: Any) -> list[Any] | None:
    """The input of a steer as items; None when it is no text and no list of user messages."""
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}] if given else None
    if not isinstance(given, list) or not given:
        return None
    return given if all(map(_is_user_message, given)) else None


def _is_user_message(item: Any) -> bool:
    if not isinstance(item, Mapping) or not item.keys() <= MESSAGE_MEMBERS or item.get("role") != "user":
        return False
    content = item.get("content")
    parts = isinstance(content, list) and all(
        isinstance(part, Mapping) and part.get("type") in PARTS for part in content
    )
    return item.get("type", "message") == "message" and (parts or isinstance(content, str))
