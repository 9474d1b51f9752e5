"""Streams with other sequence numbers, and with events or members that our document does not know."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.variations import DOCUMENTS, EVERY, ITEMS, Event, variation

ENDS = ("response.completed", "response.incomplete", "response.failed")
FIRST = "response.created"


def _number(events: list[Event], start: int = 0, step: int = 1) -> list[Event]:
    for index, event in enumerate(events):
        event["sequence_number"] = start + step * index
    return events


@variation("events.numbers-from-one", fits=ITEMS)
def numbers_from_one(events: list[Event]) -> list[Event]:
    """Numbers the events of a stream from 1.

    The documents say that the numbers increase, and not where they begin.
    """
    return _number(events, start=1)


@variation("events.numbers-with-gaps", fits=ITEMS)
def numbers_with_gaps(events: list[Event]) -> list[Event]:
    """Numbers the events of a stream 0, 3, 6 and so on.

    The documents say that the numbers increase, and not that they are consecutive: a gateway may drop events.
    """
    return _number(events, step=3)


@variation("events.adds-members", fits=EVERY)
def adds_members(events: list[Event]) -> list[Event]:
    """Adds a member that no document has to every event.

    OpenAI calls new members a compatible change, and Open Responses has clients ignore them.
    """
    return [{**event, "x_trace": {"hop": index}} for index, event in enumerate(events)]


@variation("events.adds-a-newer-event", fits=("openai",))
def adds_a_newer_event(events: list[Event]) -> list[Event]:
    """Sends an event of a type that is newer than our document, after the first one.

    OpenAI calls new event types a compatible change; clients ignore them.
    """
    return _after_the_first(events, {"type": "response.web_fetch_call.waiting", "output_index": 0})


@variation("events.adds-an-event-of-its-own", fits=DOCUMENTS)
def adds_an_event_of_its_own(events: list[Event]) -> list[Event]:
    """Sends events whose type has the prefix of a provider, numbered like the others.

    Open Responses, Extending streaming events: the type has the slug of the implementor as prefix.
    """
    pairs = ([event, {"type": "acme:beat", "sequence_number": 0, "output_index": "odd"}] for event in events)
    return _number([event for pair in pairs for event in pair][:-1])


@variation("events.keeps-alive-by-events", fits=("openai",))
def keeps_alive_by_events(events: list[Event]) -> list[Event]:
    """Sends the event `keepalive` of OpenAI after the first event.

    Genuine streams of long answers have it; the SDKs ignore it.
    """
    return _after_the_first(events, {"type": "keepalive"})


@variation("events.tells-the-limits-last", fits=("openai",))
def tells_the_limits_last(events: list[Event]) -> list[Event]:
    """Sends what is left of the rate limits after the event that ends the response.

    Genuine streams of OpenAI of April 2026 end so; it tells nothing of the response.
    """
    if not events or events[-1]["type"] not in ENDS:
        return events
    limits = {"limit_requests": "500", "remaining_requests": "499", "reset_requests_ms": 120}
    return _number([*events, {"type": "response.rate_limits.updated", "rate_limits": limits}])


@variation("events.omits-in-progress", fits=ITEMS)
def omits_in_progress(events: list[Event]) -> list[Event]:
    """Sends no `response.in_progress`: the status in `response.created` already says so.

    No document demands the event, and no client waits for it.
    """
    rest = [event for event in events if event["type"] != "response.in_progress"]
    return _number(rest) if events and "sequence_number" in events[0] else rest


def _after_the_first(events: list[Event], addition: dict[str, Any]) -> list[Event]:
    """Puts an event after the first one, when the stream begins as usual."""
    if not events or events[0]["type"] != FIRST:
        return events
    return _number([events[0], addition, *events[1:]])
