"""Streams of chat completions whose chunks lack, repeat or change what clients read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from antiphon_mockserver.mutants import Call, add

SEAM = "sse"
CHAT = "createChatCompletion"
DONE = b"data: [DONE]\n\n"
Chunk = dict[str, Any]
Frames = list[bytes]
Change = Callable[[list[Chunk]], Iterable[Chunk]]


def _on_chunks(change: Change) -> Callable[[Frames, Call], Frames]:
    """Changes the chunks of a chat; other streams stay as they are."""

    def mutate(frames: Frames, call: Call) -> Frames:
        if call.operation != CHAT:
            return frames
        chunks = [orjson.loads(frame.removeprefix(b"data: ")) for frame in frames if frame != DONE]
        return [*(b"data: %b\n\n" % orjson.dumps(chunk) for chunk in change(chunks)), DONE]

    return mutate


def _each(change: Callable[[Chunk, int], Chunk]) -> Change:
    return lambda chunks: [change(chunk, number) for number, chunk in enumerate(chunks)]


def _on_pieces(change: Callable[[Chunk], Chunk]) -> Change:
    """Changes each piece of a choice."""
    return _each(lambda chunk, _: {**chunk, "choices": [change(piece) for piece in chunk["choices"]]})


def _without(value: Chunk, *names: str) -> Chunk:
    return {name: value[name] for name in value if name not in names}


def _on_deltas(*names: str) -> Change:
    """Leaves members out of each delta."""
    return _on_pieces(lambda piece: {**piece, "delta": _without(piece["delta"], *names)})


def _on_calls(change: Callable[[Chunk], Chunk]) -> Change:
    """Changes each piece of a call."""

    def change_piece(piece: Chunk) -> Chunk:
        calls = piece["delta"].get("tool_calls")
        return (
            piece if calls is None else {**piece, "delta": {"tool_calls": [change(call) for call in calls]}}
        )

    return _on_pieces(change_piece)


def _calls(chunk: Chunk) -> bool:
    """Whether a chunk has a piece of a call."""
    return any(piece["delta"].get("tool_calls") for piece in chunk["choices"])


def _role_late(chunks: list[Chunk]) -> Iterable[Chunk]:
    """The role in the second chunk."""
    first, second, *rest = chunks
    first["choices"][0]["delta"].pop("role")
    for piece in second["choices"]:
        piece["delta"]["role"] = "assistant"
    return [first, second, *rest]


def _ends_twice(chunks: list[Chunk]) -> Iterable[Chunk]:
    """The chunk that ends a choice, twice."""
    for chunk in chunks:
        yield chunk
        if any(piece["finish_reason"] for piece in chunk["choices"]):
            yield chunk


def _usage_first(chunks: list[Chunk]) -> Iterable[Chunk]:
    """The chunk with usage before the others."""
    last = [chunk for chunk in chunks if chunk.get("usage")]
    return [*last, *(chunk for chunk in chunks if not chunk.get("usage"))]


def _half_a_chunk(frames: Frames, call: Call) -> Frames:
    return [frames[0].rstrip(b"\n")[:-1] + b"\n\n", *frames[1:]] if call.operation == CHAT else frames


def _without_done(frames: Frames, call: Call) -> Frames:
    return [frame for frame in frames if frame != DONE] if call.operation == CHAT else frames


CHUNKS: tuple[tuple[str, str, str, Change], ...] = (
    ("chats_without_choices", "Leaves `choices` out of the chunk with the usage of a chat.",
     "chat-stream.every-message-is-a-chunk",
     _each(lambda chunk, _: chunk if chunk["choices"] else _without(chunk, "choices"))),
    ("chats_without_an_index_of_calls", "Leaves the index out of the pieces of a call in a chat.",
     "chat-stream.pieces-have-an-index", _on_calls(lambda call: _without(call, "index"))),
    ("chats_without_an_index", "Leaves the index out of the choices of a chat in chunks.",
     "chat-stream.pieces-have-an-index", _on_pieces(lambda piece: _without(piece, "index"))),
    ("ends_a_chat_twice", "Sends the chunk that ends a choice twice.",
     "chat-stream.nothing-follows-the-finish-reason", _ends_twice),
    ("counts_no_chat", "Leaves out the chunk with the usage of a chat, which was asked for.",
     "chat-stream.usage-comes-on-request",
     lambda chunks: [chunk for chunk in chunks if not chunk.get("usage")]),
    ("counts_a_chat_first", "Sends the usage of a chat before its text.",
     "chat-stream.usage-comes-last", _usage_first),
    ("counts_a_chat_beside_a_choice", "Sends the usage of a chat with an empty piece of a choice.",
     "chat-stream.usage-comes-last",
     _each(lambda chunk, _: {**chunk, "choices": chunk["choices"] or [{"index": 0, "delta": {}}]})),
    ("renames_a_chat_on_the_way", "Gives each chunk of a chat another id.",
     "chat-stream.chunks-share-their-head",
     _each(lambda chunk, number: {**chunk, "id": f"{chunk['id']}{number}"})),
    ("calls_chunks_completions", "Gives the chunks of a chat the object of a whole completion.",
     "chat-stream.pieces-come-in-chunks",
     _each(lambda chunk, _: {**chunk, "object": "chat.completion"})),
    ("tells_the_role_of_a_chat_late", "Tells the role of a chat in its second chunk.",
     "chat-stream.the-role-comes-first", _role_late),
    ("tells_no_role_in_a_chat", "Tells no role in the chunks of a chat.",
     "chat.the-answer-is-the-assistants", _on_deltas("role")),
    ("gives_no_reason_in_a_chat", "Ends the chunks of a chat without a `finish_reason`.",
     "chat.a-choice-says-why-it-ended", _on_pieces(lambda piece: {**piece, "finish_reason": None})),
    ("chats_with_untyped_calls", "Leaves the type out of the calls of a chat in chunks.",
     "chat.calls-are-whole", _on_calls(lambda call: _without(call, "type"))),
    ("repeats_arguments_in_a_chat", "Sends the pieces of the arguments of a call in a chat twice.",
     "chat.arguments-are-json",
     lambda chunks: [chunk for chunk in chunks for _ in range(1 + _calls(chunk))]),
)  # fmt: skip
"""Name, summary, the rule that notices it, and the change of the chunks."""

for _name, _summary, _rule, _change in CHUNKS:
    add(SEAM, _name, _summary, _rule, _on_chunks(_change))
add(SEAM, "cuts_the_json_of_a_chat", "Cuts the JSON of the first chunk of a chat.",
    "chat-stream.every-message-is-a-chunk", _half_a_chunk)  # fmt: skip
add(SEAM, "ends_a_chat_without_done", "Ends the stream of a chat without `[DONE]`.",
    "chat-stream.ends-with-done", _without_done)  # fmt: skip
