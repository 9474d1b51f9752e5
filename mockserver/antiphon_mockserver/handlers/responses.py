"""Creating responses, and every later view of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.answer import Answer, Incoming, Streaming
from antiphon_mockserver.handlers.turns import Turn, take
from antiphon_mockserver.house import House
from antiphon_mockserver.plan import Context, Denied, Plan
from antiphon_mockserver.record import Record
from antiphon_mockserver.store import pack
from antiphon_mockserver.timeline import Timeline


def create(house: House, incoming: Incoming) -> Answer | Streaming:
    """Has the model answer: at once, as a stream, or in the background."""
    conduct = house.conduct
    kept = conduct.keeps(incoming.body)
    incoming.identity = incoming.identity.with_storage(kept)
    turn = take(house, incoming)
    context, plan = _decided(house, turn)
    final = conduct.compose(plan, context, incoming.identity, int(house.clock.now()))
    record = _record(house, incoming, turn, plan, final)
    if not record.background and not record.streamed:
        return Answer(body=final, delay=plan.delay, record=_stored(house, record, kept), reusable=turn.alone)
    timeline = house.timeline(record)
    runs = record.streamed and record.pace > 0 and not house.clock.virtual
    step = 0 if runs else conduct.first_step(turn.body, timeline.steps)
    stored = _stored(house, record.at(step), kept)
    if record.streamed:
        return Streaming(timeline.events, record.id, plan.pace, plan.delay, stored, turn.alone)
    return Answer(body=timeline.at(step), delay=plan.delay, record=stored, reusable=turn.alone)


def retrieve(house: House, incoming: Incoming) -> Answer | Streaming:
    """A response as it stands, or its stream again."""
    record = house.require(incoming.parameters["response_id"], incoming.key)
    if incoming.query.get("stream"):
        return _replay(house, incoming, record)
    timeline = house.timeline(record)
    record = house.advance(record, timeline)
    return Answer(body=_view(record, timeline))


def delete(house: House, incoming: Incoming) -> Answer:
    """Forgets a response."""
    id = incoming.parameters["response_id"]
    if house.dialect.traits.unknown_delete == "refused" or house.record(id, incoming.key) is not None:
        house.store.change(house.require(id, incoming.key).id, house.conduct.delete)
    return Answer(body=house.conduct.deletion_body(id))


def cancel(house: House, incoming: Incoming) -> Answer:
    """Stops a background response where it stands."""
    record = house.require(incoming.parameters["response_id"], incoming.key)
    if not record.background and house.dialect.traits.foreground_cancel == "unchanged":
        return Answer(body=dict(record.response))
    house.conduct.may_cancel(record)
    timeline = house.timeline(record)
    if not house.clock.virtual:
        record = house.advance(record, timeline)
    after = house.store.change(record.id, lambda now: _cut(house, now, timeline.steps))
    return Answer(body=_view(after or record, timeline))


def _cut(house: House, record: Record, last: int) -> Record:
    """The record after its cancel, with the time of the first one."""
    after = house.conduct.cancel(record, last)
    dated = after.cut is None or after.cancelled_at is not None
    return after if dated else replace(after, cancelled_at=int(house.clock.now()))


def list_input_items(house: House, incoming: Incoming) -> Answer:
    """A page of what a response was given."""
    conduct, query = house.conduct, incoming.query
    record = house.require(incoming.parameters["response_id"], incoming.key)
    whole = house.dialect.traits.listed_input == "conversation"
    told = conduct.list_conversation(house.chain(record)) if whole else conduct.list_input(record, ())
    items = conduct.arrange(told, query["order"])
    return Answer(body=conduct.page(conduct.follow(items, query.get("after")), query["limit"]))


def list_responses(house: House, incoming: Incoming) -> Answer:
    """A page of the responses that this key has made, the newest first."""
    conduct, query = house.conduct, incoming.query
    kept = filter(conduct.exists, house.store.shelf(shelf(incoming.key)))
    found = conduct.select([_summary(house, record) for record in kept], query)
    return Answer(body=conduct.cut_out(found, query["offset"], query["limit"]))


def _summary(house: House, record: Record) -> dict[str, Any]:
    """A response as a list shows it: what it says is left out. Being listed does not move it on."""
    timeline = house.timeline(record)
    if not house.clock.virtual:
        record = house.advance(record, timeline)
    shown = _view(record, timeline)
    return {name: value for name, value in shown.items() if name not in ("output", "error")}


def shelf(key: str) -> str:
    """The list in the store of what the holder of this key has made."""
    return f"responses:{key}"


def _decided(house: House, turn: Turn) -> tuple[Context, Plan]:
    """What the model says, and to which context when the whole one was too long.

    A stream fails in band then, as genuine ones do (STA-22), and what runs in the background in its time.
    """
    context = turn.context
    plan = _said(house, turn)
    try:
        shorter = house.conduct.truncate(context, plan.input_tokens)
    except Denied as denied:
        if context.request.get("stream") is not True and context.request.get("background") is not True:
            raise
        return context, Plan(status="failed", error={"code": denied.code, "message": denied.message})
    return (context, plan) if shorter is context else (shorter, house.conduct.plan(shorter))


def _said(house: House, turn: Turn) -> Plan:
    """What the model says; to a prompt template, something that fits it."""
    if turn.version is None:
        return house.conduct.plan(turn.context)
    return house.conduct.insist(house.conduct.plan, turn.context, turn.version)


def _record(house: House, incoming: Incoming, turn: Turn, plan: Plan, final: Mapping[str, Any]) -> Record:
    """What is remembered: the response as it will have ended."""
    return Record(
        id=final["id"],
        owner=incoming.key,
        request=turn.body,
        input=turn.input,
        response=final,
        previous=turn.chain[-1].id if turn.chain else None,
        pace=plan.pace,
        delay=plan.delay,
        made_at=house.clock.now(),
    )


def _stored(house: House, record: Record, kept: bool) -> bytes | None:
    """Stores a response, unless it is not to be kept; returns what was stored."""
    if not kept:
        return None
    packed = pack(record)
    house.store.write(record.id, packed)
    if house.lists_responses:
        house.store.shelve(shelf(record.owner), record.id)
    return packed


def _view(record: Record, timeline: Timeline) -> dict[str, Any]:
    """The response object as the record stands."""
    if record.cut is not None:
        dated = {"cancelled_at": record.cancelled_at} if timeline.dialect.traits.cancelled_at else {}
        return timeline.cut(record.cut) | dated
    return timeline.at(record.step) if record.background else dict(record.response)


def _replay(house: House, incoming: Incoming, record: Record) -> Streaming:
    house.conduct.may_resume(record)
    timeline = house.timeline(record, obfuscation=incoming.query.get("include_obfuscation"))
    events = house.conduct.resume(timeline.events[: record.cut], incoming.query.get("starting_after"))
    return Streaming(events, record.id, record.pace)
