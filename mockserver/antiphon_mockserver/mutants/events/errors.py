"""Streams that fail with a wrong or missing error."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import mutant

Event = dict[str, Any]


@mutant("events.sends-errors-without-code-and-param", caught_by="errors.an-error-event-is-complete")
def sends_errors_without_code_and_param(events: list[Event]) -> list[Event]:
    """Sends error events with `message` but without `code` and `param`."""
    for event in events:
        if event["type"] == "error":
            event["error"] = {"message": event["error"]["message"]}
    return events


@mutant("events.sends-errors-as-strings", caught_by="errors.an-error-event-has-a-message")
def sends_errors_as_strings(events: list[Event]) -> list[Event]:
    """Sends error events whose error is a string."""
    return [
        {**event, "error": event["error"]["message"]} if event["type"] == "error" else event
        for event in events
    ]


@mutant("events.sends-errors-flat", caught_by="errors.an-error-event-has-a-message")
def sends_errors_flat(events: list[Event]) -> list[Event]:
    """Sends error events with `message` and `code` beside `type`."""
    return [
        {"type": "error", **event["error"], **event, "error": None} if event["type"] == "error" else event
        for event in events
    ]


@mutant("events.goes-on-after-an-error", caught_by="errors.an-error-event-ends-the-stream")
def goes_on_after_an_error(events: list[Event]) -> list[Event]:
    """Sends `response.created` again after an error event."""
    failure = any(event["type"] == "error" for event in events)
    return [*events, dict(events[0])] if failure else events


@mutant("events.does-not-number-errors", caught_by="errors.an-error-event-is-complete")
def does_not_number_errors(events: list[Event]) -> list[Event]:
    """Sends error events without a sequence number."""
    for event in events:
        if event["type"] == "error":
            del event["sequence_number"]
    return events


@mutant("events.ends-with-the-error", caught_by="errors.an-error-event-is-followed-by-failure")
def ends_with_the_error(events: list[Event]) -> list[Event]:
    """Ends a stream with the error event, without `response.failed`."""
    if any(event["type"] == "error" for event in events):
        return [event for event in events if event["type"] != "response.failed"]
    return events


@mutant("events.replaces-the-cause-of-a-failure", caught_by="errors.an-error-event-is-followed-by-failure")
def replaces_the_cause_of_a_failure(events: list[Event]) -> list[Event]:
    """Sends a different error in the failed response than in the error event."""
    for event in events:
        if event["type"] == "response.failed":
            event["response"]["error"] = {"code": "something_else", "message": "Something went wrong."}
    return events
