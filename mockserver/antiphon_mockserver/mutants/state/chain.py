"""Servers that lose, mix or reject the history of a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import with_check, with_context_check, without
from antiphon_mockserver.response.plan import ApiError, Context, Item
from antiphon_mockserver.response.tokens import CONTEXT_WINDOW
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record, RequestDetails
from antiphon_spec.dialect import Dialect

EMPTY: Item = {"type": "message", "role": "user", "content": [], "status": "completed"}


@mutant(
    "state.forgets-the-chain",
    caught_by="chaining.a-chain-knows-the-whole-history",
)
def forgets_the_chain(behaviour: Behaviour) -> Behaviour:
    """Accepts `previous_response_id` but sends the model only the new input."""
    return replace(behaviour, context=replace(behaviour.context, join=lambda _chain, items: tuple(items)))


@mutant("state.remembers-one-turn-only", caught_by="chaining.a-chain-knows-the-whole-history")
def remembers_one_turn_only(behaviour: Behaviour) -> Behaviour:
    """Sends the model only the last turn of a chain."""
    return replace(
        behaviour,
        context=replace(
            behaviour.context, join=lambda chain, items: behaviour.context.join(chain[-1:], items)
        ),
    )


@mutant("state.loads-the-newest-turn-first", caught_by="chaining.a-chain-keeps-the-order-of-its-turns")
def loads_the_newest_turn_first(behaviour: Behaviour) -> Behaviour:
    """Sends the model the turns of a chain from the newest to the oldest."""
    return replace(
        behaviour,
        context=replace(
            behaviour.context, join=lambda chain, items: behaviour.context.join(chain[::-1], items)
        ),
    )


@mutant("state.carries-instructions-over", caught_by="chaining.instructions-are-not-carried-over")
def carries_instructions_over(behaviour: Behaviour) -> Behaviour:
    """Applies the instructions of a response to those that continue it."""

    def carry(body: Mapping[str, Any], chain: Sequence[Record]) -> Mapping[str, Any]:
        given = [record.request.get("instructions") for record in chain]
        return {"instructions": next((text for text in reversed(given) if text), None), **body}

    return replace(behaviour, context=replace(behaviour.context, carry=carry))


@mutant(
    "state.rejects-instructions-in-a-chain",
    caught_by=("chaining.instructions-may-accompany-a-chain", "chaining.a-response-may-be-continued-twice"),
)
def rejects_instructions_in_a_chain(behaviour: Behaviour) -> Behaviour:
    """Rejects `instructions` together with `previous_response_id`."""

    def check(details: RequestDetails) -> None:
        if details.body.get("instructions") and details.body.get("previous_response_id"):
            raise invalid("'instructions' cannot be combined with 'previous_response_id'.", "instructions")

    return with_check(behaviour, check)


@mutant("state.drops-instructions-in-a-chain", caught_by="chaining.instructions-may-accompany-a-chain")
def drops_instructions_in_a_chain(behaviour: Behaviour) -> Behaviour:
    """Ignores `instructions` when a request continues a conversation."""

    def carry(body: Mapping[str, Any], chain: Sequence[Record]) -> Mapping[str, Any]:
        return {name: value for name, value in body.items() if name != "instructions" or not chain}

    return replace(behaviour, context=replace(behaviour.context, carry=carry))


@mutant("state.rejects-chains-over-http", caught_by="chaining.previous-response-id-is-accepted")
def rejects_chains_over_http(behaviour: Behaviour) -> Behaviour:
    """Rejects `previous_response_id` over HTTP."""

    def check(details: RequestDetails) -> None:
        if details.body.get("previous_response_id"):
            raise invalid("'previous_response_id' is only supported over WebSocket.", "previous_response_id")

    return with_check(behaviour, check)


@mutant(
    "state.ignores-previous-response-id",
    caught_by=(
        "chaining.an-unknown-previous-response-is-rejected",
        "chaining.a-chain-knows-the-whole-history",
        "compaction.an-unknown-history-cannot-be-compacted",
    ),
)
def ignores_previous_response_id(behaviour: Behaviour) -> Behaviour:
    """Ignores `previous_response_id`, even an unknown id."""

    def check(details: RequestDetails) -> None:
        if isinstance(details.body, dict):
            details.body.pop("previous_response_id", None)

    return with_check(behaviour, check)


@mutant(
    "state.rejects-an-unknown-previous-response-without-a-code",
    caught_by="chaining.an-unknown-previous-response-has-its-code",
)
def rejects_an_unknown_previous_response_without_a_code(behaviour: Behaviour) -> Behaviour:
    """Rejects an unknown `previous_response_id` without an error code."""

    def envelope(error: ApiError, dialect: Dialect) -> tuple[int, dict[str, Any]]:
        status, body = behaviour.errors.envelope(error, dialect)
        if error.code == "previous_response_not_found":
            body["error"] |= {"code": None, "param": None}
        return status, body

    return replace(behaviour, errors=replace(behaviour.errors, envelope=envelope))


@mutant("state.mixes-branches", caught_by="chaining.a-response-may-be-continued-twice")
def mixes_branches(behaviour: Behaviour) -> Behaviour:
    """Keeps one shared conversation for all branches of a response."""
    turns_by_root: dict[str, list[Item]] = {}

    def context(chain: Sequence[Record], items: Sequence[Item]) -> tuple[Item, ...]:
        if not chain:
            return tuple(items)
        turns = turns_by_root.setdefault(chain[0].id, [])
        whole = (*behaviour.context.join(chain, ()), *turns, *items)
        turns.extend(items)
        return whole

    return replace(behaviour, context=replace(behaviour.context, join=context))


@mutant("state.rejects-a-second-branch", caught_by="chaining.a-response-may-be-continued-twice")
def rejects_a_second_branch(behaviour: Behaviour) -> Behaviour:
    """Allows only one continuation of a response."""
    parents: set[str] = set()

    def may_continue(record: Record) -> bool:
        first = record.id not in parents
        parents.add(record.id)
        return first and behaviour.context.may_continue(record)

    return replace(behaviour, context=replace(behaviour.context, may_continue=may_continue))


@mutant(
    "state.forgets-the-past-in-a-second-branch", caught_by="chaining.a-second-branch-knows-the-common-past"
)
def forgets_the_past_in_a_second_branch(behaviour: Behaviour) -> Behaviour:
    """Gives the history of a response only to the first that continues it."""
    parents: set[str] = set()

    def context(chain: Sequence[Record], items: Sequence[Item]) -> tuple[Item, ...]:
        repeats = {record.id for record in chain} & parents
        parents.update(record.id for record in chain[-1:])
        return behaviour.context.join(() if repeats and chain[-1].id in repeats else chain, items)

    return replace(behaviour, context=replace(behaviour.context, join=context))


@mutant(
    "state.goes-on-without-the-output-of-a-call", caught_by="chaining.a-call-without-its-output-is-rejected"
)
def goes_on_without_the_output_of_a_call(behaviour: Behaviour) -> Behaviour:
    """Continues after a call whose output the client did not send."""
    return replace(
        behaviour,
        requests=replace(
            behaviour.requests,
            context_checks=without(behaviour.requests.context_checks, "calls_have_outputs"),
        ),
    )


@mutant("state.cannot-take-the-output-of-a-call", caught_by="chaining.a-call-with-its-output-is-accepted")
def cannot_take_the_output_of_a_call(behaviour: Behaviour) -> Behaviour:
    """Answers 501 to `function_call_output` items."""

    def check(details: RequestDetails) -> None:
        if any(item.get("type") == "function_call_output" for item in details.items):
            raise ApiError("function_call_output is not implemented.", status=501)

    return with_context_check(behaviour, check)


@mutant("state.knows-no-references", caught_by="item-references.a-stored-item-is-accepted")
def knows_no_references(behaviour: Behaviour) -> Behaviour:
    """Rejects every `item_reference`."""
    return replace(
        behaviour,
        context=replace(
            behaviour.context, resolve=lambda reference, _item: behaviour.context.resolve(reference, None)
        ),
    )


@mutant("state.shows-the-model-nothing-for-a-reference", caught_by="item-references.the-model-sees-the-item")
def shows_the_model_nothing_for_a_reference(behaviour: Behaviour) -> Behaviour:
    """Accepts an `item_reference` but sends the model an empty message."""
    return replace(
        behaviour,
        context=replace(
            behaviour.context,
            resolve=lambda reference, item: {**EMPTY, "id": behaviour.context.resolve(reference, item)["id"]},
        ),
    )


@mutant("state.drops-a-reference-to-nothing", caught_by="item-references.an-unknown-item-is-rejected")
def drops_a_reference_to_nothing(behaviour: Behaviour) -> Behaviour:
    """Ignores a reference that names no item."""
    return replace(
        behaviour,
        context=replace(
            behaviour.context, resolve=lambda reference, item: item or {**EMPTY, "id": reference["id"]}
        ),
    )


@mutant("state.breaks-at-a-reference-to-nothing", caught_by="item-references.an-unknown-item-is-rejected")
def breaks_at_a_reference_to_nothing(behaviour: Behaviour) -> Behaviour:
    """Answers 502 to a reference that names no item."""

    def resolve(reference: Item, item: Item | None) -> Item:
        if item is None:
            raise ApiError("INTERNAL_ERROR", status=502)
        return behaviour.context.resolve(reference, item)

    return replace(behaviour, context=replace(behaviour.context, resolve=resolve))


@mutant("state.shortens-what-must-stay-whole", caught_by="truncation.an-overlong-context-fails")
def shortens_what_must_stay_whole(behaviour: Behaviour) -> Behaviour:
    """Drops the beginning of a text beyond its window in spite of `truncation: disabled`."""

    def truncate(context: Context, tokens: int) -> Context:
        if tokens <= CONTEXT_WINDOW:
            return behaviour.context.truncate(context, tokens)
        end = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "one two"}]}
        return replace(context, items=(end,))

    return replace(behaviour, context=replace(behaviour.context, truncate=truncate))


@mutant("state.repeats-the-history-in-each-turn", caught_by="chaining.a-chain-repeats-no-turn")
def repeats_the_history_in_each_turn(behaviour: Behaviour) -> Behaviour:
    """Adds the whole history to that of a chain once more at each turn."""

    def join(chain: Sequence[Record], items: Sequence[Item]) -> tuple[Item, ...]:
        history: tuple[Item, ...] = ()
        for record in chain:
            history = (*history, *history, *record.input, *record.response["output"])
        return (*history, *history, *items)

    return replace(behaviour, context=replace(behaviour.context, join=join))
