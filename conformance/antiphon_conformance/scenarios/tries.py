"""What no scenario has shown is tried in other ways, until it is seen or the tries are spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.tries import CASES, ModelCase
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

MOST_TRIES = 30
"""How many requests the tries may cost in a run."""


@scenario(dialect="responses", heavy=True)
async def tries(conversation: Conversation) -> None:
    """Tries in further ways what the model has not shown yet: cut answers, calls, refusals, failures.

    It is the last of the heavy scenarios by its name, so that it knows what all others showed.
    """
    for case in CASES:
        if case.seen and case.fits(conversation.dialect) and not conversation.lacks(case.feature):
            await _try(conversation, case, case.seen)


async def _try(conversation: Conversation, case: ModelCase, seen: Callable[[Exchange], bool]) -> None:
    """Sends the tries of a case, one after the other, until an exchange of the run shows it."""
    if any(map(seen, _exchanges(conversation))):
        return
    for entry in case.tries:
        if entry.asks is None or entry.step in conversation.exchanges:
            continue
        if len(conversation.exchanges) >= MOST_TRIES:
            return
        exchange = await conversation.create(entry.step, may_fail=True, **entry.asks)
        if entry.asks.get("background") is True and exchange.ok and seen(exchange):
            await _stop(conversation, exchange)
        if seen(exchange):
            return


async def _stop(conversation: Conversation, exchange: Exchange) -> None:
    """Ends a response in the background, so that nothing goes on after the run."""
    if "cancel" in conversation.dialect.features:
        path = f"/responses/{conversation.id_of(exchange)}/cancel"
        await conversation.post(f"{exchange.id.rpartition('/')[2]}_cancelled", path)


def _exchanges(conversation: Conversation) -> Iterator[Exchange]:
    """What the run has shown so far, and what this scenario has."""
    for trace in conversation.earlier.values():
        yield from trace.exchanges.values()
    yield from conversation.exchanges.values()
