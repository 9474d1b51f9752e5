"""Helpers for mutants of streams: they remove, add, move or change events."""

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
    """The index of the first event of these types; None when there is none."""
    return next((index for index, event in enumerate(events) if event["type"] in types), None)


def renumber(events: list[Event]) -> list[Event]:
    """Numbers the events again, so that the mutant breaks nothing else."""
    start = events[0].get("sequence_number", 0) if events else 0
    return [{**event, "sequence_number": start + number} for number, event in enumerate(events)]


def leaving_out(*types: str) -> Spoil:
    """Leaves out all events of these types."""
    return lambda events: renumber([event for event in events if event["type"] not in types])


def leaving_out_last(*types: str) -> Spoil:
    """Leaves out the last event of these types."""

    def mutate(events: list[Event]) -> list[Event]:
        matches = of(events, *types)
        return renumber([event for event in events if not matches or event is not matches[-1]])

    return mutate


def repeating(event_type: str) -> Spoil:
    """Sends each event of this type twice."""

    def mutate(events: list[Event]) -> list[Event]:
        twice = [[event, dict(event)] if event["type"] == event_type else [event] for event in events]
        return renumber([event for group in twice for event in group])

    return mutate


def swapping(first: str, second: str) -> Spoil:
    """Sends the first event of one type after the first one of another type."""

    def mutate(events: list[Event]) -> list[Event]:
        start, end = place(events, first), place(events, second)
        if start is None or end is None or start > end:
            return events
        return renumber([*events[:start], *events[start + 1 : end + 1], events[start], *events[end + 1 :]])

    return mutate


def changing(*types: str, change: Callable[[Event], Any]) -> Spoil:
    """Changes each event of these types in place."""

    def mutate(events: list[Event]) -> list[Event]:
        for event in of(events, *types):
            change(event)
        return events

    return mutate


def setting(*types: str, **members: Any) -> Spoil:
    """Sets members of each event of these types."""
    return changing(*types, change=lambda event: event.update(members))


def without(*types: str, members: tuple[str, ...]) -> Spoil:
    """Leaves members out of each event of these types, or of all events when no type is given."""

    def mutate(events: list[Event]) -> list[Event]:
        for event in of(events, *types) if types else events:
            for name in members:
                event.pop(name, None)
        return events

    return mutate


def inserting(event: Event, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Spoil:
    """Adds an event before or after the first event of these types."""

    def mutate(events: list[Event]) -> list[Event]:
        index = place(events, *before, *after)
        if index is None:
            return events
        cut = index if before else index + 1
        return renumber([*events[:cut], dict(event), *events[cut:]])

    return mutate


def in_items(*kinds: str, events_of: tuple[str, ...], change: Callable[[Event], Any]) -> Spoil:
    """Changes items of these types in such events."""

    def on_event(event: Event) -> None:
        item = event.get("item")
        if isinstance(item, dict) and (not kinds or item.get("type") in kinds):
            change(item)

    return changing(*events_of, change=on_event)


def at_the_end(change: Callable[[Event], Any]) -> Spoil:
    """Changes the response of the terminal event."""
    return changing(*ENDS, change=lambda event: change(event["response"]))


def of_the_item(kind: str, mutate: Callable[[list[Event], Event], list[Event]]) -> Spoil:
    """Calls `spoil` with the event that adds the first item of a type, when there is one."""

    def on_stream(events: list[Event]) -> list[Event]:
        announcement = next(
            (event for event in of(events, f"{ITEM}.added") if event["item"]["type"] == kind), None
        )
        return events if announcement is None else mutate(events, announcement)

    return on_stream
