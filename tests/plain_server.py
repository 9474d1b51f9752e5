"""A right server with a very plain model, as an ASGI application: it shares no code with the mock.

It answers at once and in streams, in the background and from its store, and resumes streams. It has no
keys, no log probabilities and no compaction, and does not encrypt its reasoning. A picture that it cannot
read fails the generation.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import copy
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import plain_model as model
from plain_events import PREFIX, TOKEN_SECONDS, begin, blank, lane_of, spell, usage

Json = dict[str, Any]
Send = Callable[[Json], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]
MODEL = "gpt-4o-mini"
LONGEST_CONTEXT = 50_000
"""Tokens that the model reads at most."""
SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")


class ApiError(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers: Headers = ((b"allow", b"POST"),) if status == 405 else ()
        kind = "invalid_request_error" if status < 500 else "server_error"
        self.body: Json = {"error": {"message": message, "type": kind, "param": param, "code": code}}


class GenerationError(Exception):
    """The model cannot answer: the response fails."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message}


@dataclass
class Stored:
    """A response of the store, and what was said up to it."""

    response: Json
    items: list[Json]
    """The input of its own request, with ids."""
    context: list[Json]
    """Everything said before its output."""
    events: list[Json] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    async def follow(self, after: int = -1) -> AsyncIterator[Json]:
        """The events after a number, as they come."""
        place = after + 1
        while place < len(self.events) or (self.task is not None and not self.task.done()):
            if place < len(self.events):
                yield self.events[place]
                place += 1
            else:
                await asyncio.sleep(TOKEN_SECONDS)


