"""Casts the answer to a create, when a request differed from it only in its input and in what it continues.

A mould is made of what the server itself composes for such a request, so that both ways give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from antiphon_mockserver.api.shapes import Shape, shape_of, with_text
from antiphon_mockserver.behaviour.checks import LOOKS_AT, required
from antiphon_mockserver.behaviour.context import instruction_messages
from antiphon_mockserver.model import message, plan
from antiphon_mockserver.model.speaker import speaker_of
from antiphon_mockserver.response import envelope as enveloping
from antiphon_mockserver.response.compose import identify
from antiphon_mockserver.response.envelope import Envelope, MarkedIdentity, envelope_stream
from antiphon_mockserver.response.events import event_composer
from antiphon_mockserver.response.frames import DONE, dump_of
from antiphon_mockserver.response.mould import (
    INPUT,
    INPUT_TOKENS,
    ITEMS,
    LARGEST_SIZE,
    MARK,
    NONCE,
    OUTPUT_TOKENS,
    PREVIOUS,
    REQUEST,
    RESPONSE,
    STEP,
    TEXT,
    Mould,
    Moulds,
    RequestKind,
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
FOREIGN = frozenset({"background", "conversation", "prompt"})
"""The members of a create whose answer depends on more than the context."""
RecordMaker = Callable[[ServerContext, Request, Turn, Plan, Mapping[str, Any]], Record]
"""Makes the record of a response to a turn."""
NO_ANSWER, NO_RECORD = (b"",) * 4, (b"",) * 4
"""In place of the values of gaps that a mould does not have."""
READ_NO_TEXT = frozenset({*LOOKS_AT, required})
"""The checks to which all texts of an input are alike."""
OWN_TOOLS = frozenset({"function", "custom"})
"""The types of the tools that clients run themselves."""
ENDS = frozenset({"completed", "incomplete"})


def open_moulds(server: ServerContext) -> Moulds | None:
    """Moulds for a server whose clock stands still and which nothing changes."""
    settings = server.settings
    deviations = settings.mutants or settings.variations or settings.faults or settings.pace
    return None if deviations or not server.clock.virtual else Moulds()


class Recognition(NamedTuple):
    """A request of a known kind, of which only the input has to be checked."""

    shape: Shape
    kind: RequestKind


def recognise(server: ServerContext, request: Request) -> Recognition | None:
    """What is known of a request; None where it has to be checked as a whole."""
    body, moulds = request.body, server.moulds
    if moulds is None:
        return None
    shape = shape_of(request.key, body)
    kind = moulds.known(shape.key)
    if (
        kind is None
        or not kind.checks_pass
        or not server.dialect.schemas.names_all(request.operation.id, body)
    ):
        return None
    return Recognition(shape, kind)


def cast_known(server: ServerContext, request: Request, recognition: Recognition) -> Answer | None:
    """The answer to a request whose input is one text, and that needs only a text in answer.

    Its response is stored. None when the request has to be read as a whole.
    """
    text, mould = recognition.shape.text, recognition.kind.text
    if mould is None or mould.say is None or text is None or len(text) > LONG:
        return None
    said = mould.say(text)
    if said is None or len(said[0]) > LONG:
        return None
    return _cast_text(server, request, mould, Source(request.body, (), text), said)


def cast_answer(
    server: ServerContext,
    request: Request,
    turn: Turn,
    plan: Plan,
    make_record: RecordMaker,
    recognition: Recognition | None,
) -> Answer | None:
    """The answer, whose response is stored; None when it has to be composed."""
    moulds, body = server.moulds, turn.body
    if moulds is None or not FOREIGN.isdisjoint(body) or turn.version is not None:
        return None
    if plan.status not in ENDS or plan.pace is not None or plan.delay or plan.error:
        return None
    tools = body.get("tools")
    if tools and not all(tool.get("type") in OWN_TOOLS for tool in tools):
        return None
    shape = shape_of(request.key, body) if recognition is None else recognition.shape
    if len(shape.key) > LARGEST_SIZE:
        return None
    kind = (
        recognition.kind if recognition else moulds.of(shape.key, lambda: _kind(server, request, turn, shape))
    )
    if kind is None:
        return None
    making = Making(server, request, turn, make_record)
    text = plain_text(plan)
    if text and len(text) <= LONG and server.dialect.traits.id_form == "prefixed":
        if not kind.has_text:
            kind.has_text, kind.text = True, _text_mould(making, shape)
        if kind.text is not None:
            said = (text, plan.input_tokens, plan.output_tokens)
            return _cast_text(server, request, kind.text, Source(body, turn.input, shape.text), said)
    end = (plan.status, plan.reason)
    if end not in kind.envelopes:
        kind.envelopes[end] = _envelope(making, *end)
    envelope = kind.envelopes[end]
    return None if envelope is None else _fill(server, request, envelope, turn, plan)


def _kind(server: ServerContext, request: Request, turn: Turn, shape: Shape) -> RequestKind | None:
    """The kind of a request that has passed all checks; None where it has the marks of moulds itself."""
    if MARK.search(shape.key) or enveloping.MARK.search(shape.key):
        return None
    checks_pass = READ_NO_TEXT.issuperset(server.checks.of(turn.body))
    return RequestKind(checks_pass=checks_pass and turn.body is request.body)


class Source(NamedTuple):
    """What a request of a kind gives."""

    body: Mapping[str, Any]
    items: Sequence[Item]
    text: str | None
    """Its only text; None when the input is more than a text."""


def _cast_text(
    server: ServerContext, request: Request, mould: ResponseMould, source: Source, said: tuple[str, int, int]
) -> Answer:
    """The answer with this text and these token counts; stores its response."""
    identity, body = request.identity, source.body
    nonce, (text, *counts) = identity.nonce.encode(), said
    previous = (body.get("previous_response_id") or "").encode()
    numbers = (b"%d" % counts[0], b"%d" % counts[1], b"%d" % sum(counts))
    question = b"" if source.text is None else _inside(source.text)
    response = mould.response.cast((nonce, _inside(text), previous, question, *numbers))
    answer, step = Answer(body=response), 0
    if mould.stream is not None:
        dump, traits = mould.stream.dump, server.dialect.mock
        visible = b"" if source.text is None else dump(source.text)[1:-1].encode()
        values = (nonce, dump(text)[1:-1].encode(), previous, visible, *numbers)
        frames, step = mould.stream.cast((*values, *NO_RECORD), text)
        end = DONE if traits.sentinel == "required" else b""
        answer = Answer(headers={"content-type": EVENT_STREAM}, body=frames + end)
    if identity.persistent:
        parts = (b"", b"") if source.text is not None else (orjson.dumps(body), orjson.dumps(source.items))
        record = mould.record.cast((nonce, b"", previous, question, *numbers, b"%d" % step, *parts, response))
        _store(server, request, record)
    return answer


def _fill(
    server: ServerContext, request: Request, envelope: Envelope, turn: Turn, plan: Plan
) -> Answer | None:
    """The answer with the items of a plan; stores its response. None for a long stream."""
    identity, body, mock = request.identity, turn.body, server.dialect.mock
    items = identify(plan, identity, server.dialect)
    messages = instruction_messages(body) if envelope.repeats_input else None
    previous = body.get("previous_response_id") or ""
    ids = identity.response.encode(), previous.encode()
    counts = enveloping.counts_of(plan)
    values = (*ids, orjson.dumps(items), orjson.dumps(messages))
    response = envelope.response.cast((*values, *enveloping.NO_RECORD, *counts, b"", b""))
    answer, step = Answer(body=response), 0
    if envelope.stream is not None:
        dump = envelope.stream.dump
        values = (*ids, dump(items).encode(), dump(messages).encode())
        cast = envelope.stream.cast(values, counts, identity.response, items)
        if cast is None:
            return None
        frames, step = cast
        end = DONE if mock.sentinel == "required" else b""
        answer = Answer(headers={"content-type": EVENT_STREAM}, body=frames + end)
    if identity.persistent:
        parts = (orjson.dumps(body), orjson.dumps(turn.input), response)
        _store(server, request, envelope.record.cast((*ids, b"", b"", *parts, *counts, b"%d" % step, b"")))
    return answer


def _store(server: ServerContext, request: Request, record: bytes) -> None:
    server.responses.write(request.identity.response, record)
    if server.lists_responses:
        server.responses.enlist(request.key, request.identity.response)


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


class Making(NamedTuple):
    """A request for which a mould is made."""

    server: ServerContext
    request: Request
    turn: Turn
    make_record: RecordMaker


def _text_mould(making: Making, shape: Shape) -> ResponseMould | None:
    """The mould of responses in one text, to requests that differ from this one only in their input."""
    server, request, turn, make_record = making
    is_text = shape.text is not None
    body = {**turn.body}
    if is_text:
        body["input"] = with_text(body["input"], INPUT)
    elif server.dialect.mock.instructions_form == "messages":
        return None
    if turn.chain:
        body["previous_response_id"] = PREVIOUS
    said = Plan((message(TEXT),), input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS)
    identity = replace(request.identity, nonce=NONCE)
    final = server.behaviour.model.compose(
        said, replace(turn.context, request=body), identity, int(server.clock.now())
    )
    record = make_record(server, request, replace(turn, body=body), said, final)
    stream = None
    if record.streamed:
        parts = server.timeline(record).events.parts
        stream = stream_mould(parts, dump_of(server.dialect.mock))
        if stream is None:
            return None
        record = record.at(STEP)
    members: dict[str, Any] = {"request": REQUEST, "input": ITEMS, "response": RESPONSE}
    if turn.chain:
        members["previous"] = PREVIOUS
    if is_text:
        members |= {"request": body, "input": [_marked(item, request.identity.nonce) for item in turn.input]}
    content = pack_record(replace(record, **members))
    say = _sayer(server, turn) if is_text else None
    return ResponseMould(Mould(orjson.dumps(final)), Mould(content), stream, say)


def _marked(item: Item, nonce: str) -> Item:
    """The message with an input that is one text, with marks in its gaps."""
    part = {**item["content"][0], "text": INPUT}
    return {**item, "id": item["id"].replace(nonce, NONCE), "content": [part]}


def _sayer(server: ServerContext, turn: Turn) -> Say | None:
    """What the model says to such texts; None where something besides the model reads them."""
    if server.behaviour.model.plan is not plan or turn.chain:
        return None
    if server.context_checks.of([*turn.body, "message"]):
        return None
    speaker = speaker_of(turn.context)
    return None if speaker is None else speaker.say


def _envelope(making: Making, status: str, reason: str | None) -> Envelope | None:
    """What responses have in common that end like this, to requests that differ only in their input."""
    server, request, turn, make_record = making
    body, mock = {**turn.body}, server.dialect.mock
    if turn.chain:
        body["previous_response_id"] = enveloping.PREVIOUS
    said = replace(enveloping.MARKED, status=status, reason=reason)
    context = replace(turn.context, request=body)
    final = server.behaviour.model.compose(said, context, MarkedIdentity(), int(server.clock.now()))
    repeats_input = mock.instructions_form == "messages"
    if repeats_input:
        final["instructions"] = enveloping.INSTRUCTIONS
    record = make_record(server, request, replace(turn, body=body), said, final)
    whole = {**final, "output": enveloping.OUTPUT}
    stream = None
    if record.streamed:
        timeline = server.timeline(record)
        composer, padding = event_composer(server.dialect), timeline.obfuscation
        stream = envelope_stream(timeline.events.parts, whole, composer, dump_of(mock), padding=padding)
        if stream is None:
            return None
    members: dict[str, Any] = {name: getattr(enveloping, name.upper()) for name in ("request", "response")}
    members |= {"input": enveloping.ITEMS, "step": enveloping.STEP}
    if turn.chain:
        members["previous"] = enveloping.PREVIOUS
    content = pack_record(replace(record, **members))
    gaps = enveloping.GAPS
    return Envelope(Mould(orjson.dumps(whole), gaps), Mould(content, gaps), stream, repeats_input)
