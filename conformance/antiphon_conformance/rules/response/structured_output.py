"""Structured output: a text that follows the schema in `text.format`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, LIMIT, named, safe, show
from antiphon_conformance.requests.unusual import ODDITIES, odd
from antiphon_conformance.rules.reading.client_schema import misfits, structure
from antiphon_conformance.rules.reading.comparison import expect_ok, expect_status
from antiphon_conformance.rules.reading.output import (
    member,
    parse_json,
    text_of,
    texts,
    value_at,
)
from antiphon_conformance.rules.reading.request import is_sound
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply, ResponseObject, ScenarioTrace, StreamReply

REFUSAL_DELTA = "response.refusal.delta"
MEMBERS_OF_SDKS = ("output_parsed", "parsed", "output_text")
"""Members that client libraries add to a response; a server has none of them."""


def _format(response: ResponseObject) -> Any:
    """The format of the request; where a template holds it, the one that the response reports."""
    own = member(response.request_fields, "text", "format")
    from_template = own is None and response.request_fields.get("prompt") is not None
    return member(response.object, "text", "format") if from_template else own


def _has_format(response: ResponseObject, *kinds: str) -> bool:
    """Whether one whole text answers a request for such a format, and nothing else does.

    Refusals and cut texts need not follow it, nor what is left of a refusal that streamed. Where there are
    several texts, or tools, some may be remarks.
    """
    if not response.creation or member(_format(response), "type") not in kinds:
        return False
    parts = [part for _, part in response.texts]
    whole = response.status == "completed" and len(parts) == 1 and "text" in parts[0]
    stream = response.exchange.answer.stream
    has_refusal = response.refusals or (stream is not None and any(stream.of(REFUSAL_DELTA)))
    alone = not has_refusal and not response.request_fields.get("tools")
    return whole and alone and is_sound(response)


def _strict(response: ResponseObject) -> bool:
    """Whether the request is strict, and the server does not say that it took the schema as a mere hint."""
    honoured = value_at(response.object, "text", "format", "strict") is not False
    is_strict = _has_format(response, "json_schema") and member(_format(response), "strict") is True
    return is_strict and honoured and not _is_at_odds(response, "a_loose_strict_schema")


def _is_at_odds(response: ResponseObject, name: str) -> bool:
    """Whether the request is one that servers may reject; whoever answers it has promised nothing."""
    return ODDITIES[name].occurs_in(response.request_fields)


@rule(
    "structured-output.text-follows-a-strict-schema",
    ResponseObject,
    cites="FMT-01",
    when=_strict,
    needs="a text that answers a strict `json_schema`",
    reads={Part.TEXTS},
)
def text_follows_a_strict_schema(response: ResponseObject) -> Iterator[Finding]:
    """With a strict `json_schema` the text is JSON that validates against the schema.

    Types, members and enums count; servers need not enforce lengths, ranges and patterns.
    """
    where, text = f"{response.where}/output", response.text
    try:
        value = parse_json(text)
    except ValueError:
        yield Finding(where, "a text that is JSON", named("text", text))
        return
    for misfit in misfits(value, structure(_format(response).get("schema"))):
        actual = f"the text {show(text)}, where {safe(misfit, LIMIT)}"
        yield Finding(where, "a text that follows the schema", actual)


def _json_object(response: ResponseObject) -> bool:
    """Whether the request asks for an object and speaks of JSON: servers may reject it otherwise."""
    words = (response.request_fields.get(name) for name in ("input", "instructions"))
    return _has_format(response, "json_object") and any("json" in str(text).lower() for text in words)


def _gets_a_schema(trace: ScenarioTrace) -> bool:
    return "answered" in trace and "streamed" in trace and trace["streamed"].ok


@rule(
    "structured-output.definitions-are-accepted",
    ScenarioTrace,
    scenario="structured_output",
    cites="FMT-12",
    when=_gets_a_schema,
    needs="a server that takes a schema, and a request whose schema has `$defs`",
)
def definitions_are_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A schema may define its parts in `$defs` and refer to them by `$ref`.

    Libraries write classes inside classes so; a server that rejects them takes only the simplest answers.
    """
    yield from expect_ok(trace["answered"], "200, because a schema may have definitions")


