"""Streams made by walking the table never breach it; the same streams, wrong in one place, always do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from antiphon_spec import dialect
from antiphon_spec.data import DataError
from antiphon_spec.stream import Grammar, load_grammar
from grammar_walks import Event, breaches, streams, without

GRAMMARS = {name: dialect.load(name).grammar for name in dialect.names()}
UNPUBLISHED = {
    "keepalive",
    "response.apply_patch_call_operation_diff.delta",
    "response.apply_patch_call_operation_diff.done",
    "response.compaction.compacting",
}
"""Events of genuine OpenAI traffic and the newest SDK that the published document lacks."""
each_dialect = pytest.mark.parametrize("name", GRAMMARS)
limits = settings(max_examples=150, deadline=None)


@each_dialect
@limits
@given(data=st.data())
def test_no_walk_breaches_the_table(name: str, data: st.DataObject) -> None:
    events = data.draw(streams(GRAMMARS[name]))
    assert breaches(GRAMMARS[name], events) == []


@each_dialect
@limits
@given(data=st.data())
def test_every_suffix_of_a_walk_is_a_resumed_stream(name: str, data: st.DataObject) -> None:
    events = data.draw(streams(GRAMMARS[name]))
    start = data.draw(st.integers(0, len(events) - 1))
    assert breaches(GRAMMARS[name], events[start:], is_resumption=True) == []


@each_dialect
@limits
@given(data=st.data())
def test_every_proper_prefix_of_a_walk_is_unfinished(name: str, data: st.DataObject) -> None:
    events = data.draw(streams(GRAMMARS[name]))
    stop = next(index for index, event in enumerate(events) if _rests(GRAMMARS[name], event))
    assert breaches(GRAMMARS[name], events[:stop]) == ["unfinished"]


@each_dialect
@limits
@given(data=st.data())
def test_a_missing_opening_or_closing_event_is_a_breach(name: str, data: st.DataObject) -> None:
    grammar = GRAMMARS[name]
    events = data.draw(streams(grammar, calm=True))
    frames = [index for index, event in enumerate(events) if _frames(grammar, event)]
    missing = data.draw(st.sampled_from(frames))
    assert breaches(grammar, events[:missing] + events[missing + 1 :]) != []


@each_dialect
@limits
@given(data=st.data())
def test_an_event_repeated_at_the_end_is_a_breach(name: str, data: st.DataObject) -> None:
    events = data.draw(streams(GRAMMARS[name]))
    repeat = data.draw(
        st.sampled_from(
            [candidate for candidate in events if not _may_follow(GRAMMARS[name], events, candidate)]
        )
    )
    assert breaches(GRAMMARS[name], [*events, repeat]) != []


@each_dialect
@limits
@given(data=st.data())
def test_a_repeated_opening_event_is_a_breach(name: str, data: st.DataObject) -> None:
    grammar = GRAMMARS[name]
    events = data.draw(streams(grammar))
    openings = [index for index, event in enumerate(events) if _opens(grammar, event)]
    index = data.draw(st.sampled_from(openings))
    assert "repeated" in breaches(grammar, [*events[: index + 1], events[index], *events[index + 1 :]])


@each_dialect
@limits
@given(data=st.data())
def test_a_lost_index_is_a_breach(name: str, data: st.DataObject) -> None:
    grammar = GRAMMARS[name]
    events = data.draw(streams(grammar, calm=True))
    assume(any(_identity(grammar, event) for event in events))
    index = data.draw(st.sampled_from([n for n, event in enumerate(events) if _identity(grammar, event)]))
    mutation = without(events[index], data.draw(st.sampled_from(_identity(grammar, events[index]))))
    assert "missing-identity" in breaches(grammar, [*events[:index], mutation, *events[index + 1 :]])


@each_dialect
def test_an_unknown_event_without_a_prefix_is_a_breach_where_the_dialect_rejects_it(name: str) -> None:
    machine = GRAMMARS[name].machine()
    expected = ["unknown-event"] if GRAMMARS[name].rejects_unknown else []
    assert [breach.kind for breach in machine.feed({"type": "response.sang"})] == expected
    assert machine.feed({"type": "acme:sang"}) == []


def test_a_message_says_where_expected_and_got() -> None:
    machine = GRAMMARS["openai"].machine()
    machine.feed({"type": "response.created", "response": {}})
    machine.feed({"type": "response.in_progress", "response": {}})
    delta = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi"}
    (breach,) = machine.feed(delta)
    assert breach.message == "item[0]/part[0] is start: expected response.content_part.added"


def test_a_part_belongs_to_a_message_only() -> None:
    machine = GRAMMARS["openai"].machine()
    call = {"type": "function_call", "id": "fc_1", "status": "in_progress"}
    for event in (
        {"type": "response.created", "response": {}},
        {"type": "response.in_progress", "response": {}},
        {"type": "response.output_item.added", "output_index": 0, "item": call},
    ):
        assert machine.feed(event) == []
    part = {"type": "response.content_part.added", "output_index": 0, "content_index": 0, "part": {}}
    assert [(breach.kind, breach.lane, breach.actual) for breach in machine.feed(part)] == [
        ("wrong-type", "part", "function_call")
    ]


@pytest.mark.parametrize("hostile", [{}, {"type": None}, {"type": []}, {"type": {"a": 1}}, {"type": 7}])
def test_events_without_a_type_are_breaches_not_crashes(hostile: dict[str, Any]) -> None:
    assert [breach.kind for breach in GRAMMARS["openai"].machine().feed(hostile)] == ["unknown-event"]


@pytest.mark.parametrize("index", [None, "0", -1, 1.5, True, [], {}])
def test_an_index_is_a_natural_number(index: Any) -> None:
    event = {"type": "response.output_item.added", "output_index": index, "item": {}}
    assert [breach.kind for breach in GRAMMARS["openai"].machine(resumed=True).feed(event)] == [
        "missing-identity"
    ]


def test_a_child_dialect_changes_one_key_of_a_lane_and_removes_another(tmp_path: Path) -> None:
    (tmp_path / "stream.yaml").write_text(
        "unknown: ignored\nlanes:\n  annotation: null\n  item: {title: thing}\n", encoding="utf-8"
    )
    grammar = load_grammar([*_folders("openai"), tmp_path])
    assert "annotation" not in grammar.lanes
    assert grammar.lanes["item"].title == "thing"
    assert grammar.lanes["item"].place == "output"
    assert grammar.machine().feed({"type": "response.sang"}) == []


@pytest.mark.parametrize(
    ("lane", "message"),
    [
        ("{identity: [], states: {a: {e: b}}}", "a state of this lane"),
        ("{identity: [], states: {a: {e: b}, b: {e: a}}}", "to lead to one state"),
        ("{identity: [], states: {a: {}}, within: nowhere}", "the name of a lane"),
        ("{identity: [], states: {a: {}}, within: item}", "identity that starts with"),
        ("{identity: [], states: {a: {}}, emits: [e]}", "events of this lane"),
        ("{identity: [], states: {a: {}}, open: [b]}", "states of this lane"),
        ("{identity: [], states: {a: {}}, during: [b]}", "states of the enclosing lane"),
        ("{identity: []}", "states and an identity"),
        ("{identity: 3}", "stream.schema.yaml allows"),
    ],
)
def test_a_malformed_table_says_where(tmp_path: Path, lane: str, message: str) -> None:
    (tmp_path / "stream.yaml").write_text(f"unknown: refused\nlanes:\n  odd: {lane}\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_grammar([*_folders("openai"), tmp_path])


@each_dialect
def test_each_lane_can_be_drawn(name: str) -> None:
    for lane in GRAMMARS[name].lanes.values():
        drawing = GRAMMARS[name].mermaid(lane.name)
        assert drawing.startswith("stateDiagram-v2")
        assert all(event in drawing for event in lane.targets)


def test_the_table_has_the_events_of_the_documents() -> None:
    for name, count in {"openresponses": 24, "cloudglue": 9}.items():
        assert len(GRAMMARS[name].events) == count
        assert set(GRAMMARS[name].events) == dialect.load(name).schemas.event_types
    catalogue = dialect.load("openai").schemas.event_types
    assert catalogue <= set(GRAMMARS["openai"].events)
    assert set(GRAMMARS["openai"].events) - catalogue <= UNPUBLISHED


def _folders(name: str) -> list[Path]:
    return list(reversed(dialect.load(name).folders))


def _frames(grammar: Grammar, event: Event) -> bool:
    """Whether an event opens or closes an object that has both an opening and a closing event."""
    lane = grammar.events[event["type"]].lane
    return bool(lane.holds) and lane.opening != lane.closing and event["type"] in lane.opening | lane.closing


def _opens(grammar: Grammar, event: Event) -> bool:
    lane = grammar.events[event["type"]].lane
    return bool(lane.holds) and event["type"] in lane.opening


def _identity(grammar: Grammar, event: Event) -> tuple[str, ...]:
    return grammar.events[event["type"]].lane.identity


def _rests(grammar: Grammar, event: Event) -> bool:
    """Whether an event brings the whole stream to a state in which it may end."""
    move = grammar.events[event["type"]]
    return move.lane is grammar.root and move.target in move.lane.final


def _may_follow(grammar: Grammar, events: list[Event], event: Event) -> bool:
    """Whether the whole stream rests in a state in which this event may still come: another error."""
    last = grammar.events[events[-1]["type"]]
    return last.lane is grammar.root and event["type"] in last.lane.states[last.target]
