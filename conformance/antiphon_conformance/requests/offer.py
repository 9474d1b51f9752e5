"""Which operations a target does not offer: it answers each request to them as its router does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from antiphon_conformance.http.exchange import NOT_OFFERED, Exchange, Trace
from antiphon_spec.dialect import Dialect

NO_ROUTE = frozenset({404, 405, 501})
"""How web servers answer what they have no code for, each in words of its own."""


def without_offer(traces: Sequence[Trace], dialect: Dialect) -> list[Trace]:
    """The traces, in which each answer of an operation that was never offered has the trait `not-offered`.

    What everybody must offer is never marked.
    """
    statuses: defaultdict[str, set[int]] = defaultdict(set)
    for trace in traces:
        for exchange in trace.exchanges.values():
            if exchange.operation and exchange.reply:
                statuses[exchange.operation].add(exchange.reply.status)
    absent = {name for name, found in statuses.items() if found <= NO_ROUTE} - {dialect.create_operation}
    if not absent:
        return list(traces)
    return [_marked(trace, absent) for trace in traces]


def _marked(trace: Trace, absent: set[str]) -> Trace:
    def mark(exchange: Exchange) -> Exchange:
        is_absent = exchange.operation in absent
        return replace(exchange, traits=exchange.traits | {NOT_OFFERED}) if is_absent else exchange

    return replace(trace, exchanges={name: mark(exchange) for name, exchange in trace.exchanges.items()})
