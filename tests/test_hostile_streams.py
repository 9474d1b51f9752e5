"""No stream makes a rule raise: hostile values in every member, at every place."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load, names
from inprocess import chats, documents, streams, with_documents

DIALECTS = names()
HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 0, 1, 7, 1e300, 10**400, "", "x", "\ud800", [], {}, [[]], [None], {"type": []}]),
    st.just({"type": {"type": "message"}, "id": 3, "content": "x", "status": []}),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, child in inner for place in _places(child, (*path, name)))]


def _put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    value[path[0]] = _put(value[path[0]], path[1:], new)
    return value


def _corrupt(events: list[Any], data: st.DataObject) -> list[Any]:
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(events) - 1))
        places = _places(events[index])
        events[index] = _put(events[index], data.draw(st.sampled_from(places)), deepcopy(data.draw(HOSTILE)))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(events))] * 2)))
    return events if data.draw(st.booleans()) else events[:start] + events[stop:]


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_rule_breaks_on_hostile_events(dialect: str, data: st.DataObject) -> None:
    exchange = data.draw(st.sampled_from(streams(dialect)))
    stream = exchange.answer.stream
    assert stream is not None
    events = _corrupt([json.loads(event.frame.data) for event in stream.events], data)
    raw = "".join(f"event: x\ndata: {json.dumps(event)}\n\n" for event in events).encode()
    variant = replace(exchange, reply=read_reply(200, exchange.answer.headers, raw))
    assert broken(variant, dialect) == []


def broken(exchange: Exchange, dialect: str) -> list[str]:
    """The rules that raise."""
    return [
        f"{record.rule}: {record.note}"
        for record in lint([exchange], load(dialect))
        if record.outcome is Outcome.BROKEN
    ]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_rule_breaks_on_a_hostile_chat(data: st.DataObject) -> None:
    exchange = data.draw(st.sampled_from(chats("openai")))
    assert broken(with_documents(exchange, _corrupt(documents(exchange), data)), "openai") == []
