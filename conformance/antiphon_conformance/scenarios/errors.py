"""Requests that are wrong as a whole: their body, headers, route or credentials."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constants import LONGEST_TEXT, UNKNOWN_ROUTE, WRONG_KEY
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario

JSON = {"content-type": "application/json"}
MALFORMED = b'{"model": "'


@scenario(risky=True)
async def wrong_requests(conversation: Conversation) -> None:
    """Sends malformed, mislabelled and misrouted requests."""
    await conversation.post("malformed", "/responses", raw=MALFORMED, headers=JSON)
    if conversation.dialect.resolve("ERR-12"):
        await conversation.post("malformed_again", "/responses", raw=MALFORMED, headers=JSON)
    await conversation.post("array", "/responses", body=["Hello."])
    body = {"model": conversation.model, "input": "Hello.", "max_output_tokens": 16}
    if conversation.dialect.resolve("TRN-11"):
        await conversation.post("plain_text", "/responses", body=body, headers={"content-type": "text/plain"})
    await conversation.get("unknown_route", UNKNOWN_ROUTE)
    await conversation.send("wrong_method", "PUT", "/responses", body=body)


@scenario(dialect="openai", heavy=True)
async def long_headers(conversation: Conversation) -> None:
    """Sends very long headers."""
    body = {"model": conversation.model, "input": "Hello.", "max_output_tokens": 16}
    padding = {"x-padding-1": "x" * 50_000, "x-padding-2": "x" * 50_000}
    await conversation.post("much_header", "/responses", body=body, headers=padding)


@scenario(features=("keys",), risky=True)
async def credentials(conversation: Conversation) -> None:
    """Asks without a key, with an empty key, a wrong key and another spelling; lists without a key."""
    members: dict[str, Any] = {"input": "Hello.", "max_output_tokens": 16, "may_fail": True}
    await conversation.create("no_credentials", headers={"authorization": None}, **members)
    conversation.expect_rejection("no_credentials", "keys")
    await conversation.create("empty_key", headers={"authorization": "Bearer "}, **members)
    await conversation.create("wrong_key", headers={"authorization": f"Bearer {WRONG_KEY}"}, **members)
    if conversation.dialect.resolve("TRN-03"):
        await conversation.create(
            "lower_case_scheme", headers={"authorization": "bearer {api_key}"}, **members
        )
    if "list" in conversation.dialect.features:
        await conversation.get("listed_without_key", "/responses", headers={"authorization": None})


@scenario(dialect="openresponses", heavy=True)
async def oversized_input(conversation: Conversation) -> None:
    """Sends a text that is one character too long."""
    await _send_oversized(conversation, "/responses")


@scenario(features=("input_tokens",), heavy=True)
async def oversized_count(conversation: Conversation) -> None:
    """Counts the tokens of a text that is one character too long."""
    await _send_oversized(conversation, "/responses/input_tokens")


async def _send_oversized(conversation: Conversation, path: str) -> None:
    text = "x" * (LONGEST_TEXT + 1)
    await conversation.post("oversized", path, body={"model": conversation.model, "input": text})
