"""The stream of every plan obeys the grammar and has the whole plan; Hypothesis makes the plans."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon_mockserver.response.plan import Plan
from model_requests import DIALECTS, RESPONSES, respond, timeline

Item = dict[str, Any]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
annotations = st.lists(
    st.builds(
        lambda title: {
            "type": "url_citation",
            "url": "https://example.com",
            "title": title,
            "start_index": 0,
            "end_index": 0,
        },
        texts,
    ),
    max_size=3,
)
text_parts = st.builds(
    lambda text, annotations: {
        "type": "output_text",
        "annotations": annotations,
        "logprobs": [],
        "text": text,
    },
    texts,
    annotations,
)
refusals = st.builds(lambda text: {"type": "refusal", "refusal": text}, texts)
cited_parts = st.builds(
    lambda text, contexts: {
        "type": "output_text",
        "annotations": [
            {"type": "cloudglue_citation", "file_id": "f", "start_time": 0, "context": text}
            for text in contexts
        ],
        "text": text,
    },
    texts,
    st.lists(texts, max_size=3),
)


def message(parts: list[Item]) -> Item:
    return {"type": "message", "content": parts, "role": "assistant"}


messages = st.lists(st.one_of(text_parts, refusals), max_size=3).map(message)
summaries = st.lists(texts.map(lambda text: {"type": "summary_text", "text": text}), max_size=3)
thoughts = st.lists(texts.map(lambda text: {"type": "reasoning_text", "text": text}), max_size=2)
reasonings = st.builds(
    lambda content, summary: {"type": "reasoning", "content": content, "summary": summary},
    thoughts,
    summaries,
)
functions = texts.map(lambda text: {"type": "function_call", "arguments": text, "call_id": None, "name": "f"})
customs = texts.map(lambda text: {"type": "custom_tool_call", "input": text, "call_id": None, "name": "f"})
shells = st.lists(texts, max_size=3).map(
    lambda commands: {
        "type": "shell_call",
        "action": {"commands": commands, "timeout_ms": None, "max_output_length": None},
        "call_id": None,
        "environment": None,
    }
)
programs = texts.map(
    lambda text: {"type": "code_interpreter_call", "code": text, "container_id": "c", "outputs": None}
)
searches = texts.map(lambda text: {"type": "web_search_call", "action": {"type": "search", "query": text}})

COMMON = (messages, reasonings, functions)
ITEMS = {
    "openresponses": st.one_of(COMMON),
    "openai": st.one_of(*COMMON, customs, shells, programs, searches),
}
ENDINGS = st.sampled_from(
    [
        {"status": "completed"},
        {"status": "incomplete", "reason": "max_output_tokens"},
        {"status": "failed", "error": {"code": "server_error", "message": "No."}},
    ]
)


@pytest.mark.parametrize("name", RESPONSES)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_plan_is_streamed_in_order_and_in_full(name: str, data: st.DataObject) -> None:
    items = data.draw(st.lists(ITEMS[name], max_size=4))
    plan = Plan(tuple(items), **data.draw(ENDINGS))
    final = respond("Hi", name, plan, background=data.draw(st.booleans()))
    events = timeline(final, name, obfuscation=data.draw(st.booleans())).events
    machine = DIALECTS[name].grammar.machine()
    assert [breach for event in events for breach in machine.feed(event)] == []
    assert machine.end() == []
    assert events[-1]["response"] == final
    for index, item in enumerate(final["output"]):
        item_events = [event for event in events if event.get("output_index") == index]
        assert item_events[-1]["item"] == item
        assert sorted(join(item_events)) == sorted(filter(None, texts_of(item)))
        notes = [event["annotation"] for event in item_events if "annotation" in event]
        assert notes == [note for part in item.get("content", []) for note in part.get("annotations", [])]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(st.lists(cited_parts, max_size=3).map(message), functions), max_size=4), st.booleans()
)
def test_every_library_answer_is_streamed_in_order_and_in_full(items: list[Item], background: bool) -> None:
    final = respond("Hi", "cloudglue", Plan(tuple(items)), background=background)
    events = timeline(final, "cloudglue").events
    assert invalid_requests(events) == []
    assert events[-1] == {"type": "response.completed", "response": final}
    assert [*map(texts_of, final["output"])] == [*map(texts_of, items)]
    for index, item in enumerate(final["output"]):
        item_events = [event for event in events if event.get("output_index") == index]
        assert item_events[-1] == {"type": "response.output_item.done", "output_index": index, "item": item}
        texts_of_item = texts_of(item) if item["type"] == "message" else []
        assert sorted(join(item_events)) == sorted(filter(None, texts_of_item))


@pytest.mark.parametrize("background", [False, True])
def test_a_library_failure_is_one_error_event_at_the_end(background: bool) -> None:
    failure = {"code": "server_error", "message": "The shelf fell over."}
    plan = Plan((message([]),), "failed", error=failure)
    events = timeline(respond("Hi", "cloudglue", plan, background=background), "cloudglue").events
    assert invalid_requests(events) == []
    assert events[-1] == {"type": "error", "error": {**failure, "type": "server_error"}}
    assert [event["type"] for event in events].count("response.completed") == 0


def invalid_requests(events: Sequence[Item]) -> list[str]:
    """Breaches of the grammar and faults of the schemas in a stream of a library."""
    machine = DIALECTS["cloudglue"].grammar.machine()
    breaches = [breach.message for event in events for breach in machine.feed(event)]
    return [
        *breaches,
        *(breach.message for breach in machine.end()),
        *chain.from_iterable(map(faults, events)),
    ]


def faults(event: Item) -> list[str]:
    """The faults of an event by its schema."""
    validator = DIALECTS["cloudglue"].schemas.event(event["type"])
    assert validator is not None
    return [fault.message for fault in validator.faults(event)]


def join(events: list[Item]) -> list[str]:
    """The pieces of each text of an item put together."""
    texts: dict[tuple[Any, ...], str] = {}
    for event in events:
        if "delta" in event:
            members = ("type", "content_index", "summary_index", "command_index")
            key = tuple(event.get(member) for member in members)
            texts[key] = texts.get(key, "") + event["delta"]
    return list(texts.values())


def texts_of(item: Item) -> list[str]:
    """All texts of an item that are streamed."""
    parts = [*item.get("content", []), *item.get("summary", [])]
    alone = [item[name] for name in ("arguments", "input", "code") if name in item]
    commands = item.get("action", {}).get("commands", [])
    return [*alone, *commands, *(part.get("text", part.get("refusal", "")) for part in parts)]
