"""Reads what the test proxy of the Azure SDKs writes: `Entries`, each with the members of both messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

KEY = "Entries"
Json = dict[str, Any]


def is_recording(document: Any) -> bool:
    """Whether a document is a recording of the test proxy."""
    return isinstance(document, Mapping) and isinstance(document.get(KEY), list)


def interactions(document: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """The entries as interactions of a cassette, each with its place."""
    for index, entry in enumerate(document[KEY]):
        request = {
            "method": entry.get("RequestMethod", "GET"),
            "uri": entry["RequestUri"],
            "headers": entry.get("RequestHeaders") or {},
            "body": entry.get("RequestBody"),
        }
        response = {
            "status": entry.get("StatusCode"),
            "headers": entry.get("ResponseHeaders") or {},
            "body": entry.get("ResponseBody"),
        }
        yield f"{KEY}/{index}", {"request": request, "response": response}
