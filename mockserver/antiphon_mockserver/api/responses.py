"""The operations of responses: create, count, compact, retrieve, delete, cancel and two lists.

A create reads its *turn* (turns.py), asks the model, composes the response and stores it. The other
operations show its timeline.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from antiphon_mockserver.api.moulding import cast_answer, cast_known, recognise
from antiphon_mockserver.api.turns import read_turn
from antiphon_mockserver.response.pace import AT_ONCE, BACKGROUND, Pace
from antiphon_mockserver.response.plan import ApiError, Context, Plan
from antiphon_mockserver.response.timeline import Timeline, first_step
from antiphon_mockserver.server import conversations
from antiphon_mockserver.server.context import Answer, Request, ServerContext, Streaming, Turn
from antiphon_mockserver.state.record import Record
from antiphon_spec.loading.late import late_function

if TYPE_CHECKING:
    from antiphon_mockserver.api.containers import keep as keep_containers
else:  # few requests run programs
    keep_containers = late_function("antiphon_mockserver.api.containers", "keep")


def create(server: ServerContext, request: Request) -> Answer | Streaming:
    """Answers with the model: at once, as a stream, or in the background."""
    behaviour = server.behaviour
    persistent = behaviour.storage.keeps(request.body)
    request.identity = request.identity.with_storage(persistent)
    recognition = recognise(server, request)
    if recognition is not None and (answer := cast_known(server, request, recognition)) is not None:
        return answer
    turn = read_turn(server, request, checks_pass=recognition is not None)
    if turn.conversation is not None:
        behaviour.conversations.reject_locked(turn.conversation)
    context, plan = _plan(server, turn)
    if plan.containers:
        keep_containers(server, request.key, plan.containers)
    if (answer := cast_answer(server, request, turn, plan, _record, recognition)) is not None:
        return answer
    final = behaviour.model.compose(plan, context, request.identity, int(server.clock.now()))
    if turn.instructions:
        final["instructions"] = list(turn.instructions)
    record = _record(server, request, turn, plan, final)
    if not record.background and not record.streamed:
        if turn.conversation is not None:
            conversations.begin(server, turn.conversation, record, record.made_at + plan.delay)
        _store(server, record, persistent)
        return Answer(body=final, delay=plan.delay)
    timeline = server.timeline(record)
    waits = record.background and not record.streamed and behaviour.progress.first_step is first_step
    step = 0 if waits else behaviour.progress.first_step(turn.body, timeline.steps)
    if record.streamed and not server.clock.virtual:
        step = min(step, timeline.due(0))
    record_now = record.at(step)
    if turn.conversation is not None:
        conversations.begin(server, turn.conversation, record_now, record.made_at + timeline.offsets[-1])
    _store(server, record_now, persistent)
    if record.streamed:
        streaming = _stream(server, record, timeline, timeline.events, record.made_at + plan.delay)
        return replace(streaming, delay=plan.delay) if plan.delay else streaming
    return Answer(body=timeline.at(step), delay=plan.delay)


def count_tokens(server: ServerContext, request: Request) -> Answer:
    """Returns the number of input tokens that a create with this body has (TOK-03)."""
    turn = read_turn(server, request)
    return Answer(
        body={
            "object": "response.input_tokens",
            "input_tokens": server.behaviour.model.count_tokens(turn.context),
        }
    )


def compact(server: ServerContext, request: Request) -> Answer:
    """Returns a shorter context in place of the full one, without storing it (CMP-10, CMP-11)."""
    turn = read_turn(server, request)
    return Answer(
        body=server.behaviour.model.compact(turn.context, request.identity, int(server.clock.now()))
    )


def retrieve(server: ServerContext, request: Request) -> Answer | Streaming:
    """Returns a response, or its stream again."""
    record = server.require(request.parameters["response_id"], request.key)
    if request.query.get("stream"):
        return _replay(server, request, record)
    if record.cut is not None:
        record = server.behaviour.progress.rest(record)
    timeline = server.timeline(record)
    record = server.advance(record, timeline)
    return Answer(body=_view(record, timeline))


def delete(server: ServerContext, request: Request) -> Answer:
    """Deletes a response."""
    response_id = request.parameters["response_id"]
    if (
        server.dialect.traits.unknown_delete == "refused"
        or server.record(response_id, request.key) is not None
    ):
        server.responses.change(server.require(response_id, request.key).id, server.behaviour.storage.delete)
    return Answer(body=server.behaviour.storage.deletion_body(response_id))


def cancel(server: ServerContext, request: Request) -> Answer:
    """Cancels a background response at its current step."""
    record = server.require(request.parameters["response_id"], request.key)
    if not record.background and server.dialect.mock.foreground_cancel == "unchanged":
        return Answer(body=dict(record.response))
    server.behaviour.progress.may_cancel(record)
    timeline = server.timeline(record)
    if not server.clock.virtual:
        record = server.advance(record, timeline)
    after = server.responses.change(record.id, lambda now: _cut(server, now, timeline.steps))
    return Answer(body=_view(after or record, timeline))


def _cut(server: ServerContext, record: Record, last: int) -> Record:
    """The record after a cancel, with the time of its first cancel."""
    after = server.behaviour.progress.cancel(record, last)
    has_date = after.cut is None or after.cancelled_at is not None
    return after if has_date else replace(after, cancelled_at=int(server.clock.now()))


def list_input_items(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the input items of a response."""
    behaviour, query = server.behaviour, request.query
    record = server.require(request.parameters["response_id"], request.key)
    whole = server.dialect.mock.listed_input == "conversation"
    candidates = (
        behaviour.lists.conversation(server.chain(record)) if whole else behaviour.lists.input(record, ())
    )
    items = behaviour.lists.arrange(candidates, query["order"])
    return Answer(
        body=behaviour.lists.page(behaviour.lists.follow(items, query.get("after")), query["limit"])
    )


