"""Forwards requests to a server, records the traffic, and judges it at once."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import yarl
from aiohttp import web

from antiphon_conformance import engine
from antiphon_conformance.http import strict_json
from antiphon_conformance.http.address import Address, read_address, shown
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.http.network import connector, describe, route
from antiphon_conformance.http.proxies import secrets_of
from antiphon_conformance.http.redaction import Redaction, redaction_of
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.http.text import inert_json, safe
from antiphon_conformance.recordings import transcript
from antiphon_conformance.recordings.keys import MOST_KEYS, hide, keys_in
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import Dialect

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade"}
    | {"transfer-encoding", "host", "content-length", "accept-encoding"}
)
LOUD = (Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN)


@dataclass(slots=True)
class Proxy:
    """Forwards requests to `target`, records the exchanges and judges them."""

    target: str
    dialect: Dialect
    show: Callable[[str], None]
    """Called with each line for people."""
    record: Path | None = None
    ca_file: str | None = None
    """The file with the certificates to trust; None for those of the system."""
    insecure: bool = False
    counts: Counter[Outcome] = field(default_factory=Counter)
    count: int = 0
    _session: aiohttp.ClientSession | None = None
    _address: Address = field(init=False)
    _route: Mapping[str, Any] = field(init=False)
    _own_secrets: tuple[str, ...] = field(default=(), init=False, repr=False)
    _keys: dict[str, None] = field(default_factory=dict, repr=False)
    """The keys that came last, of all clients: the target may give one to another."""

    def __post_init__(self) -> None:
        """Raises what `read_address` and `route` raise."""
        self._address = read_address(self.target)
        self._route = route(self._address, self.ca_file, self.insecure)
        self._own_secrets = (*self._address.secrets, *secrets_of(self._address))
        self._keys.update(dict.fromkeys(self._own_secrets))

    async def forward(self, incoming: web.Request) -> web.StreamResponse:
        """Forwards one request and returns the answer; 502 when the target does not answer."""
        content = await incoming.read()
        pairs = tuple((name.lower(), value) for name, value in incoming.headers.items())
        path = _below(self._address.base, incoming.raw_path)
        self.count += 1
        identity = f"proxy/{self.count}"
        try:
            reading = strict_json.read(content) if content else strict_json.Reading(None)
            raw = content if reading.faults else None
            body = None if reading.faults else reading.value
            request = Request(incoming.method, path, Headers(pairs), body, raw)
            return await self._relay(incoming, request, content, identity)
        except (aiohttp.ClientError, OSError) as error:
            why = describe(error)
            self._report(Exchange(identity, request, None, failure=safe(why)))
            return web.json_response({"error": {"message": f"the target did not answer: {why}"}}, status=502)

    async def _relay(
        self, incoming: web.Request, request: Request, content: bytes, identity: str
    ) -> web.StreamResponse:
        headers = [(name, value) for name, value in request.headers.pairs if name not in HOP_BY_HOP]
        wall_start, start, raw = time.time(), time.monotonic(), bytearray()
        async with self._connect().request(
            request.method,
            yarl.URL(self._address.url(request.path), encoded=True),
            headers=[*headers, ("accept-encoding", "identity")],
            data=content or None,
            allow_redirects=False,
            **self._route,
        ) as answer:
            reply_headers = Headers(tuple((str(name), str(value)) for name, value in answer.headers.items()))
            outgoing = web.StreamResponse(status=answer.status)
            for name, value in reply_headers.pairs:
                if name.lower() not in HOP_BY_HOP:
                    outgoing.headers.add(name, value)
            aborted = not await _copy(answer, outgoing, incoming, raw)
        reply = read_reply(
            answer.status,
            reply_headers,
            bytes(raw),
            cut=aborted,
            seconds=time.monotonic() - start,
            started_at=wall_start,
        )
        traits = frozenset({"left-early"}) if aborted else frozenset[str]()
        self._report(Exchange(identity, request, reply, traits=traits))
        return outgoing

    def _report(self, exchange: Exchange) -> None:
        """Judges, prints and records one exchange, without any key."""
        exchange = hide(exchange, self._redaction(exchange))
        records = [record for record in engine.lint([exchange], self.dialect) if record.outcome in LOUD]
        self.counts.update(record.outcome for record in records)
        status = exchange.reply.status if exchange.reply else safe(exchange.failure or "no answer")
        self.show(f"{exchange.id} {exchange.request.method} {safe(exchange.request.path)} {status}")
        for record in records:
            self.show(f"  {record.outcome.upper()} {record.rule} ({record.requirement}) {safe(record.note)}")
            for finding in record.findings:
                self.show(f"    {safe(finding.message)}")
        if self.record is not None:
            with self.record.open("ab") as file:
                file.write(
                    inert_json(orjson.dumps(transcript.entry(exchange), option=orjson.OPT_APPEND_NEWLINE))
                )

    def _redaction(self, exchange: Exchange) -> Redaction:
        """The redaction of the keys of this request, and of those before it."""
        for key in keys_in([exchange]):
            self._keys.pop(key, None)
            self._keys[key] = None
        while len(self._keys) > MOST_KEYS:
            self._keys.pop(next(key for key in self._keys if key not in self._own_secrets))
        return redaction_of(tuple(self._keys))

    def _connect(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=connector(self._address),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Closes the connections to the target."""
        if self._session is not None:
            await self._session.close()


async def _copy(
    answer: aiohttp.ClientResponse, outgoing: web.StreamResponse, incoming: web.Request, raw: bytearray
) -> bool:
    """Copies the body to the client as it arrives; False when the client disconnects before its end."""
    try:
        await outgoing.prepare(incoming)
        async for chunk in answer.content.iter_any():
            raw += chunk
            await outgoing.write(chunk)
        await outgoing.write_eof()
    except (ConnectionResetError, aiohttp.ClientConnectionResetError):
        return False
    return True


def _below(target: str, path: str) -> str:
    """The path without the target's own path (`/v1`), which clients may repeat."""
    base = yarl.URL(target).path.rstrip("/")
    return path.removeprefix(base) if base and path.startswith(base + "/") else path


async def serve(proxy: Proxy, host: str, port: int) -> None:
    """Serves until SIGINT or SIGTERM."""
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", proxy.forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    address = runner.addresses[0]
    proxy.show(
        f"http://{address[0]}:{address[1]} -> {safe(shown(proxy.target))}, judged as {proxy.dialect.name}"
    )
    await _wait_for_signal()
    await runner.cleanup()
    await proxy.close()


async def _wait_for_signal() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
