"""Streams with wrong sequence numbers, lifecycle events or response objects."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.stream_edits import (
    ENDS,
    ITEM,
    Event,
    Spoil,
    at_the_end,
    changing,
    inserting,
    leaving_out,
    of,
    place,
    renumber,
    repeating,
    setting,
    swapping,
    without,
)

SEAM = "events"
CREATED, QUEUED, RUNNING = "response.created", "response.queued", "response.in_progress"


def _with_second_message(items: list[Event]) -> list[Event]:
    message = next((item for item in items if item["type"] == "message"), None)
    return [*items, {**message, "id": f"{message['id']}0"}] if message else items


def _numbers(change: Any) -> Spoil:
    def mutate(events: list[Event]) -> list[Event]:
        for index, event in enumerate(events):
            event["sequence_number"] = change(index, event["sequence_number"])
        return events

    return mutate


def _created_late(events: list[Event]) -> list[Event]:
    """Moves the first event behind the first finished item."""
    end = place(events, f"{ITEM}.done")
    if end is None or events[0]["type"] != CREATED:
        return events
    return renumber([*events[1 : end + 1], events[0], *events[end + 1 :]])


def _queued_late(events: list[Event]) -> list[Event]:
    running = of(events, RUNNING)
    late = {**running[0], "type": QUEUED} if running else {"type": QUEUED}
    return inserting(late, after=(RUNNING,))(events)


def _finished_early(events: list[Event]) -> list[Event]:
    """Puts the final output into the created response."""
    for event in of(events, CREATED):
        event["response"]["output"] = events[-1].get("response", {}).get("output", [])
    return events


def _bare(event: Event) -> None:
    response = event.pop("response")
    event.update({name: value for name, value in response.items() if name != "type"})


def _new_id(event: Event) -> None:
    event["response"]["id"] = event["response"]["id"][:-4] + "7777"


def _later(event: Event) -> None:
    event["response"]["created_at"] += 3


def _only_the_end(events: list[Event]) -> list[Event]:
    return renumber(of(events, *ENDS) or events)


def _failed_as_well(events: list[Event]) -> list[Event]:
    ends = of(events, *ENDS)
    return renumber([*events, *({**event, "type": "response.failed"} for event in ends)])


def _output(keep: Any) -> Spoil:
    return at_the_end(lambda response: response.update(output=keep(response["output"])))


def _bare_parts(response: Event) -> None:
    for item in response["output"] or ():
        for part in item.get("content", ()) if item["type"] == "message" else ():
            part.pop("annotations", None)


def _with_question(output: list[Any]) -> list[Any]:
    part = {"type": "output_text", "text": "Say hello.", "annotations": [], "logprobs": []}
    message = {
        "type": "message",
        "id": "msg_0",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }
    return [message, *output]


def _last_delta_only(events: list[Event]) -> list[Event]:
    deltas = of(events, "response.output_text.delta")
    for event in of(events, *ENDS) if deltas else ():
        for item in event["response"]["output"]:
            for part in item.get("content") or () if item["type"] == "message" else ():
                part["text"] = deltas[-1]["delta"]
    return events


def _without_end_after_calls(events: list[Event]) -> list[Event]:
    has_call = any(event["item"]["type"] == "function_call" for event in of(events, f"{ITEM}.added"))
    return leaving_out(*ENDS)(events) if has_call else events


MUTANTS = (
    ("numbers_nothing", "Sends no `sequence_number`.",
     "stream-numbers.are-integers-on-every-event", without(members=("sequence_number",))),
    ("numbers_in_words", "Sends sequence numbers as strings.",
     "stream-numbers.are-integers-on-every-event", _numbers(lambda _index, number: str(number))),
    ("repeats_a_sequence_number", "Gives the third event the number of the second.",
     "stream-numbers.increase", _numbers(lambda index, number: number - 1 if index == 2 else number)),
    ("counts_from_one", "Numbers the first event 1.",
     "stream-numbers.start-at-zero", _numbers(lambda _index, number: number + 1)),
    ("counts_by_tens", "Leaves gaps between sequence numbers.",
     "stream-numbers.have-no-gaps", _numbers(lambda _index, number: number * 10)),
    ("creates_late", "Sends `response.created` after the first item is done.",
     "lifecycle.begins-with-created", _created_late),
    ("creates_twice", "Sends `response.created` twice.",
     "lifecycle.is-created-once", repeating(CREATED)),
    ("never_creates", "Leaves out `response.created`.",
     "lifecycle.begins-with-created", leaving_out(CREATED)),
    ("sends_only_the_end", "Answers a streaming request with its terminal event alone.",
     "lifecycle.begins-with-created", _only_the_end),
    ("starts_twice", "Sends `response.in_progress` twice.",
     "lifecycle.states-follow-each-other", repeating(RUNNING)),
    ("queues_what_runs", "Sends `response.queued` after `response.in_progress`.",
     "lifecycle.states-follow-each-other", _queued_late),
    ("answers_before_it_starts", "Announces the first item before `response.in_progress`.",
     "lifecycle.items-come-after-in-progress", swapping(RUNNING, f"{ITEM}.added")),
    ("never_ends", "Ends the stream without a terminal event.",
     "lifecycle.ends-with-a-terminal-event", leaving_out(*ENDS)),
    ("never_ends_after_calls", "Leaves out the terminal event when the response calls a function.",
     "lifecycle.ends-with-a-terminal-event", _without_end_after_calls),
    ("names_its_end_done", "Gives the terminal event the type `response.done`.",
     ("lifecycle.ends-with-a-terminal-event", "stream-framing.event-types-are-documented"),
     setting(*ENDS, type="response.done")),
    ("fails_after_it_ended", "Sends `response.failed` after the terminal event.",
     "lifecycle.ends-once", _failed_as_well),
    ("ends_twice", "Sends `response.completed` twice.",
     "lifecycle.ends-once", repeating("response.completed")),
    ("completes_in_progress", "Sends `response.completed` with a response whose status is `in_progress`.",
     "lifecycle.events-fit-the-status",
     changing("response.completed", change=lambda event: event["response"].update(status="in_progress"))),
    ("creates_what_is_completed", "Sends `response.created` with a response whose status is `completed`.",
     "lifecycle.events-fit-the-status",
     changing(CREATED, change=lambda event: event["response"].update(status="completed"))),
    ("knows_the_answer_at_once", "Sends `response.created` with output that is still to come.",
     "lifecycle.a-response-is-empty-before-the-terminal-event", _finished_early),
    ("creates_only_an_id", "Sends `response.created` with a response that has only an `id`.",
     "response.has-all-members",
     changing(CREATED, change=lambda event: event.update(response={"id": event["response"]["id"]}))),
    ("sends_the_response_bare",
     "Sends the members of the response beside `type` instead of under `response`.",
     "lifecycle.events-carry-a-response", changing(CREATED, "response.completed", change=_bare)),
    ("changes_the_id", "Sends a different response id in `response.in_progress` than in `response.created`.",
     "lifecycle.the-id-never-changes", changing(RUNNING, change=_new_id)),
    ("changes_the_id_at_the_end", "Sends a different response id in the terminal event than before.",
     "lifecycle.the-id-never-changes", changing(*ENDS, change=_new_id)),
    ("changes_the_time_of_creation", "Sends a new `created_at` in the terminal event.",
     "lifecycle.the-time-of-creation-never-changes", changing(*ENDS, change=_later)),
    ("ends_without_usage", "Sends null as the usage in the terminal event.",
     ("lifecycle.the-terminal-event-carries-usage",
     "lifecycle.the-completed-event-carries-the-whole-response"),
     at_the_end(lambda response: response.update(usage=None))),
    ("ends_without_annotations", "Leaves the annotations out of the response of the terminal event.",
     "lifecycle.the-completed-event-carries-the-whole-response", at_the_end(_bare_parts)),
    ("saves_the_text_for_the_end", "Sends no deltas: the whole text comes at the end.",
     "stream-text.a-text-is-streamed-before-the-end", leaving_out("response.output_text.delta")),
    ("ends_with_calls_only", "Keeps only function calls in the output of the terminal event.",
     "lifecycle.the-terminal-event-has-the-items-of-the-stream",
     _output(lambda items: [item for item in items if item["type"] == "function_call"])),
    ("ends_with_nothing", "Sends the terminal event with an empty output.",
     ("lifecycle.the-terminal-event-has-the-items-of-the-stream",
     "lifecycle.the-completed-event-carries-the-whole-response"), _output(lambda _items: [])),
    ("ends_in_another_order", "Reverses the output of the terminal event.",
     "lifecycle.the-terminal-event-has-the-items-of-the-stream", _output(lambda items: items[::-1])),
    ("ends_with_a_second_message", "Ends with a message that no event announced.",
     "lifecycle.the-terminal-event-has-the-items-of-the-stream", _output(_with_second_message)),
    ("ends_without_reasoning", "Leaves reasoning out of the output of the terminal event.",
     "lifecycle.the-terminal-event-has-the-items-of-the-stream",
     _output(lambda items: [item for item in items if item["type"] != "reasoning"])),
    ("ends_with_the_input", "Puts the input before the output of the terminal event.",
     "lifecycle.the-terminal-event-has-the-items-of-the-stream", _output(_with_question)),
    ("ends_with_the_last_delta", "Puts only the text of the last delta into the terminal output.",
     ("lifecycle.the-terminal-event-repeats-the-items", "stream-text.texts-are-in-their-item",
      "stream-text.deltas-add-up-to-the-answer"), _last_delta_only),
    ("loses_every_second_event", "Drops every second event of a stream.",
     ("lifecycle.ends-with-a-terminal-event", "stream-items.are-added-first"),
     lambda events: events[::2]),
    ("replays_only_the_outlines", "Sends items only when they are done, without announcing them.",
     "stream-items.are-added-first",
     lambda events: renumber(of(events, CREATED, RUNNING, f"{ITEM}.done", *ENDS))),
    ("sends_keepalives_first", "Sends `keepalive` events before `response.created`.",
     "lifecycle.begins-with-created",
     inserting({"type": "keepalive", "sequence_number": 0}, before=(CREATED,))),
    ("sends_keepalives", "Sends `keepalive` events, which Open Responses does not define.",
     "stream-framing.event-types-are-documented", inserting({"type": "keepalive"}, after=(RUNNING,))),
    ("sends_events_of_its_own", "Sends an event of an unknown type without a vendor prefix.",
     "stream-framing.event-types-are-documented", inserting({"type": "response.thinking"}, after=(RUNNING,))),
    ("ends_cancelled", "Sends `response.cancelled` at the end of a stream.",
     ("stream-framing.event-types-are-documented", "lifecycle.ends-with-a-terminal-event"),
     setting(*ENDS, type="response.cancelled")),
)  # fmt: skip

for _name, _sentence, _caught_by, _spoil in MUTANTS:
    add(SEAM, _name, _sentence, _caught_by, _spoil)
