"""Timelines: the events of a response, and its state at every step, are views of one thing."""

from __future__ import annotations

from typing import Any

import pytest

from model_requests import DIALECTS, RESPONSES, WEATHER, respond, timeline
from test_compose import REQUESTS

each_dialect = pytest.mark.parametrize("name", RESPONSES)
each_kind = pytest.mark.parametrize("kind", REQUESTS)


@each_dialect
@each_kind
@pytest.mark.parametrize("background", [False, True])
def test_the_events_obey_the_grammar_and_the_schemas(name: str, kind: str, background: bool) -> None:
    final = respond(**REQUESTS[kind], name=name, background=background)
    machine = DIALECTS[name].grammar.machine()
    for event in timeline(final, name, obfuscation=True).events:
        assert machine.feed(event) == []
        validator = DIALECTS[name].schemas.event(event["type"])
        assert validator is not None
        assert validator.faults(event) == []
    assert machine.end() == []


@each_dialect
@each_kind
def test_the_last_event_has_the_whole_response(name: str, kind: str) -> None:
    final = respond(**REQUESTS[kind], name=name)
    last = timeline(final, name).events[-1]
    assert last["response"] == final
    assert last["type"] == f"response.{final['status']}"


@each_dialect
@each_kind
def test_the_joined_deltas_are_the_final_items(name: str, kind: str) -> None:
    """Folded by hand: an added item plus its deltas is the done item."""
    final = respond(**REQUESTS[kind], name=name)
    events = timeline(final, name).events
    assert [event["item"] for event in events if event["type"] == "response.output_item.done"] == final[
        "output"
    ]
    for index, item in enumerate(final["output"]):
        text = "".join(e["delta"] for e in events if e.get("output_index") == index and "delta" in e)
        assert text == "".join(streamed_texts(item))


def streamed_texts(item: dict[str, Any]) -> list[str]:
    """All texts of an item that are streamed, in order."""
    parts = [*item.get("content", []), *item.get("summary", [])]
    return [item.get("arguments", ""), *(part.get("text", part.get("refusal", "")) for part in parts)]


@each_dialect
@each_kind
def test_an_item_is_added_empty(name: str, kind: str) -> None:
    final = respond(**REQUESTS[kind], name=name)
    for event in timeline(final, name).events:
        if event["type"] == "response.output_item.added":
            item = final["output"][event["output_index"]]
            assert event["item"].keys() == item.keys()
            assert event["item"].get("status", "in_progress") == "in_progress"
            assert event["item"].get("content", []) == event["item"].get("summary", []) == []
            assert event["item"].get("arguments", "") == ""


def test_numbers_start_at_0_and_leave_no_gap() -> None:
    events = timeline(respond("Count from 1 to 9.")).events
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


@each_dialect
def test_the_events_of_a_text_come_in_this_order(name: str) -> None:
    types = [
        event["type"].removeprefix("response.")
        for event in timeline(respond("Say hello.", name), name).events
    ]
    assert types == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


def test_raw_reasoning_has_another_name_and_a_part_in_open_responses() -> None:
    final = respond("Think.", "openresponses", reasoning={"effort": "low"})
    types = dict.fromkeys(
        e["type"] for e in timeline(final, "openresponses").events if e.get("output_index") == 0
    )
    assert list(types) == [
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning.delta",
        "response.reasoning.done",
        "response.content_part.done",
        "response.output_item.done",
    ]