@rule(
    "structured-output.text-is-a-json-object",
    ResponseObject,
    cites="FMT-02",
    when=_json_object,
    needs="a text that answers `json_object`",
    reads={Part.TEXTS},
)
def text_is_a_json_object(response: ResponseObject) -> Iterator[Finding]:
    """With `json_object` the text is a JSON object."""
    text = response.text
    try:
        value = parse_json(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        yield Finding(f"{response.where}/output", "a text that is a JSON object", named("text", text))


def _answers_a_schema(response: ResponseObject) -> bool:
    has_schema = member(_format(response), "type") == "json_schema"
    tools = response.request_fields.get("tools")
    is_whole = response.creation and response.status == "completed"
    return is_whole and has_schema and not tools and is_sound(response)


def _lost_its_output(response: ResponseObject) -> bool:
    """Whether `output` is empty, although the model wrote more than an end."""
    written = value_at(response.object, "usage", "output_tokens")
    is_empty = response.content.get("output") == []
    return is_empty and isinstance(written, int) and written > 1


@rule(
    "structured-output.the-result-is-an-ordinary-text",
    ResponseObject,
    cites="FMT-06",
    when=_answers_a_schema,
    needs="an answer to a `json_schema`",
)
def the_result_is_an_ordinary_text(response: ResponseObject) -> Iterator[Finding]:
    """Structured output stands in `output`, as an `output_text` part or a refusal.

    A model may end after it has only reasoned; it does not write tokens into an empty `output`.
    """
    has_result = bool(response.texts) or bool(response.refusals)
    elsewhere = any(response.object.get(name) is not None for name in MEMBERS_OF_SDKS)
    messages = [item for _, item in response.items_of("message") if "content" in item]
    if not has_result and (elsewhere or messages or _lost_its_output(response)):
        yield Finding(
            f"{response.where}/output", "an output_text part", show(response.object.get("output", ABSENT))
        )


def _omits_strict(response: ResponseObject) -> bool:
    output_format = _format(response)
    return (
        response.creation
        and member(output_format, "type") == "json_schema"
        and member(output_format, "strict") is None
    )


@rule(
    "structured-output.strict-is-false-by-default",
    ResponseObject,
    cites="FMT-07",
    when=_omits_strict,
    needs="an answer to a `json_schema` without `strict`",
)
def strict_is_false_by_default(response: ResponseObject) -> Iterator[Finding]:
    """`strict` of a `json_schema` is not true in the response when the request omits it.

    False is the default; absent and null mean the same.
    """
    actual = value_at(response.object, "text", "format", "strict")
    if actual is True:
        yield Finding(f"{response.where}/text/format/strict", "false", show(actual))


def _has_refusal(response: ResponseObject) -> bool:
    return _answers_a_schema(response) and bool(response.refusals)


@rule(
    "structured-output.a-refusal-replaces-the-text",
    ResponseObject,
    cites="FMT-04",
    when=_has_refusal,
    needs="a refusal in answer to a `json_schema`",
)
def a_refusal_replaces_the_text(response: ResponseObject) -> Iterator[Finding]:
    """A refusal replaces the structured text; a message does not have both.

    Another message may have a text: a remark before the refusal.
    """
    messages = {where.partition("/content/")[0] for where, _ in response.refusals}
    for where, part in response.texts:
        if where.partition("/content/")[0] in messages and part.get("text"):
            yield Finding(f"{response.where}/{where}/text", "no text beside the refusal", show(part["text"]))


def _answers_a_schema_in_a_stream(stream: StreamReply) -> bool:
    is_create = stream.exchange.operation == stream.dialect.create_operation
    has_schema = member(stream.request_fields, "text", "format", "type") == "json_schema"
    return is_create and has_schema and any(texts(stream.final))


@rule(
    "structured-output.streams-as-ordinary-text",
    StreamReply,
    cites="FMT-10",
    when=_answers_a_schema_in_a_stream,
    needs="a stream that answers a `json_schema`",
    reads={Part.TEXTS},
)
def streams_as_ordinary_text(stream: StreamReply) -> Iterator[Finding]:
    """Structured output streams as text deltas, like any other text.

    Another rule compares the joined deltas with the text.
    """
    if text_of(stream.final) and not any(stream.source.of("response.output_text.delta")):
        yield Finding("stream", f"text deltas that make {show(text_of(stream.final))}", "no text delta")


@rule("structured-output.schema-is-accepted", ScenarioTrace, scenario="structured_output", cites="FMT-01")
def schema_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A text format with a strict JSON Schema is accepted.

    Gateways that pass `text` on as the `response_format` of a chat server reject it.
    """
    yield from expect_ok(trace["streamed"], "200, because the schema follows the rules for strict schemas")


@rule(
    "structured-output.json-object-without-the-word-json-is-rejected",
    AnyReply,
    cites="FMT-11",
    when=odd("json_unmentioned"),
    needs="a request for `json_object` without the word JSON",
    reads=REJECTION,
)
def json_object_without_the_word_json_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """`json_object` is rejected when the context does not mention JSON."""
    yield from expect_status(answer.exchange, (400,), "400, because the input does not mention JSON")


@rule(
    "structured-output.a-strict-schema-with-further-properties-is-rejected",
    AnyReply,
    cites="FMT-03",
    when=odd("a_loose_strict_schema"),
    needs="a request with a strict schema that allows further properties",
    reads=REJECTION,
)
def a_strict_schema_with_further_properties_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """A strict schema that allows further properties is rejected as `invalid_json_schema`."""
    exchange = answer.exchange
    yield from expect_status(exchange, (400,), "400, because a strict schema forbids further properties")
    if exchange.answer.status != 400:
        return
    for name, expected in (("code", "invalid_json_schema"), ("param", "text.format.schema")):
        actual = value_at(exchange.answer.fields, "error", name)
        if actual != expected:
            yield Finding(f"reply.body/error/{name}", expected, show(actual), exchange.id)


@rule(
    "structured-output.strict-schema-has-an-object-at-its-root",
    AnyReply,
    cites="FMT-09",
    when=odd("an_array_at_the_root"),
    needs="a request with a strict schema of an array",
    reads=REJECTION,
)
def strict_schema_has_an_object_at_its_root(answer: AnyReply) -> Iterator[Finding]:
    """A strict schema whose root is not an object is rejected."""
    yield from expect_status(answer.exchange, (400,), "400, because the root of a strict schema is an object")
