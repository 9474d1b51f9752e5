"""A wrapper around a chat function, as a user of Chat Completions would write it: `wrapper.py PORT`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()
chats: dict[str, list[dict[str, Any]]] = {}


def chat(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Stands for the model: it calls the first tool once, and repeats what was said."""
    if tools and messages[-1]["role"] == "user":
        return {"type": "function_call", "name": tools[0]["name"], "arguments": {"city": "Paris"}}
    return {
        "type": "message",
        "role": "assistant",
        "content": "You said: " + " ".join(map(str, [m.get("content") for m in messages])),
    }


def to_messages(given: Any) -> list[dict[str, Any]]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return [
        {"role": item.get("role", "tool"), "content": item.get("content", item.get("output"))}
        for item in given
    ]


def stream(answer: dict[str, Any], body: dict[str, Any]) -> Iterator[str]:
    words = str(answer.get("content", "")).split()
    for count in range(1, len(words) + 1):
        yield f"event: response.output_text.delta\ndata: {json.dumps({'delta': ' '.join(words[:count])})}\n\n"
    yield f"event: response.completed\ndata: {json.dumps(body)}\n\n"
    yield "data: [DONE]\n\n"


@app.post("/v1/responses")
async def responses(request: Request) -> Any:
    ask = await request.json()
    try:
        messages = chats.get(ask.get("previous_response_id"), []) + to_messages(ask["input"])
        answer = chat(messages, ask.get("tools") or [])
    except Exception as error:
        return {"error": str(error)}
    identity = f"resp_{time.time_ns()}"
    chats[identity] = [*messages, answer]
    usage = {"prompt_tokens": len(str(messages)), "completion_tokens": len(str(answer))}
    body = {
        "id": identity,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": ask.get("model"),
        "output": [answer],
        "usage": usage,
    }
    if ask.get("stream"):
        return StreamingResponse(stream(answer, body), media_type="text/event-stream")
    return body


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
