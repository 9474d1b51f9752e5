"""`tool_choice`: what it forces, forbids and allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from antiphon_conformance.answers import calls, is_call, member, objects, output
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Snapshot
from antiphon_conformance.text import ABSENT, show


def _chose(wanted: Callable[[Any], bool]) -> Callable[[Snapshot], bool]:
    """Whether a completed response answers a request whose `tool_choice` is such."""
    return lambda snapshot: (
        snapshot.creation
        and snapshot.status == "completed"
        and bool(snapshot.asked.get("tools"))
        and wanted(snapshot.asked.get("tool_choice"))
    )


def _any_call(snapshot: Snapshot) -> bool:
    return any(is_call(item) for _, item in output(snapshot.object))


@rule(
    Snapshot,
    cites=("TOOL-02", "openai#/components/schemas/ToolChoiceOptions", "BUD-REQ-17"),
    when=_chose(lambda choice: choice == "required"),
    needs="an answer to `tool_choice: required`",
)
def required_makes_a_call(snapshot: Snapshot) -> Iterator[Finding]:
    """With `tool_choice: required` the response has at least one tool call."""
    if not _any_call(snapshot):
        yield Finding(f"{snapshot.where}/output", "a tool call", show(_types(snapshot)))


@rule(
    Snapshot,
    cites=("TOOL-03", "openai#/components/schemas/ToolChoiceOptions", "BUD-REQ-16"),
    when=_chose(lambda choice: choice == "none"),
    needs="an answer to `tool_choice: none`",
)
def none_makes_no_call(snapshot: Snapshot) -> Iterator[Finding]:
    """With `tool_choice: none` the response has no tool call."""
    for index, item in output(snapshot.object):
        if is_call(item):
            yield Finding(f"{snapshot.where}/output/{index}", "no tool call", show(item.get("type", ABSENT)))


def _names_one(choice: Any) -> bool:
    return member(choice, "type") in ("function", "custom")


@rule(
    Snapshot,
    cites=("TOOL-04", "openai#/components/schemas/ToolChoiceFunction", "BUD-REQ-15"),
    when=_chose(_names_one),
    needs="an answer to a `tool_choice` that names a tool",
)
def named_tool_is_the_one_called(snapshot: Snapshot) -> Iterator[Finding]:
    """A `tool_choice` that names a tool forces a call of that tool, and of no other."""
    wanted = snapshot.asked["tool_choice"].get("name")
    made = [call.get("name") for _, call in calls(snapshot.object)]
    if not made or any(name != wanted for name in made):
        yield Finding(f"{snapshot.where}/output", f"calls of {show(wanted)} only", show(made))


def _restricts(choice: Any) -> bool:
    return bool(member(choice, "type") == "allowed_tools")


def _restricts_and_forces(choice: Any) -> bool:
    return _restricts(choice) and member(choice, "mode") == "required"


def _allowed(choice: Mapping[str, Any]) -> list[Any]:
    return [tool.get("name") for _, tool in objects(choice.get("tools"))]


@rule(
    Snapshot,
    cites=("TOOL-05", "TOOL-06", "openai#/components/schemas/ToolChoiceAllowed/properties/tools"),
    when=_chose(_restricts),
    needs="an answer to `allowed_tools`",
)
def allowed_tools_is_a_hard_limit(snapshot: Snapshot) -> Iterator[Finding]:
    """Under `allowed_tools` no tool outside the list is called, even if the prompt asks for it.

    Agents rely on it to lock tools that would do harm.
    """
    allowed = _allowed(snapshot.asked["tool_choice"])
    for index, call in calls(snapshot.object):
        if call.get("name") not in allowed:
            where = f"{snapshot.where}/output/{index}/name"
            yield Finding(where, f"one of {show(allowed)}", show(call.get("name", ABSENT)))


@rule(
    Snapshot,
    cites="TOOL-08",
    when=_chose(_restricts_and_forces),
    needs="an answer to `allowed_tools` with `mode: required`",
)
def required_allowed_tools_make_a_call(snapshot: Snapshot) -> Iterator[Finding]:
    """`allowed_tools` with `mode: required` makes the response have a tool call."""
    if not _any_call(snapshot):
        yield Finding(f"{snapshot.where}/output", "a tool call", show(_types(snapshot)))


def _types(snapshot: Snapshot) -> list[Any]:
    return [item.get("type") for _, item in output(snapshot.object)]
