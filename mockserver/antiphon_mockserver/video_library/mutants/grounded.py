"""Answers from a library whose response object is wrong."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, add
from antiphon_mockserver.mutants.edits import (
    DROPPED,
    Change,
    Json,
    items,
    on_items,
    on_responses,
    setting,
)

SEAM = "body"
ALWAYS = "0e5f2c1a-7b3d-4f6e-9a80-1c2d3e4f5a6b"


def _when(status: str, /, **changes: Any) -> Change:
    """A change of responses with this status."""

    def change(response: Json, _call: Call) -> None:
        if response["status"] == status:
            response.update(changes)

    return change


def _prefix_the_id(response: Json, _call: Call) -> None:
    response["id"] = f"resp_{response['id'].replace('-', '')}"


def _show_a_search(response: Json, _call: Call) -> None:
    if response["output"]:
        search = {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["videos"]}
        response["output"].insert(0, search)


def _call_itself_assistant(response: Json, _call: Call) -> None:
    for item in items(response, "message"):
        item["role"] = "system"


RESPONSES: tuple[tuple[str, str, Change, tuple[str, ...]], ...] = (
    ("sends_an_empty_output_before_the_end", "Sends an empty array as the output of a response in progress.",
     _when("in_progress", output=[]), ("library-answers.output-waits-for-the-end",)),
    ("completes_with_an_empty_output",
     "Completes responses with an empty output.", _when("completed", output=[]),
     ("library-answers.a-completed-response-has-a-message",)),
    ("speaks_as_the_system", "Gives its messages the role `system`.", _call_itself_assistant,
     ("library-answers.a-completed-response-has-a-message", "item-members.message-role-is-documented")),
    ("shows_how_it_searched", "Adds an item for the search before the answer.", _show_a_search,
     ("library-answers.output-holds-only-messages",)),
    ("sends_an_empty_error", "Sends an empty object as the error of a completed response.",
     _when("completed", error={}),
     ("response-status.only-failed-has-an-error",
      "response-members.error-has-code-and-message")),
    ("fails_with_a_null_error",
     "Fails and leaves `error` null.", _when("completed", status="failed", output=None),
     ("response-status.only-failed-has-an-error",)),
    ("ends_incomplete", "Ends responses as `incomplete`, a status that this API does not have.",
     _when("completed", status="incomplete"), ("response-status.status-is-documented",)),
    ("prefixes_its_uuids", "Sends ids that begin with `resp_` instead of UUIDs.", _prefix_the_id,
     ("response.id-is-a-uuid",)),
    ("gives_every_response_one_uuid", "Gives every response the same UUID.", setting("id", ALWAYS),
     ("response.no-two-creates-return-the-same-id",)),
    ("answers_with_another_model", "Reports a different model in `model` than the request named.",
     setting("model", "nimbus-000"), ("echo.model-comes-back",)),
    ("leaves_out_the_total", "Leaves `total_tokens` out of `usage`.", setting("usage.total_tokens", DROPPED),
     ("response-members.usage-has-all-counts",)),
    ("counts_the_input_twice", "Counts the input twice in `total_tokens`.",
     lambda response, _call: response["usage"] and response["usage"].update(total_tokens=10_000),
     ("usage.total-is-the-sum",)),
    ("leaves_out_instructions", "Leaves `instructions` out of its responses.",
     setting("instructions", DROPPED), ("response.has-all-members",)),
)  # fmt: skip

for _name, _sentence, _change, _rules in RESPONSES:
    add(SEAM, _name, _sentence, _rules, on_responses(_change))


def _words(part: Json) -> Any:
    """The text of a part, or its refusal."""
    return part.get("text", part.get("refusal"))


ITEMS: tuple[tuple[str, str, str, Change, str], ...] = (
    ("calls_without_an_id_to_answer",
     "Leaves `call_id` out of function calls that the client must answer.", "function_call",
     setting("call_id", DROPPED), "item-members.function-call-is-complete"),
    ("speaks_in_strings", "Sends the content of a message as an array of strings.", "message",
     lambda item, _call: item.update(content=[*map(_words, item["content"])]),
     "items.match-the-document"),
    ("leaves_out_sql", "Leaves `sql` out of its queries.", "cloudglue_query_call",
     setting("sql", DROPPED), "item-members.query-call-is-complete"),
    ("is_still_querying", "Gives its queries a status that the API does not define.", "cloudglue_query_call",
     setting("status", "in_progress"), "item-members.query-call-is-complete"),
)  # fmt: skip

for _name, _sentence, _kind, _change, _caught_by in ITEMS:
    add(SEAM, _name, _sentence, _caught_by, on_items(_kind, change=_change))
