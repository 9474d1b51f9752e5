"""Casts the answer to a create whose output is one text, when a request differed from it only in its input.

A mould is made of what the server itself composes for such a request, so that both ways give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from antiphon_mockserver.model import message
from antiphon_mockserver.response.frames import DONE, dump_of
from antiphon_mockserver.response.mould import (
    INPUT,
    INPUT_TOKENS,
    LARGEST_SIZE,
    NONCE,
    OUTPUT_TOKENS,
    REQUEST,
    RESPONSE,
    STEP,
    TEXT,
    Mould,
    Moulds,
    ResponseMould,
    stream_mould,
)
from antiphon_mockserver.response.plan import Plan
from antiphon_mockserver.response.tokens import LONG
from antiphon_mockserver.server.context import EVENT_STREAM, Answer, Request, ServerContext, Turn
from antiphon_mockserver.state.record import Record, pack_record

MESSAGE = message("")
MEMBERS, PART_MEMBERS = [*MESSAGE], [*MESSAGE["content"][0]]
FOREIGN = frozenset({"background", "previous_response_id", "conversation", "prompt"})
"""The members of a create whose answer depends on more than its text."""
RecordMaker = Callable[[ServerContext, Request, Turn, Plan, Mapping[str, Any]], Record]
"""Makes the record of a response to a turn."""
NO_VALUES = (b"",) * 4
"""In place of the values of gaps that a mould does not have."""
OWN_TOOLS = frozenset({"function", "custom"})
"""The types of the tools that clients run themselves."""


def open_moulds(server: ServerContext) -> Moulds | None:
    """Moulds for a server whose clock stands still and which nothing changes; None where ids share no digits,
    or where a response repeats its input."""
    settings, mock = server.settings, server.dialect.mock
    deviations = settings.mutants or settings.variations or settings.faults or settings.pace
    has_shared_digits = server.dialect.traits.id_form == "prefixed"
    if (
        deviations
        or not has_shared_digits
        or not server.clock.virtual
        or mock.instructions_form == "messages"
    ):
        return None
    return Moulds()


def cast_answer(
    server: ServerContext, request: Request, turn: Turn, plan: Plan, make_record: RecordMaker
) -> Answer | None:
    """The answer, whose response is stored; None when it has to be composed."""
    moulds, body = server.moulds, turn.body
    if moulds is None:
        return None
    text = plain_text(plan)
    if not text or len(text) > LONG or not FOREIGN.isdisjoint(body) or turn.version is not None:
        return None
    tools = body.get("tools")
    if tools and not all(tool.get("type") in OWN_TOOLS for tool in tools):
        return None
    kind = orjson.dumps((request.key, {**body, "input": None}))
    if len(kind) > LARGEST_SIZE:
        return None
    mould = moulds.of(kind, partial(_make, server, request, turn, make_record))
    if mould is None:
        return None
    identity = request.identity
    counts = (plan.input_tokens, plan.output_tokens, plan.input_tokens + plan.output_tokens)
    nonce, numbers = identity.nonce.encode(), [b"%d" % count for count in counts]
    response = mould.response.cast((nonce, orjson.dumps(text)[1:-1], *numbers))
    answer, step = Answer(body=response), 0
    if mould.stream is not None:
        dump, traits = mould.stream.dump, server.dialect.mock
        written = (nonce, dump(text)[1:-1].encode(), *numbers, *NO_VALUES)
        frames, step = mould.stream.cast(written, text)
        end = DONE if traits.sentinel == "required" else b""
        answer = Answer(headers={"content-type": EVENT_STREAM}, body=frames + end)
    if identity.persistent:
        parts = (orjson.dumps(body), orjson.dumps(turn.input), response)
        record = mould.record.cast((nonce, *NO_VALUES, b"%d" % step, *parts))
        server.responses.write(identity.response, record)
        if server.lists_responses:
            server.responses.enlist(request.key, identity.response)
    return answer


def plain_text(plan: Plan) -> str | None:
    """The text of a plan whose only item is a message with a text, without annotations or probabilities."""
    items = plan.items
    if len(items) != 1 or plan.status != "completed" or plan.pace is not None or plan.delay:
        return None
    item = items[0]
    if plan.cached_tokens or plan.reasoning_tokens or [*item] != MEMBERS or item["phase"] != MESSAGE["phase"]:
        return None
    content = item["content"]
    part = content[0]
    if len(content) != 1 or [*part] != PART_MEMBERS or part["annotations"] or part["logprobs"]:
        return None
    text: str = part["text"]
    return text


def _make(
    server: ServerContext, request: Request, turn: Turn, make_record: RecordMaker
) -> ResponseMould | None:
    """The mould of responses to requests that differ from this one only in their input."""
    body = {**turn.body, "input": INPUT} if "input" in turn.body else turn.body
    plan = Plan((message(TEXT),), input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS)
    identity = replace(request.identity, nonce=NONCE)
    final = server.behaviour.model.compose(
        plan, replace(turn.context, request=body), identity, int(server.clock.now())
    )
    response = orjson.dumps(final)
    if INPUT.encode() in response:
        return None
    record = make_record(server, request, replace(turn, body=body), plan, final)
    stream = None
    if record.streamed:
        parts = server.timeline(record).events.parts
        stream = stream_mould(parts, dump_of(server.dialect.mock))
        if stream is None:
            return None
        record = record.at(STEP)
    members: Mapping[str, Any] = {"request": REQUEST, "input": INPUT, "response": RESPONSE}
    packed = pack_record(replace(record, **members))
    return ResponseMould(Mould(response), Mould(packed), stream)
