"""Conversations that continue from stored responses and items."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from antiphon_conformance.http.exchange import Exchange, final_response
from antiphon_conformance.requests.test_prompts import (
    ASK_ALL,
    ASK_FIRST,
    ASK_SIMPLY,
    FIRST_WORD,
    HELLO,
    NEW_COLOUR,
    OLD_COLOUR,
    OVERLONG,
    SECOND_WORD,
    TELL_ANEW,
    TELL_FIRST,
    TELL_SECOND,
    TELL_SIMPLY,
    UNKNOWN_RESPONSE,
)
from antiphon_conformance.rules.reading.comparison import says
from antiphon_conformance.rules.reading.output import output, response_or_empty, text_of
from antiphon_conformance.scenarios.answers import keeps_nothing
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

REFERENCED = ("referenced", "referenced_by_type")
"""The steps whose input refers to items."""


@scenario(features=("chain",))
async def chaining(conversation: Conversation) -> None:
    """States two facts in a chain, asks for them, forks the chain, sends it whole, and compacts it."""
    first_turn = await conversation.create(
        "told", input=TELL_FIRST, instructions="Answer in one short line.", store=True
    )
    first = conversation.id_of(first_turn)
    second_turn = await conversation.create(
        "continued", input=TELL_SECOND, previous_response_id=first, store=True, stream=True, may_fail=True
    )
    if keeps_nothing(first_turn) and second_turn.reply and 400 <= second_turn.reply.status < 500:
        conversation.end_without("chain", "continued")
    second = conversation.id_of(second_turn)
    await conversation.create("asked", input=ASK_ALL, previous_response_id=second, may_fail=True)
    await conversation.create(
        "forked",
        input=ASK_ALL,
        previous_response_id=first,
        instructions="Answer each question in a line of its own.",
        may_fail=True,
    )
    history = [*turn(TELL_FIRST, first_turn), *turn(TELL_SECOND, second_turn), user(ASK_ALL)]
    whole = await conversation.create("resent", input=history, store=False, may_fail=True)
    await ask_again(conversation, "asked", whole, (FIRST_WORD, SECOND_WORD, OLD_COLOUR, NEW_COLOUR))
    await ask_again(conversation, "forked", whole, (FIRST_WORD,))
    if whole.ok:
        identity = conversation.id_of(whole)
        await conversation.create(
            "continued_unstored", input=ASK_FIRST, previous_response_id=identity, may_fail=True
        )
    if not all(says(whole, word) for word in (FIRST_WORD, SECOND_WORD)):
        await chain_simply(conversation)
    if "recalled" in conversation.exchanges and not says(first_turn, FIRST_WORD):
        await refer(conversation, ASK_SIMPLY, conversation.exchanges["recalled"], first_turn)
    else:
        await refer(conversation, ASK_FIRST, first_turn, second_turn)
    if "retrieve" in conversation.dialect.features:
        await conversation.get("told_again", f"/responses/{first}")
        await conversation.get("continued_again", f"/responses/{second}")
        if whole.ok:
            await conversation.get("unstored", f"/responses/{conversation.id_of(whole)}")
    if "input_items" in conversation.dialect.features:
        await conversation.get("continued_items", f"/responses/{second}/input_items")
        if conversation.dialect.resolve("INP-25"):
            await list_references(conversation)
    await conversation.part("compact", compact)


async def chain_simply(conversation: Conversation) -> None:
    """The same in simple sentences, for a model that does not recall the code words from the whole history.

    Tells a code word, then another in one branch, and asks in both, by the chain and with the whole history.
    """
    members: dict[str, Any] = {"store": True, "may_fail": True}
    told = await conversation.create("told_simply", input=TELL_SIMPLY, **members)
    if not told.ok:
        return
    branches = (
        ("renamed", TELL_ANEW, "asked_anew", "resent_anew"),
        ("greeted", HELLO, "recalled", "resent_simply"),
    )
    for second, text, question, control in branches:
        identity = conversation.id_of(told)
        answer = await conversation.create(second, input=text, previous_response_id=identity, **members)
        if answer.ok:
            identity = conversation.id_of(answer)
            await conversation.create(question, input=ASK_SIMPLY, previous_response_id=identity, **members)
            history = [*turn(TELL_SIMPLY, told), *turn(text, answer), user(ASK_SIMPLY)]
            whole = await conversation.create(control, input=history, store=False, may_fail=True)
            await ask_again(conversation, question, whole, (FIRST_WORD, SECOND_WORD))


LARGE = 1_100_000
"""The characters of a text that is too large for a body of 1 MiB."""


@scenario(dialect="responses", heavy=True)
async def overlong_input(conversation: Conversation) -> None:
    """Sends longer and longer texts, up to more than any model accepts, and forbids truncation."""
    for part in (100, 10, 1):
        step = f"overlong_{part}" if part > 1 else "overlong"
        members: dict[str, Any] = {
            "truncation": "disabled",
            "stream": True,
            "store": False,
            "max_output_tokens": 16,
        }
        text = OVERLONG[: len(OVERLONG) // part]
        exchange = await conversation.create(step, input=text, may_fail=True, **members)
        if part > 1 and _is_rejection(exchange):
            conversation.rename(step, "overlong")
            break
    if conversation.dialect.resolve("BUD-GEN-09"):
        await conversation.create("large", input=OVERLONG[:LARGE], stream=True, may_fail=True)


def _is_rejection(exchange: Exchange) -> bool:
    """Whether a create was rejected, at once or in its stream."""
    if not exchange.ok:
        return exchange.reply is not None
    stream = exchange.answer.stream
    return stream is not None and final_response(stream).get("status") == "failed"


async def refer(conversation: Conversation, question: str, *turns: Exchange) -> None:
    """Refers to the last messages of two turns, to one of them by its id alone; when the server rejects that,
    only to the other. A message without an id cannot be named."""
    messages = [[{}, *(item for _, item in output(response_or_empty(turn), "message"))][-1] for turn in turns]
    reference, bare = ({"id": message.get("id")} for message in messages)
    if not all(isinstance(row["id"], str) for row in (reference, bare)):
        return
    reference["type"] = "item_reference"
    step, by_type = REFERENCED
    answer = await conversation.create(step, input=[reference, bare, user(question)], may_fail=True)
    if not answer.ok:
        step = by_type
        answer = await conversation.create(step, input=[reference, user(question)], may_fail=True)
    if answer.ok and not says(answer, FIRST_WORD):
        message = {**user(text_of(turns[0].response)), "role": "assistant"}
        whole = await conversation.create(
            "told_in_full", input=[message, user(question)], store=False, may_fail=True
        )
        await ask_again(conversation, step, whole, (FIRST_WORD,))


async def list_references(conversation: Conversation) -> None:
    """Lists the input that has references to items."""
    for step in REFERENCED:
        answer = conversation.exchanges.get(step)
        if answer is not None and answer.ok:
            path = f"/responses/{conversation.id_of(answer)}/input_items"
            await conversation.get(f"{step}_items", f"{path}?order=asc&limit=20")
            return


async def compact(conversation: Conversation) -> None:
    """Compacts the chain with more input, asks what is left of it, and uses the compaction as a response."""
    path, first = "/responses/compact", conversation.id_of(conversation.exchanges["told"])
    compaction = await conversation.post(
        "compacted",
        path,
        model=conversation.model,
        previous_response_id=first,
        input=[{**user(f"The second code word is {SECOND_WORD}."), "role": "assistant"}],
        instructions="Keep every code word.",
        prompt_cache_key="antiphon",
    )
    await conversation.post("compacted_modelless", path, input="Say hello.")
    unknown = {"model": conversation.model, "input": "Say hello.", "previous_response_id": UNKNOWN_RESPONSE}
    await conversation.post("compacted_unknown", path, body=unknown)
    window = compaction.answer.fields.get("output")
    if isinstance(window, list):
        await conversation.create("remembered", input=[*window, user(ASK_ALL)], may_fail=True)
        await ask_again(
            conversation, "remembered", conversation.exchanges["resent"], (FIRST_WORD, SECOND_WORD)
        )
    identity = compaction.answer.fields.get("id")
    if isinstance(identity, str):
        await conversation.create("misused", input=ASK_FIRST, previous_response_id=identity, may_fail=True)
        if "retrieve" in conversation.dialect.features:
            await conversation.get("compacted_again", f"/responses/{identity}")


async def ask_again(conversation: Conversation, step: str, control: Exchange, words: Collection[str]) -> None:
    """Sends a question once more, as STEP_again, when its answer says other words than the answer with the
    whole history: a model may forget a word today and know it tomorrow."""
    answer = conversation.exchanges[step]
    if answer.ok and control.ok and any(says(control, word) is not says(answer, word) for word in words):
        await conversation.post(f"{step}_again", "/responses", body=dict(answer.request.fields))


def user(text: str) -> dict[str, Any]:
    """A user message."""
    return {"type": "message", "role": "user", "content": text}


def turn(text: str, answer: Exchange) -> list[dict[str, Any]]:
    """A turn of a conversation, to be sent again: the user's text and the answer."""
    return [user(text), {**user(text_of(answer.response)), "role": "assistant"}]
