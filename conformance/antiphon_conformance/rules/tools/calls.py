"""Calls of the client's tools: their members, and that the client can carry them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, LIMIT, safe, show
from antiphon_conformance.rules.reading.client_schema import misfits, structure
from antiphon_conformance.rules.reading.offer import may_name, offered_names, offers_nothing, sees_every_tool
from antiphon_conformance.rules.reading.output import (
    CLIENT_CALLS,
    calls,
    is_call,
    objects,
    parse_json,
    stops_midway,
)
from antiphon_conformance.rules.reading.request import has_only_named_tools, tools_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Item, ResponseObject

LONGEST_CALL_ID = 64


def _is_function_call(item: Item) -> bool:
    return bool(item.type == "function_call")


def _is_custom_call(item: Item) -> bool:
    return bool(item.type == "custom_tool_call")


def _expect_strings(item: Item, *names: str) -> Iterator[Finding]:
    for name in names:
        if not isinstance(item.object.get(name), str):
            yield Finding(f"{item.where}/{name}", "a string", show(item.object.get(name, ABSENT)))


@rule(
    "tool-calls.a-function-call-has-call-id-name-and-arguments",
    Item,
    cites=("TOOL-09", "BUD-ITM-07"),
    when=_is_function_call,
    needs="a function call",
)
def a_function_call_has_call_id_name_and_arguments(item: Item) -> Iterator[Finding]:
    """A function call has `call_id`, `name` and `arguments`, each a string."""
    yield from _expect_strings(item, "call_id", "name", "arguments")


@rule(
    "tool-calls.a-custom-call-has-call-id-name-and-input",
    Item,
    cites="TOOL-24",
    when=_is_custom_call,
    needs="a call of a custom tool",
)
def a_custom_call_has_call_id_name_and_input(item: Item) -> Iterator[Finding]:
    """A call of a custom tool has `call_id`, `name` and a free-text `input`, each a string."""
    yield from _expect_strings(item, "call_id", "name", "input")


def _is_finished_call(item: Item) -> bool:
    by_default = "completed" if item.response.get("status") == "completed" else None
    complete = (item.object.get("status") or by_default) == "completed"
    return _is_function_call(item) and complete and isinstance(item.object.get("arguments"), str)


@rule(
    "tool-calls.arguments-are-json",
    Item,
    cites=("TOOL-11", "CG-RSP-14", "BUD-ITM-07"),
    when=_is_finished_call,
    needs="a finished function call",
    reads={Part.TEXTS},
)
def arguments_are_json(item: Item) -> Iterator[Finding]:
    """The `arguments` of a finished function call are the text of a JSON object.

    Where a limit cut the response inside them, the call is not finished, and its status is what is wrong.
    """
    was_cut = item.response.get("status") == "incomplete" and stops_midway(item.object["arguments"])
    if was_cut and "status" in item.object:
        expected = "incomplete, since the response was cut within the arguments of the call"
        yield Finding(f"{item.where}/status", expected, show(item.object["status"]))
        return
    try:
        value = parse_json(item.object["arguments"])
    except ValueError as problem:
        yield Finding(f"{item.where}/arguments", "JSON", f"{show(item.object['arguments'])} ({problem})")
        return
    if not isinstance(value, dict):
        yield Finding(f"{item.where}/arguments", "a JSON object", show(value))


def _calls_one_of_several(item: Item) -> bool:
    """Whether an item is a call, and every tool is in sight that it may call."""
    is_call = _is_function_call(item) or _is_custom_call(item)
    return is_call and sees_every_tool(item) and bool(offered_names(item))


@rule(
    "tool-calls.a-call-names-a-tool-of-the-request",
    Item,
    cites="TOOL-10",
    when=_calls_one_of_several,
    needs="a call of a tool that the request offers",
    reads={Part.TEXTS},
)
def a_call_names_a_tool_of_the_request(item: Item) -> Iterator[Finding]:
    """A call names a tool that was offered: by the request, its input or its template.

    A client runs tools by their names, and has none for a name that it never sent: of another server, of
    another turn, or made of a namespace and a name. Another rule reports a call without a name.
    """
    names = offered_names(item)
    if item.object.get("name") is not None and not may_name(item.object, names):
        expected = [name if group is None else f"{group}: {name}" for group, name in sorted(names, key=str)]
        actual = show(item.object.get("name", ABSENT))
        yield Finding(f"{item.where}/name", f"one of {show(expected)}", actual)


def _has_no_tools(response: ResponseObject) -> bool:
    return response.creation and response.is_final and offers_nothing(response)


@rule("tool-calls.no-tools-no-calls", ResponseObject, cites="TOOL-44", when=_has_no_tools)
def no_tools_no_calls(response: ResponseObject) -> Iterator[Finding]:
    """A response to a request without tools has no call of a tool.

    The client has nothing to run, and an agent waits for an output that never comes.
    """
    for index, call in response.items_of(*CLIENT_CALLS):
        where = f"{response.where}/output/{index}"
        yield Finding(
            where, "no call: the request offers no tool", f"a call of {show(call.get('name', ABSENT))}"
        )


def _calls_a_tool_of_the_request(item: Item) -> bool:
    """Whether an item is a call, and the request alone holds all tools that it may call."""
    if not _is_function_call(item) and not _is_custom_call(item):
        return False
    fields = item.request_fields
    adds = any(entry.get("type") == "additional_tools" for _, entry in objects(fields.get("input")))
    more = adds or fields.get("prompt") is not None or item.object.get("namespace") is not None
    return has_only_named_tools(item) and not more


def _tool_of(item: Item) -> Mapping[str, Any]:
    """The tool of the request with the name of the call; empty when there is none, or more than one.

    A call without a name calls the only tool of the request.
    """
    name = item.object.get("name")
    tools = [tool for tool in tools_of(item) if name is None or tool.get("name") == name]
    return tools[0] if len(tools) == 1 else {}


def _has_its_tool(item: Item) -> bool:
    return _calls_a_tool_of_the_request(item) and bool(_tool_of(item))


@rule(
    "tool-calls.a-call-has-the-type-of-its-tool",
    Item,
    cites="TOOL-24",
    when=_has_its_tool,
    needs="a call of a tool that the request offers",
    reads={Part.TEXTS},
)
def a_call_has_the_type_of_its_tool(item: Item) -> Iterator[Finding]:
    """A call of a custom tool is a `custom_tool_call`, of a function a `function_call`.

    Servers that turn custom tools into functions wrap the free text into JSON.
    """
    expected = "custom_tool_call" if _tool_of(item).get("type") == "custom" else "function_call"
    if item.type != expected:
        yield Finding(f"{item.where}/type", expected, show(item.type))


def _has_parameters(item: Item) -> bool:
    return _is_finished_call(item) and isinstance(_tool_of(item).get("parameters"), dict)


def _has_strict_parameters(item: Item) -> bool:
    """Whether the call is alone and of a strict function: OpenAI promises nothing for parallel calls."""
    is_strict = _has_parameters(item) and _tool_of(item).get("strict") is True
    return is_strict and len(calls(item.response)) <= 1 and _honours_strict(item)


def _honours_strict(item: Item) -> bool:
    """Whether the response does not say that the function is not strict."""
    echoes = (tool for _, tool in objects(item.response.get("tools")))
    name = item.object.get("name")
    return not any(tool.get("name") == name and tool.get("strict") is False for tool in echoes)


def _misfits_of_arguments(item: Item, schema: Any) -> Iterator[Finding]:
    try:
        value = parse_json(item.object["arguments"])
    except ValueError:
        return
    for misfit in misfits(value, schema):
        actual = f"{show(item.object['arguments'])}, where {safe(misfit, LIMIT)}"
        yield Finding(f"{item.where}/arguments", "arguments that follow the tool's schema", actual)


@rule(
    "tool-calls.arguments-follow-a-strict-schema",
    Item,
    cites="TOOL-31",
    when=_has_strict_parameters,
    needs="a finished call of a strict function",
    reads={Part.TEXTS},
)
def arguments_follow_a_strict_schema(item: Item) -> Iterator[Finding]:
    """The arguments of a call of a strict function validate against its `parameters`.

    Empty arguments where some are required are the most frequent fault. Types, members and enums count;
    servers need not enforce lengths, ranges and patterns.
    """
    yield from _misfits_of_arguments(item, structure(_tool_of(item)["parameters"]))


@rule(
    "tool-calls.arguments-fit-their-parameters",
    Item,
    cites="BUD-ITM-09",
    when=_has_parameters,
    needs="a finished call of a function with parameters",
    reads={Part.TEXTS},
)
def arguments_fit_their_parameters(item: Item) -> Iterator[Finding]:
    """The arguments of a call validate against its function's `parameters`, strict or not."""
    yield from _misfits_of_arguments(item, _tool_of(item)["parameters"])


