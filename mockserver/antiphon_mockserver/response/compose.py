"""Builds the final response object of a plan: all members of the dialect, with defaults and echoes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from antiphon_mockserver.behaviour.context import instruction_messages
from antiphon_mockserver.hosted_tools.echo import echo_hosted
from antiphon_mockserver.hosted_tools.usage import is_counted, tool_usage
from antiphon_mockserver.response.plan import Context, IdSource, Item, Plan
from antiphon_spec.dialect import Dialect, MockTraits

SERVICE_TIERS = {"auto": "default", "fast": "priority"}
"""Service tiers that the response reports under another name than the request used."""

REASONING_CONTEXT = "current_turn"
"""The value that the response reports for `reasoning.context: auto` (RSN-17)."""

NOT_ECHOED = frozenset(
    {"id", "object", "created_at", "completed_at", "status", "output", "usage", "error", "moderation"}
)
"""Members that a response never copies from the request."""


def compose(plan: Plan, context: Context, identity: IdSource, created_at: int) -> dict[str, Any]:
    """Returns the response object at the end of its timeline; `created_at` is in Unix seconds."""
    dialect = context.dialect
    response = {**dialect.traits.response}
    for name, value in context.request.items():
        if value is not None and name in response and name not in NOT_ECHOED:
            response[name] = echo(name, value, response[name], dialect.mock)
    if dialect.mock.hosted_tools and context.request.get("tools"):
        response["tools"] = [echo_hosted(tool, context) for tool in response["tools"]]
    if not dialect.mock.optional_members.keys().isdisjoint(context.request):
        response |= optional_members(context.request, dialect.mock)
    if dialect.mock.instructions_form == "messages":
        response["instructions"] = instruction_messages(context.request)
    is_complete = plan.status == "completed"
    members = {
        "id": identity.response,
        "created_at": created_at,
        "status": plan.status,
        "completed_at": created_at if is_complete else None,
        "incomplete_details": {"reason": plan.reason} if plan.reason else None,
        "error": {**plan.error, **dialect.mock.error_members} if plan.error else None,
        "output": identify(plan, identity, dialect),
        "usage": None if plan.status == "failed" else usage(plan, dialect),
    }
    for name, value in members.items():
        if name in response:
            response[name] = value
    tools = context.request.get("tools")
    if tools and dialect.mock.hosted_tools and is_counted(tools):
        response["tool_usage"] = tool_usage(response["output"])
    return response if is_complete else {**response, **dialect.mock.unfinished}


def compose_brief(plan: Plan, context: Context, identity: IdSource, created_at: int) -> dict[str, Any]:
    """Returns of the response object only what a chat completion shows of it."""
    return {
        "id": identity.response,
        "created_at": created_at,
        "status": plan.status,
        "model": context.request["model"],
        "incomplete_details": {"reason": plan.reason} if plan.reason else None,
        "output": identify(plan, identity, context.dialect),
        "usage": usage(plan, context.dialect),
    }


def optional_members(request: Mapping[str, Any], mock: MockTraits) -> dict[str, Any]:
    """Returns the members that the response has only because the request has them."""
    return {
        name: _repeat(request[name], defaults)
        for name, defaults in mock.optional_members.items()
        if isinstance(request.get(name), Mapping)
    }


def _repeat(value: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The value's own members; the default for an absent one and for one that the server chooses (`auto`)."""
    own = {
        name: member for name, member in value.items() if name in defaults and member not in (None, "auto")
    }
    return {name: member for name, member in {**defaults, **own}.items() if member is not None}


def echo(name: str, value: Any, default: Any, mock: MockTraits) -> Any:
    """Returns what the response reports for a parameter of the request."""
    if name == "tools":
        return [_with_defaults(tool, mock) for tool in value]
    if name == "service_tier":
        return SERVICE_TIERS.get(value, value)
    if not isinstance(value, dict):
        return value
    if name == "text":
        return _echo_text(value, default, mock)
    if name == "tool_choice":
        return dict(value)
    reasoning = {**value, "context": REASONING_CONTEXT} if value.get("context") == "auto" else value
    return {**default, **reasoning} if isinstance(default, dict) else reasoning


