"""Casts the answer to a create whose output is one text, when a request differed from it only in its input.

A mould is made of what the server itself composes for such a request, so that both ways give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from antiphon_mockserver.behaviour.checks import LOOKS_AT, required
from antiphon_mockserver.model import message, plan
from antiphon_mockserver.model.speaker import speaker_of
from antiphon_mockserver.response.frames import DONE, dump_of
from antiphon_mockserver.response.mould import (
    INPUT,
    INPUT_TOKENS,
    ITEMS,
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
    Say,
    stream_mould,
)
from antiphon_mockserver.response.plan import Item, Plan
from antiphon_mockserver.response.tokens import LONG
from antiphon_mockserver.server.context import EVENT_STREAM, Answer, Request, ServerContext, Turn
from antiphon_mockserver.state.record import Record, pack_record

MESSAGE = message("")
MEMBERS, PART_MEMBERS = [*MESSAGE], [*MESSAGE["content"][0]]
FOREIGN = frozenset({"background", "previous_response_id", "conversation", "prompt"})
"""The members of a create whose answer depends on more than its text."""
RecordMaker = Callable[[ServerContext, Request, Turn, Plan, Mapping[str, Any]], Record]
"""Makes the record of a response to a turn."""
NO_ANSWER, NO_RECORD = (b"",) * 4, (b"",) * 5
"""In place of the values of gaps that a mould does not have."""
READ_NO_TEXT = frozenset({*LOOKS_AT, required})
"""The checks to which all texts of an input are alike."""
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


def cast_known(server: ServerContext, request: Request) -> Answer | None:
    """The answer to a request of which all but its input was read before, and whose input is one text.

    Its response is stored. None when the request has to be read as a whole.
    """
    body, moulds = request.body, server.moulds
    text = body.get("input")
    if moulds is None or not isinstance(text, str) or len(text) > LONG:
        return None
    mould = moulds.known(_kind(request.key, body))
    if mould is None or mould.say is None:
        return None
    if not server.dialect.schemas.names_all(request.operation.id, body):
        return None
    said = mould.say(text)
    if said is None or len(said[0]) > LONG:
        return None
    return _cast(server, request, mould, body, (), said)


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
    kind = _kind(request.key, body)
    if len(kind) > LARGEST_SIZE:
        return None
    mould = moulds.of(kind, partial(_make, server, request, turn, make_record))
    if mould is None:
        return None
    return _cast(server, request, mould, body, turn.input, (text, plan.input_tokens, plan.output_tokens))


def _kind(key: str, body: Mapping[str, Any]) -> bytes:
    """What requests of a kind have in common: all but their input, and whether that is a text."""
    gap = "" if isinstance(body.get("input"), str) else None
    return orjson.dumps((key, {**body, "input": gap}))


def _cast(
    server: ServerContext,
    request: Request,
    mould: ResponseMould,
    body: Mapping[str, Any],
    items: Sequence[Item],
    said: tuple[str, int, int],
) -> Answer:
    """The answer with this text and these token counts; stores its response."""
    identity = request.identity
    nonce, (text, *counts) = identity.nonce.encode(), said
    numbers = (b"%d" % counts[0], b"%d" % counts[1], b"%d" % sum(counts))
    response = mould.response.cast((nonce, _inside(text), *numbers))
    answer, step = Answer(body=response), 0
    if mould.stream is not None:
        dump, traits = mould.stream.dump, server.dialect.mock
        frames, step = mould.stream.cast((nonce, dump(text)[1:-1].encode(), *numbers, *NO_RECORD), text)
        end = DONE if traits.sentinel == "required" else b""
        answer = Answer(headers={"content-type": EVENT_STREAM}, body=frames + end)
    if identity.persistent:
        source = body.get("input")
        if isinstance(source, str):
            parts = (_inside(source), b"", b"")
        else:
            parts = (b"", orjson.dumps(body), orjson.dumps(items))
        record = mould.record.cast((nonce, *NO_ANSWER, b"%d" % step, *parts, response))
        server.responses.write(identity.response, record)
        if server.lists_responses:
            server.responses.enlist(request.key, identity.response)
    return answer


def _inside(text: str) -> bytes:
    """A text as JSON, without its quotation marks."""
    return orjson.dumps(text)[1:-1]


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
    said = Plan((message(TEXT),), input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS)
    identity = replace(request.identity, nonce=NONCE)
    final = server.behaviour.model.compose(
        said, replace(turn.context, request=body), identity, int(server.clock.now())
    )
    response = orjson.dumps(final)
    if INPUT.encode() in response:
        return None
    record = make_record(server, request, replace(turn, body=body), said, final)
    stream = None
    if record.streamed:
        parts = server.timeline(record).events.parts
        stream = stream_mould(parts, dump_of(server.dialect.mock))
        if stream is None:
            return None
        record = record.at(STEP)
    members: dict[str, Any] = {"request": REQUEST, "input": ITEMS, "response": RESPONSE}
    is_text = isinstance(turn.body.get("input"), str)
    if is_text:
        members |= {"request": body, "input": [_marked(item, request.identity.nonce) for item in turn.input]}
    packed = pack_record(replace(record, **members))
    say = _sayer(server, request, turn) if is_text else None
    return ResponseMould(Mould(response), Mould(packed), stream, say)


def _marked(item: Item, nonce: str) -> Item:
    """The message with an input that is one text, with marks in its gaps."""
    part = {**item["content"][0], "text": INPUT}
    return {**item, "id": item["id"].replace(nonce, NONCE), "content": [part]}


def _sayer(server: ServerContext, request: Request, turn: Turn) -> Say | None:
    """What the model says to such texts; None where something besides the model reads them."""
    body = turn.body
    if turn.body is not request.body or server.behaviour.model.plan is not plan:
        return None
    if server.context_checks.of([*body, "message"]) or not READ_NO_TEXT.issuperset(server.checks.of(body)):
        return None
    speaker = speaker_of(turn.context)
    return None if speaker is None else speaker.say