def _has_call_id(item: Item) -> bool:
    return (_is_function_call(item) or _is_custom_call(item)) and isinstance(item.object.get("call_id"), str)


@rule(
    "tool-calls.call-id-can-be-sent-back",
    Item,
    cites="TOOL-12",
    when=_has_call_id,
    needs="a call",
    reads={Part.IDS},
)
def call_id_can_be_sent_back(item: Item) -> Iterator[Finding]:
    """A `call_id` has 1 to 64 characters: servers reject a longer one as input."""
    length = len(item.object["call_id"])
    if not 1 <= length <= LONGEST_CALL_ID:
        yield Finding(f"{item.where}/call_id", f"1 to {LONGEST_CALL_ID} characters", f"{length} characters")


@rule(
    "tool-calls.call-id-is-not-the-item-id",
    Item,
    cites="TOOL-13",
    when=_has_call_id,
    needs="a call",
    reads={Part.IDS},
)
def call_id_is_not_the_item_id(item: Item) -> Iterator[Finding]:
    """The `id` of a call and its `call_id` are different."""
    if item.object["call_id"] == item.object.get("id"):
        yield Finding(f"{item.where}/call_id", "a value other than `id`", show(item.object["call_id"]))


def _has_calls(response: ResponseObject) -> bool:
    return response.is_final and bool(response.items_of(*CLIENT_CALLS))


