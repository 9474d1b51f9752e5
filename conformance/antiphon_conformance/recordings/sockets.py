"""Reads the turns out of the recorded messages of a WebSocket connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Any

from antiphon_conformance.http.exchange import OVER_WEBSOCKET, Exchange, Request
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.http.turns import (
    BEGINNINGS,
    LANE,
    OF_MESSAGES,
    WARM_UP,
    Message,
    ends_a_turn,
    fields_of,
    ids_of,
    read_turn,
)
from antiphon_conformance.http.websocket import CREATE
from antiphon_spec.loading.construction import dataclass

NO_TURN = "WebSocket messages without a `response.create`"


@dataclass(slots=True)
class Recorded:
    """A create and the messages that answer it."""

    body: dict[str, Any]
    messages: list[Message] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    """The ids of its response and items."""
    is_over: bool = False

    @property
    def members(self) -> dict[str, Any]:
        """The members of the create, as it is over HTTP."""
        return {name: self.body[name] for name in self.body if name not in OF_MESSAGES}

    @property
    def is_warm_up(self) -> bool:
        """Whether it only makes its context known."""
        return self.body.get(WARM_UP) is False


class Turns:
    """The turns of a connection, in the order of their creates. In one lane they are answered in this order.
    What comes of a turn after its end is a part of it."""

    def __init__(self) -> None:
        self.turns: list[Recorded] = []

    def send(self, message: Message) -> None:
        """Takes a message of the client."""
        fields = fields_of(message)
        self.turns += [Recorded(dict(fields))] if fields.get("type") == CREATE else []

    def receive(self, message: Message) -> None:
        """Takes a message of the server."""
        fields = fields_of(message)
        lane, ids = fields.get(LANE), ids_of(fields)
        turn = next((turn for turn in self.turns if not turn.is_over and turn.body.get(LANE) == lane), None)
        if fields.get("type") not in BEGINNINGS and not (turn is not None and ids & turn.ids):
            turn = next((other for other in self.turns if other.is_over and ids & other.ids), turn)
        if turn is not None and message != SENTINEL:
            turn.messages.append(message)
            turn.ids |= ids
            turn.is_over = turn.is_over or ends_a_turn(message)


def exchanges(
    identity: str, handshake: Request, messages: Iterable[tuple[bool, Message]]
) -> Iterator[Exchange]:
    """The turns of a connection as exchanges `identity/1`, `identity/2`... A connection without a turn is one
    exchange without an answer. `messages` says of each message whether the client sent it."""
    connection = Turns()
    for is_sent, message in messages:
        (connection.send if is_sent else connection.receive)(message)
    for count, turn in enumerate(connection.turns, 1):
        request = Request("POST", handshake.path, handshake.headers, turn.members)
        name, traits = f"{identity}/{count}", frozenset({OVER_WEBSOCKET})
        failure = None if turn.messages else "no answer was recorded"
        if turn.is_warm_up:
            failure, turn.messages = "a turn that generates nothing: no rule reads it", []
        reply = read_turn(turn.messages, cut=not turn.is_over) if turn.messages else None
        yield Exchange(name, request, reply, failure=failure, traits=traits)
    if not connection.turns:
        yield Exchange(identity, handshake, None, failure=NO_TURN)
