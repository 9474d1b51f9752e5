"""Streams of gateways that translate the events of another API, or lose some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_mockserver.mutants import Call, add, mutant
from antiphon_mockserver.mutants.stream_edits import (
    ARGUMENTS,
    ENDS,
    ITEM,
    PART,
    TEXT,
    Event,
    Spoil,
    at_the_end,
    changing,
    in_items,
    of,
    place,
    renumber,
    without,
)

SEAM = "events"
ADDED, DONE = f"{ITEM}.added", f"{ITEM}.done"
OF_PARTS = (f"{PART}.added", f"{PART}.done", f"{TEXT}.delta", f"{TEXT}.done")


def _texts(items: list[Event]) -> Iterator[Event]:
    """The text parts of the messages among these items."""
    for item in items:
        for part in item.get("content") or () if item["type"] == "message" else ():
            if "text" in part:
                yield part


def _without_log_probabilities(response: Event) -> None:
    for part in _texts(response["output"]):
        part["logprobs"] = []


def _without(kind: str) -> Spoil:
    def drop(response: Event) -> None:
        response["output"] = [item for item in response["output"] if item["type"] != kind]

    return at_the_end(drop)


def _counted_on(events: list[Event]) -> list[Event]:
    """Continues to count parts from those of the reasoning before."""
    if any(event["item"]["type"] == "reasoning" for event in of(events, ADDED)):
        for event in of(events, *OF_PARTS):
            event["content_index"] += 1
    return events


def _open_at_the_end(events: list[Event]) -> list[Event]:
    """Leaves out the `.done` events of the last item."""
    endings = of(events, DONE)
    last = endings[-1]["output_index"] if endings else None
    closing = [e for e in events if e["type"].endswith(".done") and e.get("output_index") == last]
    return renumber([event for event in events if event not in closing])


def _shorter(events: list[Event]) -> list[Event]:
    """Loses the second delta of the text, and shortens every copy of the text to match."""
    deltas = of(events, f"{TEXT}.delta")
    if len(deltas) < 3:
        return events
    whole = "".join(event["delta"] for event in deltas)
    left = whole.replace(deltas[0]["delta"] + deltas[1]["delta"], deltas[0]["delta"], 1)
    for holder in _holders(events):
        if holder["text"] == whole:
            holder["text"] = left
    return renumber([event for event in events if event is not deltas[1]])


def _holders(events: list[Event]) -> Iterator[Event]:
    """All objects of a stream that repeat the whole text."""
    yield from of(events, f"{TEXT}.done")
    yield from (event["part"] for event in of(events, f"{PART}.done") if "text" in event["part"])
    yield from _texts([event["item"] for event in of(events, DONE)])
    for event in of(events, *ENDS):
        yield from _texts(event["response"]["output"])


def _spoken_call(item: Event) -> Event:
    """The message that holds a call in the model's own markup."""
    text = f'<tool_call>{{"name": "{item["name"]}", "arguments": {item["arguments"]}}}</tool_call>'
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "type": "message",
        "id": f"msg_{item['id']}",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }


def _message_events(message: Event, index: int) -> Iterator[Event]:
    """The events of a message with one text part in a single delta."""
    part = message["content"][0]
    where = {"item_id": message["id"], "output_index": index, "content_index": 0}
    start = {**message, "status": "in_progress", "content": []}
    yield {"type": ADDED, "output_index": index, "item": start}
    yield {"type": f"{PART}.added", **where, "part": {**part, "text": ""}}
    yield {"type": f"{TEXT}.delta", **where, "delta": part["text"], "logprobs": []}
    yield {"type": f"{TEXT}.done", **where, "text": part["text"], "logprobs": []}
    yield {"type": f"{PART}.done", **where, "part": part}
    yield {"type": DONE, "output_index": index, "item": message}


def _in_words(events: list[Event]) -> list[Event]:
    """Sends every function call as a message instead."""
    calls = {e["output_index"]: e["item"] for e in of(events, DONE) if e["item"]["type"] == "function_call"}
    result: list[Event] = []
    for event in events:
        index = event.get("output_index")
        if index not in calls:
            result.append(event)
        elif event["type"] == DONE:
            result += _message_events(_spoken_call(calls[index]), event["output_index"])
    for event in of(result, *ENDS):
        output = event["response"]["output"]
        event["response"]["output"] = [
            _spoken_call(item) if item["type"] == "function_call" else item for item in output
        ]
    return renumber(result)


def _is_empty_call(item: Event) -> bool:
    return bool(item["type"] == "function_call" and item.get("arguments") in ("", "{}"))


