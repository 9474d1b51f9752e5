"""Servers that tell wrongly of the tools that they call by themselves, and of their failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon_mockserver.mutants import add
from antiphon_mockserver.stream_changes import (
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

FILE = "events_servers"
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
    """Tells of the first list of tools when all other items are done."""
    end = place(events, *ENDS)
    listed = [event for event in events if event.get("output_index") == 0]
    if end is None or not listed or listed[0]["item"]["type"] != LIST:
        return events
    rest = [event for event in events if event.get("output_index") != 0]
    return renumber([*rest[:-1], *listed, rest[-1]])


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


SPOILT: tuple[tuple[str, str, str, Spoil], ...] = (
    ("lists_one_server_only", "Lists the tools of the first server only.",
     "every-server-lists-its-tools", at_the_end(_without_lists)),
    ("hides_an_unreachable_server", "Does not say why a list of tools is empty.",
     "a-server-that-nobody-reaches-is-told-of", _everywhere(LIST, lambda item: item.update(error=None))),
    ("fails_without_a_server", "Fails when a server of tools cannot be reached.",
     "a-server-that-nobody-reaches-is-told-of", _fails_for_a_server),
    ("calls_what_was_not_listed", "Calls a tool that no server listed.",
     "calls-name-a-listed-tool", _everywhere(CALL, lambda item: item.update(name="unlisted"))),
    ("gives_arguments_as_words", "Gives the arguments of a call in words.",
     "arguments-are-json", _everywhere(CALL, lambda item: item.update(arguments="the path"))),
    ("says_nothing_of_what_came", "Does not tell what came of a call.",
     "calls-tell-what-came-of-them", _everywhere(CALL, lambda item: item.update(output=None, error=None))),
    ("leaves_a_list_open", "Never says that a list of tools is complete.",
     "lists-come-in-order", leaving_out(f"response.{LIST}.completed")),
    ("lists_tools_last", "Lists the tools after all else.", "lists-come-first", _lists_last),
    ("begins_no_call", "Does not say that a call is in progress.",
     "calls-come-in-order", leaving_out(f"response.{CALL}.in_progress")),
    ("ends_a_call_otherwise", "Ends the arguments of a call with others than it gave.",
     "arguments-add-up", setting(f"response.{CALL}_arguments.done", arguments="{}")),
    ("ends_a_failure_well", "Ends a stream that failed as if it had completed.",
     "a-failure-ends-the-stream-as-failed", _ends_well),
)  # fmt: skip

for _name, _doc, _rule, _spoil in SPOILT:
    add(FILE, _name, _doc, f"tool-servers.{_rule}", _spoil)


def _has_a_code_of_its_own(response: Json) -> None:
    if response["error"] is not None:
        response["error"]["code"] = "execution_failed"


add(
    FILE,
    "fails_with_a_code_of_its_own",
    "Fails with a code that no client knows.",
    "tool-servers.a-failure-ends-the-stream-as-failed",
    at_the_end(_has_a_code_of_its_own),
)
add(
    FILE,
    "goes_from_created_to_items",
    "Leaves `response.in_progress` out.",
    "lifecycle.goes-on-with-in-progress",
    leaving_out("response.in_progress"),
)
