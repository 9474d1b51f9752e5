"""Reasoning: shown, sent back, changed, and switched off."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.rules.reading.output import output
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.tools import user

ENOUGH = 4000
"""Output tokens that leave room for reasoning; the limit is set so that rules about it apply."""


@scenario(features=("reasoning",))
async def reasoning(conversation: Conversation) -> None:
    """Lets the model reason, continues from its encrypted reasoning in a stream, and misuses that."""
    question = user("A train leaves at 9:40 and takes 95 minutes. When does it arrive? Think first.")
    options: dict[str, Any] = {"include": ["reasoning.encrypted_content"], "store": False}
    members: dict[str, Any] = {
        "input": [question],
        "reasoning": {"effort": "low", "summary": "auto"},
        "max_output_tokens": ENOUGH,
    }
    exchange = await conversation.create("reasoned", may_fail=True, **members, **options)
    if not exchange.ok:  # some models reason, but do not encrypt it
        exchange = await conversation.create("reasoned_plainly", **members)
    items = exchange.response.get("output") or []
    thoughts = [item for _, item in output(exchange.response, "reasoning") if item.get("encrypted_content")]
    if not thoughts:
        return
    effort: dict[str, Any] = {"effort": "low", "summary": "auto"}
    if conversation.dialect.resolve("RSN-17"):
        effort["context"] = "auto"
    more = user("And if it is ten minutes late?")
    history = [question, *items, more]
    continued = await conversation.create(
        "continued", input=history, reasoning=effort, stream=True, may_fail=True
    )
    if conversation.dialect.resolve("RSN-11"):
        forgery = {**thoughts[0], "encrypted_content": f"{thoughts[0]['encrypted_content'][:-9]}AAAAAAAA="}
        tampered_items = [forgery if item is thoughts[0] else item for item in items]
        await conversation.create(
            "tampered", input=[question, *tampered_items, more], may_fail=True, **options
        )
    if conversation.dialect.resolve("RSN-13"):
        await conversation.create("orphaned", input=[question, thoughts[0], more], may_fail=True, **options)

    async def list_input(conversation: Conversation) -> None:
        path = f"/responses/{conversation.id_of(continued)}/input_items"
        await conversation.get("continued_items", f"{path}?order=asc&limit=20")

    if continued.ok and conversation.dialect.resolve("INP-25"):
        await conversation.part("input_items", list_input)


@scenario(features=("reasoning",))
async def no_reasoning(conversation: Conversation) -> None:
    """Lets the model reason without a summary, and switches reasoning off."""
    question = "How many days are there from 3 March to 17 April? Think first."
    await conversation.create("unsummarised", input=question, reasoning={"effort": "low"}, may_fail=True)
    await conversation.create(
        "unreasoned", input="What is 7 times 8?", reasoning={"effort": "none"}, may_fail=True
    )
