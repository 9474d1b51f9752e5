"""The same question asked in several ways, by several kinds of client."""

from __future__ import annotations

from antiphon_conformance.probes import ORIGIN
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk

QUESTION = "Say hello."


@scenario()
async def repeat(talk: Talk) -> None:
    """Asks a question, asks it again as a page with a request id of its own would, and asks it as a list."""
    await talk.create("first", input=QUESTION)
    page = {"x-client-request-id": "antiphon-again", "origin": ORIGIN}
    await talk.create("again", input=QUESTION, headers=page)
    message = {"type": "message", "role": "user", "content": QUESTION}
    await talk.create("as_list", input=[message])


@scenario(dialect="openresponses")
async def preflight(talk: Talk) -> None:
    """Asks as a browser does before it lets a page ask."""
    asked = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
        "authorization": None,
    }
    await talk.send("preflight", "OPTIONS", "/responses", headers=asked)
