"""Chat completions: by the model of the responses, and over a library of videos with retrieval and a list."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.api import stored_chats
from antiphon_mockserver.api.moulding import passes_without_text, recognise
from antiphon_mockserver.api.shapes import shape_of_chat
from antiphon_mockserver.api.turns import check, reject_unknown_model
from antiphon_mockserver.behaviour.chat_messages import as_create, param_of_chat
from antiphon_mockserver.model import plan as plan_of_model
from antiphon_mockserver.model.speaker import speaker_of
from antiphon_mockserver.response.completion import ChatView, Chunks, completion, completion_json
from antiphon_mockserver.response.compose import compose_brief
from antiphon_mockserver.response.mould import LARGEST_SIZE, RequestKind
from antiphon_mockserver.response.pace import AT_ONCE
from antiphon_mockserver.response.plan import ApiError, Context, Item, Plan
from antiphon_mockserver.response.timeline import Timeline
from antiphon_mockserver.response.tokens import LONG
from antiphon_mockserver.server.context import Answer, Request, ServerContext, Streaming
from antiphon_mockserver.state.record import RequestDetails, Resource

NO_MEMBERS: Mapping[str, Any] = {}
USUAL_TEMPERATURE = 0.7
"""The temperature when a request has none."""


def complete(server: ServerContext, request: Request) -> Answer | Streaming:
    """Answers a chat with the model, at once or as chunks: a view of the response to the same question."""
    try:
        reading = _known_plan(server, request)
        body, (context, plan) = (request.body, reading) if reading is not None else _read(server, request)
    except ApiError as error:
        error.param = param_of_chat(error.param)
        raise
    plan = _stop(plan, body.get("stop"))
    if plan.error is not None:
        raise ApiError(str(plan.error.get("message")), status=500, code=plan.error.get("code"))
    now = server.clock.now()
    compose = server.behaviour.model.compose if reading is None else compose_brief
    final = compose(plan, context, request.identity, int(now))
    view = ChatView(final, body)
    stored_chats.keep(server, request, view)
    if body.get("stream") is not True:
        settings = server.settings
        may_change = settings.mutants or settings.variations or settings.faults
        several = len(view.choices) > 1 and not may_change
        return Answer(body=completion_json(view) if several else completion(view), delay=plan.delay)
    pace = server.pace if plan.pace is None else plan.pace
    timeline = Timeline(final, server.dialect, pace=pace, obfuscation=False)
    chunks = Chunks(view, timeline)
    is_slow = timeline.pace != AT_ONCE and any(timeline.offsets)
    return Streaming(
        chunks,
        final["id"],
        array("d", (now + plan.delay + offset for offset, _ in chunks.timed())) if is_slow else (),
        now + plan.delay,
        pace.keep_alive,
        delay=plan.delay,
        are_chunks=True,
    )


def _known_plan(server: ServerContext, request: Request) -> tuple[Context, Plan] | None:
    """The plan for a chat of which all but the last text was read before; None for any other."""
    recognition = recognise(server, request, shape_of_chat)
    if recognition is None or recognition.kind.speaker is None:
        return None
    text, speaker = recognition.shape.text, recognition.kind.speaker
    plan = None if text is None or len(text) > LONG else speaker.plan(text, NO_MEMBERS)
    return None if plan is None else (speaker.context, plan)


def _read(server: ServerContext, request: Request) -> tuple[Mapping[str, Any], tuple[Context, Plan]]:
    """The body of a chat without ignored parameters, and the plan for it. Rejects an invalid one with 400."""
    body = check(server, request).body
    reject_unknown_model(server, body["model"])
    create = as_create(body)
    context, plan = _plan(server, request, create)
    form = (create.get("text") or {}).get("format") or {}
    is_plain = body.get("store") is not True and form.get("type") != "json_object" and not plan.error
    if server.moulds is not None and is_plain and server.behaviour.model.plan is plan_of_model:
        shape = shape_of_chat(request.key, body)
        if shape.text is not None and len(shape.key) <= LARGEST_SIZE:
            passes = passes_without_text(server, request, body)
            server.moulds.of(shape.key, lambda: RequestKind(passes, speaker_of(context)))
    return body, (context, plan)


def _plan(server: ServerContext, request: Request, create: Mapping[str, Any]) -> tuple[Context, Plan]:
    """The plan of the model for a create, and its context. Rejects what no create may say."""
    behaviour, dialect = server.behaviour, server.dialect
    items = tuple(behaviour.context.normalise(create["input"]))
    details = RequestDetails(request.operation.id, create, dialect, (), items, items)
    for name in CREATE_CHECKS:
        behaviour.requests.checks[name](details)
    names = [*create, *(item.get("type", "") for item in items)]
    for examine in server.context_checks.of(names):
        examine(details)
    context = Context(create, items, dialect, server.settings.seed, request.key, request.headers)
    plan = behaviour.model.plan(context)
    shorter = behaviour.context.truncate(context, plan.input_tokens)
    return shorter, plan


CREATE_CHECKS = ("tool_choice", "tool_names", "tool_schemas", "format_schema")
"""The checks of a create that hold for a chat, too."""


def _stop(plan: Plan, stop: str | Sequence[str] | None) -> Plan:
    """The plan, with its texts cut before the first of these sequences; then it is complete."""
    ends = [stop] if isinstance(stop, str) else list(stop or ())
    items = tuple(_cut(item, ends) for item in plan.items)
    return plan if items == plan.items else replace(plan, items=items, status="completed", reason=None)


def _cut(item: Item, ends: Sequence[str]) -> Item:
    if item["type"] != "message":
        return item
    parts = []
    for part in item["content"]:
        text = part.get("text", "")
        place = min((place for end in ends if end and (place := text.find(end)) >= 0), default=-1)
        parts.append(part if place < 0 else {**part, "text": text[:place], "annotations": []})
    return {**item, "content": parts}


def create(server: ServerContext, request: Request) -> Answer:
    """Answers the last message of a chat from a collection. Rejects an unknown model with 400."""
    details = check(server, request)
    reject_unknown_model(server, details.body["model"])
    completion = server.behaviour.model.complete(details)
    body = {
        "id": request.identity.response,
        "object": "chat.completion",
        "created_at": int(server.clock.now() * 1000),
        "model": details.body["model"],
        "choices": [completion.choice],
        "payload": _payload(details.body),
        "usage": completion.usage,
    }
    server.completions.put(body["id"], Resource(request.key, body))
    server.completions.enlist(request.key, body["id"])
    return Answer(body=body)


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a stored completion. Rejects an unknown id with 404."""
    completion_id = request.parameters["completion_id"]
    completion = server.completions.get(completion_id)
    if completion is None or not server.behaviour.access.may_see(completion, request.key):
        raise ApiError(f"Chat completion with id '{completion_id[:128]}' not found.", status=404)
    return Answer(body=dict(completion.body))


def list_completions(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the completions of this key, newest first."""
    query = request.query
    completions = [dict(completion.body) for completion in server.completions.newest_first(request.key)]
    selection = server.behaviour.lists.select(completions, query)
    return Answer(body=server.behaviour.lists.cut(selection, query["offset"], query["limit"]))


def _payload(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request as the server understood it."""
    return {
        "messages": body["messages"],
        "temperature": body.get("temperature", USUAL_TEMPERATURE),
        "filter": body.get("filter") or {},
        "collections": body["collections"],
    }
