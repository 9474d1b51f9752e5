"""Streams that cut or order the same content otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from antiphon_mockserver.variations import DOCUMENTS, EVERY, ITEMS, Event, variation

PIECE = "delta"
PADDING = "obfuscation"
PLACE = ("type", "item_id", "output_index", "content_index", "summary_index")


def _is_piece(event: Event) -> bool:
    return str(event["type"]).endswith(".delta") and isinstance(event.get(PIECE), str)


def _place(event: Event) -> tuple[object, ...]:
    return (_is_piece(event), *(event.get(name) for name in PLACE))


def _number(events: list[Event]) -> list[Event]:
    if events and "sequence_number" in events[0]:
        for index, event in enumerate(events):
            event["sequence_number"] = index
    return events


def _each_text(events: list[Event], change: Callable[[list[Event]], Iterator[Event]]) -> list[Event]:
    """Changes each run of deltas that belong together."""
    result: list[Event] = []
    for (is_piece, *_), group in groupby(events, _place):
        members = [*group]
        result += change(members) if is_piece else members
    return _number(result)


@variation("events.sends-a-delta-per-character", fits=EVERY)
def sends_a_delta_per_character(events: list[Event]) -> list[Event]:
    """Sends a delta for each character.

    No document says how long a delta is.
    """

    def cut(deltas: list[Event]) -> Iterator[Event]:
        for delta in deltas:
            if delta.get("logprobs"):
                yield delta  # the entries belong to whole tokens
            else:
                yield from ({**delta, PIECE: character} for character in delta[PIECE])

    return _each_text(events, cut)


@variation("events.sends-one-delta-per-text", fits=EVERY)
def sends_one_delta_per_text(events: list[Event]) -> list[Event]:
    """Sends each text in a single delta.

    No document says how long a delta is.
    """

    def join(deltas: list[Event]) -> Iterator[Event]:
        whole = {**deltas[0], PIECE: "".join(delta[PIECE] for delta in deltas)}
        if "logprobs" in whole:
            whole["logprobs"] = [entry for delta in deltas for entry in delta["logprobs"]]
        yield whole

    return _each_text(events, join)


@variation("events.sends-empty-deltas", fits=EVERY)
def sends_empty_deltas(events: list[Event]) -> list[Event]:
    """Sends an empty delta before the first and after the last one of each text.

    The schema allows the empty string, and adding it to a text changes nothing.
    """

    def pad(deltas: list[Event]) -> Iterator[Event]:
        empty = {**deltas[0], PIECE: "", **({"logprobs": []} if "logprobs" in deltas[0] else {})}
        yield from ({**empty}, *deltas, {**empty})

    return _each_text(events, pad)


@variation("events.sends-no-padding", fits=DOCUMENTS)
def sends_no_padding(events: list[Event]) -> list[Event]:
    """Sends no `obfuscation`.

    The member is optional in both documents.
    """
    return [{name: event[name] for name in event if name != PADDING} for event in events]


@variation("events.adds-items-as-completed", fits=ITEMS)
def adds_items_as_completed(events: list[Event]) -> list[Event]:
    """Announces items with the status `completed`.

    The schema allows the status in `response.output_item.added`; no document says that it is another one.
    """
    for event in events:
        item = event.get("item")
        if event["type"] == "response.output_item.added" and item and item.get("status") == "in_progress":
            item["status"] = "completed"
    return events


@variation("events.interleaves-items", fits=ITEMS)
def interleaves_items(events: list[Event]) -> list[Event]:
    """Sends the events of the items of a response in turns.

    Each event names its item by `output_index`, so that items may grow at the same time.
    """
    indexes = sorted({event["output_index"] for event in events if "output_index" in event})
    lanes = [[event for event in events if event.get("output_index") == index] for index in indexes]
    if len(lanes) < 2:
        return events
    start = next(index for index, event in enumerate(events) if "output_index" in event)
    rest = [event for event in events[start:] if "output_index" not in event]
    turns = [lane[turn] for turn in range(max(map(len, lanes))) for lane in lanes if turn < len(lane)]
    return _number([*events[:start], *turns, *rest])


@variation("events.names-calls-by-their-call-id", fits=("bud",))
def names_calls_by_their_call_id(events: list[Event]) -> list[Event]:
    """Names a call by its `call_id` in the events of its arguments.

    The example of the vendor's page does so.
    """
    calls = {
        item["id"]: item["call_id"]
        for event in events
        if "call_id" in (item := event.get("item") or {}) and item.get("id")
    }
    return [
        {**event, "item_id": calls[event["item_id"]]} if event.get("item_id") in calls else event
        for event in events
    ]


@variation("events.announces-calls-before-it-has-their-ids", fits=("openai",))
def announces_calls_before_it_has_their_ids(events: list[Event]) -> list[Event]:
    """Announces a function call without `id`, which the call has when it is done.

    The document does not require the id of a function call, and the official client takes it when it comes.
    """
    for event in events:
        if event["type"] == "response.output_item.added" and event["item"]["type"] == "function_call":
            event["item"].pop("id", None)
    return events
