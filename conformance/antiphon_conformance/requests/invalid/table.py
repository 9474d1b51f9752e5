"""The table of wrong requests: where a request is wrong, which values are right, which requirement says so.

A rule for each row says that servers reject such a request; a scenario sends each example once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from antiphon_conformance.http.exchange import OWN_ID, Exchange
from antiphon_conformance.http.text import ABSENT
from antiphon_conformance.requests.invalid.chat import CHAT
from antiphon_conformance.requests.invalid.input import INPUT
from antiphon_conformance.requests.invalid.limits import LIMITS
from antiphon_conformance.requests.invalid.request import InvalidRequest
from antiphon_conformance.requests.invalid.tools import TOOLS
from antiphon_conformance.requests.own_ids import PREVIOUS
from antiphon_conformance.requests.paths import Tree
from antiphon_conformance.requests.unusual import ODDITIES
from antiphon_conformance.video_library.invalid_filters import FILTERS
from antiphon_conformance.video_library.invalid_requests import KNOWLEDGE
from antiphon_spec.dialect import Dialect

INVALID_REQUESTS: tuple[InvalidRequest, ...] = INPUT + CHAT + TOOLS + LIMITS + KNOWLEDGE + FILTERS


@cache
def known_mistakes(dialect: Dialect) -> tuple[InvalidRequest, ...]:
    """The mistakes that a requirement of this dialect forbids."""
    return tuple(invalid_request for invalid_request in INVALID_REQUESTS if invalid_request.holds_in(dialect))


def mistakes_of(
    dialect: Dialect, operation: str | None, body: Any
) -> Iterator[tuple[InvalidRequest, str, Any]]:
    """Every mistake in a request body under a dialect, with its place and the value there."""
    if not isinstance(body, dict):
        return
    rows, tree, omissions = _reading(dialect, operation)
    places = [
        *tree.matches(body),
        *((number, rows[number].path, body.get(rows[number].path, ABSENT)) for number in omissions),
    ]
    mistakes = [entry for entry in places if not rows[entry[0]].legal.allows(entry[2])]
    for number, place, value in sorted(mistakes, key=itemgetter(0)):  # in the order of the table
        yield rows[number], place, value


@cache
def _reading(dialect: Dialect, operation: str | None) -> tuple[Sequence[InvalidRequest], Tree, Sequence[int]]:
    """The mistakes that a request of an operation can make, their paths, and which are omissions."""
    rows = [
        invalid_request
        for invalid_request in known_mistakes(dialect)
        if operation in invalid_request.operations
    ]
    paths = {number: row.path for number, row in enumerate(rows) if not row.is_omission}
    return rows, Tree(paths), [number for number, row in enumerate(rows) if row.is_omission]


Occurrences = tuple[tuple[InvalidRequest, str, Any], ...]


def mistakes_in(exchange: Exchange, dialect: Dialect) -> Occurrences:
    """Every mistake in the request of an exchange; computed once."""
    return exchange.facts.once("mistakes", _find_mistakes, exchange, dialect)


def _find_mistakes(exchange: Exchange, dialect: Dialect) -> Occurrences:
    rows = mistakes_of(dialect, exchange.operation, exchange.request.body)
    if OWN_ID in exchange.traits:
        rows = (row for row in rows if row[0].path != PREVIOUS)
    return tuple(rows)


def examples(dialect: Dialect) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """For each mistake and each oddity that the dialect knows: its name, the operation, the members."""
    for invalid_request in known_mistakes(dialect):
        yield invalid_request.name, invalid_request.operations[0], dict(invalid_request.example)
    for name, oddity in ODDITIES.items():
        if oddity.holds_in(dialect):
            yield name, dialect.create_operation, dict(oddity.members)
