"""Responses that differ when a client retrieves them."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]


def is_retrieval(call: Call) -> bool:
    """Whether the call retrieves a stored response."""
    return call.operation == "getResponse"


def is_background_create(call: Call) -> bool:
    """Whether the call creates a background response."""
    return call.operation == "createResponse" and call.body.get("background") is True


@mutant(
    "body.dates-a-response-when-it-is-retrieved",
    caught_by=(
        "retrieve.retrieved-equals-created",
        "retrieve.retrieved-equals-streamed",
        "chaining.continuing-leaves-the-response-before-unchanged",
        "background.polling-shows-the-same-response",
    ),
)
def dates_a_response_when_it_is_retrieved(body: Body, call: Call) -> Body:
    """Changes `created_at` with each retrieval."""
    return {**body, "created_at": body["created_at"] + 1} if is_retrieval(call) else body


@mutant(
    "body.retrieves-without-metadata",
    caught_by=("retrieve.retrieved-equals-created", "background.polling-shows-the-same-response"),
)
def retrieves_without_metadata(body: Body, call: Call) -> Body:
    """Retrieves a response with empty `metadata`."""
    return {**body, "metadata": {}} if is_retrieval(call) else body


@mutant(
    "body.makes-new-item-ids-on-retrieval",
    caught_by=("retrieve.retrieved-equals-created", "retrieve.retrieved-equals-streamed"),
)
def makes_new_item_ids_on_retrieval(body: Body, call: Call) -> Body:
    """Gives the output items of a stored response new ids each time."""
    if is_retrieval(call):
        for item in body["output"]:
            item["id"] += "0"
    return body


@mutant("body.stores-what-its-client-read", caught_by="background.a-client-that-left-finds-the-whole-answer")
def stores_what_its_client_read(body: Body, call: Call) -> Body:
    """Retrieves the texts of background responses cut off where a client may have left."""
    parts = [
        part for item in body.get("output", ()) if is_retrieval(call) for part in item.get("content") or ()
    ]
    for part in parts if body.get("background") is True else ():
        if "text" in part:
            part["text"] = part["text"][: len(part["text"]) // 2]
    return body


@mutant("body.drops-usage-when-it-includes-more", caught_by="retrieve.two-retrievals-are-equal")
def drops_usage_when_it_includes_more(body: Body, call: Call) -> Body:
    """Leaves `usage` null when a retrieval sends `include`."""
    more = any(name.startswith("include[") for name in call.query)
    return {**body, "usage": None} if is_retrieval(call) and more else body


@mutant(
    "body.adds-later-messages-to-a-continued-response",
    caught_by="chaining.continuing-leaves-the-response-before-unchanged",
)
def adds_later_messages_to_a_continued_response(body: Body, call: Call) -> Body:
    """Adds later messages of the conversation to the response that was continued."""
    if is_retrieval(call) and body["instructions"]:
        body["output"] += body["output"]
    return body


@mutant(
    "body.reports-usage-before-the-response-ran",
    caught_by="background.a-running-response-is-shown-as-unfinished",
)
def reports_usage_before_the_response_ran(body: Body, call: Call) -> Body:
    """Reports `completed_at` and `usage` when a background response is only created."""
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    return (
        {**body, "completed_at": body["created_at"], "usage": usage} if is_background_create(call) else body
    )


@mutant("body.falls-back-to-queued", caught_by="background.status-moves-forward-only")
def falls_back_to_queued(body: Body, call: Call) -> Body:
    """Reports `in_progress` first and `queued` later."""
    if is_background_create(call):
        return {**body, "status": "in_progress"}
    if is_retrieval(call) and body["status"] == "in_progress":
        return {**body, "status": "queued"}
    return body


@mutant("body.completes-without-output", caught_by="background.a-completed-background-response-is-whole")
def completes_without_output(body: Body, call: Call) -> Body:
    """Shows a background response as completed before its output is there."""
    complete = is_retrieval(call) and body.get("background", True) and body["status"] == "completed"
    return {**body, "output": [], "usage": None} if complete else body


@mutant("body.brings-a-cancelled-response-back", caught_by="cancel.nothing-happens-after-a-cancel")
def brings_a_cancelled_response_back(body: Body, call: Call) -> Body:
    """Reports a cancelled response as completed: the worker overwrites the cancel."""
    overwrite = is_retrieval(call) and body["status"] == "cancelled"
    return {**body, "status": "completed", "completed_at": body["created_at"]} if overwrite else body


@mutant(
    "body.completes-what-is-cancelled",
    caught_by="cancel.a-cancelled-response-has-no-completed-at-and-no-error",
)
def completes_what_is_cancelled(body: Body) -> Body:
    """Sets `completed_at` in a cancelled response."""
    return {**body, "completed_at": body["created_at"]} if body.get("status") == "cancelled" else body


@mutant(
    "body.reports-a-cancel-as-an-error",
    caught_by="cancel.a-cancelled-response-has-no-completed-at-and-no-error",
)
def reports_a_cancel_as_an_error(body: Body) -> Body:
    """Sets `error` in a cancelled response."""
    error = {"code": "server_error", "message": "The response was cancelled."}
    return {**body, "error": error} if body.get("status") == "cancelled" else body


@mutant(
    "body.answers-a-cancel-with-another-response",
    caught_by=("cancel.a-running-response-can-be-cancelled", "cancel.answers-with-the-named-response"),
)
def answers_a_cancel_with_another_response(body: Body, call: Call) -> Body:
    """Sends a different id in the answer to a cancel."""
    return {**body, "id": f"{body['id']}0"} if call.operation == "cancelResponse" else body


@mutant("body.retrieves-another-response", caught_by="retrieve.answers-with-the-named-response")
def retrieves_another_response(body: Body, call: Call) -> Body:
    """Retrieves a response with another id than that of the path."""
    return {**body, "id": f"{body['id']}0"} if is_retrieval(call) else body


@mutant("body.leaves-a-cancelled-response-running", caught_by="cancel.leaves-no-response-running")
def leaves_a_cancelled_response_running(body: Body, call: Call) -> Body:
    """Answers a cancel with a response that is still in progress."""
    return {**body, "status": "in_progress"} if call.operation == "cancelResponse" else body


@mutant(
    "body.gives-a-continued-response-the-id-before",
    caught_by="response.id-is-not-that-of-the-response-before",
)
def gives_a_continued_response_the_id_before(body: Body, call: Call) -> Body:
    """Gives a response that continues another one the id of that one."""
    previous = call.body.get("previous_response_id") if call.operation == "createResponse" else None
    return {**body, "id": previous} if isinstance(previous, str) else body


@mutant(
    "body.shows-a-foreground-response-after-a-cancel",
    caught_by="cancel.only-a-background-response-is-cancelled",
)
def shows_a_foreground_response_after_a_cancel(body: Body, call: Call) -> Body:
    """Answers a cancel with a response that did not run in the background."""
    return {**body, "background": False} if call.operation == "cancelResponse" else body
