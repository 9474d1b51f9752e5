"""The deterministic model: the same context always gets the same answer, and a reader can predict it.

It echoes, counts, calculates, recalls what was said before, repeats on demand, tells stories of any length,
refuses on demand, follows simple instructions, calls tools with valid arguments and fills in any JSON Schema.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.hosted_tools.calls import ANSWERED
from antiphon_mockserver.model.budget import cost, spend
from antiphon_mockserver.model.calls import calls
from antiphon_mockserver.model.citations import with_citations
from antiphon_mockserver.model.compaction import in_band, is_triggered
from antiphon_mockserver.model.logprobs import logprobs
from antiphon_mockserver.model.parts import with_text_parts
from antiphon_mockserver.model.reading import Reading, read
from antiphon_mockserver.model.reasoning import reason
from antiphon_mockserver.model.server_tools import lists, outputs
from antiphon_mockserver.model.skills import Answer, Refusal, answer, fit_words
from antiphon_mockserver.model.structure import json_answer
from antiphon_mockserver.model.style import speak
from antiphon_mockserver.response.plan import Context, Item, Plan
from antiphon_mockserver.response.tokens import count_input

__all__ = ["message", "plan", "with_logprobs"]


def plan(context: Context) -> Plan:
    """What the model says in this context.

    Raises ApiError when the encrypted content in the context is not ours or a schema cannot be filled in.
    """
    reading = read(context)
    input_tokens = count_input(context)
    compaction = in_band(context, input_tokens)
    if is_triggered(context):
        return Plan(compaction, input_tokens=input_tokens, output_tokens=sum(map(cost, compaction)))
    tool_lists = lists(context)
    items = calls(context, reading, tool_lists)
    if server_outputs := outputs(items, context):
        reading = replace(reading, outputs=(*reading.outputs, *server_outputs))
    names = ", ".join(str(item.get("name", item["type"])) for item in items)
    thought = reason(context, reading, f"I will call {names}." if items else "I will answer in text.")
    if all(item["type"] in ANSWERED for item in items):
        items.append(message(_answer(context, reading)))
    spending = spend(thought, items, context.whole("max_output_tokens"))
    return Plan(
        items=(*tool_lists, *compaction, *with_logprobs(with_citations(spending.items), context)),
        status="incomplete" if spending.cut else "completed",
        reason="max_output_tokens" if spending.cut else None,
        input_tokens=input_tokens,
        output_tokens=spending.output_tokens + sum(map(cost, compaction)),
        reasoning_tokens=spending.reasoning_tokens,
    )


def message(text: Answer) -> Item:
    """The message with this text, or with this refusal."""
    if isinstance(text, Refusal):
        part: dict[str, Any] = {"type": "refusal", "refusal": text.text}
    else:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return {"type": "message", "content": [part], "phase": "final_answer", "role": "assistant"}


def _answer(context: Context, reading: Reading) -> Answer:
    text = answer(reading)
    if isinstance(text, Refusal):
        return text
    text = fit_words(text, reading.prompt)
    value = json_answer(context, reading, text)
    return speak(text, reading.instructions) if value is None else orjson.dumps(value.content).decode()


def with_logprobs(items: tuple[Item, ...], context: Context) -> tuple[Item, ...]:
    """The items, with log probabilities for their texts when the request includes them."""
    if "message.output_text.logprobs" not in (context.request.get("include") or ()):
        return items
    alternatives = context.whole("top_logprobs") or 0
    return with_text_parts(items, lambda text: {"logprobs": logprobs(text, alternatives)})
