"""The list of models, which no document of responses has and every client asks for."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import UNROUTED
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import took_place
from antiphon_conformance.rules.reading.output import objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace

BROKEN = 500
"""From this status on the server is at fault; below it, it may offer no list or demand another key."""
NOT_OFFERED = 501


@rule(
    "models.a-list-of-models-is-readable",
    ScenarioTrace,
    scenario="repeat",
    cites="TRN-31",
    when=took_place("models"),
    needs="an answer to `GET /models`",
)
def a_list_of_models_is_readable(trace: ScenarioTrace) -> Iterator[Finding]:
    """A list of models at `GET /models` is a JSON object whose `data` has their ids.

    Clients fill their menus from it, and some ask for nothing else before it came. A server without a list
    answers 404.
    """
    exchange = trace["models"]
    answer = exchange.answer
    if answer.status >= BROKEN and answer.status != NOT_OFFERED:
        yield Finding("reply.status", "200, or 404 without a list", str(answer.status), exchange.id)
    if answer.status != 200 or UNROUTED in exchange.traits:
        return
    models = answer.fields.get("data", ABSENT)
    if not isinstance(models, list):
        yield Finding("reply.body/data", "a list of models", show(models), exchange.id)
    for index, model in objects(models):
        if not isinstance(model.get("id"), str):
            where = f"reply.body/data/{index}/id"
            yield Finding(where, "the name of a model", show(model.get("id", ABSENT)), exchange.id)
