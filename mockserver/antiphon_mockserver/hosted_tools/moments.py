"""What only the stream of a response shows of its hosted tools: pictures in progress, output of a shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.hosted_tools.pictures import partial_images
from antiphon_mockserver.response.events import Moments
from antiphon_mockserver.response.plan import Item

PICTURE, PRINT = "image_generation_call", "shell_call_output"
MOST_PARTIAL_IMAGES = 3


def moments(response: Mapping[str, Any], request: Mapping[str, Any]) -> Moments:
    """The members of the events of lanes that have no place in the finished response."""
    shows: dict[tuple[str, str], Sequence[Sequence[Mapping[str, Any]]]] = {}
    for item in response.get("output") or ():
        if item["type"] == PICTURE:
            number = _number_of_partial_images(request)
            shows["partial_image", item["id"]] = [(members,) for members in partial_images(item, number)]
        elif item["type"] == PRINT:
            shows["shell_output", item["id"]] = [_prints(entry) for entry in item["output"]]
    return shows


def _number_of_partial_images(request: Mapping[str, Any]) -> int:
    numbers = (
        tool.get("partial_images")
        for tool in request.get("tools") or ()
        if tool.get("type") == "image_generation"
    )
    return min(next(filter(None, numbers), 0), MOST_PARTIAL_IMAGES)


def _prints(entry: Item) -> Sequence[Mapping[str, Any]]:
    """The two events of a command: what it printed, and the same with its end."""
    printed_text = {name: entry.get(name, "") for name in ("stdout", "stderr")}
    return {"delta": printed_text}, {"output": [entry]}
