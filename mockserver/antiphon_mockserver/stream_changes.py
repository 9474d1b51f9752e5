"""Small tools for mutants of streams: leave events out, add some, move some, change their members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
Spoil = Callable[[list[Event]], list[Event]]

TEXT = "response.output_text"
PART = "response.content_part"
ITEM = "response.output_item"
ARGUMENTS = "response.function_call_arguments"
INPUT = "response.custom_tool_call_input"
SUMMARY = "response.reasoning_summary_text"
SUMMARY_PART = "response.reasoning_summary_part"
ENDS = ("response.completed", "response.incomplete", "response.failed")


def of(events: list[Event], *types: str) -> list[Event]:
    """The events of these types."""
    return [event for event in events if event["type"] in types]


def place(events: list[Event], *types: str) -> int | None:
    """Where the first event of these types stands; None when there is none."""
    return next((index for index, event in enumerate(events) if event["type"] in types), None)


def renumber(events: list[Event]) -> list[Event]:
    """The events numbered anew, so that only what was meant is wrong."""
    start = events[0].get("sequence_number", 0) if events else 0
    return [{**event, "sequence_number": start + number} for number, event in enumerate(events)]


def leaving_out(*types: str) -> Spoil:
    """Leaves out all events of these types."""
    return lambda events: renumber([event for event in events if event["type"] not in types])


def leaving_out_last(*types: str) -> Spoil:
    """Leaves out the last event of these types."""

    def spoil(events: list[Event]) -> list[Event]:
        found = of(events, *types)
        return renumber([event for event in events if not found or event is not found[-1]])

    return spoil


def repeating(event_type: str) -> Spoil:
    """Sends each event of this type twice."""

    def spoil(events: list[Event]) -> list[Event]:
        twice = [[event, dict(event)] if event["type"] == event_type else [event] for event in events]
        return renumber([event for few in twice for event in few])

    return spoil


def swapping(first: str, second: str) -> Spoil:
    """Sends the first event of one type after the first one of another type."""

    def spoil(events: list[Event]) -> list[Event]:
        one, two = place(events, first), place(events, second)
        if one is None or two is None or one > two:
            return events
        return renumber([*events[:one], *events[one + 1 : two + 1], events[one], *events[two + 1 :]])

    return spoil


def changing(*types: str, change: Callable[[Event], Any]) -> Spoil:
    """Changes each event of these types in place."""

    def spoil(events: list[Event]) -> list[Event]:
        for event in of(events, *types):
            change(event)
        return events

    return spoil


def setting(*types: str, **members: Any) -> Spoil:
    """Sets members of each event of these types."""
    return changing(*types, change=lambda event: event.update(members))


def without(*types: str, members: tuple[str, ...]) -> Spoil:
    """Leaves members out of each event of these types, or of all events when no type is given."""

    def spoil(events: list[Event]) -> list[Event]:
        for event in of(events, *types) if types else events:
            for name in members:
                event.pop(name, None)
        return events

    return spoil


def inserting(event: Event, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Spoil:
    """Puts an event of our own before or after the first event of these types."""

    def spoil(events: list[Event]) -> list[Event]:
        found = place(events, *before, *after)
        if found is None:
            return events
        cut = found if before else found + 1
        return renumber([*events[:cut], dict(event), *events[cut:]])

    return spoil


def in_items(*kinds: str, events_of: tuple[str, ...], change: Callable[[Event], Any]) -> Spoil:
    """Changes the item of these types that such events carry."""

    def on_event(event: Event) -> None:
        item = event.get("item")
        if isinstance(item, dict) and (not kinds or item.get("type") in kinds):
            change(item)

    return changing(*events_of, change=on_event)


def at_the_end(change: Callable[[Event], Any]) -> Spoil:
    """Changes the response of the terminal event."""
    return changing(*ENDS, change=lambda event: change(event["response"]))


def of_the_item(kind: str, spoil: Callable[[list[Event], Event], list[Event]]) -> Spoil:
    """Hands over the event that announces the first item of a type, when there is one."""

    def found(events: list[Event]) -> list[Event]:
        opened = next((one for one in of(events, f"{ITEM}.added") if one["item"]["type"] == kind), None)
        return events if opened is None else spoil(events, opened)

    return found
