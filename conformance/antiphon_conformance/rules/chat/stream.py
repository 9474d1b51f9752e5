"""The chunks of a streamed chat completion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http import strict_json
from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.chat import is_of_a_proxy, number_of
from antiphon_conformance.rules.reading.output import member, objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ChatStreamReply

Json = Mapping[str, Any]
CHUNK = "chat.completion.chunk"
HEAD = ("id", "created", "model")
"""The members that are the same in all chunks of a stream."""


def _pieces(stream: ChatStreamReply) -> Iterator[tuple[str, Json]]:
    """(place, piece) of each piece of a choice, in order."""
    for where, chunk in stream.chunks:
        for index, piece in objects(chunk.get("choices")):
            yield f"{where}/choices/{index}", piece


def _says_something(piece: Json) -> bool:
    delta = piece.get("delta")
    return isinstance(delta, dict) and any(delta.get(name) for name in ("content", "refusal", "tool_calls"))


def _wants_usage(stream: ChatStreamReply) -> bool:
    is_asked_for = member(stream.request_fields, "stream_options", "include_usage") is True
    return is_asked_for and stream.is_whole and bool(stream.chunks)


@rule("chat-stream.every-message-is-a-chunk", ChatStreamReply, cites="CHT-07")
def every_message_is_a_chunk(stream: ChatStreamReply) -> Iterator[Finding]:
    """The data of each message is a JSON object with an array of choices, or an error.

    Clients parse each, and walk its choices. A stream has at least one.
    """
    if stream.is_whole and not stream.source.frames:
        yield Finding("stream", "a chunk", "no message")
    for frame in stream.source.frames:
        if stream.source.cut and "unterminated" in frame.oddities:
            continue
        value = strict_json.read(frame.data).value
        is_beside = isinstance(value, dict) and (value.get("error") or is_of_a_proxy(value))
        if frame.data == SENTINEL or not frame.data or is_beside:
            continue
        if not isinstance(value, dict):
            yield Finding(f"event[{frame.index}]", "a JSON object", show(frame.data))
        elif not isinstance(value.get("choices"), list):
            actual = show(value.get("choices", ABSENT))
            yield Finding(f"event[{frame.index}]/choices", "an array", actual)


@rule("chat-stream.pieces-have-an-index", ChatStreamReply, cites="CHT-08")
def pieces_have_an_index(stream: ChatStreamReply) -> Iterator[Finding]:
    """Each piece of a choice, and each of a call, has an `index`.

    The vendor's client for Python raises an error at a piece of a call without it; others mix up the calls.
    """
    for where, piece in _pieces(stream):
        calls = objects(member(piece, "delta", "tool_calls"))
        places = ((f"{where}/delta/tool_calls/{number}", call) for number, call in calls)
        for place, part in ((where, piece), *places):
            index = part.get("index", ABSENT)
            if type(index) is not int or index < 0:
                yield Finding(f"{place}/index", "an integer from 0", show(index))


@rule("chat-stream.nothing-follows-the-finish-reason", ChatStreamReply, cites="CHT-09")
def nothing_follows_the_finish_reason(stream: ChatStreamReply) -> Iterator[Finding]:
    """A choice ends once: after its `finish_reason` comes nothing more of it."""
    ended: set[int] = set()
    for where, piece in _pieces(stream):
        index = number_of(piece)
        if index in ended and (_says_something(piece) or piece.get("finish_reason")):
            yield Finding(where, "nothing after the `finish_reason`", show(piece))
        if piece.get("finish_reason"):
            ended.add(index)


@rule(
    "chat-stream.usage-comes-on-request",
    ChatStreamReply,
    cites="CHT-10",
    when=_wants_usage,
    needs="a stream whose request has `stream_options.include_usage`",
)
def usage_comes_on_request(stream: ChatStreamReply) -> Iterator[Finding]:
    """A stream whose request has `stream_options.include_usage` tells the usage."""
    if not any(isinstance(chunk.get("usage"), dict) for _, chunk in stream.chunks):
        yield Finding("stream", "a chunk with `usage`, as asked for", "none")


@rule(
    "chat-stream.usage-comes-last",
    ChatStreamReply,
    cites="CHT-11",
    when=lambda stream: (
        _wants_usage(stream) and any(isinstance(chunk.get("usage"), dict) for _, chunk in stream.chunks)
    ),
    needs="a stream with usage",
)
def usage_comes_last(stream: ChatStreamReply) -> Iterator[Finding]:
    """The usage is in the last chunk, whose choices are empty."""
    where, last = stream.chunks[-1]
    if not isinstance(last.get("usage"), dict):
        yield Finding(f"{where}/usage", "the usage, in the last chunk", show(last.get("usage", ABSENT)))
    elif last.get("choices") != []:
        yield Finding(f"{where}/choices", "[]", show(last.get("choices", ABSENT)))


@rule(
    "chat-stream.chunks-share-their-head",
    ChatStreamReply,
    cites="CHT-12",
    reads={Part.IDS, Part.TIMES},
)
def chunks_share_their_head(stream: ChatStreamReply) -> Iterator[Finding]:
    """All chunks of a stream have the same id, time and model.

    A chunk without choices, as the one with usage, or with results of filters, is not compared.
    """
    chunks = [(where, chunk) for where, chunk in stream.chunks if chunk.get("choices")]
    for name in HEAD:
        first = chunks[0][1].get(name, ABSENT) if chunks else ABSENT
        other = next(((where, chunk) for where, chunk in chunks if chunk.get(name, ABSENT) != first), None)
        if other is not None:
            expected = f"{show(first)}, as in the first chunk"
            yield Finding(f"{other[0]}/{name}", expected, show(other[1].get(name, ABSENT)))


@rule("chat-stream.pieces-come-in-chunks", ChatStreamReply, cites="CHT-20")
def pieces_come_in_chunks(stream: ChatStreamReply) -> Iterator[Finding]:
    """The object of a chunk with a piece of the answer is `chat.completion.chunk`.

    Clients pass over a chunk of another object, as some vendors send them with results of filters.
    """
    for where, chunk in stream.chunks:
        has_piece = any(_says(piece.get("delta")) for _, piece in objects(chunk.get("choices")))
        if has_piece and chunk.get("object") != CHUNK:
            yield Finding(f"{where}/object", show(CHUNK), show(chunk.get("object", ABSENT)))
            return


def _says(delta: object) -> bool:
    """Whether a delta has anything of the answer."""
    return isinstance(delta, dict) and any(delta.get(name) for name in ("content", "tool_calls", "refusal"))


@rule("chat-stream.the-role-comes-first", ChatStreamReply, cites="CHT-13")
def the_role_comes_first(stream: ChatStreamReply) -> Iterator[Finding]:
    """The first piece of a choice tells the role."""
    seen: set[int] = set()
    for where, piece in _pieces(stream):
        index = number_of(piece)
        role = member(piece, "delta", "role")
        if index not in seen and role != "assistant":
            yield Finding(
                f"{where}/delta/role", show("assistant"), show(role if role is not None else ABSENT)
            )
        seen.add(index)


@rule(
    "chat-stream.ends-with-done",
    ChatStreamReply,
    cites="CHT-14",
    when=lambda stream: stream.is_whole and bool(stream.chunks),
    needs="a stream that came to its end",
    reads={Part.BODY_END},
)
def ends_with_done(stream: ChatStreamReply) -> Iterator[Finding]:
    """The last message of a stream is `[DONE]`."""
    last = stream.source.frames[-1].data
    if last != SENTINEL:
        yield Finding("stream", f"{SENTINEL} as the last message", show(last))
