"""The messages of a WebSocket connection: texts with one event each, and errors in an envelope."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.http.text import show
from antiphon_conformance.http.turns import error_of
from antiphon_conformance.rules.http.errors import shows_internals
from antiphon_conformance.rules.reading.output import member, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import TurnReply

TURN = "a turn over WebSocket"


@rule("websocket.messages-are-text", TurnReply, cites=("WSK-07", "WSK-36"), needs=TURN)
def messages_are_text(view: TurnReply) -> Iterator[Finding]:
    """Every message is a text message.

    Clients read events from text messages alone; a binary one ends the connection of some of them.
    """
    for index, message in enumerate(view.reply.messages):
        if isinstance(message, bytes):
            yield Finding(f"message[{index}]", "a text message", f"a binary one of {len(message)} bytes")


@rule("websocket.no-sentinel-is-sent", TurnReply, cites="WSK-09", needs=TURN)
def no_sentinel_is_sent(view: TurnReply) -> Iterator[Finding]:
    """A turn ends with its terminal event, and not with `[DONE]`, which belongs to SSE.

    A client takes it for the first message of its next turn.
    """
    for index, message in enumerate(view.reply.messages):
        if message in (SENTINEL, SENTINEL.encode()):
            yield Finding(f"message[{index}]", "a JSON object", SENTINEL)


@rule(
    "websocket.an-error-is-an-envelope",
    TurnReply,
    cites=("WSK-31", "WSK-32", "WSK-33"),
    when=lambda view: bool(error_of(view.exchange)),
    needs="a turn over WebSocket that ends with an error",
)
def an_error_is_an_envelope(view: TurnReply) -> Iterator[Finding]:
    """An error over WebSocket has the type `error`, a status, a code and a message.

    Clients sort messages by their type: they drop an error without one, and wait. OpenAI's document has the
    members of the error beside the type and no status, which is as well there.
    """
    event = error_of(view.exchange)
    if event.get("type") != "error":
        yield Finding("error/type", show("error"), show(value_at(event, "type")))
    is_open_responses = view.dialect.resolve("WSK-31") is not None
    if is_open_responses and type(event.get("status")) is not int:
        yield Finding("error/status", "an integer", show(value_at(event, "status")))
    is_flat = not is_open_responses and "error" not in event
    path = () if is_flat else ("error",)
    for name in ("code", "message") if is_open_responses else ("message",):
        value = value_at(event, *path, name)
        if not isinstance(value, str):
            yield Finding("/".join(("error", *path, name)), "a string", show(value))


@rule(
    "websocket.the-message-of-an-error-is-for-people",
    TurnReply,
    cites="WSK-44",
    when=lambda turn: isinstance(_message_of(turn), str),
    needs="a turn over WebSocket that ends with an error",
    reads={Part.TEXTS},
)
def the_message_of_an_error_is_for_people(turn: TurnReply) -> Iterator[Finding]:
    """The message of an error over WebSocket shows no stack trace, source path or address.

    Clients show it to their users, and such things help attackers.
    """
    message = str(_message_of(turn))
    if shows_internals(message, turn):
        yield Finding("error/message", "no stack trace, source path or address", show(message))


def _message_of(turn: TurnReply) -> object:
    event = error_of(turn.exchange)
    return member(event, "error", "message") if "error" in event else event.get("message")
