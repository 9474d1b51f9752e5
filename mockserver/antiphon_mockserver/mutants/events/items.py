"""Streams that announce, index or close items wrongly."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.stream_edits import (
    ARGUMENTS,
    ENDS,
    INPUT,
    ITEM,
    PART,
    SUMMARY,
    TEXT,
    Event,
    Spoil,
    changing,
    in_items,
    leaving_out,
    leaving_out_last,
    of,
    of_the_item,
    place,
    renumber,
    repeating,
    setting,
    swapping,
    without,
)

SEAM = "events"
ADDED, DONE = f"{ITEM}.added", f"{ITEM}.done"
DELTAS = tuple(f"{lane}.delta" for lane in (TEXT, ARGUMENTS, INPUT, SUMMARY))
DONES = (f"{TEXT}.done", f"{ARGUMENTS}.done", f"{INPUT}.done", f"{SUMMARY}.done")


def _every(name: str, value: Any) -> Spoil:
    """Sets a member wherever events have it."""

    def mutate(events: list[Event]) -> list[Event]:
        for event in events:
            if name in event:
                event[name] = value
        return events

    return mutate


def _from_one(events: list[Event]) -> list[Event]:
    for event in events:
        if "output_index" in event:
            event["output_index"] += 1
    return events


def _without_ids(events: list[Event]) -> list[Event]:
    """Renames the id of every function call that is done, also at the end."""
    ended = [event["item"] for event in of(events, DONE)]
    for item in (*ended, *(item for event in of(events, *ENDS) for item in event["response"]["output"])):
        if item["type"] == "function_call" and "id" in item:
            item["item_id"] = item.pop("id")
    return events


def _index_by_type(events: list[Event]) -> list[Event]:
    """Numbers the items of each type from 0, in all events about them."""
    kinds = [event["item"]["type"] for event in of(events, ADDED)]
    numbers = [kinds[:index].count(kind) for index, kind in enumerate(kinds)]
    for event in events:
        if "output_index" in event and event["output_index"] < len(numbers):
            event["output_index"] = numbers[event["output_index"]]
    return events


def _full(events: list[Event]) -> list[Event]:
    """Announces items with their final content."""
    finals = {event["output_index"]: event["item"] for event in of(events, DONE)}
    for event in of(events, ADDED):
        final = finals.get(event["output_index"], {})
        for name in ("content", "arguments", "input", "summary"):
            if name in event["item"] and name in final:
                event["item"][name] = final[name]
    return events


def _delta_after_done(events: list[Event]) -> list[Event]:
    deltas, end = of(events, f"{TEXT}.delta"), place(events, DONE)
    if not deltas or end is None:
        return events
    about = [event.get("output_index") if event["type"] == DONE else None for event in events]
    end = about.index(deltas[0]["output_index"])
    return renumber([*events[: end + 1], dict(deltas[-1]), *events[end + 1 :]])


def _done_after_end(events: list[Event]) -> list[Event]:
    endings = of(events, DONE)
    return (
        renumber([*[event for event in events if event is not endings[-1]], endings[-1]])
        if endings
        else events
    )


def _same_call(events: list[Event]) -> list[Event]:
    for event in of(events, ADDED, DONE):
        if "call_id" in event["item"]:
            event["item"]["call_id"] = "call_same"
    for event in of(events, *ENDS):
        for item in event["response"]["output"]:
            if "call_id" in item:
                item["call_id"] = "call_same"
    return events


def _part_in_call(events: list[Event], opening: Event) -> list[Event]:
    """Opens a content part in a call."""
    part = {
        "item_id": opening["item"]["id"],
        "output_index": opening["output_index"],
        "content_index": 0,
        "part": {"type": "output_text", "text": "", "annotations": [], "logprobs": []},
    }
    cut = events.index(opening) + 1
    return renumber([*events[:cut], {"type": f"{PART}.added", **part}, *events[cut:]])


def _without_announcement(kind: str) -> Spoil:
    def mutate(events: list[Event], opening: Event) -> list[Event]:
        return renumber([event for event in events if event is not opening])

    return of_the_item(kind, mutate)


def _in_status(event_type: str, status: str) -> Spoil:
    def change(item: Event) -> None:
        item["status"] = status

    return in_items("message", "function_call", events_of=(event_type,), change=change)


def _calls(events: list[Event]) -> list[Event]:
    return [event for event in of(events, ADDED) if event["item"]["type"] == "function_call"]


def _unfinished(events: list[Event]) -> list[Event]:
    calls = [event["output_index"] for event in _calls(events)]
    return renumber([e for e in events if e["type"] != DONE or e["output_index"] not in calls])


def _under_the_last_call(events: list[Event]) -> list[Event]:
    for event in of(events, f"{ARGUMENTS}.delta") if _calls(events) else ():
        event["item_id"] = _calls(events)[-1]["item"]["id"]
    return events


def _in_one_place(events: list[Event]) -> list[Event]:
    calls = [event["output_index"] for event in _calls(events)]
    for event in events:
        if event.get("output_index") in calls:
            event["output_index"] = calls[0]
    return events


def _pop(*names: str) -> Any:
    def change(item: Event) -> None:
        for name in names:
            item.pop(name, None)

    return change


MUTANTS = (
    ("announces_no_items", "Leaves out `response.output_item.added`.",
     "stream-items.are-added-first", leaving_out(ADDED)),
    ("announces_no_messages", "Sends `response.output_item.done` for a message that it did not announce.",
     "stream-items.are-added-first", _without_announcement("message")),
    ("speaks_before_it_announces", "Opens the first part before it announces the item.",
     "stream-items.are-added-first", swapping(ADDED, f"{PART}.added")),
    ("announces_items_twice", "Sends each `response.output_item.added` twice.",
     "stream-items.are-added-once", repeating(ADDED)),
    ("indexes_all_items_zero", "Sends `output_index` 0 on the events of all items.",
     "stream-items.are-added-once", _every("output_index", 0)),
    ("indexes_items_of_each_type_from_zero", "Counts `output_index` anew for each type of item.",
     "stream-items.are-added-once", _index_by_type),
    ("leaves_items_open", "Leaves out `response.output_item.done`.",
     "stream-items.are-done-once", leaving_out(DONE)),
    ("leaves_the_last_item_open", "Leaves out the events that end the last item.",
     "stream-items.are-done-once", leaving_out_last(DONE)),
    ("finishes_items_twice", "Sends each `response.output_item.done` twice.",
     "stream-items.are-done-once", repeating(DONE)),
    ("speaks_after_done", "Sends a delta after its item is done.",
     "stream-items.have-no-event-after-done", _delta_after_done),
    ("finishes_items_after_the_end", "Sends the last `response.output_item.done` after the terminal event.",
     ("stream-items.have-no-event-after-the-terminal-event",
     "stream-framing.nothing-follows-the-terminal-event"),
     _done_after_end),
    ("counts_items_from_one", "Counts `output_index` from 1.",
     "stream-items.are-counted-from-zero", _from_one),
    ("announces_messages_without_a_role", "Announces messages without a role.",
     "stream-items.are-added-with-role-name-and-call-id",
     in_items("message", events_of=(ADDED,), change=_pop("role"))),
    ("announces_nameless_calls", "Announces calls without `name` and `call_id`.",
     "stream-items.are-added-with-role-name-and-call-id",
     in_items("function_call", events_of=(ADDED,), change=_pop("name", "call_id"))),
    ("announces_null", "Announces items as null.",
     ("stream-items.are-added-with-role-name-and-call-id",), setting(ADDED, item=None)),
    ("announces_cut_items", "Announces items as incomplete.",
     "stream-items.begin-in-progress",
     _in_status(ADDED, "incomplete")),
    ("finishes_items_in_progress",
     "Sends `response.output_item.done` with an item that is still in progress.",
     "stream-items.end-in-a-terminal-status",
     _in_status(DONE, "in_progress")),
    ("renames_items", "Changes the id of an item between `added` and `done`.",
     "stream-items.keep-their-identity",
     in_items(events_of=(DONE,), change=lambda item: item.update(id=f"{item['id']}9"))),
    ("renames_the_tool_of_a_call", "Changes the name of the tool between `added` and `done`.",
     "stream-items.keep-their-identity",
     in_items("function_call", events_of=(DONE,), change=lambda item: item.update(name="get_time_now"))),
    ("ends_items_of_another_type", "Changes the type of an item between `added` and `done`.",
     "stream-items.keep-their-identity",
     in_items("message", events_of=(DONE,), change=lambda item: item.update(type="reasoning"))),
    ("announces_full_items", "Announces items with the content that later events will bring.",
     "stream-items.are-empty-when-added", _full),
    ("mixes_up_parallel_calls", "Gives all calls of a response the same `call_id`.",
     "stream-items.parallel-calls-have-different-call-ids", _same_call),
    ("wraps_arguments_into_parts", "Opens a content part inside a function call.",
     "stream-items.have-events-of-their-own-type", of_the_item("function_call", _part_in_call)),
    ("compacts_silently", "Shows a compaction only in the terminal output, without events for it.",
     "stream-items.compactions-are-added-and-done", _without_announcement("compaction")),
    ("finishes_no_calls", "Leaves out `response.output_item.done` for function calls.",
     "stream-items.are-done-once", _unfinished),
    ("indexes_no_arguments", "Leaves `output_index` out of the events of arguments.",
     "stream-schema.events-name-their-item-and-index",
     without(f"{ARGUMENTS}.delta", f"{ARGUMENTS}.done", members=("output_index",))),
    ("files_arguments_under_the_last_call", "Sends all arguments with the `item_id` of the last call.",
     "stream-schema.item-ids-name-the-added-item", _under_the_last_call),
    ("puts_all_calls_in_one_place", "Sends all function calls with the same `output_index`.",
     "stream-items.are-added-once", _in_one_place),
    ("indexes_nothing", "Leaves `output_index` and `content_index` out of every event.",
     "stream-schema.events-name-their-item-and-index", without(members=("output_index", "content_index"))),
    ("sends_anonymous_deltas", "Leaves `item_id`, `output_index` and `content_index` out of the deltas.",
     "stream-schema.events-name-their-item-and-index",
     without(*DELTAS, members=("item_id", "output_index", "content_index"))),
    ("names_no_item", "Leaves `item_id` out of every event.",
     "stream-schema.events-name-their-item-and-index", without(members=("item_id",))),
    ("sends_empty_item_ids", "Sends an empty `item_id` with deltas and ends of texts.",
     "stream-schema.item-ids-name-the-added-item", setting(*DELTAS, *DONES, item_id="")),
    ("makes_up_item_ids", "Sends a new `item_id` with every delta.",
     "stream-schema.item-ids-name-the-added-item",
     changing(*DELTAS, change=lambda event: event.update(item_id=f"msg_{event['sequence_number']}"))),
    ("finishes_calls_without_ids", "Sends `item_id` in place of `id` with calls that are done.",
     "stream-items.keep-their-identity", _without_ids),
    ("finishes_nothing", "Sends `response.output_item.done` without an item.",
     "stream-schema.item-events-match-the-document", without(DONE, members=("item",))),
    ("announces_items_without_content", "Announces messages without `content` and calls without `arguments`.",
     "stream-schema.added-items-have-all-members",
     in_items("message", "function_call", events_of=(ADDED,), change=_pop("content", "arguments"))),
    ("opens_parts_of_nothing", "Sends `response.content_part.added` without a part.",
     "stream-schema.part-events-match-the-document", without(f"{PART}.added", members=("part",))),
    ("sends_deltas_as_objects", "Sends the delta of a text as an object.",
     "stream-schema.delta-events-match-the-document",
     changing(f"{TEXT}.delta", change=lambda event: event.update(
         delta={"type": "output_text", "text": event["delta"]}))),
    ("ends_texts_without_text", "Sends `response.output_text.done` without the text.",
     "stream-schema.done-events-match-the-document", without(f"{TEXT}.done", members=("text",))),
    ("misspells_an_event", "Renames `response.output_text.annotation.added`.",
     "stream-framing.event-types-are-documented",
     setting(f"{TEXT}.annotation.added", type="response.output_text_annotation.added")),
    ("adds_items_by_events_of_its_own", "Announces items with vendor-prefixed events only.",
     "extensions.the-core-stream-stands-alone",
     lambda events: renumber([
         {**event, "type": f"acme:{event['type']}"} if "output_index" in event else event for event in events
     ])),
    ("loses_members_on_the_way", "Leaves `metadata` out of the response in stream events.",
     "stream-parity.a-stream-ends-with-the-response-of-a-plain-create",
     changing("response.created", *ENDS, change=lambda event: event["response"].pop("metadata", None))),
    ("ends_with_item_ids_that_are_not_stored", "Streams different item ids at the end than it stores.",
     "stream-parity.a-stream-ends-with-the-stored-response",
     changing(*ENDS, change=lambda event: event["response"].update(output=[
         {**item, "id": f"{item['id']}0"} for item in event["response"]["output"]]))),
    ("pads_although_padding_is_off", "Pads deltas although the request turns the padding off.",
     "stream-padding.is-absent-on-request", setting(f"{TEXT}.delta", obfuscation="x7Kq")),
    ("is_sent_at_its_end", "Sends the whole stream when the response is complete, after eight seconds.",
     "stream-pace.a-stream-is-sent-as-it-is-made",
     changing("response.completed", change=lambda event: event["response"].update(
         completed_at=event["response"]["created_at"] + 8))),
    ("pads_with_numbers", "Pads deltas with numbers.",
     "stream-padding.is-a-string", setting(f"{TEXT}.delta", obfuscation=7)),
)  # fmt: skip

for _name, _sentence, _caught_by, _spoil in MUTANTS:
    add(SEAM, _name, _sentence, _caught_by, _spoil)
