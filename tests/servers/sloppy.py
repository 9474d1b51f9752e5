"""A small server as somebody starting out would write it: `python tests/servers/sloppy.py PORT`."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

app = FastAPI()
history: dict[str, list[Any]] = {}


class CreateRequest(BaseModel):
    model: str
    input: Any
    stream: bool = False
    previous_response_id: str | None = None


def sse(event: dict[str, Any]) -> str:
    return f"data: {json.dumps(event)}\n\n"


def stream_answer(response: dict[str, Any], text: str) -> Iterator[str]:
    yield sse({"type": "response.created", "response": {**response, "status": "in_progress", "output": []}})
    yield sse({"type": "response.output_item.added", "output_index": 0, "item": response["output"][0]})
    for word in text.split(" "):
        yield sse({"type": "response.output_text.delta", "delta": word + " "})
    yield sse({"type": "response.completed", "response": response})


@app.post("/v1/responses")
def create(request: CreateRequest) -> Any:
    if request.previous_response_id and request.previous_response_id not in history:
        raise HTTPException(404, "previous response not found")
    messages = [*history.get(request.previous_response_id or "", []), request.input]
    text = f"You said: {request.input if isinstance(request.input, str) else messages[-1]}"
    message = {
        "type": "message",
        "id": f"msg_{uuid.uuid4().hex}",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text}],
    }
    response = {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "model": request.model,
        "status": "completed",
        "output": [message],
        "usage": {"input_tokens": len(str(messages)), "output_tokens": len(text)},
    }
    history[response["id"]] = [*messages, message]
    if request.stream:
        return StreamingResponse(stream_answer(response, text), media_type="text/event-stream")
    return response


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