def identify(plan: Plan, identity: IdSource, dialect: Dialect) -> list[Item]:
    """Returns the items of the plan with their ids and final statuses."""
    last = len(plan.items) - 1
    cut = last if plan.status == "incomplete" else None
    items = [_finish(item, index, index == cut, identity, dialect) for index, item in enumerate(plan.items)]
    if last:  # what an item takes over from the one before it
        for (before, item), draft in zip(pairwise(items), plan.items[1:], strict=False):
            if item["type"] == f"{before['type']}_output" and draft.get("call_id") is None:
                item["call_id"] = before["call_id"]
        _name_programs(items)
    return items


def _name_programs(items: Sequence[Item]) -> None:
    """Fills in the program of each call that comes from one: the newest before it."""
    program = None
    for item in items:
        if item["type"] == "program":
            program = item["call_id"]
        elif isinstance(item.get("caller"), Mapping) and item["caller"].get("caller_id", "") is None:
            item["caller"] = {**item["caller"], "caller_id": program}


def usage(plan: Plan, dialect: Dialect) -> dict[str, Any]:
    """Returns the token counts of the plan, with the members that the dialect has."""
    shape = dialect.traits.response["usage"]
    counts = {
        "input_tokens": plan.input_tokens,
        "input_tokens_details": {
            **shape.get("input_tokens_details", {}),
            "cached_tokens": plan.cached_tokens,
        },
        "output_tokens": plan.output_tokens,
        "output_tokens_details": {"reasoning_tokens": plan.reasoning_tokens},
        "total_tokens": plan.input_tokens + plan.output_tokens,
    }
    if counts.keys() <= shape.keys():
        return counts
    return {name: value for name, value in counts.items() if name in shape}


def _finish(item: Item, index: int, cut: bool, identity: IdSource, dialect: Dialect) -> Item:
    kind = item["type"]
    traits = dialect.traits
    if dialect.mock.bare_items and kind == "message":
        return _strip(item)
    complete: Item = {"id": identity.item(traits.id_prefixes.get(kind, f"{kind}_"), index), "type": kind}
    if dialect.life(item["type"]).status != "never":
        complete["status"] = "incomplete" if cut else "completed"
    complete |= item if dialect.mock.phases else {name: item[name] for name in item if name != "phase"}
    if "call_id" in complete and complete["call_id"] is None and complete.get("execution") != "server":
        complete["call_id"] = identity.call(index)
    return complete


def _strip(item: Item) -> Item:
    """The message without the members that only dialects with item ids and statuses have."""
    content = [{name: part[name] for name in part if name != "logprobs"} for part in item.get("content", ())]
    message = {name: value for name, value in item.items() if name != "phase"}
    return {**message, "content": content} if "content" in item else message


def _echo_text(options: Mapping[str, Any], default: Mapping[str, Any], mock: MockTraits) -> dict[str, Any]:
    text = {**default, **{name: value for name, value in options.items() if value is not None}}
    text["format"] = _with_defaults(_with_type(text["format"]), mock)
    if not mock.echoes_schema and "schema" in text["format"]:
        text["format"]["schema"] = None
    return text


def _with_type(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """The format with its `type`, which a request may omit in Open Responses."""
    return form if "type" in form else {"type": "json_schema" if "schema" in form else "text", **form}


def _with_defaults(member: Mapping[str, Any], mock: MockTraits) -> dict[str, Any]:
    """The object, `type` first, with the default members that the dialect has for its type; null is unset."""
    extra = mock.members.get(member.get("type", ""))
    if not extra:
        return dict(member)
    own = {name: value for name, value in member.items() if value is not None or name not in extra}
    return {"type": member["type"], **extra, **own}
