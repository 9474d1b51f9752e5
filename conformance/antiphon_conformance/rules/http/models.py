"""The list of models, which no document of responses has and every client asks for."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import UNROUTED
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import succeeded, took_place
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


@rule(
    "models.codex-reads-the-list",
    ScenarioTrace,
    scenario="repeat",
    cites="TRN-32",
    when=succeeded("models_for_codex"),
    needs="an answer to `GET /models?client_version=...`",
)
def codex_reads_the_list(trace: ScenarioTrace) -> Iterator[Finding]:
    """With `client_version`, a list of models has `models` with slugs, or the usual `data`.

    Codex asks so at its start, and reads `models`; without them it takes the models that it knows.
    """
    exchange = trace["models_for_codex"]
    fields = exchange.answer.fields
    if UNROUTED in exchange.traits:
        return
    if fields.get("models") is None:
        if not isinstance(fields.get("data"), list):
            expected, actual = "a list `models`, or `data`", show(exchange.answer.body)
            yield Finding("reply.body", expected, actual, exchange.id)
        return
    if not isinstance(fields["models"], list):
        yield Finding("reply.body/models", "a list of models", show(fields["models"]), exchange.id)
    for index, model in objects(fields["models"]):
        if not isinstance(model.get("slug"), str) and not isinstance(model.get("id"), str):
            where, actual = f"reply.body/models/{index}/slug", show(model.get("slug", ABSENT))
            yield Finding(where, "the name of a model", actual, exchange.id)


@rule(
    "models.a-model-of-the-list-is-readable",
    ScenarioTrace,
    scenario="repeat",
    cites="TRN-33",
    when=succeeded("models", "model"),
    needs="an answer to `GET /models/{id}`",
)
def a_model_of_the_list_is_readable(trace: ScenarioTrace) -> Iterator[Finding]:
    """Reading a model of the list answers with this model.

    It may have a longer name, with its date. A server without the operation answers 404.
    """
    exchange = trace["model"]
    if UNROUTED in exchange.traits:
        return
    name = next((model.get("id") for _, model in objects(trace["models"].answer.fields.get("data"))), None)
    actual = exchange.answer.fields.get("id", ABSENT)
    if not isinstance(actual, str) or not (str(name) in actual or actual in str(name)):
        yield Finding("reply.body/id", show(name), show(actual), exchange.id)
