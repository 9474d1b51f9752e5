"""Servers that miscount contexts, or lose them when they compact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import with_check, without
from antiphon_mockserver.response.plan import Context, IdSource, Item, Plan
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails


@mutant("state.rejects-instructions-for-a-compaction", caught_by="compaction.a-history-can-be-compacted")
def rejects_instructions_for_a_compaction(behaviour: Behaviour) -> Behaviour:
    """Accepts only `model` and `input` for a compaction."""

    def check(details: RequestDetails) -> None:
        if details.operation == "compactResponse" and details.body.get("instructions"):
            raise invalid("Unknown parameter: 'instructions'.", "instructions", "unknown_parameter")

    return with_check(behaviour, check)


@mutant("state.rejects-its-own-compaction", caught_by="compaction.compacted-output-is-accepted-as-input")
def rejects_its_own_compaction(behaviour: Behaviour) -> Behaviour:
    """Rejects its own `compaction` items."""

    def normalise(given: Any) -> list[Item]:
        items = behaviour.context.normalise(given)
        if any(item["type"] == "compaction" for item in items):
            raise invalid("Invalid value: 'compaction'.", "input", "invalid_value")
        return items

    return replace(behaviour, context=replace(behaviour.context, normalise=normalise))


@mutant("state.compacts-to-nothing", caught_by="compaction.the-model-remembers-the-history")
def compacts_to_nothing(behaviour: Behaviour) -> Behaviour:
    """Returns a compaction item that keeps nothing of the conversation."""

    def compact(context: Context, identity: IdSource, created_at: int) -> dict[str, Any]:
        messages = tuple(item for item in context.items if item.get("role") == "user")
        return behaviour.model.compact(replace(context, items=messages), identity, created_at)

    return replace(behaviour, model=replace(behaviour.model, compact=compact))


@mutant("state.compacts-without-a-model", caught_by="compaction.a-compaction-needs-a-model")
def compacts_without_a_model(behaviour: Behaviour) -> Behaviour:
    """Chooses a model itself when a compaction names none."""

    def check(details: RequestDetails) -> None:
        if details.operation == "compactResponse" and isinstance(details.body, dict):
            details.body.setdefault("model", "any")

    return with_check(behaviour, check)


@mutant("state.continues-a-compaction", caught_by="compaction.a-compaction-cannot-be-continued")
def continues_a_compaction(behaviour: Behaviour) -> Behaviour:
    """Accepts the id of a compaction as `previous_response_id`."""
    ids: set[str] = set()

    def compact(context: Context, identity: IdSource, created_at: int) -> dict[str, Any]:
        compaction = behaviour.model.compact(context, identity, created_at)
        ids.add(compaction["id"])
        return compaction

    def check(details: RequestDetails) -> None:
        if isinstance(details.body, dict) and details.body.get("previous_response_id") in ids:
            del details.body["previous_response_id"]

    return with_check(replace(behaviour, model=replace(behaviour.model, compact=compact)), check)


@mutant(
    "state.compacts-its-input-only",
    caught_by=(
        "compaction.an-unknown-history-cannot-be-compacted",
        "compaction.a-compaction-reads-the-history-it-names",
    ),
)
def compacts_its_input_only(behaviour: Behaviour) -> Behaviour:
    """Ignores `previous_response_id` when it compacts."""

    def check(details: RequestDetails) -> None:
        if details.operation == "compactResponse" and isinstance(details.body, dict):
            details.body.pop("previous_response_id", None)

    return with_check(behaviour, check)


@mutant("state.ignores-a-trigger", caught_by="compaction.a-trigger-makes-a-compaction")
def ignores_a_trigger(behaviour: Behaviour) -> Behaviour:
    """Ignores a `compaction_trigger`."""

    def plan(context: Context) -> Plan:
        rest = tuple(item for item in context.items if item.get("type") != "compaction_trigger")
        return behaviour.model.plan(replace(context, items=rest))

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


@mutant("state.accepts-a-trigger-anywhere", caught_by="compaction.a-trigger-comes-last")
def accepts_a_trigger_anywhere(behaviour: Behaviour) -> Behaviour:
    """Accepts a `compaction_trigger` that is not the last item."""
    return replace(
        behaviour,
        requests=replace(
            behaviour.requests,
            context_checks=without(behaviour.requests.context_checks, "triggers_come_last"),
        ),
    )


@mutant("state.ignores-context-management", caught_by="compaction.a-long-context-is-compacted-on-request")
def ignores_context_management(behaviour: Behaviour) -> Behaviour:
    """Never compacts a context although `context_management` asks for it."""

    def plan(context: Context) -> Plan:
        request = {name: value for name, value in context.request.items() if name != "context_management"}
        return behaviour.model.plan(replace(context, request=request))

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


@mutant("state.counts-a-token-too-many", caught_by="input-tokens.a-count-equals-the-usage-of-a-create")
def counts_a_token_too_many(behaviour: Behaviour) -> Behaviour:
    """Counts one token more than the model reads."""
    return replace(
        behaviour,
        model=replace(
            behaviour.model, count_tokens=lambda context: behaviour.model.count_tokens(context) + 1
        ),
    )


@mutant(
    "state.counts-what-is-left",
    caught_by=(
        "input-tokens.a-count-does-not-shrink-when-members-are-added",
        "input-tokens.a-count-equals-the-usage-of-a-create",
    ),
)
def counts_what_is_left(behaviour: Behaviour) -> Behaviour:
    """Reports the number of tokens that still fit instead of the number used."""
    return replace(
        behaviour,
        model=replace(
            behaviour.model, count_tokens=lambda context: 100_000 - behaviour.model.count_tokens(context)
        ),
    )


@mutant("state.counts-text-only", caught_by="input-tokens.a-count-accepts-the-members-of-a-create")
def counts_text_only(behaviour: Behaviour) -> Behaviour:
    """Rejects a token count of a request with tools."""

    def check(details: RequestDetails) -> None:
        if details.operation == "countInputTokens" and details.body.get("tools"):
            raise invalid("Unknown parameter: 'tools'.", "tools", "unknown_parameter")

    return with_check(behaviour, check)
