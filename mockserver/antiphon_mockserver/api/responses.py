"""The operations of responses: create, count, compact, retrieve, delete, cancel and two lists.

A create reads its *turn* (checks, earlier turns, new input), asks the model, composes the response and stores
it. The other operations show its timeline.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.api import containers
from antiphon_mockserver.api.attachments import stores_of, with_files
from antiphon_mockserver.api.moulding import cast_answer, cast_known
from antiphon_mockserver.behaviour.checks import DOUBTFUL, ignore_unknown
from antiphon_mockserver.prompt_templates.template import Registry, Version
from antiphon_mockserver.prompt_templates.variables import PromptRequest
from antiphon_mockserver.response.identity import owner_of_item
from antiphon_mockserver.response.pace import AT_ONCE, BACKGROUND, Pace
from antiphon_mockserver.response.plan import ApiError, Context, Item, Plan
from antiphon_mockserver.response.timeline import Timeline
from antiphon_mockserver.server import conversations
from antiphon_mockserver.server.context import Answer, Request, ServerContext, Streaming, Turn
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.conversation import Conversation
from antiphon_mockserver.state.record import Record, RequestDetails
from antiphon_mockserver.tool_servers import ToolServer


def create(server: ServerContext, request: Request) -> Answer | Streaming:
    """Answers with the model: at once, as a stream, or in the background."""
    behaviour = server.behaviour
    persistent = behaviour.storage.keeps(request.body)
    request.identity = request.identity.with_storage(persistent)
    if (answer := cast_known(server, request)) is not None:
        return answer
    turn = read_turn(server, request)
    if turn.conversation is not None:
        behaviour.conversations.reject_locked(turn.conversation)
    context, plan = _plan(server, turn)
    if plan.containers:
        containers.keep(server, request.key, plan.containers)
    if (answer := cast_answer(server, request, turn, plan, _record)) is not None:
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
    step = behaviour.progress.first_step(turn.body, timeline.steps)
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


def read_turn(server: ServerContext, request: Request) -> Turn:
    """Returns the turn of a request. Rejects an invalid request with 400."""
    behaviour = server.behaviour
    body = check(server, request).body
    reject_unknown_model(server, body.get("model"))
    version: Version | None = None
    servers: tuple[ToolServer, ...] = ()
    messages: Sequence[Item] = ()
    instructions: tuple[Item, ...] = ()
    chain: tuple[Record, ...] = ()
    conversation: Conversation | None = None
    if server.prompts is not None:
        body, version = _fill_prompt(server, server.prompts, body)
        servers = server.prompts.named(body) if version is None else version.servers
    if body.get("prompt") is not None and server.reusable_prompts is not None:
        prompt = behaviour.prompts.reuse(server.reusable_prompts, body)
        body, messages, instructions = prompt.body, prompt.messages, prompt.instructions
    if (previous := body.get("previous_response_id")) is not None:
        chain = _chain(server, previous, request.key)
    if (param := body.get("conversation")) is not None:
        conversation = conversations.find(server, conversations.id_of(param), request.key)
    new_items = read_items(server, request, body.get("input"), conversation)
    items = behaviour.context.join(chain, new_items)
    if conversation is not None:
        body = {**body, "conversation": {"id": conversation.id}}
        items = behaviour.conversations.recall(conversation, items)
    if messages:
        items = (*behaviour.context.normalise(list(messages)), *items)
    names = [*body, *[item.get("type", "") for item in items]]
    if examinations := server.context_checks.of(names):
        details = RequestDetails(
            request.operation.id, body, server.dialect, chain, items, new_items, server.library
        )
        for examine in examinations:
            examine(details)
    model_body = behaviour.context.carry(body, chain)
    companion = server.dialect.companion
    continues = chain or conversation is not None
    may_name_files = companion and (continues or b'"file_id"' in request.content)
    context = Context(
        model_body,
        with_files(server, items, request.key) if may_name_files else items,
        server.dialect,
        server.settings.seed,
        request.key,
        request.headers,
        server.library,
        {tools.label: tools for tools in servers} if servers else {},
        stores_of(server, body, request.key) if companion and body.get("tools") else {},
    )
    return Turn(body, chain, new_items, context, version, conversation, instructions)


def _fill_prompt(
    server: ServerContext, prompts: Registry, body: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Version | None]:
    """The body after its prompt template, and the version of that; without a template, the same body."""
    prompt, behaviour = body.get("prompt"), server.behaviour
    if prompt is None:
        return body, None
    call = PromptRequest(behaviour.prompts.find(prompts, prompt), prompt.get("variables") or {})
    for examine in behaviour.prompts.checks.values():
        examine(call)
    return behaviour.prompts.fill(body, call), call.version


def check(server: ServerContext, request: Request) -> RequestDetails:
    """Returns a request without ignored parameters. Rejects one whose body is invalid."""
    operation, behaviour = request.operation.id, server.behaviour
    body = request.body
    if server.dialect.mock.chat_spellings:
        body = behaviour.requests.read_chat_spelling(body)
    details = RequestDetails(operation, body, server.dialect, library=server.library)
    is_usual = behaviour.requests.ignore_unknown is ignore_unknown
    if is_usual and server.dialect.schemas.names_all(operation, body):
        examinations = server.checks.of(body)
    else:
        known = behaviour.requests.ignore_unknown(details)
        if known is not body:
            details = replace(details, body=known)
        examinations = server.checks.of([*known, DOUBTFUL])
    for examine in examinations:
        examine(details)
    return details


def reject_unknown_model(server: ServerContext, name: str | None) -> None:
    """Rejects a model that does not exist, with 400."""
    if name is None:
        return
    models = server.dialect.models if server.dialect.mock.listed_models else ()
    if not server.behaviour.access.model_exists(name, server.settings.models or models):
        raise invalid(f"The model '{name[:128]}' does not exist.", "model", "model_not_found")


def _chain(server: ServerContext, response_id: str, key: str) -> tuple[Record, ...]:
    """The turns up to the response with this id; only that response must not be deleted."""
    newest = server.record(response_id, key)
    if newest is None or not server.behaviour.context.may_continue(newest):
        message = f"Previous response with id '{response_id}' not found."
        raise invalid(message, "previous_response_id", "previous_response_not_found")
    return server.chain(newest)


def read_items(
    server: ServerContext, request: Request, source: Any, conversation: Conversation | None = None
) -> tuple[Item, ...]:
    """Returns any `input` as items with ids, in place of references the items that they name."""
    known = () if conversation is None else conversation.items
    items = server.behaviour.context.normalise(source)
    prefixes = server.dialect.traits.id_prefixes
    for place, item in enumerate(items):
        kind: str = item.get("type", "")
        if kind == "item_reference":
            item = items[place] = _resolve(server, item, request.key, known)
            kind = item["type"]
        if not item.get("id"):
            prefix = prefixes.get(kind, f"{kind}_")
            items[place] = {"id": request.identity.input_item(prefix, place), **item}
    return tuple(items)


def _resolve(server: ServerContext, item: Item, key: str, known: Sequence[Item]) -> Item:
    """The item that an item refers to: of its conversation, or of a response."""
    target = next((earlier for earlier in known if earlier["id"] == item["id"]), None)
    return server.behaviour.context.resolve(item, target or _find(server, item["id"], key))


def _find(server: ServerContext, item_id: str, key: str) -> Item | None:
    prefix = server.dialect.traits.id_prefixes.get("response", "resp_")
    owner = owner_of_item(item_id, prefix)
    record = server.record(owner, key) if owner else None
    if record is None:
        return None
    return next(
        (item for item in (*record.response["output"], *record.input) if item.get("id") == item_id), None
    )
