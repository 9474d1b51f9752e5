"""A turn that is steered: input comes to it while it runs, and its successor begins with that input."""

from __future__ import annotations

import orjson

from antiphon_conformance.http.turns import (
    STEER,
    Listener,
    Message,
    Turn,
    fields_of,
    is_about_steering,
    is_error,
    response_id,
)
from antiphon_spec.loading.construction import dataclass

ACCEPTED = f"{STEER}.accepted"


@dataclass(slots=True)
class SteerAnswer(Turn):
    """The answers to a message that steers: events of their own, or an error."""

    @property
    def may_be_over(self) -> bool:
        """Whether no answer came."""
        return not self.messages

    def take(self, message: Message, seconds: float) -> None:
        """Takes one message, where it is an answer."""
        if is_about_steering(message) or is_error(fields_of(message)):
            Turn.take(self, message, seconds)
            self.is_over = True


class SteeredTurn(Listener):
    """The turn, the answers to what steers it, and the turn that follows where one has to."""

    def __init__(self, text: str, earlier: frozenset[str] = frozenset()) -> None:
        self.turn = Turn(earlier=earlier)
        self.steer = SteerAnswer()
        self.successor = Turn(earlier=earlier)
        self.response_id: str | None = None
        self.text: str | None = None
        """The message that steers, once it is sent."""
        self.size = 0
        self.is_over = False
        self._input = text
        self._earlier = earlier
        self._to_send: str | None = None

    def next_text(self) -> str | None:
        """The message that steers, once the response has an id."""
        text, self._to_send = self._to_send, None
        return text

    def take(self, message: Message, seconds: float) -> None:
        """Takes one message; a turn that is over before it was steered ends all."""
        if is_about_steering(message) or (self.text is not None and self._rejects_steering(message)):
            self.steer.take(message, seconds)
            if is_about_steering(message) and not self.turn.is_over:
                self.turn.take(message, seconds)
        elif not self.turn.is_over:
            self.turn.take(message, seconds)
            self._begin(message)
        else:
            self.successor.earlier = self._earlier | self.turn.ids
            self.successor.take(message, seconds)
        self.size = self.turn.size + self.steer.size + self.successor.size
        self.is_over = self.turn.is_over and (self.text is None or self._is_answered())

    @property
    def may_be_over(self) -> bool:
        """Whether the turn is over, and only the answer to what steers it is missing."""
        return self.turn.is_over and not self.steer.messages

    def _begin(self, message: Message) -> None:
        """Steers the response as soon as an event names it."""
        identity = response_id(message)
        if self.text is None and not self.turn.is_over and identity not in (None, *self._earlier):
            self.response_id = identity
            self.text = self._to_send = steer_message(str(identity), self._input)

    def _rejects_steering(self, message: Message) -> bool:
        """Whether an error is about the message that steers: it is the first answer after it."""
        return is_error(fields_of(message)) and not self.steer.messages

    def _is_answered(self) -> bool:
        """Whether nothing more is to come: steering was rejected, or waits, or the successor has ended."""
        kinds = [fields_of(message).get("type") for message in self.steer.messages]
        return bool(kinds) and (kinds[-1] != ACCEPTED or self.successor.is_over)


def steer_message(identity: str, text: str) -> str:
    """The message that adds a text to the response with this id."""
    return orjson.dumps({"type": STEER, "previous_response_id": identity, "input": text}).decode()
