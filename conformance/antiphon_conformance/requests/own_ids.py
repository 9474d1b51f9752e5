"""Ids that a target gave out are right for it, whatever characters they have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import unquote

from antiphon_conformance.http.exchange import OWN_ID, Exchange, MissingStepError, Trace

PREVIOUS = "previous_response_id"
_PLAIN = re.compile(r"[A-Za-z0-9_-]*")
_IN_PATH = re.compile(r"/responses/([^/?]+)")


def with_own_ids(traces: Sequence[Trace]) -> Sequence[Trace]:
    """The traces, in which a request whose unusual ids all come from the target has the trait `own-id`."""
    odd = {identity for exchange in _all(traces) for identity in _ids_in(exchange)}
    own = odd & {_identity(exchange) for exchange in _all(traces)} if odd else odd
    if not own:
        return traces

    def mark(exchange: Exchange) -> Exchange:
        is_own = own.issuperset(ids) if (ids := {*_ids_in(exchange)}) else False
        return replace(exchange, traits=exchange.traits | {OWN_ID}) if is_own else exchange

    return [
        replace(trace, exchanges={name: mark(exchange) for name, exchange in trace.exchanges.items()})
        for trace in traces
    ]


def _all(traces: Iterable[Trace]) -> Iterator[Exchange]:
    return (exchange for trace in traces for exchange in trace.exchanges.values())


def _ids_in(exchange: Exchange) -> Iterator[str]:
    """The ids of responses in a request, as far as they have unusual characters."""
    match = _IN_PATH.search(exchange.request.path)
    for identity in (exchange.request.fields.get(PREVIOUS), unquote(match[1]) if match else None):
        if isinstance(identity, str) and not _PLAIN.fullmatch(identity):
            yield identity


def _identity(exchange: Exchange) -> str | None:
    """The id of the response that an exchange created; None where it created none."""
    with suppress(MissingStepError):
        identity = exchange.response.get("id") if exchange.ok and exchange.request.method == "POST" else None
        return identity if isinstance(identity, str) else None
    return None
