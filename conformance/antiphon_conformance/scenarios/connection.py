"""The client of a WebSocket connection in a scenario: its turns are steps, as requests over HTTP are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from antiphon_conformance.http.busy import LONGEST_WAIT, MOST_RETRIES, pause_of
from antiphon_conformance.http.exchange import BUSY, CLOSED, GAVE_UP, Exchange, Headers
from antiphon_conformance.http.websocket import Session, open_session
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.endings import ScenarioStopError, TargetRestartError, UnsupportedError

FEATURE = "websocket"


class SocketClient:
    """One connection of a scenario."""

    def __init__(self, conversation: Conversation, session: Session) -> None:
        self._conversation = conversation
        self._session = session

    async def create(self, name: str, /, **body: Any) -> Exchange:
        """One turn: creates a response. The keywords are the body; required members are added.

        A target that is too busy is asked again. A turn without an answer is kept; it ends nothing.
        """
        members = {**self._conversation.required_members(), **body}
        exchange = await self._keep(name, members)
        for turn in range(1, MOST_RETRIES + 1):
            pause = pause_of(exchange, turn)
            if pause is None or pause > min(LONGEST_WAIT, self._conversation.target.patience.remaining):
                break
            self._conversation.rename(name, f"{name}-limited-{turn}")
            await asyncio.sleep(pause)
            exchange = await self._keep(name, members)
        if BUSY in exchange.traits:
            self._conversation.blame = "limit"
            raise ScenarioStopError("the target is too busy", name)
        return exchange

    async def create_together(self, **bodies: Mapping[str, Any]) -> list[Exchange]:
        """Several turns whose creates are sent at once. The keywords are the names of the steps."""
        members = self._conversation.required_members()
        creates = [({**members, **body}, self._identity(name)) for name, body in bodies.items()]
        return self._add(tuple(bodies), await self._session.turns(creates))

    async def steer(self, names: tuple[str, str, str], text: str, /, **body: Any) -> list[Exchange]:
        """A turn that is steered by `text` once it runs. The names are those of the steps: the turn, the
        message that steers and the turn that follows; the last two may not take place."""
        members = {**self._conversation.required_members(), **body}
        first, second, third = (self._identity(name) for name in names)
        return self._add(names, await self._session.steer_turn(members, text, (first, second, third)))

    async def steer_unknown(self, name: str, response_id: str, text: str) -> Exchange:
        """Steers a response that nobody created."""
        return self._add((name,), [await self._session.steer(response_id, text, self._identity(name))])[0]

    async def send(self, name: str, text: str) -> Exchange:
        """Sends any text as one turn."""
        return await self._keep(name, None, text)

    async def _keep(self, name: str, body: Any, text: str | None = None) -> Exchange:
        return self._add((name,), [await self._session.turn(body, self._identity(name), text=text)])[0]

    def _add(self, names: Sequence[str], exchanges: list[Exchange]) -> list[Exchange]:
        """Keeps exchanges as steps of these names. A step for which the server had ended the connection, as
        it may after a turn, becomes `NAME-closed`: no rule is about it.

        Raises TargetRestartError when the target may have forgotten the earlier steps.
        """
        conversation = self._conversation
        if conversation.target.survival.restarts != conversation.restarts:
            raise TargetRestartError
        for name, exchange in zip(names, exchanges, strict=False):
            conversation.exchanges[name] = exchange
            if CLOSED in exchange.traits:
                conversation.rename(name, f"{name}-closed")
        return exchanges

    async def keep_late(self) -> None:
        """Adds to each step what came of it after its end."""
        exchanges = self._conversation.exchanges
        for exchange in await self._session.late():
            name = exchange.id.rpartition("/")[2]
            if name in exchanges:
                exchanges[name] = exchange

    def _identity(self, name: str) -> str:
        return f"{self._conversation.scenario}/{name}"


@asynccontextmanager
async def connection(conversation: Conversation, name: str) -> AsyncIterator[SocketClient]:
    """A connection to the target. An answer that rejects the upgrade is kept as step `name`, and ends the
    scenario: as unsupported, unless the target is known to offer WebSocket."""
    async with open_session(conversation.target, f"{conversation.scenario}/{name}") as session:
        if conversation.target.survival.restarts != conversation.restarts:
            raise TargetRestartError
        if isinstance(session, Session):
            client = SocketClient(conversation, session)
            try:
                yield client
            finally:
                await client.keep_late()
            return
        conversation.exchanges[name] = session
        conversation.blame = "limit" if GAVE_UP in session.traits else conversation.blame
        why = session.failure or f"answered {session.answer.status}"
        if FEATURE in conversation.available_features or session.reply is None:
            raise ScenarioStopError(why, name)
        conversation.missing_feature = FEATURE
        raise UnsupportedError(f"{name}: {why}")


async def ask_with_key(conversation: Conversation, name: str, key: str, **body: Any) -> Exchange:
    """Opens a connection with this key, for one turn; the step is the turn, or the rejected upgrade."""
    headers = Headers((("authorization", f"Bearer {key}"),))
    async with open_session(conversation.target, f"{conversation.scenario}/{name}", headers) as session:
        if isinstance(session, Session):
            return await SocketClient(conversation, session).create(name, **body)
        conversation.exchanges[name] = session
        return session
