"""Calls of the client's tools: what a call consists of, and that the client can carry it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.answers import calls, objects, parse_json, tools_of
from antiphon_conformance.client_schema import misfits
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Item, Snapshot
from antiphon_conformance.text import ABSENT, show

LONGEST_CALL_ID = 64


def _is_function_call(item: Item) -> bool:
    return bool(item.type == "function_call")


def _is_custom_call(item: Item) -> bool:
    return bool(item.type == "custom_tool_call")


def _texts(item: Item, *names: str) -> Iterator[Finding]:
    for name in names:
        if not isinstance(item.object.get(name), str):
            yield Finding(f"{item.where}/{name}", "a string", show(item.object.get(name)))


@rule(Item, cites=("TOOL-09", "BUD-ITM-07"), when=_is_function_call, needs="a function call")
def function_call_says_what_to_call(item: Item) -> Iterator[Finding]:
    """A function call has `call_id`, `name` and `arguments`, each a string."""
    yield from _texts(item, "call_id", "name", "arguments")


@rule(Item, cites="TOOL-24", when=_is_custom_call, needs="a call of a custom tool")
def custom_call_says_what_to_call(item: Item) -> Iterator[Finding]:
    """A call of a custom tool has `call_id`, `name` and a free-text `input`, each a string."""
    yield from _texts(item, "call_id", "name", "input")


def _finished(item: Item) -> bool:
    done = item.object.get("status", "completed") == "completed"
    return _is_function_call(item) and done and isinstance(item.object.get("arguments"), str)


@rule(Item, cites=("TOOL-11", "CG-RSP-14", "BUD-ITM-07"), when=_finished, needs="a finished function call")
def arguments_are_json(item: Item) -> Iterator[Finding]:
    """The `arguments` of a finished function call are the text of a JSON object."""
    try:
        value = parse_json(item.object["arguments"])
    except ValueError as problem:
        yield Finding(f"{item.where}/arguments", "JSON", f"{show(item.object['arguments'])} ({problem})")
        return
    if not isinstance(value, dict):
        yield Finding(f"{item.where}/arguments", "a JSON object", show(value))


def _offers(item: Item) -> bool:
    """Whether the tools are known from the request: none were deferred or searched for."""
    tools = tools_of(item.asked)
    return bool(tools) and all(tool.get("type") in ("function", "custom") for tool in tools)


def _calls_an_offered_kind(item: Item) -> bool:
    adds = any(entry.get("type") == "additional_tools" for _, entry in objects(item.asked.get("input")))
    return _offers(item) and not adds and (_is_function_call(item) or _is_custom_call(item))


@rule(Item, cites="TOOL-10", when=_calls_an_offered_kind, needs="a call of a tool that the request offers")
def name_is_that_of_a_tool(item: Item) -> Iterator[Finding]:
    """A call names one of the tools of its request."""
    names = [tool.get("name") for tool in tools_of(item.asked)]
    if item.object.get("name") not in names:
        yield Finding(f"{item.where}/name", f"one of {show(names)}", show(item.object.get("name", ABSENT)))


def _tool_called(item: Item) -> Mapping[str, Any]:
    named = (tool for tool in tools_of(item.asked) if tool.get("name") == item.object.get("name"))
    return next(named, {})


def _names_a_kind(item: Item) -> bool:
    return _calls_an_offered_kind(item) and bool(_tool_called(item))


@rule(Item, cites="TOOL-24", when=_names_a_kind, needs="a call of a tool that the request offers")
def type_is_that_of_its_tool(item: Item) -> Iterator[Finding]:
    """A custom tool is called by a `custom_tool_call`, a function by a `function_call`.

    Servers that turn custom tools into functions wrap the free text into JSON.
    """
    wanted = "custom_tool_call" if _tool_called(item).get("type") == "custom" else "function_call"
    if item.type != wanted:
        yield Finding(f"{item.where}/type", wanted, show(item.type))


def _strictly_typed(item: Item) -> bool:
    strict = _finished(item) and _tool_called(item).get("strict") is True
    return strict and isinstance(_tool_called(item).get("parameters"), dict)


@rule(Item, cites="TOOL-11", when=_strictly_typed, needs="a finished call of a strict function")
def arguments_follow_a_strict_schema(item: Item) -> Iterator[Finding]:
    """The arguments of a call validate against the `parameters` of a function with `strict: true`.

    Empty arguments where some are required are the commonest fault.
    """
    try:
        value = parse_json(item.object["arguments"])
    except ValueError:
        return
    for misfit in misfits(value, _tool_called(item)["parameters"]):
        yield Finding(f"{item.where}/arguments", "what the schema of the tool demands", show(misfit))


def _typed(item: Item) -> bool:
    return _finished(item) and isinstance(_tool_called(item).get("parameters"), dict)


@rule(Item, cites="BUD-ITM-09", when=_typed, needs="a finished call of a function with parameters")
def arguments_fit_their_parameters(item: Item) -> Iterator[Finding]:
    """The arguments of a call validate against the `parameters` of its function, be it strict or not."""
    try:
        value = parse_json(item.object["arguments"])
    except ValueError:
        return
    for misfit in misfits(value, _tool_called(item)["parameters"]):
        yield Finding(f"{item.where}/arguments", "what the schema of the tool demands", show(misfit))


def _has_call_id(item: Item) -> bool:
    return (_is_function_call(item) or _is_custom_call(item)) and isinstance(item.object.get("call_id"), str)


@rule(Item, cites="TOOL-12", when=_has_call_id, needs="a call")
def call_id_can_be_sent_back(item: Item) -> Iterator[Finding]:
    """A `call_id` is not empty and has at most 64 characters: longer ones are refused as input."""
    length = len(item.object["call_id"])
    if not 1 <= length <= LONGEST_CALL_ID:
        yield Finding(f"{item.where}/call_id", f"1 to {LONGEST_CALL_ID} characters", f"{length} characters")


@rule(Item, cites="TOOL-13", when=_has_call_id, needs="a call")
def call_id_is_not_the_item_id(item: Item) -> Iterator[Finding]:
    """The `id` of a call and its `call_id` are two identifiers."""
    if item.object["call_id"] == item.object.get("id"):
        yield Finding(f"{item.where}/call_id", "another value than `id`", show(item.object["call_id"]))


def _has_calls(snapshot: Snapshot) -> bool:
    return snapshot.is_final and bool(calls(snapshot.object))


@rule(Snapshot, cites=("TOOL-12", "BUD-ITM-08"), when=_has_calls, needs="a response with calls")
def call_ids_are_unique(snapshot: Snapshot) -> Iterator[Finding]:
    """No two calls have the same `call_id`, nor that of an earlier call in the input."""
    seen = [call.get("call_id") for _, call in objects(snapshot.asked.get("input")) if "name" in call]
    for index, call in calls(snapshot.object):
        if call.get("call_id") in seen:
            yield Finding(
                f"{snapshot.where}/output/{index}/call_id",
                "one of its own",
                show(call.get("call_id", ABSENT)),
            )
        seen.append(call.get("call_id"))


def _limits_calls(snapshot: Snapshot) -> bool:
    return (
        snapshot.creation and _has_calls(snapshot) and isinstance(snapshot.asked.get("max_tool_calls"), int)
    )


@rule(
    Snapshot, cites="TOOL-21", when=_limits_calls, needs="calls in answer to a request with `max_tool_calls`"
)
def max_tool_calls_bounds_the_calls(snapshot: Snapshot) -> Iterator[Finding]:
    """A response has at most `max_tool_calls` calls."""
    limit, made = snapshot.asked["max_tool_calls"], len(calls(snapshot.object))
    if made > limit:
        yield Finding(f"{snapshot.where}/output", f"at most {limit} calls", f"{made} calls")


def _one_at_a_time(snapshot: Snapshot) -> bool:
    return snapshot.creation and _has_calls(snapshot) and snapshot.asked.get("parallel_tool_calls") is False


@rule(
    Snapshot, cites="TOOL-14", when=_one_at_a_time, needs="a call in answer to `parallel_tool_calls: false`"
)
def no_parallel_calls_when_forbidden(snapshot: Snapshot) -> Iterator[Finding]:
    """With `parallel_tool_calls: false` a response has at most one call."""
    made = len(calls(snapshot.object))
    if made > 1:
        yield Finding(f"{snapshot.where}/output", "one call", f"{made} calls")
