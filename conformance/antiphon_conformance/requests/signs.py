"""How an exchange shows that a model did something: pure predicates, for the table of cases."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.reply import message_of
from antiphon_conformance.requests.attachments import NO_DOCUMENT, NO_PICTURE, UNREACHABLE
from antiphon_conformance.requests.test_prompts import HELLO, LETTERS
from antiphon_conformance.rules.reading.output import (
    calls,
    member,
    objects,
    output,
    refusals,
    response_or_empty,
    texts,
)

WORKING = ("queued", "in_progress")


def response_in(exchange: Exchange) -> Mapping[str, Any]:
    """The response object of a successful exchange; empty for any other."""
    return response_or_empty(exchange) if exchange.ok else {}


def is_stream(exchange: Exchange) -> bool:
    """Whether the answer is a stream."""
    return exchange.reply is not None and exchange.reply.stream is not None


def is_cut(exchange: Exchange) -> bool:
    """Whether the answer ended at `max_output_tokens`."""
    return bool(member(response_in(exchange), "incomplete_details", "reason") == "max_output_tokens")


def is_cut_call(exchange: Exchange) -> bool:
    """Whether a call was cut at `max_output_tokens`."""
    return is_cut(exchange) and bool(calls(response_in(exchange)))


def has_call(exchange: Exchange) -> bool:
    """Whether the response calls a tool of the client."""
    return bool(calls(response_in(exchange)))


def demands_a_call(exchange: Exchange) -> bool:
    """Whether only the `tool_choice: required` of a request asks for a call, and not its question."""
    fields = exchange.request.fields
    return exchange.ok and fields.get("tool_choice") == "required" and fields.get("input") == HELLO


def calls_one_at_a_time(exchange: Exchange) -> bool:
    """Whether a request that forbids parallel calls, and names no tool, was answered with a call."""
    fields = exchange.request.fields
    is_free = not isinstance(fields.get("tool_choice"), dict)
    return is_free and fields.get("parallel_tool_calls") is False and has_call(exchange)


def calls_by_a_grammar(exchange: Exchange) -> bool:
    """Whether the response calls a custom tool whose input follows a grammar."""
    names = {
        tool.get("name")
        for _, tool in objects(exchange.request.fields.get("tools"))
        if member(tool, "format", "type") == "grammar"
    }
    return any(call.get("name") in names for _, call in calls(response_in(exchange)))


def has_reasoning(exchange: Exchange) -> bool:
    """Whether the response has a reasoning item."""
    return any(output(response_in(exchange), "reasoning"))


def has_raw_reasoning(exchange: Exchange) -> bool:
    """Whether the response has a reasoning item with its raw text."""
    return any(any(item.get("content") or ()) for _, item in output(response_in(exchange), "reasoning"))


def has_refusal(exchange: Exchange) -> bool:
    """Whether the response has a refusal."""
    return any(refusals(response_in(exchange)))


def has_annotation(exchange: Exchange) -> bool:
    """Whether a text of the response has an annotation."""
    return any(part.get("annotations") for _, part in texts(response_in(exchange)))


def fails(exchange: Exchange) -> bool:
    """Whether a generation failed after the request was accepted, or the request was rejected for it."""
    events = exchange.reply.stream.of("error") if exchange.reply and exchange.reply.stream else ()
    return response_in(exchange).get("status") == "failed" or any(True for _ in events)


def rejects_or_fails(exchange: Exchange) -> bool:
    """Whether the server noticed that it cannot read the picture of a request."""
    bodies = (part.get("image_url") for part in parts(exchange, "input_image"))
    noticed = (exchange.reply is not None and not exchange.ok) or fails(exchange)
    return noticed and any(url in (NO_PICTURE, UNREACHABLE) for url in bodies)


def parts(exchange: Exchange, kind: str) -> Iterator[Mapping[str, Any]]:
    """The parts of this type in the messages of a request."""
    return _parts(exchange, kind, "content")


def parts_of_outputs(exchange: Exchange, kind: str) -> Iterator[Mapping[str, Any]]:
    """The parts of this type in the outputs of calls that a request has."""
    return _parts(exchange, kind, "output")


def _parts(exchange: Exchange, kind: str, name: str) -> Iterator[Mapping[str, Any]]:
    for _, item in objects(exchange.request.fields.get("input")):
        yield from (part for _, part in objects(item.get(name)) if part.get("type") == kind)


def streams_letters(exchange: Exchange) -> bool:
    """Whether the deltas of a stream have letters of each kind: accented, combining, astral, a separator."""
    if exchange.reply is None or exchange.reply.stream is None:
        return False
    pieces = (event.data.get("delta") for event in exchange.reply.stream.events)
    said = "".join(piece for piece in pieces if isinstance(piece, str))
    return all(letter in said for letter in LETTERS if not letter.isascii())


def runs_in_background(exchange: Exchange) -> bool:
    """Whether the response runs in the background and has not ended."""
    response = response_in(exchange)
    return response.get("background") is True and response.get("status") in WORKING


def accepts(sign: Callable[[Exchange], bool]) -> Callable[[Exchange], bool]:
    """For `seen`: a request with this sign was answered with success."""
    return lambda exchange: exchange.ok and sign(exchange)


def chooses(kind: str) -> Callable[[Exchange], bool]:
    """Whether the tool choice of a request is an object of this type that names tools of the request."""

    def chooses_a_tool(exchange: Exchange) -> bool:
        choice = exchange.request.fields.get("tool_choice")
        if not isinstance(choice, dict) or choice.get("type") != kind:
            return False
        wanted = [choice] if "name" in choice else [entry for _, entry in objects(choice.get("tools"))]
        names = [tool.get("name") for _, tool in objects(exchange.request.fields.get("tools"))]
        return bool(wanted) and all(entry.get("name") in names for entry in wanted)

    return chooses_a_tool


def attaches(kind: str) -> Callable[[Exchange], bool]:
    """Whether a request has a readable part of this type, `input_image` or `input_file`."""
    return lambda exchange: any(map(is_readable, parts(exchange, kind)))


def is_readable(part: Mapping[str, Any]) -> bool:
    """Whether a picture or a file is none of ours that nobody can read."""
    return part.get("image_url") not in (NO_PICTURE, UNREACHABLE) and part.get("file_data") != NO_DOCUMENT


def kind_of(exchange: Exchange) -> str:
    """What came back, in a word or two."""
    if exchange.reply is None:
        return "no answer"
    if not exchange.ok:
        return f"an answer of {exchange.reply.status}"
    response = response_in(exchange)
    if response.get("status") == "failed":
        return "a failure"
    if calls(response):
        return "a call"
    if any(refusals(response)):
        return "a refusal"
    return "text" if any(texts(response)) else "no text"


FORMS = frozenset({"custom_tools"})
"""Features that are forms of a request which any server can read: a rejection has to say that the model lacks
the ability; otherwise it is a failure."""
UNREACHED = re.compile(r"retriev|connect|reach|resolve|fetch|time[d -]*out|tool list|dns", re.IGNORECASE)
"""Words of an error which say that the server of a tool did not answer."""
UNSUPPORTED = ("unsupported_parameter", "unsupported_value", "unsupported_model")
"""Error codes that are about the model of the request, and not about its form."""
LACKING = re.compile(
    r"(?:not|n't)\s+(?:\w+\s+){0,3}(?:support|available|enabled|implemented|multimodal|vision)"
    r"|unsupported|text[- ]only|at most 0 |no vision|mmproj"
    r"|only\W+(?:\w+\W+){0,3}?functions?\b|\bfunctions? (?:\w+ )?only\b"
    r"|expected tags:(?=[^\]]*'function')(?![^\]]*'custom')|unknown variant `custom`"
    r"|'input_(?:image|file)' found using 'type' does not match|unknown variant `input_(?:image|file)`"
    r"|\b(?:supported|valid|allowed|expected) \w+ (?:is|are)\W+functions?\W*$"
    r"|\b(?:should be|must be|expected)\W+functions?\b(?!\W+or\b)",
    re.IGNORECASE,
)
"""Words of an error which say that this model, or this installation, lacks an ability."""


def says_unsupported(exchange: Exchange, *, by_words: bool = True) -> bool:
    """Whether an error says that the model lacks what the request asks for: by its code, or `by_words`."""
    code = member(exchange.answer.fields, "error", "code")
    has_words = LACKING.search(message_of(exchange.answer)) is not None
    return exchange.answer.status == 501 or code in UNSUPPORTED or (by_words and has_words)


def rejects_its_tools(exchange: Exchange) -> bool:
    """Whether a request was rejected for the type of its tools, and not because a tool's server is away."""
    if exchange.reply is None or exchange.ok:
        return False
    error = json.dumps(exchange.answer.fields)
    is_about_tools = re.search(r"\btools?\b", error) is not None
    return exchange.answer.status in (400, 404, 422, 501) and is_about_tools and not UNREACHED.search(error)
