"""What a member holds, by its name: the one table of what may differ between two right servers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from antiphon_conformance.rules.reading.comparison import VOLATILE


class Content(StrEnum):
    """What a value is, as far as the comparison treats it in a way of its own."""

    ID = "id"
    TIME = "time"
    TEXT = "text"
    COUNT = "count"
    OPAQUE = "opaque"
    WORDING = "wording"
    VENDOR = "vendor"
    MODEL = "model"
    FACT = "fact"


TEXTS = frozenset({"text", "delta", "refusal", "arguments", "transcript", "code", "logs", "input", "output"})
"""Members that hold what a model writes, where they hold a string."""
OPAQUE = VOLATILE | {"signature", "system_fingerprint", "result", "partial_image_b64", "token", "bytes"}
ERROR = {
    "message": Content.WORDING,
    "code": Content.VENDOR,
    "type": Content.VENDOR,
    "param": Content.VENDOR,
}
"""The members of an error."""
VENDOR = frozenset({"service_tier", "owned_by", "display_name", "phase"})
"""Members whose values are a vendor's own."""
SAMPLES = frozenset({"logprobs", "top_logprobs"})
"""Lists whose elements follow the words of a model: that there are some can be compared, and their form."""
WORKS = frozenset({"output", "content", "summary", "annotations", "results", "queries"})
"""Lists whose elements a model chooses."""
OF_CLIENTS = frozenset({"user", "system", "developer"})
"""The roles of messages that a client wrote: their texts come back as they were sent."""


def content_of(name: str, value: Any, holder: Any, parent: str) -> Content:
    """What a member holds: `name` in the object `holder`, which is the member `parent` of another one."""
    owner = holder if isinstance(holder, dict) else {}
    if parent == "error" and name in ERROR:
        return ERROR[name]
    if name in OPAQUE:
        return Content.OPAQUE
    if name == "model" or (name == "id" and owner.get("object") == "model"):
        return Content.MODEL
    if isinstance(value, str) and (name in ("id", "call_id") or name.endswith("_id")):
        return Content.ID
    if _is_number(value) and (name.endswith("_at") or name == "created"):
        return Content.TIME
    if _is_number(value) and (name.endswith("_tokens") or parent.startswith("usage") or name == "logprob"):
        return Content.COUNT
    is_text = name in TEXTS or (name == "content" and owner.get("role") == "assistant")
    if isinstance(value, str) and is_text and owner.get("role") not in OF_CLIENTS:
        return Content.TEXT
    return Content.VENDOR if name in VENDOR else Content.FACT


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
