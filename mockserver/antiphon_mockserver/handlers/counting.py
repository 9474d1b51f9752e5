"""Counting the tokens of a request, and compacting a context; neither leaves a trace."""

from __future__ import annotations

from antiphon_mockserver.answer import Answer, Incoming
from antiphon_mockserver.handlers.turns import take
from antiphon_mockserver.house import House


def count_tokens(house: House, incoming: Incoming) -> Answer:
    """How many input tokens a create with this body would have (TOK-03)."""
    turn = take(house, incoming)
    return Answer(
        body={"object": "response.input_tokens", "input_tokens": house.conduct.count_tokens(turn.context)}
    )


def compact(house: House, incoming: Incoming) -> Answer:
    """A shorter context that stands for the given one; it is not stored (CMP-10, CMP-11)."""
    turn = take(house, incoming)
    return Answer(body=house.conduct.compact(turn.context, incoming.identity, int(house.clock.now())))
