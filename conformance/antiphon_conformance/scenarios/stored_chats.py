"""Chat completions that are stored: read, listed, described anew and deleted."""

from __future__ import annotations

import asyncio

from antiphon_conformance.http.exchange import UNROUTED, Exchange
from antiphon_conformance.requests.constants import UNKNOWN_CHAT
from antiphon_conformance.scenarios import conversation as client
from antiphon_conformance.scenarios.chat_completions import PATH, user
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import ScenarioStopError, UnsupportedError
from antiphon_conformance.scenarios.scenario import scenario

FEATURE = "stored_chats"
METADATA = {"topic": "antiphon"}
OTHER_METADATA = {"topic": "psalm"}
MOST_TRIES = 5
FACTOR = 4
"""How much longer each pause before another try is: the vendor shows a chat some seconds after its create."""


@scenario(features=("chat_completions", FEATURE))
async def stored_chats(conversation: Conversation) -> None:
    """Stores a chat, reads it, its messages and the list, gives it other metadata, and deletes it."""
    members = {"store": True, "metadata": METADATA}
    body = {"model": conversation.model, "messages": [user("Say hello.")], **members}
    creation = await conversation.post("created", PATH, body=body)
    identity = creation.answer.fields.get("id")
    if not creation.ok or not isinstance(identity, str) or not identity:
        conversation.missing_feature = FEATURE
        raise UnsupportedError(f"created: answered {creation.answer.status}")
    path = f"{PATH}/{identity}"
    if not (await _retry(conversation, "retrieved", path, exists=True)).ok:
        conversation.missing_feature = FEATURE
        raise UnsupportedError("retrieved: the chat is not there")
    conversation.available_features.add(FEATURE)
    _set_aside(conversation, await conversation.get("messages", f"{path}/messages"))
    await conversation.get("listed", f"{PATH}?limit=100&order=desc")
    _set_aside(conversation, await conversation.post("updated", path, body={"metadata": OTHER_METADATA}))
    await conversation.get("retrieved_again", path)
    await conversation.get("unknown", f"{PATH}/{UNKNOWN_CHAT}")
    deletion = await conversation.delete("deleted", path)
    if _set_aside(conversation, deletion):
        return
    if not deletion.ok:
        raise ScenarioStopError(f"answered {deletion.answer.status}", "deleted")
    await _retry(conversation, "retrieved_deleted", path, exists=False)


def _set_aside(conversation: Conversation, exchange: Exchange) -> bool:
    """Takes a step to which a router answers, and not the API, out of sight of the rules: the target keeps
    chats, and does not offer this."""
    status, name = exchange.answer.status, exchange.id.partition("/")[2]
    is_of_api = isinstance(exchange.answer.fields.get("error"), dict)
    lacks_route = status in (405, 501) or (status == 404 and not is_of_api) or UNROUTED in exchange.traits
    if lacks_route:
        conversation.rename(name, f"{name}-not-offered")
    return lacks_route


async def _retry(conversation: Conversation, name: str, path: str, *, exists: bool) -> Exchange:
    """Reads a chat until it is there, or is gone; the tries before are steps with numbers."""
    pause = client.FIRST_PAUSE
    for turn in range(1, MOST_TRIES):
        exchange = await conversation.get(name, path)
        if exchange.ok is exists or UNROUTED in exchange.traits:
            return exchange
        conversation.rename(name, f"{name}-{turn}")
        await asyncio.sleep(pause)
        pause *= FACTOR
    return await conversation.get(name, path)