def list_responses(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the responses of this key, newest first."""
    behaviour, query = server.behaviour, request.query
    records = filter(behaviour.storage.exists, server.responses.newest_first(request.key))
    selection = behaviour.lists.select([_summary(server, record) for record in records], query)
    return Answer(body=behaviour.lists.cut(selection, query["offset"], query["limit"]))


def _summary(server: ServerContext, record: Record) -> dict[str, Any]:
    """A response in a list: without output and error. A list does not advance its progress."""
    timeline = server.timeline(record)
    if not server.clock.virtual:
        record = server.advance(record, timeline)
    view = _view(record, timeline)
    return {name: value for name, value in view.items() if name not in ("output", "error")}


def _plan(server: ServerContext, turn: Turn) -> tuple[Context, Plan]:
    """The plan of the model, and its context, shortened when it was too long.

    When the context is too long and may not be shortened, a stream or background response fails later, as on
    genuine servers (STA-22); any other request is rejected.
    """
    context = turn.context
    plan = _ask_model(server, turn)
    try:
        shorter = server.behaviour.context.truncate(context, plan.input_tokens)
    except ApiError as error:
        if context.request.get("stream") is not True and context.request.get("background") is not True:
            raise
        return context, Plan(status="failed", error={"code": error.code, "message": error.message})
    return (context, plan) if shorter is context else (shorter, server.behaviour.model.plan(shorter))


def _ask_model(server: ServerContext, turn: Turn) -> Plan:
    """The plan of the model; for a prompt template, one that passes its tests."""
    if turn.version is None:
        return server.behaviour.model.plan(turn.context)
    return server.behaviour.prompts.retry_until_valid(server.behaviour.model.plan, turn.context, turn.version)


def _record(
    server: ServerContext, request: Request, turn: Turn, plan: Plan, final: Mapping[str, Any]
) -> Record:
    """The record of a response, as it will be at its end."""
    return Record(
        id=final["id"],
        owner=request.key,
        request=turn.body,
        input=turn.input,
        response=final,
        previous=turn.chain[-1].id if turn.chain else None,
        pace=_pace(server, turn, plan),
        made_at=server.clock.now(),
    )


def _pace(server: ServerContext, turn: Turn, plan: Plan) -> Pace:
    """The pace of a response, with the delay of its answer."""
    pace = server.pace if plan.pace is None else plan.pace
    if pace is AT_ONCE and not plan.delay and turn.body.get("background") is not True:
        return pace
    if pace == AT_ONCE and turn.body.get("background") is True and turn.body.get("stream") is not True:
        pace = BACKGROUND
    return replace(pace, first=pace.first + plan.delay) if plan.delay else pace


def _store(server: ServerContext, record: Record, persistent: bool) -> None:
    """Stores a response, if the request wants that; a WebSocket connection remembers it anyway."""
    if not persistent:
        server.responses.remember(record.id, record)
        return
    server.responses.put(record.id, record)
    if server.lists_responses:
        server.responses.enlist(record.owner, record.id)


def _view(record: Record, timeline: Timeline) -> dict[str, Any]:
    """The response object at the step of the record."""
    if record.cut is not None:
        extra = {"cancelled_at": record.cancelled_at} if timeline.dialect.mock.cancelled_at else {}
        return {**timeline.cut(record.cut).final, **extra}
    return timeline.at(record.step) if record.background else dict(record.response)


def _replay(server: ServerContext, request: Request, record: Record) -> Streaming:
    server.behaviour.progress.may_resume(record)
    timeline = server.timeline(record, obfuscation=request.query.get("include_obfuscation"))
    events = server.behaviour.progress.resume(timeline, request.query.get("starting_after"))
    # Time that stands still has brought the whole stream to the client that created it.
    now = math.inf if server.clock.virtual else server.clock.now()
    return _stream(server, record, timeline, events, now)


def _stream(
    server: ServerContext, record: Record, timeline: Timeline, events: Sequence[Mapping[str, Any]], now: float
) -> Streaming:
    """The last events of a timeline: what is past at once, what is to come at its time."""
    if record.pace == AT_ONCE:
        return Streaming(events, record.id)
    offsets = timeline.offsets[max(timeline.steps - len(events), 0) :]
    times = array("d", (record.made_at + offset for offset in offsets))
    if times and times[-1] <= now:
        return Streaming(events, record.id)
    return Streaming(events, record.id, times, now, record.pace.keep_alive)
