"""Streams with calls of hosted tools that tell their progress or their content wrongly."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.stream_edits import Event, changing, repeating

SEAM = "events"
CODE = "response.code_interpreter_call_code"
COMMAND = "response.shell_call_command"
PICTURE = "response.image_generation_call.partial_image"
SEARCH = "response.web_search_call"


def _without_outputs(events: list[Event]) -> list[Event]:
    """Shows no outputs of programs."""
    for event in events:
        for item in (event.get("item") or {}, *((event.get("response") or {}).get("output") or ())):
            if item.get("type") == "code_interpreter_call":
                item["outputs"] = None
    return events


def _longer(name: str) -> Any:
    return lambda event: event.update({name: f"{event[name]}#"})


add(
    SEAM,
    "completes_a_search_twice",
    "Sends the last event of a search twice.",
    "hosted-tools.progress-goes-forward",
    repeating(f"{SEARCH}.completed"),
)
add(
    SEAM,
    "sends_other_code_in_pieces",
    "Sends deltas of a program that add up to another one.",
    "hosted-tools.code-deltas-add-up-to-the-code",
    changing(f"{CODE}.delta", change=_longer("delta")),
)
add(
    SEAM,
    "counts_partial_images_from_one",
    "Counts partial images from 1.",
    "hosted-tools.partial-images-are-counted-from-zero",
    changing(
        PICTURE, change=lambda event: event.update(partial_image_index=event["partial_image_index"] + 1)
    ),
)
add(
    SEAM,
    "sends_other_commands_in_pieces",
    "Sends deltas of a command that add up to another one.",
    "hosted-tools.commands-add-up",
    changing(f"{COMMAND}.delta", change=_longer("delta")),
)
add(
    SEAM,
    "shows_no_outputs_of_programs",
    "Shows no outputs of a program although the request includes them.",
    "hosted-tools.include-shows-what-it-names",
    _without_outputs,
)
