"""Requests that are wrong as a whole: their body, headers, route or credentials."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constants import LONGEST_TEXT, UNKNOWN_ROUTE, WRONG_KEY
from antiphon_conformance.scenarios.conversation import Talk
from antiphon_conformance.scenarios.scenario import scenario

JSON = {"content-type": "application/json"}
MALFORMED = b'{"model": "'


@scenario()
async def wrong_requests(talk: Talk) -> None:
    """Sends malformed, mislabelled and misrouted requests."""
    await talk.post("malformed", "/responses", raw=MALFORMED, headers=JSON)
    if talk.dialect.resolve("ERR-12"):
        await talk.post("malformed_again", "/responses", raw=MALFORMED, headers=JSON)
    await talk.post("array", "/responses", body=["Hello."])
    body = {"model": talk.model, "input": "Hello.", "max_output_tokens": 16}
    if talk.dialect.resolve("TRN-11"):
        await talk.post("plain_text", "/responses", body=body, headers={"content-type": "text/plain"})
    await talk.get("unknown_route", UNKNOWN_ROUTE)
    await talk.send("wrong_method", "PUT", "/responses", body=body)


@scenario(dialect="openai")
async def long_headers(talk: Talk) -> None:
    """Sends very long headers."""
    body = {"model": talk.model, "input": "Hello.", "max_output_tokens": 16}
    padding = {"x-padding-1": "x" * 50_000, "x-padding-2": "x" * 50_000}
    await talk.post("much_header", "/responses", body=body, headers=padding)


@scenario(features=("keys",))
async def credentials(talk: Talk) -> None:
    """Asks without a key, with an empty key, a wrong key and another spelling; lists without a key."""
    members: dict[str, Any] = {"input": "Hello.", "max_output_tokens": 16, "may_fail": True}
    await talk.create("no_credentials", headers={"authorization": None}, **members)
    talk.expect_rejection("no_credentials", "keys")
    await talk.create("empty_key", headers={"authorization": "Bearer "}, **members)
    await talk.create("wrong_key", headers={"authorization": f"Bearer {WRONG_KEY}"}, **members)
    if talk.dialect.resolve("TRN-03"):
        await talk.create("lower_case_scheme", headers={"authorization": "bearer {api_key}"}, **members)
    if "list" in talk.dialect.features:
        await talk.get("listed_without_key", "/responses", headers={"authorization": None})


@scenario(dialect="openresponses")
async def oversized_input(talk: Talk) -> None:
    """Sends a text that is one character too long."""
    await _send_oversized(talk, "/responses")


@scenario(features=("input_tokens",))
async def oversized_count(talk: Talk) -> None:
    """Counts the tokens of a text that is one character too long."""
    await _send_oversized(talk, "/responses/input_tokens")


async def _send_oversized(talk: Talk, path: str) -> None:
    text = "x" * (LONGEST_TEXT + 1)
    await talk.post("oversized", path, body={"model": talk.model, "input": text})
