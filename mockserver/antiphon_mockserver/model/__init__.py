"""The deterministic model: the same context always gets the same answer, and one can see what it answers.

It echoes, counts, reckons, recalls what was said before, repeats on demand, tells stories of any length,
refuses when asked to, obeys simple instructions, calls tools with valid arguments, fills in any JSON Schema.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.model.answers import Answer, Refused, answer, fit_words
from antiphon_mockserver.model.budget import cost, spend
from antiphon_mockserver.model.calls import calls
from antiphon_mockserver.model.citations import with_citations
from antiphon_mockserver.model.compaction import in_band, is_triggered
from antiphon_mockserver.model.hosted import ANSWERED
from antiphon_mockserver.model.logprobs import logprobs
from antiphon_mockserver.model.manner import speak
from antiphon_mockserver.model.reading import Reading, read
from antiphon_mockserver.model.reasoning import reason
from antiphon_mockserver.model.servers import lists, outputs
from antiphon_mockserver.model.structure import structured
from antiphon_mockserver.plan import Context, Item, Plan
from antiphon_mockserver.tokens import count_input

__all__ = ["message", "plan", "with_logprobs"]


def plan(context: Context) -> Plan:
    """What the model says in this context.

    Raises Denied when the context holds encrypted content that is not ours, or a schema that is beyond it.
    """
    reading = read(context)
    input_tokens = count_input(context)
    compaction = in_band(context, input_tokens)
    if is_triggered(context):
        return Plan(compaction, input_tokens=input_tokens, output_tokens=sum(map(cost, compaction)))
    listed = lists(context)
    items = calls(context, reading, listed)
    if served := outputs(items, context):
        reading = replace(reading, outputs=(*reading.outputs, *served))
    called = ", ".join(str(item.get("name", item["type"])) for item in items)
    thought = reason(context, reading, f"I will call {called}." if items else "I will answer in text.")
    if all(item["type"] in ANSWERED for item in items):
        items.append(message(_said(context, reading)))
    spent = spend(thought, items, context.whole("max_output_tokens"))
    return Plan(
        items=(*listed, *compaction, *with_logprobs(with_citations(spent.items), context)),
        status="incomplete" if spent.cut else "completed",
        reason="max_output_tokens" if spent.cut else None,
        input_tokens=input_tokens,
        output_tokens=spent.output_tokens + sum(map(cost, compaction)),
        reasoning_tokens=spent.reasoning_tokens,
    )


def message(said: Answer) -> Item:
    """The message that says this."""
    if isinstance(said, Refused):
        part: dict[str, Any] = {"type": "refusal", "refusal": said.text}
    else:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": said}
    return {"type": "message", "content": [part], "phase": "final_answer", "role": "assistant"}


def _said(context: Context, reading: Reading) -> Answer:
    said = answer(reading)
    if isinstance(said, Refused):
        return said
    said = fit_words(said, reading.prompt)
    value = structured(context, reading, said)
    return speak(said, reading.instructions) if value is None else orjson.dumps(value.content).decode()


def with_logprobs(items: tuple[Item, ...], context: Context) -> tuple[Item, ...]:
    """The items, the text among them with log probabilities when the request asks for these."""
    if "message.output_text.logprobs" not in (context.request.get("include") or ()):
        return items
    alternatives = context.whole("top_logprobs") or 0
    return tuple(_weighed(item, alternatives) if item["type"] == "message" else item for item in items)


def _weighed(item: Item, alternatives: int) -> Item:
    part = item["content"][0]
    if part["type"] != "output_text":
        return item
    return {**item, "content": [{**part, "logprobs": logprobs(part["text"], alternatives)}]}
