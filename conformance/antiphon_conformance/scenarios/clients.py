"""Requests as client libraries send them: with unusual headers, without bodies, with encoded ids."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from antiphon_conformance.requests.constants import NO_UUID
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.video_library.library import DESCRIBED

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
QUESTION = "What are these videos about? Answer in one sentence."
LIST = "/responses?limit=1"
WORDS = ("speech", "scene_text")
"""Two modalities, so that the query holds a list."""


@scenario(features=("stream", "list"))
async def headers(conversation: Conversation) -> None:
    """Streams and lists with the `Accept` headers of clients, and with false switches."""
    members: dict[str, Any] = {"input": QUESTION, "stream": True}
    await conversation.create("streamed", headers={"accept": "text/event-stream"}, **members)
    members["may_fail"] = True
    await conversation.create("streamed_as_json", headers={"accept": JSON}, **members)
    await conversation.create(
        "streamed_in_the_foreground", headers={"accept": None}, background=False, **members
    )
    for step, accept in (("anything", "*/*"), ("events", "text/event-stream"), ("nothing_said", None)):
        await conversation.get(f"listed_as_{step}", LIST, headers={"accept": accept})


@scenario(features=("background", "cancel", "list"))
async def bodiless(conversation: Conversation) -> None:
    """Cancels without a body, with several content types, and reads the response by its encoded id."""
    response = await conversation.create("started", input=QUESTION, background=True, stream=False)
    identity = conversation.id_of(response)
    for step, kind in (("unlabelled", None), ("as_form", FORM), ("as_json", JSON)):
        await conversation.post(
            f"cancelled_{step}", f"/responses/{identity}/cancel", headers={"content-type": kind}
        )
    await conversation.get("encoded", f"/responses/{_percent_encode(identity)}")
    for kind in ("responses", "collections", "files"):
        await conversation.get(f"no_uuid_in_{kind}", f"/{kind}/{NO_UUID}")


@scenario(features=("collections", "files"))
async def query_spellings(conversation: Conversation) -> None:
    """Asks for two modalities in both spellings of a list, and switches metadata on and off."""
    for identity in conversation.library.of_type(DESCRIBED[0])[:1]:
        path = f"/collections/{identity}/media-descriptions?limit=1&include_metadata="
        await conversation.get("commas", f"{path}true&modalities={','.join(WORDS)}")
        await conversation.get(
            "brackets", f"{path}false&" + "&".join(f"modalities[]={word}" for word in WORDS)
        )


def _percent_encode(identity: str) -> str:
    """An id with its first letter and every dash percent-encoded, which is allowed though not necessary."""
    first = "".join(f"%{byte:02X}" for byte in identity[:1].encode(errors="replace"))
    return first + quote(identity[1:], safe="", errors="replace").replace("-", "%2D")
