"""What is kept of recordings: so many events of each stream, and so much memory for all answers."""

from __future__ import annotations

from dataclasses import replace

from antiphon_conformance.http.body import cost_of
from antiphon_conformance.http.exchange import GAVE_UP, Exchange, Reply, Stream
from antiphon_conformance.http.sse import MOST_EVENTS
from antiphon_spec.loading.construction import dataclass

MIB = 1024 * 1024
COST_OF_REQUEST = 2
"""How many bytes of memory a byte of the body of a request takes, once it is read."""
MEMORY = 512
"""MiB that all answers may take, unless an option says otherwise."""


@dataclass(slots=True)
class Allowance:
    """The limits of one `lint`, and what is used of them."""

    events: int = MOST_EVENTS
    memory: int = MEMORY * MIB
    """Bytes, by an estimate."""
    _load: int = 0

    def keep(self, exchange: Exchange) -> Exchange:
        """The exchange as far as there is room for it. What it lacks is named with its option."""
        reply = exchange.reply
        if reply is None:
            return self._keep_request(exchange)
        if reply.stream is not None and len(reply.stream.frames) > self.events:
            exchange = self._beginning(exchange, reply, reply.stream)
        cost = cost_of(exchange.reply)
        if self._load + cost > self.memory:
            why = f"there was no room for its answer of {len(reply.raw)} bytes (--max-memory)"
            exchange = replace(exchange, reply=None, failure=why, traits=exchange.traits | {GAVE_UP})
            return self._keep_request(exchange)
        self._load += cost
        return self._keep_request(exchange)

    def _keep_request(self, exchange: Exchange) -> Exchange:
        """The exchange; without its body and answer where there is no room for the body of its request."""
        request = exchange.request
        size = len(request.raw) if request.raw is not None else len(repr(request.body))
        if self._load + COST_OF_REQUEST * size > self.memory:
            why = f"there was no room for its request of {size} bytes (--max-memory)"
            request = replace(request, body=None, raw=None)
            traits = exchange.traits | {GAVE_UP}
            return replace(exchange, request=request, reply=None, failure=why, traits=traits)
        self._load += COST_OF_REQUEST * size
        return exchange

    def _beginning(self, exchange: Exchange, reply: Reply, stream: Stream) -> Exchange:
        """The exchange with the first events of its stream."""
        frames = stream.frames[: self.events]
        last = frames[-1].index
        events = tuple(event for event in stream.events if event.index <= last)
        part = replace(stream, frames=frames, events=events, cut=True, limited=True)
        why = f"we read {self.events} events and no more (--max-events)"
        return replace(exchange, reply=replace(reply, stream=part), failure=exchange.failure or why)
