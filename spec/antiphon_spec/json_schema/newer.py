"""Types of objects that a document does not know: what a vendor may have added, and what is a mistake."""

from __future__ import annotations

import re
from collections.abc import Collection

from antiphon_spec.json_schema.fault import Fault

MISNOMERS = frozenset(
    [
        "content_block",
        "image_url",
        "inline_data",
        "redacted_thinking",
        "text_delta",
        "thinking_delta",
        "tool_call",
        "tool_calls",
        "tool_result",
        "tool_use",
    ]
)
"""Words of other APIs, which servers give in place of the right ones."""
FINISH_REASONS = frozenset(["end_turn", "length", "max_tokens", "stop", "stop_sequence", "tool_calls"])
"""Why an answer of other APIs ended: here `length` is `max_output_tokens`, and the others are no reason."""
_COMPOUND = re.compile(r"'[a-z0-9]+(?:_[a-z0-9]+)+'")
"""What vendors add. A single word, such as `text` for `output_text`, is more often a mistake."""
_PREFIXED = re.compile(r"'[a-z0-9_-]+:[a-z0-9_.:-]+'")
"""An extension that says whose it is."""


def may_be_newer_type(fault: Fault, types: Collection[str], grows: bool) -> bool:
    """Whether the fault is an unknown `type` that a vendor may have added since.

    `types` has the document's own types: one in the wrong place is no addition. `grows` says whether the
    vendor adds types without a prefix.
    """
    if fault.keyword not in ("const", "enum") or not fault.pointer.endswith("/type"):
        return False
    if _PREFIXED.fullmatch(fault.actual):
        return True
    word = fault.actual.strip("'")
    return grows and bool(_COMPOUND.fullmatch(fault.actual)) and word not in types and word not in MISNOMERS