def _without_empty_calls(events: list[Event]) -> list[Event]:
    """Drops every call without arguments, and keeps the places of the others."""
    lost = {event["output_index"] for event in of(events, DONE) if _is_empty_call(event["item"])}
    for event in of(events, *ENDS):
        output = event["response"]["output"]
        event["response"]["output"] = [item for item in output if not _is_empty_call(item)]
    return renumber([event for event in events if event.get("output_index") not in lost])


def _with_empty_calls_open(events: list[Event]) -> list[Event]:
    """Sends no `.done` event of a call without arguments."""
    empty = {event["output_index"] for event in of(events, DONE) if _is_empty_call(event["item"])}
    return renumber(
        [
            event
            for event in events
            if event.get("output_index") not in empty or not event["type"].endswith("done")
        ]
    )


def _arguments_again(events: list[Event]) -> list[Event]:
    """Sends the whole arguments as one more delta before their end."""
    result: list[Event] = []
    for event in events:
        if event["type"] == f"{ARGUMENTS}.done":
            again = {name: event[name] for name in ("item_id", "output_index")}
            result.append({"type": f"{ARGUMENTS}.delta", **again, "delta": event["arguments"]})
        result.append(event)
    return renumber(result)


def _letters_lost(event: Event) -> None:
    """Puts a replacement character in the place of each letter beyond ASCII."""
    event["delta"] = "".join(letter if letter.isascii() else "\ufffd" for letter in event["delta"])


def _other_call_ids(response: Event) -> None:
    for item in response["output"]:
        if "call_id" in item:
            item["call_id"] += "0"


def _without_reasoning_items(events: list[Event]) -> list[Event]:
    """Streams summaries of items that are neither announced nor in the output."""
    for event in of(events, *ENDS):
        output = event["response"]["output"]
        event["response"]["output"] = [item for item in output if item["type"] != "reasoning"]
    return renumber(
        [
            event
            for event in events
            if not (event["type"] in (ADDED, DONE) and event["item"]["type"] == "reasoning")
            and "summary_part" not in event["type"]
        ]
    )


def _text_without_a_message(events: list[Event]) -> list[Event]:
    """Behind reasoning, streams a text without an item and a part around it."""
    if not any(event["item"]["type"] == "reasoning" for event in of(events, ADDED)):
        return events
    return renumber(
        [
            event
            for event in events
            if event["type"] != f"{PART}.added"
            and not (event["type"] == ADDED and event["item"]["type"] == "message")
        ]
    )


MUTANTS: tuple[tuple[str, str, str, Callable[[list[Event]], list[Event]]], ...] = (
    ("drops_calls_without_arguments", "Drops every call that has no arguments.",
     "tool-choice.required-makes-a-call", _without_empty_calls),
    ("leaves_calls_without_arguments_open", "Sends no `.done` events of a call that has no arguments.",
     "stream-items.are-done-once", _with_empty_calls_open),
    ("streams_no_arguments", "Sends the arguments of a call at their end only.",
     "stream-calls.argument-deltas-add-up-to-the-arguments",
     lambda events: renumber([event for event in events if event["type"] != f"{ARGUMENTS}.delta"])),
    ("repeats_the_arguments", "Sends the whole arguments of a call as its last delta.",
     "stream-calls.argument-deltas-add-up-to-the-arguments", _arguments_again),
    ("replaces_letters_beyond_ascii", "Replaces letters beyond ASCII in deltas.",
     "stream-text.deltas-add-up-to-the-text", changing(f"{TEXT}.delta", change=_letters_lost)),
    ("ends_with_other_call_ids", "Ends with other `call_id`s than it streamed.",
     "lifecycle.the-terminal-event-repeats-the-items", at_the_end(_other_call_ids)),
    ("thinks_without_an_item", "Streams summaries without an item of reasoning.",
     "stream-items.are-added-first", _without_reasoning_items),
    ("speaks_without_a_message_after_reasoning", "Streams a text behind reasoning without its message.",
     "stream-items.are-added-first", _text_without_a_message),
    ("ends_without_output", "Leaves `output` out of the response of the terminal event.",
     "response.has-all-members", at_the_end(lambda response: response.pop("output", None))),
    ("ends_with_null_as_output", "Sends null as `output` in the terminal event.",
     "response-members.output-is-an-array", at_the_end(lambda response: response.update(output=None))),
    ("ends_without_log_probabilities", "Sends log probabilities with the deltas, but none at the end.",
     "lifecycle.the-terminal-event-repeats-the-items", at_the_end(_without_log_probabilities)),
    ("ends_without_its_compaction", "Completes a compaction and leaves it out of the terminal output.",
     "lifecycle.the-terminal-event-has-the-items-of-the-stream", _without("compaction")),
    ("closes_nothing_of_the_last_item", "Leaves out every `.done` event of the last item.",
     "stream-items.are-done-once", _open_at_the_end),
    ("indexes_texts_like_items", "Ends texts with the index of their item as `content_index`.",
     "stream-text.parts-are-opened-first",
     changing(f"{TEXT}.done", change=lambda event: event.update(content_index=event["output_index"]))),
    ("counts_parts_on_after_reasoning",
     "Counts `content_index` from 1 when reasoning comes before the message.",
     "stream-text.parts-are-counted-from-zero", _counted_on),
    ("swallows_a_delta", "Loses a delta and completes with the shortened text.",
     "structured-output.text-follows-a-strict-schema", _shorter),
    ("streams_calls_as_markup", "Streams function calls as text with the model's own markup.",
     "tool-choice.required-makes-a-call", _in_words),
    ("fails_without_a_response", "Sends `response.failed` with an error but without the response.",
     "lifecycle.events-carry-a-response", without("response.failed", members=("response",))),
    ("fails_without_a_cause", "Sends `response.failed` with null as the error of the response.",
     "response-status.failed-has-an-error",
     changing("response.failed", change=lambda event: event["response"].update(error=None))),
)  # fmt: skip

