"""Creates over WebSocket."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.http.exchange import GAVE_UP, Exchange
from antiphon_conformance.requests.constants import WRONG_KEY
from antiphon_conformance.requests.test_prompts import ASK_SIMPLY, TELL_SIMPLY, UNKNOWN_RESPONSE
from antiphon_conformance.scenarios.chaining import turn, user
from antiphon_conformance.scenarios.connection import FEATURE, SocketClient, ask_with_key, connection
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import ScenarioStopError, UnsupportedError
from antiphon_conformance.scenarios.scenario import scenario

ONE, OTHER = "Say: the wren sings.", "Say: the owl sleeps."
MALFORMED = '{"type": "response.create", "input": '
UNKNOWN_TYPE = '{"type": "response.antiphon"}'
WRONG = {"input": ASK_SIMPLY, "store": False, "temperature": "warm"}
STRAY_OUTPUT = {"type": "function_call_output", "call_id": "call_antiphon_unknown", "output": "4"}
"""The output of a call that nobody made: most servers reject it."""


@scenario(features=(FEATURE,))
async def websocket(conversation: Conversation) -> None:
    """Continues an unstored response over WebSocket, reconnects, and sends wrong messages."""
    async with connection(conversation, "upgrade") as first:
        told = await first.create("told", input=TELL_SIMPLY, store=False)
        await _expect_answer(conversation, told)
        identity = conversation.id_of(told)
        asked = await first.create("asked", input=ASK_SIMPLY, previous_response_id=identity, store=False)
        if asked.ok:
            identity = conversation.id_of(asked)
            await _evict(first, identity)
    history = [*turn(TELL_SIMPLY, told), user(ASK_SIMPLY)]
    whole: dict[str, Any] = {"input": history, "previous_response_id": None, "store": False}
    async with connection(conversation, "reconnect") as second:
        await second.create(
            "continued_elsewhere", input=ASK_SIMPLY, previous_response_id=identity, store=False
        )
        recovered = await second.create("recovered", **whole)
        if recovered.reply is not None:
            await _create_two(second)
            await _begin_with_a_compacted_context(conversation, second)
            await _send_wrong_messages(conversation, second)
    if not recovered.ok:
        async with connection(conversation, "second_reconnect") as third:
            await third.create("recovered_elsewhere", **whole)
    await _tell_over_http(conversation)
    if "keys" in conversation.dialect.features:
        await _ask_with_a_wrong_key(conversation)


async def _expect_answer(conversation: Conversation, told: Exchange) -> None:
    """Ends the scenario when the first turn got no response: as unsupported where nothing came at all."""
    if told.ok:
        conversation.available_features.add(FEATURE)
        return
    why = told.failure or f"answered an error with status {told.answer.status}"
    if GAVE_UP in told.traits:
        conversation.blame = "limit"
    elif told.reply is not None:
        await _tell_over_http(conversation)
    elif FEATURE not in conversation.available_features:
        conversation.missing_feature = FEATURE
        raise UnsupportedError(f"told: {why}")
    raise ScenarioStopError(why, "told")


async def _tell_over_http(conversation: Conversation) -> None:
    """Sends over HTTP what was right over WebSocket, and what was wrong."""
    members: dict[str, Any] = {"store": False, "stream": True, "may_fail": True}
    await conversation.create("told_over_http", input=TELL_SIMPLY, **members)
    if "wrong" in conversation.exchanges:
        continuation: dict[str, Any] = {"input": ASK_SIMPLY, "previous_response_id": UNKNOWN_RESPONSE}
        await conversation.create("invented_over_http", **continuation, **members)
        await conversation.create("wrong_over_http", **{**members, **WRONG})


async def _evict(client: SocketClient, identity: str) -> None:
    """Lets a continuation of an unstored response fail, and continues it once more."""
    failed = await client.create(
        "failed_continuation", input=[STRAY_OUTPUT], previous_response_id=identity, store=False
    )
    if not failed.ok and failed.reply is not None:
        await client.create("continued_again", input=ASK_SIMPLY, previous_response_id=identity, store=False)


async def _create_two(client: SocketClient) -> None:
    """Sends a create before the one before is answered."""
    await client.create_together(one={"input": ONE, "store": False}, other={"input": OTHER, "store": False})


async def _begin_with_a_compacted_context(conversation: Conversation, client: SocketClient) -> None:
    """Compacts a context over HTTP, and begins a chain over WebSocket with the result."""
    if conversation.dialect.resolve("WSK-40") is None:
        return
    body = {**conversation.required_members(), "input": [user(TELL_SIMPLY)]}
    compaction = await conversation.post("compacted", "/responses/compact", body=body)
    output = compaction.answer.fields.get("output")
    if compaction.ok and isinstance(output, list):
        await client.create("compacted_chain", input=[*output, user(ASK_SIMPLY)], store=False)


async def _send_wrong_messages(conversation: Conversation, client: SocketClient) -> None:
    """Continues no response, sends wrong values and members of HTTP, no JSON and an unknown type; stops at
    silence."""
    members: dict[str, Any] = {"input": ASK_SIMPLY, "store": False}
    invented = await client.create("invented", previous_response_id=UNKNOWN_RESPONSE, **members)
    wrong = invented if invented.reply is None else await client.create("wrong", **WRONG)
    if wrong.reply is None:
        return
    streamed = await client.create("with_stream", stream=True, **members)
    if streamed.reply is not None and conversation.dialect.resolve("BGR-19") is not None:
        streamed = await client.create("with_background", background=False, **members)
    if streamed.reply is not None:
        malformed = await client.send("malformed", MALFORMED)
        if malformed.reply is not None:
            await client.send("unknown_type", UNKNOWN_TYPE)


async def _ask_with_a_wrong_key(conversation: Conversation) -> None:
    """Asks with a wrong key over WebSocket and, when that is answered, over HTTP."""
    answer = await ask_with_key(conversation, "wrong_key", WRONG_KEY, input="Say hello.", store=False)
    if answer.ok:
        headers = {"authorization": f"Bearer {WRONG_KEY}"}
        await conversation.create(
            "wrong_key_over_http", headers=headers, input="Say hello.", store=False, may_fail=True
        )
