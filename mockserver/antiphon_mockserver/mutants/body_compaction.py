"""Compactions that are put together wrongly."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]


def is_compaction(call: Call) -> bool:
    """Whether a compaction was asked for."""
    return call.operation == "compactResponse"


@mutant(caught_by="compaction.a-compaction-is-a-compaction-object")
def calls_a_compaction_a_response(body: Body, call: Call) -> Body:
    """Names a compaction `response`."""
    return {**body, "object": "response"} if is_compaction(call) else body


@mutant(caught_by="compaction.a-compaction-holds-a-compaction-item")
def calls_a_compaction_item_a_summary(body: Body, call: Call) -> Body:
    """Names the compaction item `compaction_summary`."""
    if is_compaction(call):
        body["output"][-1]["type"] = "compaction_summary"
    return body


@mutant(caught_by="compaction.a-compaction-item-is-opaque")
def returns_an_empty_compaction_item(body: Body, call: Call) -> Body:
    """Returns a compaction item whose content is empty."""
    if is_compaction(call):
        body["output"][-1]["encrypted_content"] = ""
    return body


@mutant(caught_by="compaction.a-compaction-keeps-the-user-messages")
def puts_the_compaction_item_first(body: Body, call: Call) -> Body:
    """Returns the compaction item before the messages that it follows."""
    return {**body, "output": body["output"][::-1]} if is_compaction(call) else body


@mutant(caught_by="compaction.compacted-messages-are-in-resource-form")
def returns_messages_in_short_form(body: Body, call: Call) -> Body:
    """Returns messages as they may be sent: a role and a string."""
    for item in body["output"] if is_compaction(call) else ():
        if item["type"] == "message":
            item["content"] = item["content"][0]["text"]
            del item["id"], item["status"]
    return body


@mutant(caught_by="compaction.a-compaction-counts-its-tokens")
def compacts_for_free(body: Body, call: Call) -> Body:
    """Reports no usage for a compaction."""
    if is_compaction(call):
        body["usage"] |= {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    return body
