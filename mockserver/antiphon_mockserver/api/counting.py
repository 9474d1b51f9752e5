"""Counts the tokens of a request, and compacts a context; the store does not change."""

from __future__ import annotations

from antiphon_mockserver.api.turns import read_turn
from antiphon_mockserver.server.context import ServerContext
from antiphon_mockserver.server.exchange import Answer, Request


def count_tokens(server: ServerContext, request: Request) -> Answer:
    """Returns the number of input tokens that a create with this body has (TOK-03)."""
    turn = read_turn(server, request)
    return Answer(
        body={
            "object": "response.input_tokens",
            "input_tokens": server.behaviour.model.count_tokens(turn.context),
        }
    )


def compact(server: ServerContext, request: Request) -> Answer:
    """Returns a shorter context in place of the full one, without storing it (CMP-10, CMP-11)."""
    turn = read_turn(server, request)
    return Answer(
        body=server.behaviour.model.compact(turn.context, request.identity, int(server.clock.now()))
    )
