"""The turns of a WebSocket connection so far, and what still comes of them after their end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.turns import (
    Message,
    fields_of,
    ids_of,
    is_about_steering,
    is_error,
    is_of_the_connection,
    with_late,
)


class EarlierTurns:
    """The turns that had an answer. What comes late is a part of its own turn, and of no other."""

    def __init__(self) -> None:
        self._turns: dict[str, Exchange] = {}
        self._owners: dict[str, str] = {}
        """The ids of the turns, by the ids of their responses and items."""
        self._changes: set[str] = set()
        """The ids of the turns of which something came late."""

    def __bool__(self) -> bool:
        return bool(self._turns)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all responses and items."""
        return frozenset(self._owners)

    def add(self, exchange: Exchange, ids: Iterable[str]) -> None:
        """Notes a turn with the ids of its response and items."""
        self._turns[exchange.id] = exchange
        self._owners |= dict.fromkeys(ids, exchange.id)

    def take(self, messages: Sequence[Message]) -> None:
        """Gives each message to the turn with its ids, or else to the latest turn.

        A message about the connection or steering, and an error, is of no turn. A turn that we did not hear
        to its end takes none.
        """
        by_turn: dict[str, list[Message]] = {}
        for message in messages:
            fields = fields_of(message)
            is_beside = is_of_the_connection(fields) or is_error(fields) or is_about_steering(message)
            if self._turns and not is_beside:
                latest = next(reversed(self._turns))
                name = next((self._owners[key] for key in ids_of(fields) if key in self._owners), latest)
                by_turn.setdefault(name, []).append(message)
        for name, late in by_turn.items():
            if self._turns[name].failure is None:
                self._turns[name] = with_late(self._turns[name], late)
                self._changes.add(name)

    def changed(self) -> Sequence[Exchange]:
        """The turns of which something came late since this was asked last, with it."""
        names, self._changes = self._changes, set()
        return tuple(exchange for name, exchange in self._turns.items() if name in names)