@dataclass
class PlainServer:
    """The application. `await server(scope, receive, send)`."""

    open_responses: bool = False
    """Whether streams end with `[DONE]` and name raw reasoning as in Open Responses, and not as in OpenAI."""
    stored: dict[str, Stored] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def __call__(self, scope: Json, receive: Callable[[], Awaitable[Json]], send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        try:
            answer = await self._route(scope, body)
        except ApiError as error:
            await self._send_json(send, error.status, error.body, error.headers)
            return
        if isinstance(answer, dict):
            await self._send_json(send, 200, answer)
            return
        await send(self._head(200, "text/event-stream; charset=utf-8"))
        async for event in answer:
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            await send({"type": "http.response.body", "body": data, "more_body": True})
        if self.open_responses:
            await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _head(self, status: int, kind: str, more: Headers = ()) -> Json:
        headers = [
            *more,
            (b"content-type", kind.encode()),
            (b"x-request-id", self._id("req_").encode()),
            (b"cache-control", b"no-store"),
        ]
        return {"type": "http.response.start", "status": status, "headers": headers}

    async def _send_json(self, send: Send, status: int, value: Json, more: Headers = ()) -> None:
        await send(self._head(status, "application/json", more))
        await send({"type": "http.response.body", "body": json.dumps(value).encode()})

    def _id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):048x}"

    async def _route(self, scope: Json, body: bytes) -> Json | AsyncIterator[Json]:
        path, method = scope["path"].removeprefix("/v1").strip("/").split("/"), scope["method"]
        query = parse_qs(scope["query_string"].decode())
        if path == ["responses"] and method == "POST":
            return await self._create(scope, body)
        if path[0] != "responses" or len(path) == 1:
            status = 405 if path == ["responses"] else 404
            raise ApiError(status, f"{method} {scope['path']} is not served")
        known = {("GET", ""), ("DELETE", ""), ("POST", "cancel"), ("GET", "input_items")}
        tail = "/".join(path[2:])
        if (method, tail) not in known or path[1] in ("compact", "input_tokens"):
            raise ApiError(404, f"{method} {scope['path']} is not served")
        entry = self.stored.get(path[1])
        if entry is None:
            raise ApiError(404, f"Response with id '{path[1]}' not found.", None, "not_found")
        if method == "DELETE":
            return self._delete(path[1])
        if tail == "input_items":
            return _page(entry.items, query)
        return await self._cancel(entry) if tail == "cancel" else self._retrieve(entry, query)

    def _retrieve(self, entry: Stored, query: Mapping[str, list[str]]) -> Json | AsyncIterator[Json]:
        if query.get("stream") != ["true"]:
            return entry.response
        if not entry.response["background"]:
            raise ApiError(400, "Only a stream in the background can be read again.", "stream")
        given = query.get("starting_after")
        after = int(given[0]) if given else -1
        if (given and after < 0) or after > len(entry.events) + LONGEST_CONTEXT:
            raise ApiError(400, "starting_after must not be negative.", "starting_after")
        return entry.follow(after)

    def _delete(self, identity: str) -> Json:
        entry = self.stored.pop(identity)
        if entry.task is not None:
            entry.task.cancel()
        return {"id": identity, "object": "response", "deleted": True}

    async def _cancel(self, entry: Stored) -> Json:
        if not entry.response["background"]:
            raise ApiError(400, "Only a response in the background can be cancelled.")
        if entry.response["status"] in ("queued", "in_progress"):
            if entry.task is not None:
                entry.task.cancel()
            entry.response |= {"status": "cancelled", "usage": None}
        return entry.response

    async def _create(self, scope: Json, raw: bytes) -> Json | AsyncIterator[Json]:
        body = _parse(scope, raw)
        context, items = self._context(body)
        response = blank(body, self._id("resp_"))
        entry = Stored(response, items, context)
        if body.get("store") is not False:
            self.stored[response["id"]] = entry
        response["status"] = "queued" if body.get("background") else "in_progress"
        started = dict(response)
        entry.task = asyncio.create_task(self._answer(entry, body))
        if body.get("stream"):
            return entry.follow()
        if body.get("background"):
            return started
        await entry.task
        return response

    def _context(self, body: Json) -> tuple[list[Json], list[Json]]:
        """Everything said up to this request, and the items of the request itself."""
        before: list[Json] = []
        if (previous := body.get("previous_response_id")) is not None:
            if previous not in self.stored:
                raise ApiError(
                    400,
                    f"Previous response with id '{previous}' not found.",
                    "previous_response_id",
                    "previous_response_not_found",
                )
            entry = self.stored[previous]
            before = [*entry.context, *entry.response["output"]]
        given = body["input"]
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        items = [self._resolve(item) for item in items]
        context = [*before, *items]
        _check_calls(context)
        return context, [self._as_item(item) for item in items]

    def _resolve(self, item: Json) -> Json:
        is_reference = item.get("type") == "item_reference" or set(item) == {"id"}
        if not is_reference:
            return item
        for entry in self.stored.values():
            for other in (*entry.items, *entry.response["output"]):
                if other.get("id") == item.get("id"):
                    return other
        raise ApiError(404, f"Item with id '{item.get('id')}' not found.", "input")

    def _as_item(self, item: Json) -> Json:
        """An item of the input as it is listed."""
        kind = item.get("type", "message")
        listed = {"type": kind, "id": self._id("msg_" if kind == "message" else "item_"), **item}
        if kind == "message":
            content = item["content"]
            part = "output_text" if item["role"] == "assistant" else "input_text"
            parts = [{"type": part, "text": content}] if isinstance(content, str) else content
            extra = {"annotations": [], "logprobs": []}
            listed["content"] = [{**one, **extra} if one["type"] == "output_text" else one for one in parts]
        return {**listed, "status": "completed"}

    async def _answer(self, entry: Stored, body: Json) -> None:
        """Fills the response of the entry, and notes the events of its stream."""
        async for event in self._events(entry, body):
            entry.events.append(copy.deepcopy({**event, "sequence_number": len(entry.events)}))

    async def _events(self, entry: Stored, body: Json) -> AsyncIterator[Json]:
        response, output = entry.response, entry.response["output"]
        yield {"type": "response.created", "response": {**response, "output": []}}
        response["status"] = "in_progress"
        yield {"type": "response.in_progress", "response": {**response, "output": []}}
        made: list[str] = []
        whole, thought = True, 0
        try:
            _look_at_pictures(entry.context)
            for index, (piece, parts, is_whole) in enumerate(model.cut(_pieces(entry, body), _limit(body))):
                whole = whole and is_whole
                item = begin(piece, self._id(PREFIX[piece.kind]), self._id("call_"))
                lane = lane_of(piece, raw="reasoning" if self.open_responses else "reasoning_text")
                async for event in spell(item, lane, index, parts, is_whole):
                    yield event
                output.append(item)
                made += parts
                thought += len(parts) if piece.kind == "reasoning" else 0
            status = "completed" if whole else "incomplete"
        except GenerationError as error:
            status, response["error"] = "failed", error.error
        if not whole:
            response["incomplete_details"] = {"reason": "max_output_tokens"}
        read = _size(_heard(entry, body))
        response |= {"status": status, "usage": usage(read, len(made), thought)}
        if status == "completed":
            response["completed_at"] = int(time.time())
        yield {"type": f"response.{status}", "response": response}


def _parse(scope: Json, raw: bytes) -> Json:
    headers = dict(scope["headers"])
    if not headers.get(b"content-type", b"").startswith(b"application/json"):
        raise ApiError(400, "The content type must be application/json.")
    try:
        body = json.loads(raw)
    except ValueError:
        raise ApiError(400, "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be an object.")
    _check(body)
    return body


