"""Helpers for mutants of answers: each changes one place of a response object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_mockserver.mutants import Call

Json = dict[str, Any]
DROPPED: Any = object()
"""The new value of a member that a change removes."""

Change = Callable[[Json, Call], None]
"""Changes a response object in place."""
Spoil = Callable[[Any, Call], Any]


def is_response(value: Any) -> bool:
    """Whether a JSON answer is a response object."""
    return isinstance(value, dict) and value.get("object") == "response" and "output" in value


def on_responses(change: Change) -> Spoil:
    """A mutant of the `body` seam that changes only response objects."""

    def mutate(value: Any, call: Call) -> Any:
        if is_response(value):
            change(value, call)
        return value

    return mutate


def on_snapshots(change: Change) -> Spoil:
    """A mutant of the `events` seam that changes the response object of every event that has one."""

    def mutate(value: Any, call: Call) -> Any:
        for event in value:
            if isinstance(event.get("response"), dict):
                change(event["response"], call)
        return value

    return mutate


def on_items(*types: str, change: Change) -> Spoil:
    """A mutant of the `body` seam that changes the output items of these types, or all of them."""

    def change_items(response: Json, call: Call) -> None:
        for item in items(response, *types):
            change(item, call)

    return on_responses(change_items)


def on_parts(kind: str, change: Change) -> Spoil:
    """A mutant of the `body` seam that changes the parts of this type in messages."""

    def change_parts(item: Json, call: Call) -> None:
        for part in item["content"]:
            if part["type"] == kind:
                change(part, call)

    return on_items("message", change=change_parts)


def items(response: Json, *types: str) -> Iterator[Json]:
    """The output items of these types, or all items without a type. `output` may be empty or null."""
    return (item for item in response["output"] or () if not types or item["type"] in types)


def put(holder: Json, path: str, value: Any) -> None:
    """Sets or removes the member at a dotted path; does nothing when a step of the path is missing."""
    *steps, name = path.split(".")
    for step in steps:
        member = holder.get(step)
        if not isinstance(member, dict):
            return
        holder = member
    if value is DROPPED:
        holder.pop(name, None)
    else:
        holder[name] = value


def setting(path: str, value: Any) -> Change:
    """A change that sets one member to a constant, or removes it."""
    return lambda holder, _call: put(holder, path, value)


def at(holder: Any, path: str) -> Any:
    """The value at a dotted path; None when a step is missing."""
    for step in path.split("."):
        holder = holder.get(step) if isinstance(holder, dict) else None
    return holder
