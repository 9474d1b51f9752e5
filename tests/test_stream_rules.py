"""Every event of a stream matters: without it, or with it twice, some rule fails."""

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
OPTIONAL = {"response.output_text.annotation.added", "response.in_progress"}
"""Events that no norm demands: an annotation may be in its part without an event of its own, and a response
may go from created to its items."""
Event = dict[str, Any]
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def _events(exchange: Exchange) -> list[Event]:
    stream = exchange.answer.stream
    return [dict(event.data) for event in stream.events] if stream is not None else []


def _find_rules(exchange: Exchange, events: Sequence[Event], dialect: str) -> set[str]:
    """The rules that report these events, after new numbering."""
    sequence = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    frames = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in sequence)
    raw = "".join(frames).encode()
    raw += b"data: [DONE]\n\n" if dialect == "openresponses" else b""
    variant = replace(exchange, reply=read_reply(200, exchange.answer.headers, raw))
    spec = load(dialect)
    rules = {
        name: rule for name, rule in rules_for(spec).items() if name.startswith(("stream-", "lifecycle."))
    }
    return {record.rule for record in lint([variant], spec, rules) if record.outcome is not Outcome.PASSED}


SELDOM_RECORDED = ("hosted_tools/", "mcp_server/", "websocket_steering/", "websocket_warm_up/")
"""Scenarios whose streams few recordings show, or none."""


def _each(dialect: str) -> Iterator[tuple[Exchange, list[Event], int]]:
    """Every event of every stream; of several equal types in a row only the first."""
    for exchange in streams(dialect):
        events = _events(exchange)
        if any(event["type"] == "error" for event in events):
            continue  # A failure may come at any time and in several shapes.
        if dialect in ("openai", "azure") and exchange.id.startswith(SELDOM_RECORDED):
            continue  # Few recordings show such streams, so that no rule demands all their events.
        for index, event in enumerate(events):
            if index == 0 or events[index - 1]["type"] != event["type"]:
                yield exchange, events, index


@each_dialect
def test_genuine_streams_fail_no_rule(dialect: str) -> None:
    assert [_find_rules(exchange, _events(exchange), dialect) for exchange in streams(dialect)] == [
        set() for _ in streams(dialect)
    ]


@each_dialect
def test_a_lost_event_fails_a_rule(dialect: str) -> None:
    silent_cases = [
        f"{exchange.id}: {events[index]['type']}"
        for exchange, events, index in _each(dialect)
        if events[index]["type"] not in OPTIONAL
        and not _find_rules(exchange, events[:index] + events[index + 1 :], dialect)
    ]
    assert silent_cases == []


@each_dialect
def test_a_repeated_event_fails_a_rule(dialect: str) -> None:
    silent_cases = [
        f"{exchange.id}: {events[index]['type']}"
        for exchange, events, index in _each(dialect)
        if not _find_rules(exchange, [*events[: index + 1], *events[index:]], dialect)
    ]
    assert silent_cases == []


@each_dialect
def test_an_event_moved_to_the_end_fails_a_rule(dialect: str) -> None:
    silent_cases = [
        f"{exchange.id}: {events[index]['type']}"
        for exchange, events, index in _each(dialect)
        if index < len(events) - 1
        and not _find_rules(exchange, [*events[:index], *events[index + 1 :], events[index]], dialect)
    ]
    assert silent_cases == []


@each_dialect
def test_every_breach_of_the_table_fails_a_rule(dialect: str) -> None:
    """Every moved event that breaches the table fails a rule."""
    grammar = load(dialect).grammar
    for exchange, events, index in _each(dialect):
        for place in (index + 1, index + 2, 2, len(events) - 2):
            order = [*events[:index], *events[index + 1 :]]
            order.insert(place, events[index])
            machine = grammar.machine()
            breaches = [breach for event in order for breach in machine.feed(event)]
            assert not breaches or _find_rules(exchange, order, dialect), breaches
