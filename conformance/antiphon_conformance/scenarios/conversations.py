"""Conversations as resources of their own, and responses in them."""

from __future__ import annotations

import asyncio
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import show
from antiphon_conformance.requests.signs import says_unsupported
from antiphon_conformance.requests.test_prompts import (
    ASK_ALL,
    ASK_FIRST,
    FIRST_WORD,
    NEW_COLOUR,
    OLD_COLOUR,
    SECOND_WORD,
    TELL_ITEM,
    TELL_SECOND,
    TELL_UNSTORED,
    TOOL_RESULT,
    UNKNOWN_CONVERSATION,
)
from antiphon_conformance.rules.reading.output import calls, objects, response_or_empty
from antiphon_conformance.scenarios.chaining import ask_again, turn, user
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import ScenarioStopError, UnsupportedError
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.tools import WEATHER, output_of

ITEMS = [user(TELL_ITEM), {**user("Noted."), "role": "assistant"}]
"""What the conversation has from its beginning."""
METADATA = {"topic": "antiphon", "place": "choir"}
OTHER_METADATA = {"topic": "psalm"}
TWO = {"one": "Say: the wren sings.", "other": "Say: the owl sleeps."}
"""The inputs of two responses in one conversation, by their steps."""
TOO_MUCH = {f"key_{index}": "" for index in range(17)}


@scenario(features=("conversations",))
async def conversations(conversation: Conversation) -> None:
    """States facts in a conversation, asks for them, calls a tool, reads and changes it, and deletes it."""
    body = {"items": ITEMS, "metadata": METADATA}
    creation = await conversation.post("created", "/conversations", body=body)
    if not creation.ok and says_unsupported(creation):
        conversation.missing_feature = "conversations"
        raise UnsupportedError(f"created: answered {creation.answer.status}")
    identity = _id_of(creation)
    path = f"/conversations/{identity}"
    answer = await conversation.create(
        "told", input=TELL_SECOND, conversation=identity, stream=True, may_fail=True
    )
    if answer.ok:
        question = await conversation.create(
            "asked", input=ASK_ALL, conversation={"id": identity}, may_fail=True
        )
        if question.ok and "input_items" in conversation.dialect.features:
            path_of_question = f"/responses/{conversation.id_of(question)}"
            await conversation.get("asked_items", f"{path_of_question}/input_items?order=asc&limit=100")
        history = [*ITEMS, *turn(TELL_SECOND, answer), user(ASK_ALL)]
        whole = await conversation.create("resent", input=history, store=False, may_fail=True)
        await ask_again(conversation, "asked", whole, (FIRST_WORD, SECOND_WORD, OLD_COLOUR, NEW_COLOUR))
        await _exclude(conversation, identity, conversation.id_of(answer))
        await _call(conversation, identity)
    page = await conversation.get("listed", f"{path}/items?order=asc&limit=100")
    await conversation.get("newest", f"{path}/items?limit=2")
    first = next(objects(page.answer.fields.get("data")), (0, {}))[1].get("id")
    if page.ok and isinstance(first, str):
        await conversation.get("item", f"{path}/items/{first}")
        await conversation.delete("item_deleted", f"{path}/items/{first}")
    await conversation.post("added", f"{path}/items", body={"items": [user("The tea is cold.")]})
    await conversation.post("updated", path, body={"metadata": OTHER_METADATA})
    await conversation.get("retrieved", path)
    await conversation.post("overfull", "/conversations", body={"metadata": TOO_MUCH})
    await conversation.delete("deleted", path)
    await conversation.get("retrieved_deleted", path)
    await conversation.get("unknown", f"/conversations/{UNKNOWN_CONVERSATION}")


async def _call(conversation: Conversation, identity: str) -> None:
    """Forces a call in the conversation, and sends nothing but its output."""
    members: dict[str, Any] = {"conversation": identity, "tools": [WEATHER], "may_fail": True}
    call = await conversation.create(
        "called", input="What is the weather in Paris? Call get_weather.", tool_choice="required", **members
    )
    client_calls = [item for _, item in calls(response_or_empty(call))]
    outputs = [output_of(item, f'{{"station": "{TOOL_RESULT}"}}') for item in client_calls]
    if outputs:
        await conversation.create("answered", input=outputs, **members)


async def _exclude(conversation: Conversation, identity: str, response_id: str) -> None:
    """Creates a response in the conversation that is not stored, and one that continues a chain, too."""
    await conversation.create(
        "unstored", input=TELL_UNSTORED, conversation=identity, store=False, may_fail=True
    )
    both: dict[str, Any] = {"conversation": identity, "previous_response_id": response_id}
    await conversation.create("with_chain", input=ASK_FIRST, may_fail=True, **both)
    counting = {"model": conversation.model, "input": ASK_FIRST, **both}
    await conversation.post("counted_with_chain", "/responses/input_tokens", body=counting)


@scenario(features=("conversations",))
async def conversation_lock(conversation: Conversation) -> None:
    """Creates two responses in one conversation at once, and lists what it then has."""
    creation = await conversation.post("created", "/conversations", body={})
    if not creation.ok and says_unsupported(creation):
        conversation.missing_feature = "conversations"
        raise UnsupportedError(f"created: answered {creation.answer.status}")
    identity = _id_of(creation)
    if not await _create_two(conversation, identity, background=True):
        for name in TWO:
            conversation.rename(name, f"{name}-background")
        await _create_two(conversation, identity)
    for name in TWO:
        exchange = conversation.exchanges[name]
        if exchange.ok and exchange.request.fields.get("background"):
            await conversation.poll(f"{name}_polled", exchange)
    await conversation.get("listed", f"/conversations/{identity}/items?order=asc&limit=100")


async def _create_two(conversation: Conversation, identity: str, **members: Any) -> bool:
    """Creates two responses at once; returns whether one of them was accepted."""
    creations = (
        conversation.create(name, input=text, conversation=identity, may_fail=True, **members)
        for name, text in TWO.items()
    )
    return any(exchange.ok for exchange in await asyncio.gather(*creations))


def _id_of(exchange: Exchange) -> str:
    """The id of a new conversation; ends the scenario when there is none."""
    identity = exchange.answer.fields.get("id")
    if not exchange.ok or not isinstance(identity, str) or not identity:
        reason = f"answered {exchange.answer.status}, the id is {show(identity)}"
        raise ScenarioStopError(f"{exchange.id}: {reason}")
    return identity
