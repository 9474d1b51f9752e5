"""Streams whose response objects lack members, or send them too early."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.edits import DROPPED, Json, on_snapshots, setting

SEAM = "events"
NOTHING_YET = {
    "input_tokens": 7,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 3,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 10,
}


def _leave_out(*names: str) -> Any:
    def change(response: Json, _call: Any) -> None:
        for name in names:
            response.pop(name, None)

    return on_snapshots(change)


def _add_a_fraction(response: Json, _call: Any) -> None:
    response["created_at"] += 0.5


def _count_early(response: Json, _call: Any) -> None:
    if response["status"] != "completed":
        response["usage"] = NOTHING_YET


def _loosen(response: Json, _call: Any) -> None:
    if response["text"]["format"]["type"] == "json_schema":
        response["text"]["format"]["strict"] = False


def _fail_in_silence(response: Json, _call: Any) -> None:
    if response["status"] == "failed":
        response["error"] = None


def _empty_item(response: Json, _call: Any) -> None:
    if response["status"] == "in_progress":
        response["output"] = [{"type": "message"}]


MUTANTS = (
    ("loosens_strict_formats", "Reports `strict: false` for a strict format in stream events.",
     "echo.text-format-strict-comes-back", on_snapshots(_loosen)),
    ("leaves_out_created_at_and_model",
     "Leaves `created_at` and `model` out of the response in stream events.",
     "response.has-all-members", _leave_out("created_at", "model")),
    ("leaves_out_the_text_settings", "Leaves `text` out of the response in stream events.",
     "response.has-all-members", _leave_out("text")),
    ("names_neither_id_nor_status", "Leaves `id` and `status` out of the response in stream events.",
     "response.has-all-members", _leave_out("id", "status")),
    ("dates_streams_by_halves", "Writes `created_at` with a fraction of a second in stream events.",
     "response-members.created-at-is-a-time", on_snapshots(_add_a_fraction)),
    ("counts_before_it_speaks", "Sends a usage with output before the response has ended.",
     "usage.no-usage-before-the-end", on_snapshots(_count_early)),
    ("fails_without_an_error", "Sends a failed response with a null error in stream events.",
     "response-status.failed-has-an-error", on_snapshots(_fail_in_silence)),
    ("sends_an_empty_item_early", "Sends a response in progress with an item that has no members.",
     "response.matches-the-document", on_snapshots(_empty_item)),
    ("streams_no_model", "Sends null as the model in the response of stream events.",
     "response-members.model-is-a-string", on_snapshots(setting("model", None))),
    ("streams_no_output", "Leaves `output` out of the response of stream events.",
     "response.has-all-members", on_snapshots(setting("output", DROPPED))),
)  # fmt: skip

for _name, _sentence, _caught_by, _spoil in MUTANTS:
    add(SEAM, _name, _sentence, _caught_by, _spoil)


@mutant("events.sends-usage-beside-the-response", caught_by="lifecycle.the-terminal-event-carries-usage")
def sends_usage_beside_the_response(events: list[Any]) -> list[Any]:
    """Sends `usage` beside the response of the last event instead of inside."""
    last = events[-1]
    if "response" in last:
        last["usage"], last["response"]["usage"] = last["response"]["usage"], None
    return events


@mutant(
    "events.streams-structured-text-at-its-end-only", caught_by="structured-output.streams-as-ordinary-text"
)
def streams_structured_text_at_its_end_only(events: list[Any]) -> list[Any]:
    """Sends the text of structured output without deltas."""
    return [event for event in events if event["type"] != "response.output_text.delta"]


@mutant(
    "events.changes-the-text-in-the-last-event", caught_by="lifecycle.the-terminal-event-repeats-the-items"
)
def changes_the_text_in_the_last_event(events: list[Any]) -> list[Any]:
    """Sends a different text in the last event than in the completed item."""
    for item in events[-1].get("response", {}).get("output", ()):
        for part in item.get("content", ()) if item["type"] == "message" else ():
            part["text"] = "On second thought, no."
    return events
