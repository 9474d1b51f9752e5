"""Reasoning: shown, sent back, changed, and switched off."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.rules.reading.output import output
from antiphon_conformance.scenarios.conversation import Talk
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.tools import user

ENOUGH = 4000
"""Output tokens that leave room for reasoning; the limit is set so that rules about it apply."""


@scenario(features=("reasoning",))
async def reasoning(talk: Talk) -> None:
    """Lets the model reason, continues from its encrypted reasoning in a stream, and misuses that."""
    question = user("A train leaves at 9:40 and takes 95 minutes. When does it arrive? Think first.")
    options: dict[str, Any] = {"include": ["reasoning.encrypted_content"], "store": False}
    exchange = await talk.create(
        "reasoned",
        input=[question],
        reasoning={"effort": "low", "summary": "auto"},
        max_output_tokens=ENOUGH,
        **options,
    )
    items = exchange.response.get("output") or []
    thoughts = [item for _, item in output(exchange.response, "reasoning") if item.get("encrypted_content")]
    if not thoughts:
        return
    effort: dict[str, Any] = {"effort": "low", "summary": "auto"}
    if talk.dialect.resolve("RSN-17"):
        effort["context"] = "auto"
    more = user("And if it is ten minutes late?")
    history = [question, *items, more]
    await talk.create("continued", input=history, reasoning=effort, store=False, stream=True, may_fail=True)
    if talk.dialect.resolve("RSN-11"):
        forgery = {**thoughts[0], "encrypted_content": f"{thoughts[0]['encrypted_content'][:-9]}AAAAAAAA="}
        tampered_items = [forgery if item is thoughts[0] else item for item in items]
        await talk.create("tampered", input=[question, *tampered_items, more], may_fail=True, **options)
    if talk.dialect.resolve("RSN-13"):
        await talk.create("orphaned", input=[question, thoughts[0], more], may_fail=True, **options)


@scenario(features=("reasoning",))
async def no_reasoning(talk: Talk) -> None:
    """Switches reasoning off."""
    await talk.create("unreasoned", input="What is 7 times 8?", reasoning={"effort": "none"}, may_fail=True)