@rule(
    "tool-calls.call-ids-are-unique",
    ResponseObject,
    cites=("TOOL-12", "BUD-ITM-08"),
    when=_has_calls,
    needs="a response with calls",
    reads={Part.IDS},
)
def call_ids_are_unique(response: ResponseObject) -> Iterator[Finding]:
    """No two calls of a response have the same `call_id`.

    A client answers a call by this id alone.
    """
    ids: list[Any] = []
    for index, call in response.items_of(*CLIENT_CALLS):
        identity = call.get("call_id")
        if identity is not None and identity in ids:
            yield Finding(f"{response.where}/output/{index}/call_id", "an id of its own", show(identity))
        ids.append(identity)


def _counted_calls(response: ResponseObject) -> list[str]:
    """The calls that `max_tool_calls` limits: with OpenAI those of hosted tools, elsewhere all."""
    types = [str(item.get("type")) for _, item in response.items if is_call(item)]
    only_hosted = "openai" in response.dialect.lineage
    return [kind for kind in types if not (only_hosted and kind in CLIENT_CALLS)]


def _limits_calls(response: ResponseObject) -> bool:
    has_limit = isinstance(response.request_fields.get("max_tool_calls"), int)
    return response.creation and response.is_final and has_limit and bool(_counted_calls(response))


@rule(
    "tool-calls.max-tool-calls-limits-the-calls",
    ResponseObject,
    cites="TOOL-21",
    when=_limits_calls,
    needs="calls in answer to a request with `max_tool_calls`",
)
def max_tool_calls_limits_the_calls(response: ResponseObject) -> Iterator[Finding]:
    """A response has at most `max_tool_calls` calls; OpenAI counts those of hosted tools only."""
    limit, count = response.request_fields["max_tool_calls"], len(_counted_calls(response))
    if count > limit:
        yield Finding(f"{response.where}/output", f"at most {limit} calls", f"{count} calls")


def _forbids_parallel_calls(response: ResponseObject) -> bool:
    return (
        response.creation
        and _has_calls(response)
        and response.request_fields.get("parallel_tool_calls") is False
    )


@rule(
    "tool-calls.parallel-calls-can-be-forbidden",
    ResponseObject,
    cites="TOOL-14",
    when=_forbids_parallel_calls,
    needs="a call in answer to `parallel_tool_calls: false`",
)
def parallel_calls_can_be_forbidden(response: ResponseObject) -> Iterator[Finding]:
    """With `parallel_tool_calls: false` a response has at most one call."""
    count = len(response.items_of(*CLIENT_CALLS))
    if count > 1:
        yield Finding(f"{response.where}/output", "one call", f"{count} calls")
