"""Compactions with wrong or missing members."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, mutant

Body = dict[str, Any]


def is_compaction(call: Call) -> bool:
    """Whether the call asks for a compaction."""
    return call.operation == "compactResponse"


@mutant("body.calls-a-compaction-a-response", caught_by="compaction.a-compaction-is-a-compaction-object")
def calls_a_compaction_a_response(body: Body, call: Call) -> Body:
    """Gives a compaction the `object` value `response`."""
    return {**body, "object": "response"} if is_compaction(call) else body


@mutant("body.calls-a-compaction-item-a-summary", caught_by="compaction.a-compaction-holds-a-compaction-item")
def calls_a_compaction_item_a_summary(body: Body, call: Call) -> Body:
    """Gives the compaction item the type `compaction_summary`."""
    if is_compaction(call):
        body["output"][-1]["type"] = "compaction_summary"
    return body


@mutant("body.returns-an-empty-compaction-item", caught_by="compaction.a-compaction-item-is-opaque")
def returns_an_empty_compaction_item(body: Body, call: Call) -> Body:
    """Returns a compaction item with empty content."""
    if is_compaction(call):
        body["output"][-1]["encrypted_content"] = ""
    return body


@mutant("body.puts-the-compaction-item-first", caught_by="compaction.a-compaction-keeps-the-user-messages")
def puts_the_compaction_item_first(body: Body, call: Call) -> Body:
    """Returns the compaction item before the messages that it should follow."""
    return {**body, "output": body["output"][::-1]} if is_compaction(call) else body


@mutant("body.returns-messages-in-short-form", caught_by="compaction.compacted-messages-are-in-resource-form")
def returns_messages_in_short_form(body: Body, call: Call) -> Body:
    """Returns messages in the short form for input: a role and a string."""
    for item in body["output"] if is_compaction(call) else ():
        if item["type"] == "message":
            item["content"] = "".join(part.get("text", "") for part in item["content"])
            del item["id"], item["status"]
    return body


@mutant("body.compacts-for-free", caught_by="compaction.a-compaction-counts-its-tokens")
def compacts_for_free(body: Body, call: Call) -> Body:
    """Reports zero tokens as the usage of a compaction."""
    if is_compaction(call):
        body["usage"] |= {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    return body
