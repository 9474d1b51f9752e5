"""Small tools for mutants: change one place of a response object and leave everything else as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_mockserver.mutants import Call

Json = dict[str, Any]
DROPPED: Any = object()
"""As the new value of a member: takes it away."""

Change = Callable[[Json, Call], None]
"""Changes a response object in place."""
Spoil = Callable[[Any, Call], Any]


def is_response(value: Any) -> bool:
    """Whether a JSON answer is a response object."""
    return isinstance(value, dict) and value.get("object") == "response" and "output" in value


def on_responses(change: Change) -> Spoil:
    """A mutant of the `body` seam that changes response objects and leaves other answers alone."""

    def spoil(value: Any, call: Call) -> Any:
        if is_response(value):
            change(value, call)
        return value

    return spoil


def on_snapshots(change: Change) -> Spoil:
    """A mutant of the `events` seam that changes the response object of every event that carries one."""

    def spoil(value: Any, call: Call) -> Any:
        for event in value:
            if isinstance(event.get("response"), dict):
                change(event["response"], call)
        return value

    return spoil


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
    """The output items of these types; all, when none is given. There may be no output yet."""
    return (item for item in response["output"] or () if not types or item["type"] in types)


def put(holder: Json, path: str, value: Any) -> None:
    """Sets the member at a dotted path, or takes it away; does nothing when a step towards it is missing."""
    *steps, name = path.split(".")
    for step in steps:
        found = holder.get(step)
        if not isinstance(found, dict):
            return
        holder = found
    if value is DROPPED:
        holder.pop(name, None)
    else:
        holder[name] = value


def setting(path: str, value: Any) -> Change:
    """A change that sets one member to a constant, or takes it away."""
    return lambda holder, _call: put(holder, path, value)


def at(holder: Any, path: str) -> Any:
    """What stands at a dotted path; None when a step is missing."""
    for step in path.split("."):
        holder = holder.get(step) if isinstance(holder, dict) else None
    return holder
