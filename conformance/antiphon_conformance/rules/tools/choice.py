"""`tool_choice`: the calls that it forces, forbids and allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import CLIENT_CALLS, is_call, member, objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ResponseObject

ACTIONS = ("mcp_approval_request", "program")
"""Items that stand for a call."""


def _answers(fits: Callable[[Any], bool]) -> Callable[[ResponseObject], bool]:
    """For `when=`: a completed response answers a request whose `tool_choice` fits.

    Another rule reports a response without `output`.
    """
    return lambda response: (
        response.creation
        and response.status == "completed"
        and "output" in response.content
        and bool(response.request_fields.get("tools"))
        and not _may_be_answered_in_words(response)
        and fits(response.request_fields.get("tool_choice"))
    )


def _offers_functions(response: ResponseObject) -> bool:
    """Whether a function is among the tools of the request."""
    return any(tool.get("type") == "function" for _, tool in objects(response.request_fields.get("tools")))


def _forces_a_function(response: ResponseObject) -> bool:
    return _offers_functions(response) and _answers(lambda choice: choice == "required")(response)


def _forces_another_tool(response: ResponseObject) -> bool:
    choice = response.request_fields.get("tool_choice")
    is_forced = choice == "required" or member(choice, "type") == "custom"
    return is_forced and not _offers_functions(response) and _answers(lambda _: True)(response)


def _has_call(response: ResponseObject) -> bool:
    """Whether the response has a call, or what may be one: a request for approval, a newer item."""
    known = response.dialect.schemas.item_types
    return any(
        is_call(item) or item.get("type") in ACTIONS or str(item.get("type")) not in known
        for _, item in response.items
    )


def _may_be_answered_in_words(response: ResponseObject) -> bool:
    """Whether a model refused, which no choice of a tool forbids."""
    return bool(response.refusals)


@rule(
    "tool-choice.required-makes-a-call",
    ResponseObject,
    cites=("TOOL-02", "TOOL-32", "BUD-REQ-17"),
    when=_forces_a_function,
    needs="an answer to `tool_choice: required` with a function",
)
def required_makes_a_call(response: ResponseObject) -> Iterator[Finding]:
    """With `tool_choice: required` the response has at least one tool call."""
    if not _has_call(response):
        yield Finding(
            f"{response.where}/output", "a tool call", f"items of the types {show(_types(response))}"
        )


@rule(
    "hosted-tools.a-forced-tool-is-used",
    ResponseObject,
    cites=("TOOL-32", "TOOL-33"),
    when=_forces_another_tool,
    needs="an answer to `tool_choice` that forces a tool that is no function",
)
def a_forced_tool_is_used(response: ResponseObject) -> Iterator[Finding]:
    """A tool that is no function is used where `tool_choice` forces it, or the tool is rejected.

    A server that knows functions alone and passes over other tools in silence answers from memory what
    the user wanted searched or computed. Clients that use functions notice nothing.
    """
    if not _has_call(response):
        kinds = [tool.get("type", ABSENT) for _, tool in objects(response.request_fields.get("tools"))]
        yield Finding(
            f"{response.where}/output",
            f"a use of a tool of the types {show(kinds)}",
            f"items of the types {show(_types(response))}",
        )


@rule(
    "tool-choice.none-makes-no-call",
    ResponseObject,
    cites=("TOOL-03", "TOOL-32", "BUD-REQ-16"),
    when=_answers(lambda choice: choice == "none"),
    needs="an answer to `tool_choice: none`",
)
def none_makes_no_call(response: ResponseObject) -> Iterator[Finding]:
    """With `tool_choice: none` the response has no tool call."""
    for index, item in response.items:
        if is_call(item):
            yield Finding(
                f"{response.where}/output/{index}/type", "no tool call", show(item.get("type", ABSENT))
            )


def _names_a_tool(choice: Any) -> bool:
    return member(choice, "type") in ("function", "custom")


def _names_a_known_tool(response: ResponseObject) -> bool:
    """Whether `tool_choice` names a function, or another tool that the server knows, since it called one."""
    return _answers(_names_a_tool)(response) and (_offers_functions(response) or _has_call(response))


@rule(
    "tool-choice.a-named-tool-is-called",
    ResponseObject,
    cites=("TOOL-04", "TOOL-33", "BUD-REQ-25"),
    when=_names_a_known_tool,
    needs="an answer to a `tool_choice` that names a tool",
)
def a_named_tool_is_called(response: ResponseObject) -> Iterator[Finding]:
    """With a `tool_choice` that names a tool the response calls that tool, and no other."""
    name = response.request_fields["tool_choice"].get("name", ABSENT)
    names = [call.get("name") for _, call in response.items_of(*CLIENT_CALLS)]
    if not names or any(actual not in (name, None) for actual in names):
        actual = f"calls of {show(names)}" if names else "no call"
        yield Finding(f"{response.where}/output", f"calls of {show(name)} only", actual)


def _restricts(choice: Any) -> bool:
    return bool(member(choice, "type") == "allowed_tools")


def _restricts_and_forces(choice: Any) -> bool:
    return _restricts(choice) and member(choice, "mode") == "required"


def _tool_names(choice: Mapping[str, Any]) -> list[Any]:
    return [tool.get("name", ABSENT) for _, tool in objects(choice.get("tools"))]


@rule(
    "tool-choice.allowed-tools-is-a-hard-limit",
    ResponseObject,
    cites=("TOOL-05", "TOOL-06", "TOOL-34"),
    when=_answers(_restricts),
    needs="an answer to `allowed_tools`",
)
def allowed_tools_is_a_hard_limit(response: ResponseObject) -> Iterator[Finding]:
    """With `allowed_tools` the response calls only tools of the list.

    That holds even when the prompt demands another tool. Agents rely on it to block harmful tools.
    """
    names = _tool_names(response.request_fields["tool_choice"])
    for index, call in response.items_of(*CLIENT_CALLS):
        name = call.get("name")
        if name is not None and name not in names:
            yield Finding(f"{response.where}/output/{index}/name", f"one of {show(names)}", show(name))


@rule(
    "tool-choice.required-allowed-tools-make-a-call",
    ResponseObject,
    cites="TOOL-08",
    when=_answers(_restricts_and_forces),
    needs="an answer to `allowed_tools` with `mode: required`",
)
def required_allowed_tools_make_a_call(response: ResponseObject) -> Iterator[Finding]:
    """With `allowed_tools` and `mode: required` the response has at least one tool call."""
    if not _has_call(response):
        yield Finding(
            f"{response.where}/output", "a tool call", f"items of the types {show(_types(response))}"
        )


def _types(response: ResponseObject) -> list[Any]:
    return [item.get("type", ABSENT) for _, item in response.items]
