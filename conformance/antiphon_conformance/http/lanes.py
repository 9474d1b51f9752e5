"""Several turns on one connection at once: each message is given to the turn that it belongs to.

Turns with a lane are told apart by it. In one lane they follow one another; where a server mixes them, the
ids of responses and items tell them apart, and the numbers of the events where an item is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_conformance.http.turns import LANE, Listener, Message, Turn, fields_of, ids_of, is_error

TICK = 1e-3
"""The least time between two messages, in seconds: their order shows in the times, also in a transcript."""


class Lanes(Listener):
    """The turns that answer several creates."""

    def __init__(self, lanes: Sequence[str | None], earlier: frozenset[str] = frozenset()) -> None:
        self.turns = [Turn(earlier=earlier) for _ in lanes]
        self.size = 0
        self.is_over = False
        self._lanes = tuple(lanes)
        self._numbers: list[object] = [None for _ in lanes]
        """The number of the latest event of each turn."""
        self._latest = 0
        self._seconds = 0.0

    def take(self, message: Message, seconds: float) -> None:
        """Takes one message; what comes after the end of all turns is dropped."""
        fields = fields_of(message)
        if (turn := self._ended(ids_of(fields))) is not None:
            turn.late.append(message)
            return
        place = self._place(fields)
        if place is None:
            return
        turn = self.turns[place]
        count = len(turn.messages)
        self._seconds = max(seconds, self._seconds + TICK)
        turn.take(message, self._seconds)
        if len(turn.messages) > count:
            self._numbers[place] = fields.get("sequence_number")
            self._latest = place
        self.size = sum(turn.size for turn in self.turns)
        self.is_over = all(turn.is_over for turn in self.turns)

    def _ended(self, ids: set[str]) -> Turn | None:
        """The turn that is over and to which a message with these ids belongs; None when none does."""
        if any(ids & turn.ids for turn in self.turns if not turn.is_over):
            return None
        return next((turn for turn in self.turns if turn.is_over and ids & turn.ids), None)

    def _place(self, fields: Mapping[str, Any]) -> int | None:
        """The place of the turn to which a message belongs; None when all are over."""
        waiting = [place for place, turn in enumerate(self.turns) if not turn.is_over]
        places = [place for place in waiting if self._lanes[place] == fields.get(LANE)] or waiting
        if len(places) < 2:
            return next(iter(places), None)
        idle = next((place for place in places if not self.turns[place].has_begun), places[0])
        if is_error(fields):
            return idle
        ids = ids_of(fields)
        match = next((place for place in places if ids & self.turns[place].ids), None)
        if match is not None:
            return match
        if isinstance(fields.get("response"), dict) or self._latest not in places:
            return idle
        return self._next(places, fields.get("sequence_number"))

    def _next(self, places: Sequence[int], number: object) -> int:
        """The place of the turn whose next event has this number; where several have, not the latest."""
        before = number - 1 if type(number) is int else None
        due = [place for place in places if before is not None and self._numbers[place] == before]
        return min(due, key=lambda place: place == self._latest, default=self._latest)
