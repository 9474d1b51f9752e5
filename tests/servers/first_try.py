"""Another first server, with other mistakes: `python tests/servers/first_try.py PORT`."""

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
store: dict[str, Any] = {}


def think(messages: list[Any], tools: Any) -> str:
    last = str(messages[-1])
    for tool in tools or []:
        if tool["name"] in last or "weather" in last.lower():
            return json.dumps({"tool": tool["name"], "arguments": {"city": "Paris"}})
    return "You asked: " + last


@app.post("/v1/responses")
async def create(request: Request) -> Any:
    body = await request.json()
    history = []
    if body.get("previous_response_id"):
        history = store[body["previous_response_id"]]["messages"]
    question = body["input"] if isinstance(body["input"], list) else [body["input"]]
    messages = history + question
    text = think(messages, body.get("tools"))
    response = {
        "id": f"resp-{int(time.time())}",
        "object": "response",
        "created": time.time(),
        "model": body["model"],
        "status": "success",
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}],
    }
    store[response["id"]] = {"response": response, "messages": [*messages, text]}
    if body.get("stream"):

        def events() -> Iterator[str]:
            for char in text:
                yield json.dumps({"type": "response.text.delta", "delta": char}) + "\n"
            yield json.dumps({"type": "response.done", "response": response}) + "\n"

        return StreamingResponse(events(), media_type="application/json")
    return response


@app.get("/v1/responses/{identity}")
async def get(identity: str) -> Any:
    return store[identity]["response"]


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
