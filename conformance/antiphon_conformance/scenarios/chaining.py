"""Conversations that go on from stored responses and items."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.answers import output, text_of
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.prompts import (
    ASK_ALL,
    ASK_FIRST,
    TELL_FIRST,
    TELL_SECOND,
    UNKNOWN_ITEM,
    UNKNOWN_RESPONSE,
)
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk


@scenario(features=("chain",))
async def chaining(talk: Talk) -> None:
    """Tells two facts in a chain, asks for them, forks the chain, and sends the same history whole."""
    told = await talk.create("told", input=TELL_FIRST, instructions="Answer in one short line.", store=True)
    first = talk.id_of(told)
    continued = await talk.create(
        "continued", input=TELL_SECOND, previous_response_id=first, store=True, may_fail=True
    )
    second = talk.id_of(continued)
    await talk.create("asked", input=ASK_ALL, previous_response_id=second, may_fail=True)
    await talk.create(
        "forked",
        input=ASK_ALL,
        previous_response_id=first,
        instructions="Answer each question in a line of its own.",
        may_fail=True,
    )
    history = [*turn(TELL_FIRST, told), *turn(TELL_SECOND, continued), user(ASK_ALL)]
    resent = await talk.create("resent", input=history, store=False, may_fail=True)
    await talk.create("unknown", input=ASK_FIRST, previous_response_id=UNKNOWN_RESPONSE, may_fail=True)
    if resent.ok:
        unstored = talk.id_of(resent)
        await talk.create("continued_unstored", input=ASK_FIRST, previous_response_id=unstored, may_fail=True)
    await refer(talk, told)
    if "retrieve" in talk.dialect.features:
        await talk.get("told_again", f"/responses/{first}")
        if resent.ok:
            await talk.get("unstored", f"/responses/{talk.id_of(resent)}")
    if "input_items" in talk.dialect.features:
        await talk.get("continued_items", f"/responses/{second}/input_items")


@scenario()
async def overlong_input(talk: Talk) -> None:
    """Sends more than any model reads, and forbids to shorten it."""
    await talk.create(
        "overlong",
        input="one two " * 1_250_000,
        truncation="disabled",
        stream=True,
        store=False,
        may_fail=True,
    )


async def refer(talk: Talk, told: Exchange) -> None:
    """Names a stored output item instead of sending it again, then one that does not exist."""
    for _, message in output(told.response, "message"):
        reference = {"type": "item_reference", "id": message.get("id")}
        await talk.create("referenced", input=[reference, user(ASK_FIRST)], may_fail=True)
        break
    lost = {"type": "item_reference", "id": UNKNOWN_ITEM}
    await talk.create("lost_reference", input=[lost, user(ASK_FIRST)], may_fail=True)


def user(text: str) -> dict[str, Any]:
    """A user message."""
    return {"type": "message", "role": "user", "content": text}


def turn(text: str, answer: Exchange) -> list[dict[str, Any]]:
    """A turn of a conversation as it is sent again: what the user said and what was answered."""
    return [user(text), {**user(text_of(answer.response)), "role": "assistant"}]
