"""A chat completion as a view of a response, and its chunks as a view of the response's timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.response.timeline import Timeline

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


TimedChunk = tuple[float, dict[str, Any]]
"""When a chunk comes, in seconds from the request, and the chunk."""


def chunks(view: ChatView, timeline: Timeline) -> Sequence[TimedChunk]:
    """The chunks of a streamed completion, each at the time of the event that it shows."""
    offsets = [*timeline.offsets] or [0.0]
    head = view.head("chat.completion.chunk")
    counts = (view.request.get("stream_options") or {}).get("include_usage") is True
    head |= {"usage": None} if counts else {}
    start = {"role": "assistant", "content": "", "refusal": None}
    timed: list[TimedChunk] = [(offsets[0], {"choices": [_delta(index, start)]}) for index in view.choices]
    for time, event in zip(offsets, timeline.events, strict=False):
        for index in view.choices:
            timed += ((time, {"choices": [piece]}) for piece in _pieces(view, event, index))
    last = offsets[-1]
    reason = view.finish_reason()
    timed += [(last, {"choices": [{**_delta(index, {}), "finish_reason": reason}]}) for index in view.choices]
    if counts:
        timed.append((last, {"choices": [], "usage": view.usage()}))
    return [(time, {**head, **chunk}) for time, chunk in timed]


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