for _name, _sentence, _caught_by, _spoil in MUTANTS:
    add(SEAM, _name, _sentence, _caught_by, _spoil)


@mutant("events.breaks-off-at-developers", caught_by="lifecycle.ends-with-a-terminal-event")
def breaks_off_at_developers(events: list[Any], call: Call) -> list[Any]:
    """Breaks the stream off when the input has a developer message."""
    given = call.body.get("input") if isinstance(call.body, dict) else None
    details = given if isinstance(given, list) else []
    if not any(isinstance(item, dict) and item.get("role") == "developer" for item in details):
        return events
    return events[: place(events, ADDED)]


def _bare_error(events: list[Event]) -> list[Event]:
    """Ends after the last delta, with the error of the exception that stopped the translation."""
    deltas = [index for index, event in enumerate(events) if event["type"] == f"{TEXT}.delta"]
    error = {"message": "list index out of range", "type": "server_error", "code": "500"}
    return renumber([*events[: deltas[-1] + 1], {"type": "error", "error": error}]) if deltas else events


def _novel_deltas(events: list[Event]) -> list[Event]:
    """Takes a delta that came before for a repetition, and drops it."""
    seen: list[str] = []
    left: list[Event] = []
    for event in events:
        if event["type"] == f"{TEXT}.delta":
            if event["delta"] in "".join(seen):
                continue
            seen.append(event["delta"])
        left.append(event)
    return renumber(left)


def _new_ids(events: list[Event]) -> list[Event]:
    """Gives the item of each delta another id."""
    for number, event in enumerate(events):
        if event["type"].endswith(".delta") and "item_id" in event:
            event["item_id"] = f"{event['item_id']}{number}"
    return events


OF_ITEMS: tuple[tuple[str, str, str, Spoil], ...] = (
    ("finishes_calls_without_a_name", "Sends an empty name in the item of a call that is done.",
     "stream-items.keep-their-identity",
     in_items("function_call", events_of=(DONE,), change=lambda item: item.update(name=""))),
    ("sends_empty_call_ids", "Sends an empty `call_id` in the items of calls.",
     "stream-items.parallel-calls-have-different-call-ids",
     in_items("function_call", events_of=(ADDED, DONE), change=lambda item: item.update(call_id=""))),
    ("announces_reasoning_with_null", "Announces reasoning items with null as their summary.",
     "stream-schema.added-items-have-all-members",
     in_items("reasoning", events_of=(ADDED,), change=lambda item: item.update(summary=None))),
    ("ends_with_a_bare_error", "Ends in the middle of a text, with an error that has no members of an event.",
     "errors.an-error-event-is-complete", _bare_error),
    ("drops_deltas_that_came_before", "Drops a delta whose text came before.",
     "stream-text.deltas-add-up-to-the-text", _novel_deltas),
    ("changes_the_item_id_with_each_delta", "Gives the item of each delta another id.",
     "stream-schema.item-ids-name-the-added-item", _new_ids),
)  # fmt: skip

for _name, _sentence, _rule, _change in OF_ITEMS:
    add(SEAM, _name, _sentence, _rule, _change)
