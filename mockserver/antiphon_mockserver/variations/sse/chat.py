"""Streams of chat completions as other vendors of the same API send them."""

from __future__ import annotations

from typing import Any

import orjson

from antiphon_mockserver.mutants import Call
from antiphon_mockserver.variations import variation

CHAT = "createChatCompletion"
DONE = b"data: [DONE]\n\n"
FILTERED = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": []}
Frames = list[bytes]


@variation("sse.chats-as-others-do", fits=("openai",))
def chats_as_others_do(frames: Frames, call: Call) -> Frames:
    """Begins a chat with the results of filters, repeats the role, and counts beside the end of a choice.

    Azure sends a chunk without choices and without an id first; several vendors tell the role in each delta,
    send the usage with the last piece, and keep the connection alive by comments. Clients read all of it.
    """
    if call.operation != CHAT:
        return frames
    chunks: list[dict[str, Any]] = [orjson.loads(frame.removeprefix(b"data: ")) for frame in frames[:-1]]
    usage = next((chunk["usage"] for chunk in chunks if chunk.get("usage")), None)
    spoken = [chunk for chunk in chunks if chunk["choices"]]
    for chunk in spoken:
        for piece in chunk["choices"]:
            piece["delta"]["role"] = "assistant"
    if usage is not None:
        spoken[-1]["usage"] = usage
    texts = [b"data: %b\n\n" % orjson.dumps(chunk) for chunk in (FILTERED, *spoken)]
    return [b": still here\n\n", *texts, DONE]
