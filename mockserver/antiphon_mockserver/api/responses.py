"""Creates responses, and answers later requests for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.api.turns import Turn, read_turn
from antiphon_mockserver.response.plan import Context, Denied, Plan
from antiphon_mockserver.response.timeline import Timeline
from antiphon_mockserver.server.context import House
from antiphon_mockserver.server.exchange import Answer, Incoming, Streaming
from antiphon_mockserver.state.record import Record
from antiphon_mockserver.state.store import pack


def create(house: House, incoming: Incoming) -> Answer | Streaming:
    """Answers with the model: at once, as a stream, or in the background."""
    conduct = house.conduct
    persistent = conduct.keeps(incoming.body)
    incoming.identity = incoming.identity.with_storage(persistent)
    turn = read_turn(house, incoming)
    context, plan = _plan(house, turn)
    final = conduct.compose(plan, context, incoming.identity, int(house.clock.now()))
    record = _record(house, incoming, turn, plan, final)
    if not record.background and not record.streamed:
        return Answer(
            body=final, delay=plan.delay, record=_store(house, record, persistent), reusable=turn.alone
        )
    timeline = house.timeline(record)
    runs = record.streamed and record.pace > 0 and not house.clock.virtual
    step = 0 if runs else conduct.first_step(turn.body, timeline.steps)
    content = _store(house, record.at(step), persistent)
    if record.streamed:
        return Streaming(timeline.events, record.id, plan.pace, plan.delay, content, turn.alone)
    return Answer(body=timeline.at(step), delay=plan.delay, record=content, reusable=turn.alone)


def retrieve(house: House, incoming: Incoming) -> Answer | Streaming:
    """Returns a response, or its stream again."""
    record = house.require(incoming.parameters["response_id"], incoming.key)
    if incoming.query.get("stream"):
        return _replay(house, incoming, record)
    timeline = house.timeline(record)
    record = house.advance(record, timeline)
    return Answer(body=_view(record, timeline))


def delete(house: House, incoming: Incoming) -> Answer:
    """Deletes a response."""
    response_id = incoming.parameters["response_id"]
    if (
        house.dialect.traits.unknown_delete == "refused"
        or house.record(response_id, incoming.key) is not None
    ):
        house.store.change(house.require(response_id, incoming.key).id, house.conduct.delete)
    return Answer(body=house.conduct.deletion_body(response_id))


def cancel(house: House, incoming: Incoming) -> Answer:
    """Cancels a background response at its current step."""
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
    """The record after a cancel, with the time of its first cancel."""
    after = house.conduct.cancel(record, last)
    has_date = after.cut is None or after.cancelled_at is not None
    return after if has_date else replace(after, cancelled_at=int(house.clock.now()))


def list_input_items(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the input items of a response."""
    conduct, query = house.conduct, incoming.query
    record = house.require(incoming.parameters["response_id"], incoming.key)
    whole = house.dialect.traits.listed_input == "conversation"
    candidates = conduct.list_conversation(house.chain(record)) if whole else conduct.list_input(record, ())
    items = conduct.arrange(candidates, query["order"])
    return Answer(body=conduct.page(conduct.follow(items, query.get("after")), query["limit"]))


def list_responses(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the responses of this key, newest first."""
    conduct, query = house.conduct, incoming.query
    records = filter(conduct.exists, house.store.shelf(shelf(incoming.key)))
    selection = conduct.select([_summary(house, record) for record in records], query)
    return Answer(body=conduct.cut_out(selection, query["offset"], query["limit"]))


def _summary(house: House, record: Record) -> dict[str, Any]:
    """A response in a list: without output and error. A list does not advance its progress."""
    timeline = house.timeline(record)
    if not house.clock.virtual:
        record = house.advance(record, timeline)
    view = _view(record, timeline)
    return {name: value for name, value in view.items() if name not in ("output", "error")}


def shelf(key: str) -> str:
    """The name of the list in the store with the responses of this key."""
    return f"responses:{key}"


def _plan(house: House, turn: Turn) -> tuple[Context, Plan]:
    """The plan of the model, and its context, shortened when it was too long.

    When the context is too long and may not be shortened, a stream or background response fails later, as on
    genuine servers (STA-22); any other request is rejected.
    """
    context = turn.context
    plan = _ask_model(house, turn)
    try:
        shorter = house.conduct.truncate(context, plan.input_tokens)
    except Denied as error:
        if context.request.get("stream") is not True and context.request.get("background") is not True:
            raise
        return context, Plan(status="failed", error={"code": error.code, "message": error.message})
    return (context, plan) if shorter is context else (shorter, house.conduct.plan(shorter))


def _ask_model(house: House, turn: Turn) -> Plan:
    """The plan of the model; for a prompt template, one that passes its tests."""
    if turn.version is None:
        return house.conduct.plan(turn.context)
    return house.conduct.insist(house.conduct.plan, turn.context, turn.version)


def _record(house: House, incoming: Incoming, turn: Turn, plan: Plan, final: Mapping[str, Any]) -> Record:
    """The record of a response, as it will be at its end."""
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


def _store(house: House, record: Record, persistent: bool) -> bytes | None:
    """Stores a response, if the request wants that; returns the packed record."""
    if not persistent:
        return None
    content = pack(record)
    house.store.write(record.id, content)
    if house.lists_responses:
        house.store.shelve(shelf(record.owner), record.id)
    return content


def _view(record: Record, timeline: Timeline) -> dict[str, Any]:
    """The response object at the step of the record."""
    if record.cut is not None:
        extra = {"cancelled_at": record.cancelled_at} if timeline.dialect.traits.cancelled_at else {}
        return timeline.cut(record.cut) | extra
    return timeline.at(record.step) if record.background else dict(record.response)


def _replay(house: House, incoming: Incoming, record: Record) -> Streaming:
    house.conduct.may_resume(record)
    timeline = house.timeline(record, obfuscation=incoming.query.get("include_obfuscation"))
    events = house.conduct.resume(timeline.events[: record.cut], incoming.query.get("starting_after"))
    return Streaming(events, record.id, record.pace)
