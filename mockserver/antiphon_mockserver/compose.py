"""A plan -> the final response object: all that the dialect names, defaults and echoes included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.chain import instructing
from antiphon_mockserver.plan import Context, Identity, Item, Plan
from antiphon_spec.dialect import Dialect, Traits

SERVICE_TIERS = {"auto": "default", "fast": "priority"}
"""The tiers that are reported under another name than they are asked for."""

REASONING_CONTEXT = "current_turn"
"""What `reasoning.context: auto` comes to (RSN-17)."""

NOT_ECHOED = frozenset(
    {"id", "object", "created_at", "completed_at", "status", "output", "usage", "error", "moderation"}
)
"""Members that never come from the request, whatever keys it has."""


def compose(plan: Plan, context: Context, identity: Identity, created_at: int) -> dict[str, Any]:
    """The response as it is at the end of its timeline."""
    dialect = context.dialect
    response = {**dialect.traits.response}
    for name, given in context.request.items():
        if given is not None and name in response and name not in NOT_ECHOED:
            response[name] = echo(name, given, response[name], dialect.traits)
    if dialect.traits.instructions_form == "messages":
        response["instructions"] = instructing(context.request)
    ended = plan.status == "completed"
    told = {
        "id": identity.response,
        "created_at": created_at,
        "status": plan.status,
        "completed_at": created_at if ended else None,
        "incomplete_details": {"reason": plan.reason} if plan.reason else None,
        "error": {**plan.error, **dialect.traits.error_members} if plan.error else None,
        "output": identify(plan, identity, dialect),
        "usage": None if plan.status == "failed" else usage(plan, dialect),
    }
    for name, value in told.items():
        if name in response:
            response[name] = value
    return response if ended else {**response, **dialect.traits.unfinished}


def echo(name: str, given: Any, default: Any, traits: Traits) -> Any:
    """What the response reports for a request parameter that was given."""
    if name == "tools":
        return [_complete(tool, traits) for tool in given]
    if name == "service_tier":
        return SERVICE_TIERS.get(given, given)
    if not isinstance(given, dict):
        return given
    if name == "text":
        return _echo_text(given, default, traits)
    if name == "tool_choice":
        return _complete(given, traits)
    decided = {**given, "context": REASONING_CONTEXT} if given.get("context") == "auto" else given
    return {**default, **decided} if isinstance(default, dict) else decided


def identify(plan: Plan, identity: Identity, dialect: Dialect) -> list[Item]:
    """The plan's items with their ids and final states."""
    last = len(plan.items) - 1
    cut = last if plan.status == "incomplete" else None
    return [
        _identified(item, index, index == cut, identity, dialect) for index, item in enumerate(plan.items)
    ]


def usage(plan: Plan, dialect: Dialect) -> dict[str, Any]:
    """The token counts of the plan, in the dialect's shape."""
    shape = dialect.traits.response["usage"]
    told = {
        "input_tokens": plan.input_tokens,
        "input_tokens_details": {
            **shape.get("input_tokens_details", {}),
            "cached_tokens": plan.cached_tokens,
        },
        "output_tokens": plan.output_tokens,
        "output_tokens_details": {"reasoning_tokens": plan.reasoning_tokens},
        "total_tokens": plan.input_tokens + plan.output_tokens,
    }
    return {name: value for name, value in told.items() if name in shape}


def _identified(item: Item, index: int, cut: bool, identity: Identity, dialect: Dialect) -> Item:
    kind = item["type"]
    traits = dialect.traits
    if traits.bare_items and kind == "message":
        return _bare(item)
    complete: Item = {"id": identity.item(traits.id_prefixes.get(kind, f"{kind}_"), index), "type": kind}
    if kind not in traits.items_without_status:
        complete["status"] = "incomplete" if cut else "completed"
    complete |= item if traits.phases else {name: item[name] for name in item if name != "phase"}
    if complete.get("call_id", "given") is None:
        complete["call_id"] = identity.call(index)
    return complete


def _bare(item: Item) -> Item:
    """The message without what only dialects with ids and states have in it."""
    content = [{name: part[name] for name in part if name != "logprobs"} for part in item.get("content", ())]
    bare = {name: value for name, value in item.items() if name != "phase"}
    return {**bare, "content": content} if "content" in item else bare


def _echo_text(given: Mapping[str, Any], default: Mapping[str, Any], traits: Traits) -> dict[str, Any]:
    text = {**default, **{name: value for name, value in given.items() if value is not None}}
    text["format"] = _complete(_typed(text["format"]), traits)
    if not traits.echoes_schema and "schema" in text["format"]:
        text["format"]["schema"] = None
    return text


def _typed(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """The format with its `type`, which Open Responses lets a request leave out."""
    return form if "type" in form else {"type": "json_schema" if "schema" in form else "text", **form}


def _complete(given: Mapping[str, Any], traits: Traits) -> dict[str, Any]:
    """The object with what the dialect adds to those of its type, its `type` in front."""
    extra = traits.members.get(given.get("type", ""))
    return {"type": given["type"], **extra, **given} if extra else dict(given)
