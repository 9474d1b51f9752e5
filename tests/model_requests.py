"""Helpers that call the deterministic model without a server: from a request to a plan or a response."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver import model
from antiphon_mockserver.response.compose import compose
from antiphon_mockserver.response.identity import Identity
from antiphon_mockserver.response.plan import Context, Plan
from antiphon_mockserver.response.timeline import Timeline
from antiphon_spec import dialect

DIALECTS = {name: dialect.load(name) for name in dialect.names()}
RESPONSES = ("openai", "openresponses")
"""The dialects whose answers come from the model alone, not from a library."""

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a place.",
    "parameters": {
        "type": "object",
        "properties": {
            "location": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["location"],
    },
}
TIME = {"type": "function", "name": "get_time", "parameters": {"type": "object", "properties": {}}}
EXCHANGE = {
    "type": "function",
    "name": "get_exchange_rate",
    "parameters": {
        "type": "object",
        "properties": {"from_currency": {"type": "string"}, "to_currency": {"type": "string"}},
        "required": ["from_currency", "to_currency"],
        "additionalProperties": False,
    },
}


def user(text: str) -> dict[str, Any]:
    """A user message."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def assistant(text: str) -> dict[str, Any]:
    """An assistant message."""
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def context(
    input: str | list[dict[str, Any]], name: str = "openai", key: str = "", **request: Any
) -> Context:
    """The context of a create request with this input."""
    items = [user(input)] if isinstance(input, str) else input
    return Context({"model": "antiphon-1", "input": input, **request}, tuple(items), DIALECTS[name], key=key)


def plan(input: str | list[dict[str, Any]], name: str = "openai", **request: Any) -> Plan:
    """The plan of the model for this input."""
    return model.plan(context(input, name, **request))


def text(input: str | list[dict[str, Any]], name: str = "openai", **request: Any) -> str:
    """The text of the answer; fails if the answer is not one text."""
    (item,) = (item for item in plan(input, name, **request).items if item["type"] == "message")
    (part,) = item["content"]
    assert part["type"] == "output_text"
    return str(part["text"])


def calls(input: str | list[dict[str, Any]], name: str = "openai", **request: Any) -> list[tuple[str, str]]:
    """The calls that the model makes: names and arguments."""
    items = plan(input, name, **request).items
    return [(item["name"], item["arguments"]) for item in items if item["type"] == "function_call"]


def respond(
    input: str | list[dict[str, Any]],
    name: str = "openai",
    planned_response: Plan | None = None,
    **request: Any,
) -> dict[str, Any]:
    """The final response to a create request."""
    request_context = context(input, name, **request)
    identity = Identity("0123456789abcdef", request_context.dialect.traits.id_prefixes)
    return compose(planned_response or model.plan(request_context), request_context, identity, 1_700_000_000)


def timeline(final: dict[str, Any], name: str = "openai", *, obfuscation: bool = False) -> Timeline:
    """The timeline of a response."""
    return Timeline(final, DIALECTS[name], obfuscation=obfuscation)