def _check(body: Json) -> None:
    if not isinstance(body.get("input"), str | list) or body["input"] == []:
        raise ApiError(400, "Missing required parameter: 'input'.", "input")
    if body.get("model") != MODEL:
        raise ApiError(400, "The requested model does not exist.", "model", "model_not_found")
    for name in ("include", "top_logprobs", "context_management", "conversation", "prompt"):
        if body.get(name):
            raise ApiError(400, f"'{name}' is not supported with this model.", name, "unsupported_parameter")
    if body.get("background") and body.get("store") is False:
        raise ApiError(400, "Background needs storage.", "background")
    items = body["input"] if isinstance(body["input"], list) else []
    if any(":" in str(item.get("type")) or item.get("type") == "compaction_trigger" for item in items):
        raise ApiError(400, "Items of this type are not supported.", "input")
    if any(tool.get("type") not in ("function", "custom") for tool in body.get("tools") or ()):
        raise ApiError(400, "Tools of this type are not supported.", "tools")
    limit = body.get("max_output_tokens")
    if limit is not None and limit < 16:
        raise ApiError(400, "max_output_tokens must be at least 16.", "max_output_tokens")
    text = body["input"] if isinstance(body["input"], str) else json.dumps(body["input"])
    if len(text) > 10_485_760:
        raise ApiError(400, "The input is too long.", "input", "string_above_max_length")


def _check_calls(context: list[Json]) -> None:
    """Each call has an output, and each output a call, in this order."""
    calls = {item["call_id"] for item in context if str(item.get("type")).endswith("_call")}
    outputs = {item["call_id"] for item in context if str(item.get("type")).endswith("_call_output")}
    if calls != outputs:
        raise ApiError(400, f"No call, or no output, for {', '.join(sorted(calls ^ outputs))}.", "input")


def _pieces(entry: Stored, body: Json) -> list[model.Piece]:
    if _size(entry.context) > LONGEST_CONTEXT:
        raise GenerationError("context_length_exceeded", "The input exceeds the context window.")
    style = (body.get("text") or {}).get("format") or {}
    schema = style.get("schema") if style.get("type") == "json_schema" else None
    schema = {"type": "object"} if style.get("type") == "json_object" else schema
    several = body.get("parallel_tool_calls") is not False
    tools = model.forced(body.get("tool_choice"), body.get("tools") or [], several)
    reasoning = body.get("reasoning") or {}
    thinks = reasoning.get("effort") not in (None, "none")
    thoughts = [model.think(shown=reasoning.get("summary") is not None)] if thinks else []
    return [*thoughts, *model.pieces(_heard(entry, body), tools, schema)]


def _heard(entry: Stored, body: Json) -> list[Json]:
    """What the model hears: the instructions, then everything said so far."""
    instructions = body.get("instructions")
    return [*([{"role": "developer", "content": instructions}] if instructions else []), *entry.context]


def _limit(body: Json) -> int | None:
    limit = body.get("max_output_tokens")
    return limit if isinstance(limit, int) else None


def _size(context: list[Json]) -> int:
    """Input tokens: one for four letters, three for each item, and 85 for each picture or file."""
    pictures = sum(part["type"] in ("input_image", "input_file") for part in _parts(context))
    said = (f"{model.text_of(item)}{item.get('arguments', '')}" for item in context)
    return sum(len(text) // 4 + 3 for text in said) + 85 * pictures


def _parts(context: list[Json]) -> Iterator[Json]:
    """The parts of messages, and of outputs of calls."""
    for item in context:
        content = item.get("output" if item.get("type") == "function_call_output" else "content")
        yield from (content if isinstance(content, list) else ())


def _look_at_pictures(context: list[Json]) -> None:
    for part in _parts(context):
        if part["type"] != "input_image":
            continue
        head, _, data = str(part.get("image_url")).partition(";base64,")
        if not head.startswith("data:"):
            raise GenerationError("failed_to_download_image", "The image cannot be fetched.")
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error:
            raise GenerationError("invalid_base64_image", "The image is not base64.") from None
        if not content.startswith(SIGNATURES):
            raise GenerationError("image_parse_error", "The image cannot be read.")


def _page(items: list[Json], query: Mapping[str, list[str]]) -> Json:
    limit = int(query.get("limit", ["20"])[0])
    row = items if query.get("order") == ["asc"] else items[::-1]
    if after := query.get("after"):
        places = [index for index, item in enumerate(row) if item["id"] == after[0]]
        row = row[places[0] + 1 :] if places else []
    page = row[:limit]
    first, last = (page[0]["id"], page[-1]["id"]) if page else ("", "")
    return {
        "object": "list",
        "data": page,
        "first_id": first,
        "last_id": last,
        "has_more": len(row) > limit,
    }
