"""A server outlives its requests."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import FATAL, Exchange, NoEvidenceError, is_stopper
from antiphon_conformance.rules.rule import EVERY, Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace


def _has_answer_or_stopper(trace: ScenarioTrace) -> bool:
    exchanges = trace.trace.exchanges.values()
    return any(exchange.reply is not None or is_stopper(exchange) for exchange in exchanges)


@rule(
    "server.outlives-every-request",
    ScenarioTrace,
    scenario=EVERY,
    cites="HTTP-11",
    when=_has_answer_or_stopper,
)
def outlives_every_request(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request of any kind leaves the server able to answer the next one.

    One client takes the server from all others. The request was sent again alone, where the server came back,
    and stopped it again. A server that is silent after a request may still be generating: that counts only
    where the request asks for nothing to be generated.
    """
    for name, exchange in trace.trace.exchanges.items():
        if not is_stopper(exchange):
            continue
        if FATAL not in exchange.traits and _may_generate(exchange, trace):
            raise NoEvidenceError(f"{exchange.id}: the target answered nothing for a while after it, twice")
        expected = "an answer, and a server that answers the next request"
        yield Finding("reply", expected, exchange.failure or "a server that answers no more", exchange=name)


def _may_generate(exchange: Exchange, trace: ScenarioTrace) -> bool:
    is_create = exchange.operation == trace.dialect.create_operation
    return is_create and isinstance(exchange.request.body, dict)
