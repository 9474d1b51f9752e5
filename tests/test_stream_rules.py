"""Every event of a stream matters: without it, or with it twice, some rule turns red."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load
from inprocess import streams

DIALECTS = ("cloudglue", "openai", "openresponses")
OPTIONAL = {"response.output_text.annotation.added"}
"""No norm says that every annotation is announced before it stands in its part."""
Event = dict[str, Any]
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def _events(exchange: Exchange) -> list[Event]:
    stream = exchange.answer.stream
    return [dict(event.data) for event in stream.events] if stream is not None else []


def _red(exchange: Exchange, events: Sequence[Event], dialect: str) -> set[str]:
    """The rules that these events turn red, numbered anew and framed as before."""
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    framed = (f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in numbered)
    raw = "".join(framed).encode()
    raw += b"data: [DONE]\n\n" if dialect == "openresponses" else b""
    spoilt = replace(exchange, reply=read_reply(200, exchange.answer.headers, raw))
    known = load(dialect)
    rules = {
        name: rule for name, rule in rules_for(known).items() if name.startswith(("stream-", "lifecycle."))
    }
    return {record.rule for record in lint([spoilt], known, rules) if record.outcome is not Outcome.PASSED}


def _each(dialect: str) -> Iterator[tuple[Exchange, list[Event], int]]:
    """Every event of every stream, but one of each type in a row: two deltas are as good as one."""
    for exchange in streams(dialect):
        events = _events(exchange)
        if any(event["type"] == "error" for event in events):
            continue  # A failure may come at any time, and may be told in more than one way.
        for index, event in enumerate(events):
            if index == 0 or events[index - 1]["type"] != event["type"]:
                yield exchange, events, index


@each_dialect
def test_streams_as_they_are_turn_nothing_red(dialect: str) -> None:
    assert [_red(exchange, _events(exchange), dialect) for exchange in streams(dialect)] == [
        set() for _ in streams(dialect)
    ]


@each_dialect
def test_a_lost_event_turns_a_rule_red(dialect: str) -> None:
    unnoticed = [
        f"{exchange.id}: {events[index]['type']}"
        for exchange, events, index in _each(dialect)
        if events[index]["type"] not in OPTIONAL
        and not _red(exchange, events[:index] + events[index + 1 :], dialect)
    ]
    assert unnoticed == []


@each_dialect
def test_an_event_said_twice_turns_a_rule_red(dialect: str) -> None:
    unnoticed = [
        f"{exchange.id}: {events[index]['type']}"
        for exchange, events, index in _each(dialect)
        if not _red(exchange, [*events[: index + 1], *events[index:]], dialect)
    ]
    assert unnoticed == []


@each_dialect
def test_an_event_that_comes_last_turns_a_rule_red(dialect: str) -> None:
    unnoticed = [
        f"{exchange.id}: {events[index]['type']}"
        for exchange, events, index in _each(dialect)
        if index < len(events) - 1
        and not _red(exchange, [*events[:index], *events[index + 1 :], events[index]], dialect)
    ]
    assert unnoticed == []


@each_dialect
def test_every_breach_of_the_table_has_a_rule(dialect: str) -> None:
    """Whatever way a stream is cut and patched: what breaches the table turns a rule red."""
    grammar = load(dialect).grammar
    for exchange, events, index in _each(dialect):
        for other in (index + 1, index + 2, 2, len(events) - 2):
            moved = [*events[:index], *events[index + 1 :]]
            moved.insert(other, events[index])
            machine = grammar.machine()
            found = [breach for event in moved for breach in machine.feed(event)]
            assert not found or _red(exchange, moved, dialect), found
