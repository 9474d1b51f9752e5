"""The mistakes that a request can make, as a table: where, what is legal there, which row demands it.

A rule for each row says that servers refuse the mistake; the generated part of a run sends each example once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.mistake import Mistake
from antiphon_conformance.mistakes_chat import CHAT
from antiphon_conformance.mistakes_filters import FILTERS
from antiphon_conformance.mistakes_input import INPUT
from antiphon_conformance.mistakes_knowledge import KNOWLEDGE
from antiphon_conformance.mistakes_limits import LIMITS
from antiphon_conformance.mistakes_tools import TOOLS
from antiphon_conformance.oddities import ODDITIES
from antiphon_conformance.places import root
from antiphon_spec.dialect import Dialect

MISTAKES: tuple[Mistake, ...] = INPUT + CHAT + TOOLS + LIMITS + KNOWLEDGE + FILTERS


@cache
def known_mistakes(dialect: Dialect) -> tuple[Mistake, ...]:
    """The mistakes that requirements of this dialect speak of."""
    return tuple(mistake for mistake in MISTAKES if mistake.holds_in(dialect))


def mistakes_of(dialect: Dialect, operation: str | None, body: Any) -> Iterator[tuple[Mistake, str, Any]]:
    """Every mistake that a request body makes in a dialect, its place and what stands there."""
    for member, mistake in _by_member(dialect, operation) if isinstance(body, dict) else ():
        if mistake.needed or member in body:
            for place, value in mistake.made_in(body):
                yield mistake, place, value


@cache
def _by_member(dialect: Dialect, operation: str | None) -> tuple[tuple[str, Mistake], ...]:
    """The mistakes that a request of an operation can make, each with the member in which it is made."""
    known = (mistake for mistake in known_mistakes(dialect) if operation in mistake.operations)
    return tuple((root(mistake.path), mistake) for mistake in known)


Made = tuple[tuple[Mistake, str, Any], ...]


def mistakes_in(exchange: Exchange, dialect: Dialect) -> Made:
    """Every mistake that the request of an exchange makes; looked for once."""
    return exchange.facts.once("mistakes", _made_in, exchange, dialect)


def _made_in(exchange: Exchange, dialect: Dialect) -> Made:
    return tuple(mistakes_of(dialect, exchange.operation, exchange.request.body))


def examples(dialect: Dialect) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """For each mistake that the dialect knows, and each oddity: its name, the operation, the members."""
    for mistake in known_mistakes(dialect):
        yield mistake.name, mistake.operations[0], dict(mistake.example)
    for name, oddity in ODDITIES.items():
        if oddity.holds_in(dialect):
            yield name, dialect.create_operation, dict(oddity.members)
