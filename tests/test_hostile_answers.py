"""Whatever a server answers and a recording asks, no rule of ours breaks."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon_conformance.exchange import Episode
from antiphon_conformance.judge import judge
from antiphon_conformance.outcome import Outcome
from antiphon_spec.dialect import load, names
from inprocess import episodes

SCENARIOS = ("chosen_tools", "echoes", "reasoning", "sampling", "structured_output", "tool_loop")
HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 0, 5, 1e300, 10**400, "", "x", "\ud800", [], {}, [[]], [None], [5], {"type": []}]),
)


@cache
def told(dialect: str) -> tuple[Episode, ...]:
    return tuple(episodes(dialect, SCENARIOS))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, one in inner for found in places(one, (*path, name)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    value[path[0]] = put(value[path[0]], path[1:], new)
    return value


def spoilt(value: Any, data: st.DataObject) -> Any:
    """A copy of a JSON value with something hostile in up to two places."""
    value = deepcopy(value)
    for _ in range(data.draw(st.integers(0, 2))):
        value = put(value, data.draw(st.sampled_from(places(value))), deepcopy(data.draw(HOSTILE)))
    return value


@pytest.mark.parametrize("dialect", names())
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_rule_breaks(dialect: str, data: st.DataObject) -> None:
    episode = data.draw(st.sampled_from(told(dialect)))
    name = data.draw(st.sampled_from(sorted(episode.exchanges)))
    right = episode.exchanges[name]
    assert right.reply is not None
    request = replace(right.request, body=spoilt(right.request.body, data))
    reply = replace(right.reply, body=spoilt(right.reply.body, data))
    wrong = replace(right, request=request, reply=reply)
    heard = judge([replace(episode, exchanges={**episode.exchanges, name: wrong})], load(dialect))
    assert not [f"{record.rule}: {record.note}" for record in heard if record.outcome is Outcome.BROKEN]
