"""Streams whose texts, arguments and summaries are out of order, incomplete or misplaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.stream_edits import (
    ARGUMENTS,
    ENDS,
    INPUT,
    ITEM,
    PART,
    SUMMARY,
    SUMMARY_PART,
    TEXT,
    Event,
    Spoil,
    changing,
    in_items,
    inserting,
    leaving_out,
    of,
    of_the_item,
    place,
    renumber,
    repeating,
    setting,
    swapping,
)

SEAM = "events"
ADDED, DONE = f"{ITEM}.added", f"{ITEM}.done"
ANNOTATION = f"{TEXT}.annotation.added"
REFUSAL = "response.refusal"
RAW = ("response.reasoning", "response.reasoning_text")
SUMMARIES = tuple(f"{name}.{end}" for name, end in (
    (SUMMARY_PART, "added"), (SUMMARY_PART, "done"), (SUMMARY, "delta"), (SUMMARY, "done")))  # fmt: skip
RAW_DELTAS, RAW_DONES = tuple(f"{raw}.delta" for raw in RAW), tuple(f"{raw}.done" for raw in RAW)


def _growing(events: list[Event]) -> list[Event]:
    """Each delta of a text with those before it, and no event that ends the text."""
    text: dict[object, str] = {}
    for event in of(events, f"{TEXT}.delta"):
        place = event.get("output_index"), event.get("content_index")
        event["delta"] = text[place] = text.get(place, "") + event["delta"]
    return leaving_out(f"{TEXT}.done", f"{PART}.done")(events)


def _losing(*types: str) -> Spoil:
    """Loses every second event of these types, and at least the first."""

    def mutate(events: list[Event]) -> list[Event]:
        losses = [id(event) for event in of(events, *types)[::2]]
        return renumber([event for event in events if id(event) not in losses])

    return mutate


def _in_part(change: Callable[[Event], Any], *types: str) -> Spoil:
    return changing(*types, change=lambda event: change(event["part"]))


def _parts_of(item: Event, change: Callable[[Event], Any]) -> None:
    for part in item.get("content") or ():
        change(part)


def _in_parts_of_items(change: Callable[[Event], Any]) -> Spoil:
    return in_items("message", events_of=(DONE,), change=lambda item: _parts_of(item, change))


def _forget_refusals(event: Event) -> None:
    """Puts an empty text in the place of each refusal in a finished item or response."""
    empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    for item in event["response"]["output"] if "response" in event else [event["item"]]:
        if item["type"] == "message":
            item["content"] = [empty if part["type"] == "refusal" else part for part in item["content"]]


def _shift(name: str, *types: str) -> Spoil:
    return changing(*types, change=lambda event: event.update({name: event[name] + 1}))


def _first_delta_in_part(events: list[Event]) -> list[Event]:
    deltas = of(events, f"{TEXT}.delta")
    for event in of(events, f"{PART}.added") if deltas else ():
        event["part"]["text"] = deltas[0]["delta"]
    return events


def _late_delta(lane: str) -> Spoil:
    """Sends one more delta after the end of its lane."""

    def mutate(events: list[Event]) -> list[Event]:
        deltas, end = of(events, f"{lane}.delta"), place(events, f"{lane}.done")
        if not deltas or end is None:
            return events
        return renumber([*events[: end + 1], dict(deltas[0]), *events[end + 1 :]])

    return mutate


def _raw_without_end(events: list[Event], opening: Event) -> list[Event]:
    """Sends raw reasoning that never ends."""
    if any(event["type"] in RAW_DELTAS for event in events):
        return leaving_out(*RAW_DONES)(events)
    return inserting(_raw("response.reasoning_text.delta", opening, delta="Hm"), after=(ADDED,))(events)


def _raw_of_two_minds(events: list[Event], opening: Event) -> list[Event]:
    """Ends raw reasoning with a different text than its deltas."""
    if any(event["type"] in RAW_DONES for event in events):
        return setting(*RAW_DONES, text="Something else.")(events)
    cut = events.index(opening) + 1
    reasoning = [_raw("response.reasoning_text.delta", opening, delta="Hm"),
                 _raw("response.reasoning_text.done", opening, text="Ha")]  # fmt: skip
    return renumber([*events[:cut], *reasoning, *events[cut:]])


def _raw(event_type: str, opening: Event, **members: Any) -> Event:
    where = {"item_id": opening["item"]["id"], "output_index": opening["output_index"], "content_index": 0}
    return {"type": event_type, **where, **members}


def _without_wrapper(events: list[Event], opening: Event) -> list[Event]:
    """Leaves out the content parts around raw reasoning."""
    index = opening["output_index"]
    wraps = (f"{PART}.added", f"{PART}.done")
    return renumber([e for e in events if e["type"] not in wraps or e["output_index"] != index])


def _summary_elsewhere(item: Event) -> None:
    for part in item.get("summary") or ():
        part["text"] = f"{part['text']} indeed"


def _fewer_logprobs(event: Event) -> None:
    event["logprobs"] = (event.get("logprobs") or [])[1:]


def _spaced(item: Event) -> None:
    item["arguments"] = item["arguments"].replace(":", ": ") + " "


MUTANTS = (
    ("opens_no_parts", "Leaves `response.content_part.added` and `.done` out of text streams.",
     "stream-text.parts-are-opened-first", leaving_out(f"{PART}.added", f"{PART}.done")),
    ("closes_parts_it_never_opened", "Leaves out `response.content_part.added` but sends `.done`.",
     "stream-text.parts-are-opened-first", leaving_out(f"{PART}.added")),
    ("speaks_before_the_part", "Sends the first delta before it opens the part.",
     "stream-text.parts-are-opened-first", swapping(f"{PART}.added", f"{TEXT}.delta")),
    ("opens_parts_twice", "Sends each `response.content_part.added` twice.",
     "stream-text.parts-are-opened-once", repeating(f"{PART}.added")),
    ("leaves_parts_open", "Leaves out `response.content_part.done`.",
     "stream-text.parts-are-closed-once", leaving_out(f"{PART}.done")),
    ("closes_parts_twice", "Sends each `response.content_part.done` twice.",
     "stream-text.parts-are-closed-once", repeating(f"{PART}.done")),
    ("opens_refusals_for_texts", "Opens a refusal part and then streams a text into it.",
     "stream-text.texts-belong-to-text-parts",
     _in_part(lambda part: part.update(type="refusal", refusal=""), f"{PART}.added")),
    ("leaves_texts_open", "Leaves out `response.output_text.done`.",
     "stream-text.texts-are-done-once", leaving_out(f"{TEXT}.done")),
    ("goes_on_after_the_text", "Sends one more delta after `response.output_text.done`.",
     "stream-text.texts-are-done-once", _late_delta(TEXT)),
    ("ends_texts_after_their_parts", "Sends `response.output_text.done` after its part is closed.",
     "stream-text.texts-are-done-once", swapping(f"{TEXT}.done", f"{PART}.done")),
    ("opens_parts_with_text", "Puts the text of the first delta into the part that it opens as well.",
     "stream-text.parts-are-opened-empty", _first_delta_in_part),
    ("changes_the_type_of_parts", "Closes parts with a different type than it opened.",
     "stream-text.parts-keep-their-type",
     _in_part(lambda part: part.update(type="summary_text"), f"{PART}.done")),
    ("counts_parts_from_one", "Counts `content_index` from 1.",
     "stream-text.parts-are-counted-from-zero",
     _shift("content_index", f"{PART}.added", f"{PART}.done", f"{TEXT}.delta", f"{TEXT}.done")),
    ("ends_texts_elsewhere", "Sends `response.output_text.done` with a different `content_index`.",
     "stream-text.parts-are-opened-first", _shift("content_index", f"{TEXT}.done")),
    ("loses_deltas", "Drops every second delta of a text.",
     "stream-text.deltas-add-up-to-the-text", _losing(f"{TEXT}.delta")),
    ("sends_texts_whole", "Sends the text in `response.output_text.done`, without deltas.",
     "stream-text.deltas-add-up-to-the-text", leaving_out(f"{TEXT}.delta")),
    ("repeats_the_text_so_far", "Repeats in each delta what came before, and never ends the text.",
     "stream-text.texts-are-in-their-item", _growing),
    ("adds_padding_to_texts", "Adds padding to the text of the deltas.",
     "stream-text.deltas-add-up-to-the-text",
     changing(f"{TEXT}.delta", change=lambda event: event.update(delta=event["delta"] + "x7Kq"))),
    ("finishes_with_another_text", "Closes parts with a different text than it streamed.",
     "stream-text.texts-are-in-their-item",
     _in_part(lambda part: part.update(text=f"{part.get('text', '')}!"), f"{PART}.done")),
    ("trims_finished_items", "Removes the last character from the text of finished items.",
     "stream-text.texts-are-in-their-item",
     _in_parts_of_items(lambda part: part.update(text=part.get("text", "")[:-1]))),
    ("finishes_with_other_parts", "Adds annotations to finished items that their parts did not have.",
     "stream-text.parts-are-in-their-item",
     _in_parts_of_items(lambda part: part.update(annotations=[{"type": "url_citation"}]))),
    ("loses_log_probabilities", "Ends texts with fewer log probabilities than their deltas had.",
     "stream-text.delta-logprobs-add-up-to-the-logprobs",
     changing(f"{TEXT}.done", change=_fewer_logprobs)),
    ("leaves_refusals_open", "Leaves out `response.refusal.done`.",
     "stream-text.refusals-come-in-order", leaving_out(f"{REFUSAL}.done")),
    ("loses_half_a_refusal", "Drops every second delta of a refusal.",
     "stream-text.refusal-deltas-add-up-to-the-refusal", _losing(f"{REFUSAL}.delta")),
    ("forgets_the_refusal", "Streams a refusal, and finishes its message with an empty text.",
     "stream-text.a-streamed-refusal-is-in-the-final-response",
     changing(DONE, *ENDS, change=_forget_refusals)),
    ("annotates_closed_parts", "Announces annotations after their part is closed.",
     "stream-text.annotations-come-inside-their-part", swapping(ANNOTATION, f"{PART}.done")),
    ("counts_annotations_from_one", "Counts `annotation_index` from 1.",
     "stream-text.annotations-are-counted-from-zero", _shift("annotation_index", ANNOTATION)),
    ("forgets_annotations", "Closes parts without the annotations that it announced.",
     "stream-text.annotations-are-in-their-part",
     _in_part(lambda part: part.update(annotations=[]), f"{PART}.done")),
    ("leaves_arguments_open", "Leaves out `response.function_call_arguments.done`.",
     "stream-calls.arguments-come-in-order", leaving_out(f"{ARGUMENTS}.done")),
    ("goes_on_after_the_arguments", "Sends one more delta after `response.function_call_arguments.done`.",
     "stream-calls.arguments-come-in-order", _late_delta(ARGUMENTS)),
    ("loses_half_the_arguments", "Drops every second delta of arguments.",
     "stream-calls.argument-deltas-add-up-to-the-arguments", _losing(f"{ARGUMENTS}.delta")),
    ("reformats_arguments", "Finishes calls with arguments that have different white space.",
     "stream-calls.arguments-are-in-their-call",
     in_items("function_call", events_of=(DONE,), change=_spaced)),
    ("leaves_custom_input_open", "Leaves out `response.custom_tool_call_input.done`.",
     "stream-calls.custom-input-comes-in-order", leaving_out(f"{INPUT}.done")),
    ("loses_half_the_custom_input", "Drops every second delta of a custom tool's input.",
     "stream-calls.input-deltas-add-up-to-the-custom-input", _losing(f"{INPUT}.delta")),
    ("opens_no_summaries", "Leaves out `response.reasoning_summary_part.added`.",
     "stream-reasoning.summaries-come-in-order", leaving_out(f"{SUMMARY_PART}.added")),
    ("wraps_no_summaries", "Leaves out the events that open and close the parts of a summary.",
     "stream-reasoning.summaries-come-in-order",
     leaving_out(f"{SUMMARY_PART}.added", f"{SUMMARY_PART}.done")),
    ("sends_summaries_whole", "Sends a summary in `response.reasoning_summary_text.done`, without deltas.",
     "stream-reasoning.summary-deltas-add-up-to-the-summary", leaving_out(f"{SUMMARY}.delta")),
    ("leaves_summaries_open", "Leaves out `response.reasoning_summary_text.done`.",
     "stream-reasoning.summaries-come-in-order", leaving_out(f"{SUMMARY}.done")),
    ("counts_summaries_from_one", "Counts `summary_index` from 1.",
     "stream-reasoning.summaries-are-counted-from-zero",
     _shift("summary_index", *SUMMARIES)),
    ("loses_half_the_summary", "Drops every second delta of a summary.",
     "stream-reasoning.summary-deltas-add-up-to-the-summary", _losing(f"{SUMMARY}.delta")),
    ("finishes_with_another_summary", "Finishes reasoning with a different summary than it streamed.",
     "stream-reasoning.summaries-are-in-their-item",
     in_items("reasoning", events_of=(DONE,), change=_summary_elsewhere)),
    ("thinks_without_end", "Leaves out the end of raw reasoning.",
     "stream-reasoning.raw-text-comes-in-order", of_the_item("reasoning", _raw_without_end)),
    ("changes_raw_reasoning_at_its_end", "Ends raw reasoning with a different text than it streamed.",
     "stream-reasoning.raw-deltas-add-up-to-the-raw-text", of_the_item("reasoning", _raw_of_two_minds)),
    ("thinks_outside_parts", "Streams raw reasoning without a content part around it.",
     "stream-reasoning.raw-text-is-in-a-content-part", of_the_item("reasoning", _without_wrapper)),
)  # fmt: skip

for _name, _sentence, _caught_by, _spoil in MUTANTS:
    add(SEAM, _name, _sentence, _caught_by, _spoil)
