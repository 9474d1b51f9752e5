"""What the server does with a WebSocket connection."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.state.connection import ConnectionStore
from antiphon_mockserver.state.store import Store
from antiphon_spec.loading.construction import dataclass

LANE_ID = re.compile(r"[A-Za-z0-9_.-]{1,256}")
Admit = Callable[[Mapping[str, str]], str]


def admit(check: Admit, headers: Mapping[str, str]) -> str:
    """The key of a client that may open a connection. Rejects with 401, as over HTTP."""
    return check(headers)


def reject(body: Any) -> tuple[str, bytes]:
    """The content type and the body of the answer that rejects an upgrade."""
    return "application/json", orjson.dumps(body)


def open_store(store: Store) -> ConnectionStore:
    """What a new connection remembers."""
    return ConnectionStore(store)


def read(event: dict[str, Any]) -> dict[str, Any]:
    """The members of a create."""
    return event


def has_lanes(kind: str) -> bool:
    """Whether a connection knows lanes, warm-ups and steering: those of this kind do (`mock.websocket`)."""
    return kind == "lanes"


def is_lane(lane_id: str) -> bool:
    """Whether a text names a lane."""
    return LANE_ID.fullmatch(lane_id) is not None


def queue(lane_id: str | None, _creates: int) -> str:
    """The queue in which a create waits: those of one lane follow one another."""
    return lane_id or ""


def admits_turn(_turns: int) -> bool:
    """Whether a create is taken, while so many of its queue wait or run."""
    return True


def may_continue(is_latest: bool, is_local: bool) -> bool:
    """Whether a response may be continued: the latest of its lane may, and each that is stored."""
    return is_latest or not is_local


def error(status: int, inner: Mapping[str, Any]) -> dict[str, Any]:
    """The error of a turn: that of an answer over HTTP, with its status beside it and always with a code."""
    code = inner.get("code") or inner["type"]
    return {"type": "error", "status": status, "error": {**inner, "code": code}}


def messages(event: Mapping[str, Any], _sent: int) -> Sequence[str | bytes]:
    """The messages in which an event is sent; so many were sent on the connection before."""
    return (orjson.dumps(event).decode(),)


def answers(_errors: int) -> bool:
    """Whether a message is answered, after so many errors on the connection."""
    return True


def lasts(_errors: int, _turns: int) -> bool:
    """Whether the connection goes on, after so many errors and so many whole turns."""
    return True


@dataclass(frozen=True)
class SocketDecisions:
    """What the server does with a WebSocket connection."""

    admit: Callable[[Admit, Mapping[str, str]], str]
    """(the check over HTTP, headers of the upgrade) -> the key of the client. Rejects with 401."""

    reject: Callable[[Any], tuple[str, bytes]]
    """(error body) -> content type and body of the answer that rejects an upgrade."""

    open_store: Callable[[Store], ConnectionStore]
    """(the server's store) -> what a new connection remembers."""

    read: Callable[[dict[str, Any]], dict[str, Any]]
    """(a `response.create`) -> the members of the create. Rejects what is no create."""

    has_lanes: Callable[[str], bool]
    """(kind of the dialect's connections) -> whether this one knows lanes, warm-ups and steering."""

    is_lane: Callable[[str], bool]
    """(`stream_id`) -> whether it may name a lane."""

    queue: Callable[[str | None, int], str]
    """(lane or None, number of creates before it on the connection) -> the queue of a create."""

    admits_turn: Callable[[int], bool]
    """(number of turns of its queue that wait or run) -> whether a create is taken."""

    may_continue: Callable[[bool, bool], bool]
    """(is it the latest of its lane, does only this connection know it) -> whether it may be continued."""

    error: Callable[[int, Mapping[str, Any]], dict[str, Any]]
    """(status, error object) -> the event that says so."""

    messages: Callable[[Mapping[str, Any], int], Sequence[str | bytes]]
    """(event, number of messages before it on the connection) -> the messages in which it is sent."""

    answers: Callable[[int], bool]
    """(number of errors on the connection) -> whether a message is answered."""

    lasts: Callable[[int, int], bool]
    """(number of errors on the connection, number of whole turns) -> whether the connection goes on."""


SOCKETS = SocketDecisions(
    admit=admit,
    reject=reject,
    open_store=open_store,
    read=read,
    has_lanes=has_lanes,
    is_lane=is_lane,
    queue=queue,
    admits_turn=admits_turn,
    may_continue=may_continue,
    error=error,
    messages=messages,
    answers=answers,
    lasts=lasts,
)
"""The decisions of a right server."""
