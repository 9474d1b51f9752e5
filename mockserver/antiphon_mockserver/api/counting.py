"""Counts the tokens of a request, and compacts a context; the store does not change."""

from __future__ import annotations

from antiphon_mockserver.api.turns import read_turn
from antiphon_mockserver.server.context import House
from antiphon_mockserver.server.exchange import Answer, Incoming


def count_tokens(house: House, incoming: Incoming) -> Answer:
    """Returns the number of input tokens that a create with this body has (TOK-03)."""
    turn = read_turn(house, incoming)
    return Answer(
        body={"object": "response.input_tokens", "input_tokens": house.conduct.count_tokens(turn.context)}
    )


def compact(house: House, incoming: Incoming) -> Answer:
    """Returns a shorter context in place of the full one, without storing it (CMP-10, CMP-11)."""
    turn = read_turn(house, incoming)
    return Answer(body=house.conduct.compact(turn.context, incoming.identity, int(house.clock.now())))
