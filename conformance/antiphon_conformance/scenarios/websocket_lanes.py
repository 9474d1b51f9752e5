"""What OpenAI adds to WebSocket: lanes side by side, turns that only warm up, and steering."""

from __future__ import annotations

from antiphon_conformance.http.exchange import GAVE_UP, Exchange
from antiphon_conformance.http.turns import LANE, fields_of
from antiphon_conformance.requests.test_prompts import ASK_SIMPLY, LONG_TASK, TELL_SIMPLY, UNKNOWN_RESPONSE
from antiphon_conformance.rules.reading.output import output, response_or_empty
from antiphon_conformance.scenarios.connection import FEATURE, SocketClient, connection
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import ScenarioStopError, UnsupportedError
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.websocket import STRAY_OUTPUT

LEFT, RIGHT = "antiphon.left", "antiphon-right"
MALFORMED_LANE = "antiphon left"
GIVEN = "Stop counting. Say: the wren sings."
STEPS = ("steered", "steer", "successor")


@scenario(features=(FEATURE, "lanes"))
async def websocket_lanes(conversation: Conversation) -> None:
    """Creates responses in two lanes of a connection at once, and lets a fork of one fail."""
    async with connection(conversation, "upgrade") as client:
        left, _ = await client.create_together(
            left={"input": TELL_SIMPLY, "store": False, LANE: LEFT},
            right={"input": "Say hello.", "store": False, LANE: RIGHT},
        )
        names_lane = any(LANE in fields_of(text) for text in _messages(left))
        _expect(conversation, left, "lanes", "" if names_lane else "no event names its lane")
        identity = conversation.id_of(left)
        members = {"previous_response_id": identity, "store": False}
        await client.create("without_lane", input="Say hello.", store=False)
        attempt = await client.create("failed_fork", input=[STRAY_OUTPUT], **{LANE: RIGHT}, **members)
        if not attempt.ok and attempt.reply is not None:
            await client.create("fork", input=ASK_SIMPLY, **{LANE: RIGHT}, **members)
        await client.create("malformed_lane", input="Say hello.", store=False, **{LANE: MALFORMED_LANE})


@scenario(features=(FEATURE, "warm_up"))
async def websocket_warm_up(conversation: Conversation) -> None:
    """Makes a context known without an answer, and continues it."""
    async with connection(conversation, "upgrade") as client:
        warm = await client.create("warm", input=TELL_SIMPLY, store=False, generate=False)
        has_output = warm.ok and any(True for _ in output(response_or_empty(warm)))
        _expect(conversation, warm, "warm_up", "its response has output" if has_output else "")
        identity = conversation.id_of(warm)
        await client.create("continued", input=ASK_SIMPLY, previous_response_id=identity, store=False)
        await client.create("told", input=f"{TELL_SIMPLY} {ASK_SIMPLY}", store=False)


@scenario(features=(FEATURE, "steering"))
async def websocket_steering(conversation: Conversation) -> None:
    """Steers a response while it runs, and one that nobody created."""
    async with connection(conversation, "upgrade") as client:
        steered, *rest = await _steer(conversation, client)
        if steered.ok and not rest:
            raise ScenarioStopError("the response had ended when its first event came", "steered")
        if steered.ok and rest[0].reply is None:
            conversation.missing_feature = "steering"
            raise UnsupportedError("steer: nothing came of it")
        _expect(conversation, rest[0] if rest else steered, "steering")
        await client.steer_unknown("unknown", UNKNOWN_RESPONSE, GIVEN)


async def _steer(conversation: Conversation, client: SocketClient) -> list[Exchange]:
    """Steers a response that thinks before it answers; where the model does not think, one that answers."""
    reasoning = {"effort": "low", "summary": "auto"}
    exchanges = await client.steer(STEPS, GIVEN, input=LONG_TASK, reasoning=reasoning)
    if exchanges[0].ok or exchanges[0].reply is None:
        return exchanges
    conversation.rename("steered", "steered-without-reasoning")
    return await client.steer(STEPS, GIVEN, input=LONG_TASK)


def _expect(conversation: Conversation, exchange: Exchange, feature: str, why_ignored: str = "") -> None:
    """Ends the scenario as unsupported where the target rejects what the feature needs, or ignores it."""
    if exchange.ok and not why_ignored:
        conversation.available_features.add(feature)
        return
    name = exchange.id.rpartition("/")[2]
    why = exchange.failure or f"answered an error with status {exchange.answer.status}"
    if GAVE_UP in exchange.traits:
        conversation.blame = "limit"
        raise ScenarioStopError(why, name)
    conversation.missing_feature = feature
    raise UnsupportedError(f"{name}: {why_ignored if exchange.ok else why}")


def _messages(exchange: Exchange) -> tuple[str | bytes, ...]:
    return exchange.reply.messages if exchange.reply is not None else ()
