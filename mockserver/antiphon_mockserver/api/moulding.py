"""Casts the answer to a create, when a request differed from it only in its input and in what it continues.

A mould is made of what the server itself composes for such a request, so that both ways give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import orjson

from antiphon_mockserver.api.shapes import TO_REPEAT, Shape, repeated, shape_of, wide_shape_of, with_text
from antiphon_mockserver.behaviour.checks import LOOKS_AT, required
from antiphon_mockserver.behaviour.context import instruction_messages, normalise
from antiphon_mockserver.model import message
from antiphon_mockserver.model import plan as plan_of_model
from antiphon_mockserver.model.speaker import speaker_of
from antiphon_mockserver.response import envelope as enveloping
from antiphon_mockserver.response.compose import identify
from antiphon_mockserver.response.envelope import Envelope, MarkedIdentity, envelope_stream
from antiphon_mockserver.response.events import event_composer
from antiphon_mockserver.response.frames import DONE, Dump, dump_of, json_text
from antiphon_mockserver.response.mould import (
    INPUT,
    INPUT_TOKENS,
    ITEMS,
    LARGEST_SIZE,
    MARK,
    METADATA,
    NONCE,
    ORDER,
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
    Values,
    stream_mould,
)
from antiphon_mockserver.response.plan import Item, Plan
from antiphon_mockserver.response.tokens import LONG
from antiphon_mockserver.server.context import EVENT_STREAM, Answer, Request, ServerContext, Turn
from antiphon_mockserver.state.record import Record, RequestDetails, pack_record

MESSAGE = message("")
MEMBERS, PART_MEMBERS = [*MESSAGE], [*MESSAGE["content"][0]]
FOREIGN = frozenset({"background", "conversation", "prompt"})
"""The members of a create whose answer depends on more than the context."""
RecordMaker = Callable[[ServerContext, Request, Turn, Plan, Mapping[str, Any]], Record]
"""Makes the record of a response to a turn."""
NO_RECORD, NOTHING = (b"",) * 4, (b"",) * 3
"""In place of the values of gaps that a mould does not have."""
READ_NO_TEXT = frozenset({*LOOKS_AT, required})
"""The checks to which all texts of an input are alike."""
OWN_TOOLS = frozenset({"function", "custom"})
"""The types of the tools that clients run themselves."""
ENDS = frozenset({"completed", "incomplete"})
MARKS = {"previous_response_id": PREVIOUS, "instructions": ORDER, "metadata": METADATA}


def open_moulds(server: ServerContext) -> Moulds | None:
    """Moulds for a server whose clock stands still and which nothing changes."""
    settings = server.settings
    deviations = settings.mutants or settings.variations or settings.faults or settings.pace
    return None if deviations or not server.clock.virtual else Moulds()


class Recognition(NamedTuple):
    """A request of a known kind, of which only the input has to be checked."""

    shape: Shape
    kind: RequestKind
    narrow: Shape
    """The shape of the requests of the narrowest kind, which may not be known yet."""


def recognise(
    server: ServerContext, request: Request, shape_of: Callable[[str, Any], Shape] = shape_of
) -> Recognition | None:
    """What is known of a request; None where it has to be checked as a whole."""
    body, moulds = request.body, server.moulds
    if moulds is None or server.dialect.mock.chat_spellings or not FOREIGN.isdisjoint(body):
        return None
    narrow = shape = shape_of(request.key, body)
    kind = moulds.known(narrow.key)
    if kind is None and (wide := wide_shape_of(request.key, body)) is not None:
        shape, kind = wide, moulds.known(wide.key)
    if kind is None or not kind.checks_pass:
        return None
    names_all = server.dialect.schemas.names_all(request.operation.id, body)
    return Recognition(shape, kind, narrow) if names_all else None


def cast_known(server: ServerContext, request: Request, recognition: Recognition) -> Answer | None:
    """The answer to a request whose input ends in a text; its response is stored.

    None when the request has to be read as a whole.
    """
    text, kind = recognition.shape.text, recognition.kind
    if text is None or kind.speaker is None or len(text) > LONG:
        return None
    body = request.body
    source = Source(body, (), text)
    if kind.text is not None and (speech := kind.speaker.say(text, body)) is not None:
        return _cast_text(server, request, kind.text, source, speech) if len(speech[0]) <= LONG else None
    if examinations := server.context_checks.of([*body, "message"]):
        items = tuple(normalise(body["input"]))
        details = RequestDetails(request.operation.id, body, server.dialect, (), items, items)
        for examine in examinations:
            examine(details)
    plan = kind.speaker.plan(text, body)
    return None if plan is None else _cast_plan(server, request, kind, source, plan)


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
    recognition = _recognition(server, request, turn, recognition)
    if recognition is None:
        return None
    shape, kind, _ = recognition
    if server.dialect.traits.id_form != "prefixed":
        shape = shape._replace(text=None)  # the id of its message shares no digits with the others
    _prepare(Making(server, request, turn, make_record), kind, shape, plan)
    return _cast_plan(server, request, kind, Source(body, turn.input, shape.text), plan)


def _recognition(
    server: ServerContext, request: Request, turn: Turn, recognition: Recognition | None
) -> Recognition | None:
    """The kind of a request, the narrowest that was met before; None for the first one."""
    moulds, body = server.moulds, turn.body
    if moulds is None or (recognition is not None and recognition.shape is recognition.narrow):
        return recognition
    narrow = shape_of(request.key, body) if recognition is None else recognition.narrow
    for shape in (narrow, wide_shape_of(request.key, body) if recognition is None else None):
        if shape is not None and len(shape.key) <= LARGEST_SIZE:
            kind = moulds.of(shape.key, partial(_kind, server, request, turn, shape))
            if kind is not None:
                return Recognition(shape, kind, narrow)
    return recognition


def _kind(server: ServerContext, request: Request, turn: Turn, shape: Shape) -> RequestKind | None:
    """The kind of a request that has passed all checks; None where it has the marks of moulds itself."""
    if MARK.search(shape.key) or enveloping.MARK.search(shape.key):
        return None
    passes = passes_without_text(server, request, turn.body)
    has_speaker = passes and shape.text is not None and not turn.chain
    if not has_speaker or server.behaviour.model.plan is not plan_of_model:
        return RequestKind(passes)
    return RequestKind(passes, speaker_of(turn.context))


def passes_without_text(server: ServerContext, request: Request, body: Mapping[str, Any]) -> bool:
    """Whether a request that has passed the checks passes them with any text in its gap."""
    return body is request.body and READ_NO_TEXT.issuperset(server.checks.of(body))


def _prepare(making: Making, kind: RequestKind, shape: Shape, plan: Plan) -> None:
    """Makes the mould of an answer like this plan, if nobody did."""
    if plain_text(plan) and making.server.dialect.traits.id_form == "prefixed":
        if not kind.has_text:
            kind.has_text, kind.text = True, _text_mould(making, shape)
        if kind.text is not None:
            return
    end = (plan.status, plan.reason)
    if end not in kind.envelopes:
        kind.envelopes[end] = _envelope(making, shape, *end)


Speech = tuple[str, int, int]
"""A text, its input tokens and its output tokens."""


class Source(NamedTuple):
    """What a request of a kind gives."""

    body: Mapping[str, Any]
    items: Sequence[Item]
    text: str | None
    """Its last text; None when the input ends in more than a text."""

    def values(self, dump: Callable[[Any], bytes]) -> Values:
        """The values of the gaps of an input and of what answers repeat, as this writes them."""
        body, text = self.body, self.text
        question = b"" if text is None else dump(text)[1:-1]
        if TO_REPEAT.keys().isdisjoint(body):
            return (question, *NOTHING)
        return (
            question,
            (body.get("previous_response_id") or "").encode(),
            dump(body["instructions"]) if "instructions" in body else b"",
            dump(body["metadata"]) if "metadata" in body else b"",
        )


def _cast_plan(
    server: ServerContext, request: Request, kind: RequestKind, source: Source, plan: Plan
) -> Answer | None:
    """The answer with this plan; None where no mould was made for it."""
    text = plain_text(plan)
    if text and kind.text is not None and len(text) <= LONG:
        speech = (text, plan.input_tokens, plan.output_tokens)
        return _cast_text(server, request, kind.text, source, speech)
    envelope = kind.envelopes.get((plan.status, plan.reason))
    return None if envelope is None else _fill(server, request, envelope, source, plan)


def _cast_text(
    server: ServerContext,
    request: Request,
    mould: ResponseMould,
    source: Source,
    speech: tuple[str, int, int],
) -> Answer:
    """The answer with this text and these token counts; stores its response."""
    identity, values = request.identity, source.values(orjson.dumps)
    nonce, (text, *counts) = identity.nonce.encode(), speech
    numbers = (b"%d" % counts[0], b"%d" % counts[1], b"%d" % sum(counts))
    response = mould.response.cast((nonce, orjson.dumps(text)[1:-1], *values, *numbers))
    answer, step = Answer(body=response), 0
    if mould.stream is not None:
        dump = _dump_bytes(mould.stream.dump)
        gaps = (nonce, dump(text)[1:-1], *source.values(dump), *numbers)
        frames, step = mould.stream.cast((*gaps, *NO_RECORD), text)
        answer = _streamed(server, frames)
    if identity.persistent:
        parts = _parts(source)
        record = mould.record.cast((nonce, b"", *values, *numbers, b"%d" % step, *parts, response))
        _store(server, request, record)
    return answer


def _fill(
    server: ServerContext, request: Request, envelope: Envelope, source: Source, plan: Plan
) -> Answer | None:
    """The answer with the items of a plan; stores its response. None for a long stream."""
    identity = request.identity
    items = identify(plan, identity, server.dialect)
    messages = instruction_messages(source.body) if envelope.repeats_input else None
    ids = (identity.response.encode(), identity.nonce.encode())
    repeated_values = source.values(orjson.dumps)
    counts = enveloping.counts_of(plan)
    values = (*ids, *repeated_values, orjson.dumps(items), orjson.dumps(messages))
    response = envelope.response.cast((*values, *enveloping.NO_RECORD, *counts, b"", b""))
    answer, step = Answer(body=response), 0
    if envelope.stream is not None:
        dump = _dump_bytes(envelope.stream.dump)
        values = (*ids, *source.values(dump), dump(items), dump(messages))
        cast = envelope.stream.cast(values, counts, identity.response, items)
        if cast is None:
            return None
        frames, step = cast
        answer = _streamed(server, frames)
    if identity.persistent:
        parts = (*_parts(source), response)
        values = (*ids, *repeated_values, b"", b"", *parts, *counts, b"%d" % step, b"")
        _store(server, request, envelope.record.cast(values))
    return answer


def _dump_bytes(dump: Dump) -> Callable[[Any], bytes]:
    """What writes values in bytes as a stream does."""
    return orjson.dumps if dump is json_text else lambda value: dump(value).encode()


def _parts(source: Source) -> tuple[bytes, bytes]:
    """The request and its items as a record has them, unless all but a text of them is cast."""
    if source.text is not None:
        return b"", b""
    return orjson.dumps(source.body), orjson.dumps(source.items)


def _streamed(server: ServerContext, frames: bytes) -> Answer:
    end = DONE if server.dialect.mock.sentinel == "required" else b""
    return Answer(headers={"content-type": EVENT_STREAM}, body=frames + end)


def _store(server: ServerContext, request: Request, record: bytes) -> None:
    server.responses.write(request.identity.response, record)
    if server.lists_responses:
        server.responses.enlist(request.key, request.identity.response)


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
    body = _marked_body(turn, shape)
    if shape.text is None and server.dialect.mock.instructions_form == "messages":
        return None
    model_plan = Plan((message(TEXT),), input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS)
    identity = replace(request.identity, nonce=NONCE)
    final = server.behaviour.model.compose(
        model_plan, replace(turn.context, request=body), identity, int(server.clock.now())
    )
    record = make_record(server, request, replace(turn, body=body), model_plan, final)
    stream = None
    if record.streamed:
        parts = server.timeline(record).events.parts
        stream = stream_mould(parts, dump_of(server.dialect.mock))
        if stream is None:
            return None
        record = record.at(STEP)
    content = _packed(making, shape, replace(record, response=RESPONSE))  # type: ignore[arg-type]
    return ResponseMould(Mould(orjson.dumps(final)), Mould(content), stream)


def _envelope(making: Making, shape: Shape, status: str, reason: str | None) -> Envelope | None:
    """What responses have in common that end like this, to requests that differ only in their input."""
    server, request, turn, make_record = making
    body, mock = _marked_body(turn, shape), server.dialect.mock
    model_plan = replace(enveloping.MARKED, status=status, reason=reason)
    context = replace(turn.context, request=body)
    final = server.behaviour.model.compose(model_plan, context, MarkedIdentity(), int(server.clock.now()))
    repeats_input = mock.instructions_form == "messages"
    if repeats_input:
        final["instructions"] = enveloping.INSTRUCTIONS
    record = make_record(server, request, replace(turn, body=body), model_plan, final)
    whole = {**final, "output": enveloping.OUTPUT}
    stream = None
    if record.streamed:
        timeline = server.timeline(record)
        composer, padding = event_composer(server.dialect), timeline.obfuscation
        stream = envelope_stream(timeline.events.parts, whole, composer, dump_of(mock), padding=padding)
        if stream is None:
            return None
    content = _packed(making, shape, replace(record, response=RESPONSE, step=STEP))  # type: ignore[arg-type]
    gaps = enveloping.GAPS
    return Envelope(Mould(orjson.dumps(whole), gaps), Mould(content, gaps), stream, repeats_input)


def _marked_body(turn: Turn, shape: Shape) -> dict[str, Any]:
    """The body with marks in the gaps: of its last text, and of what answers repeat."""
    body = {**turn.body}
    if shape.text is not None:
        body["input"] = with_text(body["input"], INPUT)
    return body | {name: MARKS[name] for name in repeated(body)}


def _packed(making: Making, shape: Shape, record: Record) -> bytes:
    """The record of a response, with marks in the gaps."""
    turn = making.turn
    members: dict[str, Any] = {"previous": PREVIOUS} if turn.chain else {}
    if shape.text is None:
        members |= {"request": REQUEST, "input": ITEMS}
    else:
        nonce = making.request.identity.nonce
        items = [{**item, "id": item["id"].replace(nonce, NONCE)} for item in turn.input]
        items[-1] |= {"content": [{**items[-1]["content"][0], "text": INPUT}]}
        members |= {"request": _marked_body(turn, shape), "input": items}
    return pack_record(replace(record, **members))