def test_a_background_response_waits_first() -> None:
    line = timeline(respond("Hi", background=True))
    assert [event["type"] for event in line.events[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert [event["response"]["status"] for event in line.events[:3]] == ["queued", "queued", "in_progress"]


def test_polling_shows_the_states_in_order() -> None:
    line = timeline(respond("Hi", background=True))
    assert [line.at(step)["status"] for step in line.milestones] == ["queued", "in_progress", "completed"]


def test_a_response_in_the_foreground_is_never_queued() -> None:
    line = timeline(respond("Hi"))
    assert {line.at(step)["status"] for step in range(line.steps + 1)} == {"in_progress", "completed"}


@each_dialect
@each_kind
def test_the_response_is_valid_at_every_step_and_wherever_it_is_cut(name: str, kind: str) -> None:
    line = timeline(respond(**REQUESTS[kind], name=name, background=True), name)
    validator = DIALECTS[name].schemas.body("createResponse")
    assert validator is not None
    for step in range(0, line.steps + 1, 3):
        assert validator.faults(line.at(step)) == []
        assert validator.faults(line.cut(step).final) == []


def test_before_its_end_a_response_has_no_usage_and_only_finished_items() -> None:
    line = timeline(respond("Weather in Paris and Rome?", tools=[WEATHER], background=True))
    for step in range(line.steps):
        now = line.at(step)
        assert (now["usage"], now["completed_at"], now["error"]) == (None, None, None)
        assert now["output"] == line.final["output"][: len(now["output"])]
    assert len(line.at(line.steps - 1)["output"]) == 2


def test_a_cancelled_response_keeps_what_was_finished() -> None:
    line = timeline(respond("Weather in Paris and Rome?", tools=[WEATHER], background=True))
    cut = line.cut(line.steps - 3).final
    assert (cut["status"], len(cut["output"]), cut["completed_at"]) == ("cancelled", 1, None)


def test_a_finished_response_cannot_be_cut() -> None:
    line = timeline(respond("Hi", background=True))
    assert line.cut(line.steps).final == line.at(line.steps) == line.final


@pytest.mark.parametrize("sequence", [-1, 0, 5, 99])
def test_the_tail_follows_the_number(sequence: int) -> None:
    line = timeline(respond("Count from 1 to 9.", background=True))
    assert line.after(sequence) == [e for e in line.events if e["sequence_number"] > sequence]


def test_padding_hides_the_length_of_a_piece() -> None:
    final = respond("Count from 1 to 12.")
    deltas = [e for e in timeline(final, obfuscation=True).events if "delta" in e]
    assert {(len(e["delta"]) + len(e["obfuscation"])) % 16 for e in deltas} == {0}
    assert not any("obfuscation" in event for event in timeline(final).events)


def test_refusals_are_never_padded() -> None:
    events = timeline(respond("Please refuse."), obfuscation=True).events
    assert [e["type"] for e in events if "obfuscation" in e] == []


def test_each_delta_has_the_log_probability_of_its_token() -> None:
    final = respond("Say hello.", include=["message.output_text.logprobs"], top_logprobs=2)
    deltas = [event for event in timeline(final).events if "delta" in event]
    assert [entry["token"] for event in deltas for entry in event["logprobs"]] == [e["delta"] for e in deltas]
    (last,) = (event for event in timeline(final).events if event["type"] == "response.output_text.done")
    assert last["logprobs"] == [entry for event in deltas for entry in event["logprobs"]]


def test_a_response_always_has_the_same_events() -> None:
    final = respond("Tell me a long story.")
    first, second = (list(timeline(final, obfuscation=True).events) for _ in range(2))
    assert first == second


def test_an_empty_text_has_no_pieces() -> None:
    final = respond("Say hello.")
    final["output"][0]["content"][0]["text"] = ""
    assert "response.output_text.delta" not in [event["type"] for event in timeline(final).events]


@pytest.mark.parametrize("name", ["openai", "openresponses"])
def test_an_annotation_comes_when_the_text_that_it_marks_has_come(name: str) -> None:
    """Genuine streams have it between deltas; one without a place in the text comes after the last delta."""
    final = respond("Count from 1 to 9.", name=name)
    part = final["output"][0]["content"][0]
    ends = (3, 3, 13, 10_000, None)
    part["annotations"] = [{"type": "url_citation", "end_index": end} for end in ends[:-1]]
    part["annotations"].append({"type": "file_path"})
    length, seen = 0, []
    for event in timeline(final, name).events:
        if event["type"] == "response.output_text.delta":
            length += len(event["delta"])
        elif "annotation" in event:
            seen.append((event["annotation_index"], length))
    whole = len(part["text"])
    assert [index for index, _ in seen] == [0, 1, 2, 3, 4]
    assert [place for _, place in seen][2:] == [13, whole, whole]
    assert 3 <= seen[0][1] == seen[1][1] < 6
