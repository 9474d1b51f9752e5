"""Servers that write times in a format that clients do not read."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant


@mutant("body.writes-whole-seconds-with-a-fraction", caught_by="timestamps.are-integers")
def writes_whole_seconds_with_a_fraction(body: Any, call: Call) -> Any:
    """Writes `created_at` as a number with `.0` at the end."""
    if call.operation == "getResponse":
        body["created_at"] = float(body["created_at"])
    return body
