"""Lists of input items and token counts with wrong or missing members."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]


def is_list(call: Call) -> bool:
    """Whether the call asks for a page of input items."""
    return call.operation == "listInputItems"


@mutant("body.calls-a-page-a-page", caught_by="input-items.a-page-is-a-list-object")
def calls_a_page_a_page(body: Body, call: Call) -> Body:
    """Gives a list the `object` value `page`."""
    return {**body, "object": "page"} if is_list(call) else body


@mutant("body.leaves-has-more-out-of-input-items", caught_by="input-items.a-page-is-a-list-object")
def leaves_has_more_out_of_input_items(body: Body, call: Call) -> Body:
    """Leaves `has_more` out of a list of input items."""
    if is_list(call):
        del body["has_more"]
    return body


@mutant("body.swaps-the-ends-of-a-page", caught_by="input-items.first-and-last-id-are-those-of-the-page")
def swaps_the_ends_of_a_page(body: Body, call: Call) -> Body:
    """Swaps `first_id` and `last_id` of a page."""
    if is_list(call):
        body["first_id"], body["last_id"] = body["last_id"], body["first_id"]
    return body


@mutant(
    "body.lists-items-without-ids",
    caught_by=("input-items.every-listed-item-has-an-id", "input-items.a-page-is-a-list-object"),
)
def lists_items_without_ids(body: Body, call: Call) -> Body:
    """Lists items without `id`, and with `first_id` and `last_id` null."""
    if is_list(call):
        for item in body["data"]:
            del item["id"]
        body |= {"first_id": None, "last_id": None, "has_more": True}
    return body


@mutant("body.lists-all-but-the-newest-input", caught_by="conversations.input-items-agree-with-the-history")
def lists_all_but_the_newest_input(body: Body, call: Call) -> Body:
    """Lists the input items of a response, oldest first, without the newest one."""
    return {**body, "data": body["data"][:-1]} if is_list(call) and call.query.get("order") == "asc" else body


@mutant("body.gives-all-items-one-id", caught_by="input-items.every-listed-item-has-an-id")
def gives_all_items_one_id(body: Body, call: Call) -> Body:
    """Gives every item of a list the same id."""
    if is_list(call):
        for item in body["data"]:
            item["id"] = "msg_0"
    return body


@mutant(
    "body.lists-messages-as-they-came",
    caught_by=(
        "input-items.listed-messages-have-typed-parts",
        "input-items.listed-messages-have-a-status",
        "input-items.a-string-is-listed-as-a-user-message",
    ),
)
def lists_messages_as_they_came(body: Body, call: Call) -> Body:
    """Lists messages with a string as content and without a status."""
    if is_list(call):
        for item in body["data"]:
            if isinstance(item.get("content"), list):
                item["content"] = "".join(part.get("text", "") for part in item["content"])
            item.pop("status", None)
    return body


@mutant(
    "body.promises-more-behind-an-empty-page", caught_by="input-items.an-empty-page-has-no-ids-and-no-more"
)
def promises_more_behind_an_empty_page(body: Body, call: Call) -> Body:
    """Sends `has_more: true` on a page without items."""
    return {**body, "has_more": True} if is_list(call) and not body["data"] else body


@mutant("body.names-the-ends-of-an-empty-page", caught_by="input-items.an-empty-page-has-no-ids-and-no-more")
def names_the_ends_of_an_empty_page(body: Body, call: Call) -> Body:
    """Sets `first_id` and `last_id` on a page without items."""
    return {**body, "first_id": "msg_0", "last_id": "msg_0"} if is_list(call) and not body["data"] else body


@mutant("body.calls-a-count-a-response", caught_by="input-tokens.a-count-is-a-count-object")
def calls_a_count_a_response(body: Body, call: Call) -> Body:
    """Gives a token count the `object` value `response`."""
    return {**body, "object": "response"} if call.operation == "countInputTokens" else body


@mutant("body.makes-a-response-to-count", caught_by="input-tokens.a-count-is-not-a-response")
def makes_a_response_to_count(body: Body, call: Call) -> Body:
    """Answers a token count with a whole response."""
    response = {"id": "resp_0", "status": "completed", "output": []}
    return {**body, **response} if call.operation == "countInputTokens" else body


@mutant("body.lists-messages-only", caught_by="input-items.every-item-of-the-request-is-listed")
def lists_messages_only(body: Body, call: Call) -> Body:
    """Leaves calls and their outputs out of a list of input items."""
    if is_list(call):
        body["data"] = [item for item in body["data"] if item.get("type") == "message"]
    return body


@mutant("body.lists-what-is-new-only", caught_by="input-items.what-a-reference-names-is-listed")
def lists_what_is_new_only(body: Body, call: Call) -> Body:
    """Leaves the answers of the model out of a list of input items."""
    if is_list(call):
        body["data"] = [item for item in body["data"] if item.get("role") != "assistant"]
    return body


@mutant("body.lists-no-reasoning", caught_by="input-items.reasoning-of-the-request-is-listed")
def lists_no_reasoning(body: Body, call: Call) -> Body:
    """Leaves reasoning out of a list of input items."""
    if is_list(call):
        body["data"] = [item for item in body["data"] if item.get("type") != "reasoning"]
    return body


@mutant("body.lists-texts-only", caught_by="input-items.every-item-of-the-request-is-listed")
def lists_texts_only(body: Body, call: Call) -> Body:
    """Leaves pictures and files out of the messages of a list of input items."""
    if is_list(call):
        for item in body["data"]:
            if isinstance(item.get("content"), list):
                texts = [
                    part for part in item["content"] if part.get("type") in ("input_text", "output_text")
                ]
                item["content"] = texts
    return body


@mutant("body.lists-outputs-without-their-calls", caught_by="input-items.every-item-of-the-request-is-listed")
def lists_outputs_without_their_calls(body: Body, call: Call) -> Body:
    """Lists an output of a call with another `call_id`."""
    if is_list(call):
        for item in body["data"]:
            if item.get("type") == "function_call_output":
                item["call_id"] = "call_listed"
    return body
