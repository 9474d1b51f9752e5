"""Histories that are counted, or shrunk to what stands in for them."""

from __future__ import annotations

from antiphon_conformance.prompts import ASK_ALL, ASK_FIRST, SECOND_WORD, TELL_FIRST, UNKNOWN_RESPONSE
from antiphon_conformance.scenario import scenario
from antiphon_conformance.scenarios.chaining import user
from antiphon_conformance.scenarios.tools import WEATHER
from antiphon_conformance.talk import Talk

THRESHOLD = 1_000
"""The smallest number of tokens at which the document lets a context be compacted."""


@scenario(features=("compact",))
async def compaction(talk: Talk) -> None:
    """Compacts a stored response with more input, asks what is left of it, and misuses what came out."""
    told = await talk.create("told", input=TELL_FIRST, store=True)
    compacted = await talk.post(
        "compacted",
        "/responses/compact",
        model=talk.model,
        previous_response_id=talk.id_of(told),
        input=[{**user(f"The second code word is {SECOND_WORD}."), "role": "assistant"}],
        instructions="Keep every code word.",
        prompt_cache_key="antiphon",
    )
    await talk.post("modelless", "/responses/compact", input="Say hello.")
    unknown = {"model": talk.model, "input": "Say hello.", "previous_response_id": UNKNOWN_RESPONSE}
    await talk.post("unknown", "/responses/compact", body=unknown)
    window = compacted.answer.fields.get("output")
    if isinstance(window, list):
        await talk.create("remembered", input=[*window, user(ASK_ALL)], may_fail=True)
    identity = compacted.answer.fields.get("id")
    if isinstance(identity, str):
        await talk.create("misused", input=ASK_FIRST, previous_response_id=identity, may_fail=True)
        if "retrieve" in talk.dialect.features:
            await talk.get("retrieved", f"/responses/{identity}")


@scenario(features=("compact",), dialect="openai")
async def context_management(talk: Talk) -> None:
    """Has a context compacted within a create: by a trigger, and by its length."""
    trigger = {"type": "compaction_trigger"}
    await talk.create("triggered", input=[user(TELL_FIRST), trigger], stream=True, may_fail=True)
    await talk.create("mistriggered", input=[trigger, user(TELL_FIRST)], may_fail=True)
    management = [{"type": "compaction", "compact_threshold": THRESHOLD}]
    text = f"{'The tea is cold. ' * THRESHOLD}Say hello."
    await talk.create("managed", input=text, context_management=management, may_fail=True)


@scenario(features=("input_tokens",))
async def input_tokens(talk: Talk) -> None:
    """Counts the tokens of a request that is made as well, then of a longer one."""
    text, instructions = "Say hello.", "Answer in one short line."
    await talk.create("created", input=text, instructions=instructions)
    asked = {"model": talk.model, "input": text, "instructions": instructions}
    path = "/responses/input_tokens"
    await talk.post("counted", path, body=asked)
    more = {"tools": [WEATHER], "tool_choice": "auto", "parallel_tool_calls": False, "truncation": "disabled"}
    await talk.post("counted_more", path, body={**asked, **more, "text": {"format": {"type": "text"}}})
