"""Where a body breaks the schema of the dialect's document."""

from __future__ import annotations

from typing import Any

from antiphon_spec.schema import Validator

ANY = frozenset[str]()


def members_at_fault(validator: Validator | None, body: Any) -> frozenset[str]:
    """The names of wrong and missing members; none where the document has no schema."""
    if validator is None:
        return ANY
    return frozenset(step for fault in validator.faults(body) for step in fault.pointer.split("/") if step)
