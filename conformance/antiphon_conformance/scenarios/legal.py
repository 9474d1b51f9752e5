"""Requests that are legal, and that servers have been known to refuse."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk

PARAMETERS = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
LOOK_UP = {"type": "function", "name": "look_up", "description": "Looks a name up.", "parameters": PARAMETERS}
HISTORY: tuple[dict[str, Any], ...] = (
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]},
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hello. What can I do for you?"}],
        "phase": "final_answer",
    },
    {"type": "message", "role": "user", "content": "Look up Ada."},
    {"type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": '{"name": "Ada"}'},
    {"type": "function_call_output", "call_id": "call_1", "output": "Ada, born 1815"},
    {"type": "message", "role": "developer", "content": "Answer in one short line."},
    {"type": "message", "role": "user", "content": "When was she born?"},
)


@scenario()
async def legal_forms(talk: Talk) -> None:
    """Asks in every legal form that some server has refused."""
    asked: dict[str, Any] = {"may_fail": True}
    brief = "Be brief."
    history = list(HISTORY)
    await talk.create("history", instructions=brief, input=history, tools=[LOOK_UP], stream=True, **asked)
    first = await talk.create(
        "switches",
        input="Say hello.",
        truncation="auto",
        text={},
        store=True,
        background=False,
        parallel_tool_calls=True,
        metadata={f"key_{number}": "value" for number in range(16)},
        max_output_tokens=16,
        service_tier="auto",
        temperature=1,
        top_p=1,
        **asked,
    )
    if identities := _items(first):
        again = {"type": "message", "role": "user", "content": "Once more."}
        await talk.create("referred", input=[*identities, again], **asked)


@scenario(dialect="openai")
async def short_forms(talk: Talk) -> None:
    """Leaves out whatever may be left out."""
    short = [{"role": "user", "content": "Say hello."}]
    bare = {"type": "function", "name": "look_up"}
    await talk.create("short", input=short, stream=None, tools=[bare], tool_choice="none", may_fail=True)


@scenario(dialect="openresponses")
async def penalties(talk: Talk) -> None:
    """Asks with the two penalties that only Open Responses has."""
    await talk.create(
        "penalised", input="Say hello.", presence_penalty=0.5, frequency_penalty=0.5, may_fail=True
    )


def _items(exchange: Exchange) -> list[dict[str, Any]]:
    output = exchange.response.get("output") if exchange.ok else None
    items = output if isinstance(output, list) else []
    return [
        {"id": item["id"]} for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)
    ]
