"""Ids over a whole run: those of items, and the `call_id` of calls in one conversation."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange, Trace
from antiphon_conformance.http.text import show
from antiphon_conformance.rules.reading.output import calls, objects, output, response_or_empty
from antiphon_conformance.rules.rule import EVERY, Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace


def _creates(trace: Trace, operation: str) -> Iterator[Exchange]:
    """The creates of a scenario that were answered with a response."""
    for exchange in trace.exchanges.values():
        if exchange.operation == operation and exchange.ok and response_or_empty(exchange):
            yield exchange


def _item_ids(exchange: Exchange) -> list[tuple[str, str]]:
    """(place, id) of each item of a response."""
    response = response_or_empty(exchange)
    ids = ((f"reply.body/output/{index}/id", item.get("id")) for index, item in output(response))
    return [(where, identity) for where, identity in ids if isinstance(identity, str) and identity]


def _ids_of(exchange: Exchange) -> list[tuple[str, str]]:
    return exchange.facts.once("item ids", _item_ids, exchange)


def _has_items(trace: ScenarioTrace) -> bool:
    return any(map(_ids_of, _creates(trace.trace, trace.dialect.create_operation)))


@rule("items.ids-are-unique-in-a-run", ScenarioTrace, scenario=EVERY, cites="ITM-35", when=_has_items)
def ids_are_unique_in_a_run(trace: ScenarioTrace) -> Iterator[Finding]:
    """No two responses have an item with the same id.

    Clients keep items by their ids, and refer to a stored item by its id alone. Another rule reports two
    responses with the same id.
    """
    owners: dict[str, tuple[str, object]] = {}
    for earlier in trace.run.values():
        is_this = earlier.scenario == trace.trace.scenario
        for exchange in _creates(trace.trace if is_this else earlier, trace.dialect.create_operation):
            response = response_or_empty(exchange).get("id")
            for where, identity in _ids_of(exchange):
                first, owner = owners.setdefault(identity, (exchange.id, response))
                if is_this and first != exchange.id and owner != response:
                    expected = f"an id other than in {first}"
                    yield Finding(where, expected, show(identity), exchange.id)
        if is_this:
            return


def _earlier_calls(exchange: Exchange, before: dict[str, set[str]]) -> set[str]:
    """The `call_id` of each call in the history that a request continues."""
    fields = exchange.request.fields
    sent = [item.get("call_id") for _, item in objects(fields.get("input"))]
    previous = fields.get("previous_response_id")
    chain = before.get(previous, set()) if isinstance(previous, str) else set()
    return chain | {identity for identity in sent if isinstance(identity, str) and identity}


def _histories(trace: ScenarioTrace) -> Iterator[tuple[Exchange, set[str]]]:
    """Each create of a scenario, with the calls of the history that it continues."""
    before: dict[str, set[str]] = {}
    for exchange in _creates(trace.trace, trace.dialect.create_operation):
        response = response_or_empty(exchange)
        history = _earlier_calls(exchange, before)
        yield exchange, history
        own = {call["call_id"] for _, call in calls(response) if isinstance(call.get("call_id"), str)}
        if isinstance(response.get("id"), str):
            before[response["id"]] = history | own


def _calls_again(trace: ScenarioTrace) -> bool:
    return any(history and calls(response_or_empty(exchange)) for exchange, history in _histories(trace))


@rule(
    "tool-calls.call-ids-are-unique-in-a-conversation",
    ScenarioTrace,
    scenario=EVERY,
    cites="TOOL-45",
    when=_calls_again,
    needs="a call in a conversation that had one before",
)
def call_ids_are_unique_in_a_conversation(trace: ScenarioTrace) -> Iterator[Finding]:
    """A call has a `call_id` that no earlier call of the conversation has.

    An output names its call by this id alone: with a second one it answers either.
    """
    for exchange, history in _histories(trace):
        for index, call in calls(response_or_empty(exchange)):
            identity = call.get("call_id")
            if isinstance(identity, str) and identity in history:
                where = f"reply.body/output/{index}/call_id"
                yield Finding(where, "an id that no earlier call has", show(identity), exchange.id)
