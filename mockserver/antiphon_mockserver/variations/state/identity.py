"""Ids, names and times in other forms."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.response.plan import Context, IdSource, Item, Plan
from antiphon_mockserver.state.record import RequestDetails
from antiphon_mockserver.variations import DOCUMENTS, ITEMS, variation
from antiphon_mockserver.variations.edits import Json, on_final, output


def _with_ids(behaviour: Behaviour, response_prefix: str, item_prefix: str) -> Behaviour:
    """Gives responses and items ids of another form; a reference to an item still finds it."""
    items: dict[str, Item] = {}

    def compose(plan: Plan, context: Context, identity: IdSource, created_at: int) -> Json:
        response = deepcopy(behaviour.model.compose(plan, context, identity, created_at))
        response["id"] = response_prefix + response["id"].rpartition("_")[2]
        for item in output(response):
            if "id" in item:
                item["id"] = item_prefix + item["id"].rpartition("_")[2]
                items[item["id"]] = item
        return response

    def resolve(reference: Item, found: Item | None) -> Item:
        return behaviour.context.resolve(reference, found or items.get(reference["id"]))

    return replace(
        behaviour,
        model=replace(behaviour.model, compose=compose),
        context=replace(behaviour.context, resolve=resolve),
    )


@variation("state.gives-ids-without-prefix", fits=ITEMS)
def gives_ids_without_prefix(behaviour: Behaviour) -> Behaviour:
    """Gives responses and items ids of hexadecimal digits alone.

    No document says what an id looks like: it is opaque.
    """
    return _with_ids(behaviour, "", "")


@variation("state.gives-all-items-one-prefix", fits=ITEMS)
def gives_all_items_one_prefix(behaviour: Behaviour) -> Behaviour:
    """Gives every item an id that begins with `item-`, and a response one that begins with `gen-`.

    No document says what an id looks like: it is opaque.
    """
    return _with_ids(behaviour, "gen-", "item-")


@variation("state.gives-ids-with-dots-and-colons", fits=("openai",))
def gives_ids_with_dots_and_colons(behaviour: Behaviour) -> Behaviour:
    """Gives responses ids as in `resp.m=1:0f3a`, and takes them back.

    No document says what an id looks like: it is opaque.
    """
    prefix = "resp.m=1:"

    def identifiers(details: RequestDetails) -> None:
        previous = details.body.get("previous_response_id")
        if not (isinstance(previous, str) and previous.startswith(prefix)):
            behaviour.requests.checks["identifiers"](details)

    checks = {**behaviour.requests.checks, "identifiers": identifiers}

    def is_valid_id(identity: str) -> bool:
        return behaviour.storage.is_valid_id(identity.removeprefix(prefix))

    changed = replace(
        behaviour,
        requests=replace(behaviour.requests, checks=checks),
        storage=replace(behaviour.storage, is_valid_id=is_valid_id),
    )
    return _with_ids(changed, prefix, "msg_")


def _equal_ids(response: Json, _context: Context) -> None:
    """Repeats the ids of calls; what they gave keeps the id of its call."""
    ids: dict[str, str] = {}
    for item in output(response):
        if "call_id" in item and "id" in item:
            is_call = item["type"].endswith("_call")
            ids |= {item["call_id"]: item["id"]} if is_call else {}
            item["call_id"] = ids.get(item["call_id"], item["call_id"])


@variation("state.repeats-the-id-as-call-id", fits=ITEMS)
def repeats_the_id_as_call_id(behaviour: Behaviour) -> Behaviour:
    """Gives a call a `call_id` that equals its `id`.

    Both are opaque, and no document says that they differ.
    """
    return on_final(_equal_ids)(behaviour)


@variation("state.dates-the-model", fits=ITEMS)
def dates_the_model(behaviour: Behaviour) -> Behaviour:
    """Names the model with a date, as in `gpt-4o-mini-2026-08-07`.

    `model` is the model that answered; an alias in the request stands for the dated one.
    """

    def date(response: Json, _context: Context) -> None:
        response["model"] += "-2026-08-07"

    return on_final(date)(behaviour)


@variation("state.dates-to-the-fraction-of-a-second", fits=("openai",))
def dates_to_the_fraction_of_a_second(behaviour: Behaviour) -> Behaviour:
    """Sends `created_at` and `completed_at` with fractions of seconds.

    OpenAI's document types both as `number`.
    """

    def date(response: Json, _context: Context) -> None:
        for name in ("created_at", "completed_at"):
            if response.get(name) is not None:
                response[name] += 0.25

    return on_final(date)(behaviour)


@variation("state.says-it-took-twenty-seconds", fits=DOCUMENTS)
def says_it_took_twenty_seconds(behaviour: Behaviour) -> Behaviour:
    """Dates the end of a response twenty seconds after its creation.

    No document says how long a model may take.
    """

    def date(response: Json, _context: Context) -> None:
        if response.get("completed_at") is not None:
            response["completed_at"] += 20

    return on_final(date)(behaviour)


@variation("state.derives-ids-along-a-chain", fits=("bud", "openai"))
def derives_ids_along_a_chain(behaviour: Behaviour) -> Behaviour:
    """Gives a continuation the id of the response before with a number behind it, as in `resp_1-2`.

    No document says what an id looks like: it is opaque.
    """
    numbers: dict[str, int] = {}

    def derive(response: Json, context: Context) -> None:
        before = context.request.get("previous_response_id")
        if isinstance(before, str):
            numbers[before] = numbers.get(before, 1) + 1
            response["id"] = f"{before}-{numbers[before]}"

    return on_final(derive)(_with_ids(behaviour, "resp_", "msg_"))
