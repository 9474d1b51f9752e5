"""Conversations that continue from stored responses and items."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.test_prompts import (
    ASK_ALL,
    ASK_FIRST,
    OVERLONG,
    SECOND_WORD,
    TELL_FIRST,
    TELL_SECOND,
    UNKNOWN_RESPONSE,
)
from antiphon_conformance.rules.reading.output import output, text_of
from antiphon_conformance.scenarios.conversation import Talk
from antiphon_conformance.scenarios.scenario import scenario


@scenario(features=("chain",))
async def chaining(talk: Talk) -> None:
    """States two facts in a chain, asks for them, forks the chain, sends it whole, and compacts it."""
    first_turn = await talk.create(
        "told", input=TELL_FIRST, instructions="Answer in one short line.", store=True
    )
    first = talk.id_of(first_turn)
    second_turn = await talk.create(
        "continued", input=TELL_SECOND, previous_response_id=first, store=True, stream=True, may_fail=True
    )
    second = talk.id_of(second_turn)
    await talk.create("asked", input=ASK_ALL, previous_response_id=second, may_fail=True)
    await talk.create(
        "forked",
        input=ASK_ALL,
        previous_response_id=first,
        instructions="Answer each question in a line of its own.",
        may_fail=True,
    )
    history = [*turn(TELL_FIRST, first_turn), *turn(TELL_SECOND, second_turn), user(ASK_ALL)]
    resent = await talk.create("resent", input=history, store=False, may_fail=True)
    if resent.ok:
        identity = talk.id_of(resent)
        await talk.create("continued_unstored", input=ASK_FIRST, previous_response_id=identity, may_fail=True)
    await refer(talk, first_turn, second_turn)
    if "retrieve" in talk.dialect.features:
        await talk.get("told_again", f"/responses/{first}")
        await talk.get("continued_again", f"/responses/{second}")
        if resent.ok:
            await talk.get("unstored", f"/responses/{talk.id_of(resent)}")
    if "input_items" in talk.dialect.features:
        await talk.get("continued_items", f"/responses/{second}/input_items")
    await talk.part("compact", compact)


@scenario(dialect="responses")
async def overlong_input(talk: Talk) -> None:
    """Sends more text than any model accepts, and forbids truncation."""
    await talk.create(
        "overlong",
        input=OVERLONG,
        truncation="disabled",
        stream=True,
        store=False,
        may_fail=True,
    )


async def refer(talk: Talk, *turns: Exchange) -> None:
    """Refers to the stored output items of two turns, to one of them by its id alone; when the server rejects
    that, only to the other."""
    messages = [next((item for _, item in output(turn.response, "message")), {}) for turn in turns]
    reference, bare = ({"id": message.get("id")} for message in messages)
    reference["type"] = "item_reference"
    answer = await talk.create("referenced", input=[reference, bare, user(ASK_FIRST)], may_fail=True)
    if not answer.ok:
        await talk.create("referenced_by_type", input=[reference, user(ASK_FIRST)], may_fail=True)


async def compact(talk: Talk) -> None:
    """Compacts the chain with more input, asks what is left of it, and uses the compaction as a response."""
    path, first = "/responses/compact", talk.id_of(talk.exchanges["told"])
    compaction = await talk.post(
        "compacted",
        path,
        model=talk.model,
        previous_response_id=first,
        input=[{**user(f"The second code word is {SECOND_WORD}."), "role": "assistant"}],
        instructions="Keep every code word.",
        prompt_cache_key="antiphon",
    )
    await talk.post("compacted_modelless", path, input="Say hello.")
    unknown = {"model": talk.model, "input": "Say hello.", "previous_response_id": UNKNOWN_RESPONSE}
    await talk.post("compacted_unknown", path, body=unknown)
    window = compaction.answer.fields.get("output")
    if isinstance(window, list):
        await talk.create("remembered", input=[*window, user(ASK_ALL)], may_fail=True)
    identity = compaction.answer.fields.get("id")
    if isinstance(identity, str):
        await talk.create("misused", input=ASK_FIRST, previous_response_id=identity, may_fail=True)
        if "retrieve" in talk.dialect.features:
            await talk.get("compacted_again", f"/responses/{identity}")


def user(text: str) -> dict[str, Any]:
    """A user message."""
    return {"type": "message", "role": "user", "content": text}


def turn(text: str, answer: Exchange) -> list[dict[str, Any]]:
    """A turn of a conversation, to be sent again: the user's text and the answer."""
    return [user(text), {**user(text_of(answer.response)), "role": "assistant"}]
