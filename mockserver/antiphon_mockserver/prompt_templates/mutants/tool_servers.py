"""Servers that report the tools that they call themselves, or their failures, wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.stream_edits import (
    ENDS,
    ITEM,
    Event,
    Spoil,
    at_the_end,
    changing,
    leaving_out,
    of,
    place,
    renumber,
    setting,
)

SEAM = "events"
LIST, CALL = "mcp_list_tools", "mcp_call"
Json = dict[str, Any]


def _everywhere(kind: str, change: Callable[[Json], object]) -> Spoil:
    """Changes the finished items of a type, in their own events and at the end."""

    def in_item(event: Event) -> None:
        if event["item"]["type"] == kind:
            change(event["item"])

    def in_response(response: Json) -> None:
        for item in response["output"]:
            if item["type"] == kind:
                change(item)

    ends, items = at_the_end(in_response), changing(f"{ITEM}.done", change=in_item)
    return lambda events: ends(items(events))


def _without_lists(response: Json) -> None:
    lists = [item for item in response["output"] if item["type"] == LIST]
    response["output"] = [item for item in response["output"] if item not in lists[1:]]


def _lists_last(events: list[Event]) -> list[Event]:
    """Moves the events of the first list of tools behind all other items."""
    end = place(events, *ENDS)
    listing = [event for event in events if event.get("output_index") == 0]
    if end is None or not listing or listing[0]["item"]["type"] != LIST:
        return events
    rest = [event for event in events if event.get("output_index") != 0]
    return renumber([*rest[:-1], *listing, rest[-1]])


def _ends_well(events: list[Event]) -> list[Event]:
    for event in of(events, "response.failed"):
        event["type"] = "response.completed"
        event["response"] |= {"status": "completed", "error": None}
    return events


def _fails_for_a_server(events: list[Event]) -> list[Event]:
    for event in of(events, "response.completed"):
        if any(item.get("error") for item in event["response"]["output"]):
            event["type"] = "response.failed"
            event["response"] |= {
                "status": "failed",
                "error": {"code": "server_error", "message": "No tools."},
            }
    return events


MUTANTS: tuple[tuple[str, str, str, Spoil], ...] = (
    ("lists_one_server_only", "Ends with the tool list of the first server only.",
     "every-server-lists-its-tools", at_the_end(_without_lists)),
    ("hides_an_unreachable_server", "Sends an empty list of tools without the error that explains it.",
     "an-unreachable-server-has-a-list-with-an-error", _everywhere(LIST,
      lambda item: item.update(error=None))),
    ("fails_when_a_tool_server_is_unreachable", "Fails when a tool server cannot be reached.",
     "an-unreachable-server-has-a-list-with-an-error", _fails_for_a_server),
    ("calls_what_was_not_listed", "Calls a tool that no server listed.",
     "calls-name-a-listed-tool", _everywhere(CALL, lambda item: item.update(name="unlisted"))),
    ("sends_arguments_as_prose", "Sends the arguments of a call as prose instead of JSON.",
     "arguments-are-json", _everywhere(CALL, lambda item: item.update(arguments="the path"))),
    ("sends_no_result_of_a_call",
     "Sends null as the output and the error of a finished tool call.",
     "a-completed-call-has-an-output-or-an-error", _everywhere(CALL,
      lambda item: item.update(output=None, error=None))),
    ("leaves_a_list_open", "Never says that a list of tools is complete.",
     "lists-come-in-order", leaving_out(f"response.{LIST}.completed")),
    ("lists_tools_last", "Lists the tools after all other output.", "lists-come-first", _lists_last),
    ("begins_no_call", "Sends no event that says that a call is in progress.",
     "calls-come-in-order", leaving_out(f"response.{CALL}.in_progress")),
    ("ends_calls_with_different_arguments",
     "Ends the arguments of a call with different arguments than it streamed.",
     "argument-deltas-add-up-to-the-arguments", setting(f"response.{CALL}_arguments.done", arguments="{}")),
    ("ends_a_failure_well", "Ends a failed stream as if the response had completed.",
     "a-failed-stream-ends-with-response-failed", _ends_well),
)  # fmt: skip

for _name, _doc, _rule, _spoil in MUTANTS:
    add(SEAM, _name, _doc, f"tool-servers.{_rule}", _spoil)


def _has_a_code_of_its_own(response: Json) -> None:
    if response["error"] is not None:
        response["error"]["code"] = "execution_failed"


add(
    SEAM,
    "fails_with_a_code_of_its_own",
    "Fails with an error code that the API does not define.",
    "tool-servers.a-failed-stream-ends-with-response-failed",
    at_the_end(_has_a_code_of_its_own),
)
add(
    SEAM,
    "goes_from_created_to_items",
    "Leaves out `response.in_progress`.",
    "lifecycle.the-second-event-is-in-progress",
    leaving_out("response.in_progress"),
)
