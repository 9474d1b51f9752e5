"""Streams that fail without saying properly why."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import mutant

Event = dict[str, Any]


@mutant(caught_by="errors.an-error-event-is-complete")
def tells_errors_in_half(events: list[Event]) -> list[Event]:
    """Sends error events with a message and without code and parameter."""
    for event in events:
        if event["type"] == "error":
            event["error"] = {"message": event["error"]["message"]}
    return events


@mutant(caught_by="errors.a-stream-tells-what-went-wrong")
def tells_errors_as_text(events: list[Event]) -> list[Event]:
    """Sends error events with a text where the error should be."""
    return [
        {**event, "error": event["error"]["message"]} if event["type"] == "error" else event
        for event in events
    ]


@mutant(caught_by="errors.a-stream-tells-what-went-wrong")
def tells_errors_flat(events: list[Event]) -> list[Event]:
    """Sends error events with message and code beside their type."""
    return [
        {"type": "error", **event["error"], **event, "error": None} if event["type"] == "error" else event
        for event in events
    ]


@mutant(caught_by="errors.an-error-event-ends-the-stream")
def goes_on_after_an_error(events: list[Event]) -> list[Event]:
    """Begins anew when a stream has failed."""
    failed = any(event["type"] == "error" for event in events)
    return [*events, dict(events[0])] if failed else events


@mutant(caught_by="errors.an-error-event-is-complete")
def does_not_number_errors(events: list[Event]) -> list[Event]:
    """Sends error events without a sequence number."""
    for event in events:
        if event["type"] == "error":
            del event["sequence_number"]
    return events


@mutant(caught_by="errors.an-error-event-is-followed-by-failure")
def ends_with_the_error(events: list[Event]) -> list[Event]:
    """Ends a stream with the error event, and never says that the response failed."""
    if any(event["type"] == "error" for event in events):
        return [event for event in events if event["type"] != "response.failed"]
    return events


@mutant(caught_by="errors.an-error-event-is-followed-by-failure")
def replaces_the_cause_of_a_failure(events: list[Event]) -> list[Event]:
    """Says in the failed response that something else went wrong than in the error event."""
    for event in events:
        if event["type"] == "response.failed":
            event["response"]["error"] = {"code": "something_else", "message": "Something went wrong."}
    return events
