"""A chat completion as a view of a response, and its chunks as a view of the response's timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, overload

import orjson

from antiphon_mockserver.response.pace import AT_ONCE
from antiphon_mockserver.response.timeline import Timeline
from antiphon_spec.loading.construction import dataclass

NO_AUDIO = {"audio_tokens": 0}
NO_PREDICTION = {"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
CALLS = {"function_call": ("function", "arguments"), "custom_tool_call": ("custom", "input")}
"""Types of items that are calls -> the type of the call in a chat, and the member with its text."""
DELTAS = frozenset({"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"})
"""The events with a piece of a call."""


@dataclass(frozen=True, slots=True)
class ChatView:
    """How a chat shows a response: what its request asked for beside the answer."""

    final: Mapping[str, Any]
    """The response."""
    request: Mapping[str, Any]
    """The body of the chat."""

    @property
    def has_functions(self) -> bool:
        """Whether calls are in the older spelling, because the request has `functions`."""
        return bool(self.request.get("functions"))

    @property
    def has_logprobs(self) -> bool:
        """Whether the request wants the probabilities of tokens."""
        return self.request.get("logprobs") is True

    @property
    def choices(self) -> range:
        """The indexes of the choices; all of them say the same."""
        return range(self.request.get("n") or 1)

    def head(self, kind: str) -> dict[str, Any]:
        """The members that a completion and its chunks have in common."""
        return {
            "id": f"chatcmpl-{str(self.final['id']).rpartition('_')[2]}",
            "object": kind,
            "created": self.final["created_at"],
            "model": self.final["model"],
            "service_tier": "default",
            "system_fingerprint": None,
        }

    def finish_reason(self) -> str:
        """Why the answer ended."""
        details = self.final.get("incomplete_details") or {}
        if reason := details.get("reason"):
            return "content_filter" if reason == "content_filter" else "length"
        if not any(item["type"] in CALLS for item in self.final["output"]):
            return "stop"
        return "function_call" if self.has_functions else "tool_calls"

    def usage(self) -> dict[str, Any]:
        """The tokens; each further choice costs its output again."""
        usage = self.final["usage"]
        output = usage["output_tokens"] * len(self.choices)
        return {
            "prompt_tokens": usage["input_tokens"],
            "completion_tokens": output,
            "total_tokens": usage["input_tokens"] + output,
            "prompt_tokens_details": {
                "cached_tokens": usage["input_tokens_details"]["cached_tokens"],
                **NO_AUDIO,
            },
            "completion_tokens_details": {
                "reasoning_tokens": usage["output_tokens_details"]["reasoning_tokens"],
                **NO_AUDIO,
                **NO_PREDICTION,
            },
        }


def completion(view: ChatView) -> dict[str, Any]:
    """The completion as one document."""
    choices = [_choice(view, index) for index in view.choices]
    return {**view.head("chat.completion"), "choices": choices, "usage": view.usage()}


def completion_json(view: ChatView) -> bytes | tuple[bytes, ...]:
    """The same document as JSON, a long one in pieces: choices without calls say the same, which is written
    once."""
    has_calls = any(item["type"] in CALLS for item in view.final["output"])
    content = b"" if has_calls else orjson.dumps(_choice(view, 0)).removeprefix(b'{"index":0')
    pieces = [orjson.dumps(view.head("chat.completion"))[:-1], b',"choices":[']
    for index in view.choices:
        if has_calls:
            pieces.append(orjson.dumps(_choice(view, index)))
        else:
            pieces += (b'{"index":%d' % index, content)
        pieces.append(b",")
    pieces[-1] = b'],"usage":%b}' % orjson.dumps(view.usage())
    return tuple(pieces) if sum(map(len, pieces)) > LONGEST else b"".join(pieces)


def _choice(view: ChatView, index: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    calls: list[dict[str, Any]] = []
    logprobs: list[Any] = []
    for item in view.final["output"]:
        if item["type"] in CALLS:
            calls.append(_call(item, index))
        for part in item.get("content") or () if item["type"] == "message" else ():
            member = "refusal" if part["type"] == "refusal" else "content"
            message[member] = (message[member] or "") + part.get("text", part.get("refusal", ""))
            message["annotations"] += map(_annotation, part.get("annotations") or ())
            logprobs += part.get("logprobs") or ()
    if calls and view.has_functions:
        message["function_call"] = calls[0]["function"]
    elif calls:
        message["tool_calls"] = calls
    shown = {"content": logprobs, "refusal": None} if view.has_logprobs else None
    return {"index": index, "message": message, "logprobs": shown, "finish_reason": view.finish_reason()}


def _call(item: Mapping[str, Any], choice: int = 0) -> dict[str, Any]:
    kind, member = CALLS[item["type"]]
    return {
        "id": item["call_id"] if choice == 0 else f"{item['call_id']}{choice}",
        "type": kind,
        kind: {"name": item["name"], member: item[member]},
    }


def _annotation(annotation: Mapping[str, Any]) -> dict[str, Any]:
    kind = annotation["type"]
    return {"type": kind, kind: {name: value for name, value in annotation.items() if name != "type"}}


LONGEST = 1 << 18
"""Bytes of a completion that is written in one piece."""
MANY = 5_000
"""Chunks; more are made while they are sent."""
TimedChunk = tuple[float, dict[str, Any]]
"""When a chunk comes, in seconds from the request, and the chunk."""


class Chunks(Sequence[Mapping[str, Any]]):
    """The chunks of a streamed completion, made each time that somebody asks."""

    def __init__(self, view: ChatView, timeline: Timeline) -> None:
        self.view = view
        self.timeline = timeline
        self.is_long = timeline.events.is_long or len(view.choices) * len(timeline.events) > MANY

    def __len__(self) -> int:
        return sum(1 for _ in self.timed())

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (chunk for _, chunk in self.timed())

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[Mapping[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | list[Mapping[str, Any]]:
        return list(self)[index]

    def timed(self) -> Iterator[TimedChunk]:
        """The chunks, each at the time of the event that it shows."""
        view, timeline = self.view, self.timeline
        offsets = () if timeline.pace == AT_ONCE else timeline.offsets
        head = view.head("chat.completion.chunk")
        counts = (view.request.get("stream_options") or {}).get("include_usage") is True
        head |= {"usage": None} if counts else {}
        start = {"role": "assistant", "content": "", "refusal": None}
        first, last = (offsets[0], offsets[-1]) if offsets else (0.0, 0.0)
        for index in view.choices:
            yield first, {**head, "choices": [_delta(index, start)]}
        for time, event in zip(offsets or repeat(0.0), timeline.events, strict=False):
            for index in view.choices:
                for piece in _pieces(view, event, index):
                    yield time, {**head, "choices": [piece]}
        reason = view.finish_reason()
        for index in view.choices:
            yield last, {**head, "choices": [{**_delta(index, {}), "finish_reason": reason}]}
        if counts:
            yield last, {**head, "choices": [], "usage": view.usage()}


def _delta(index: int, delta: Mapping[str, Any]) -> dict[str, Any]:
    return {"index": index, "delta": dict(delta), "logprobs": None, "finish_reason": None}


def _pieces(view: ChatView, event: Mapping[str, Any], index: int) -> Iterator[dict[str, Any]]:
    """What an event adds to a choice."""
    kind = event["type"]
    if kind == "response.output_text.delta":
        piece = _delta(index, {"content": event["delta"]})
        shown = {"content": event.get("logprobs") or [], "refusal": None}
        yield {**piece, "logprobs": shown} if view.has_logprobs else piece
    elif kind == "response.refusal.delta":
        yield _delta(index, {"refusal": event["delta"]})
    elif kind == "response.output_item.added" and event["item"]["type"] in CALLS:
        call_type, member = CALLS[event["item"]["type"]]
        call = _call(event["item"], index)
        yield _call_delta(view, event, index, {**call, call_type: {**call[call_type], member: ""}})
    elif kind in DELTAS:
        call_type, member = CALLS[view.final["output"][event["output_index"]]["type"]]
        yield _call_delta(view, event, index, {call_type: {member: event["delta"]}})


def _call_delta(
    view: ChatView, event: Mapping[str, Any], index: int, call: Mapping[str, Any]
) -> dict[str, Any]:
    if view.has_functions:
        return _delta(index, {"function_call": call["function"]})
    before = view.final["output"][: event["output_index"]]
    number = sum(item["type"] in CALLS for item in before)
    return _delta(index, {"tool_calls": [{"index": number, **call}]})
