"""Chat completions over a library: created, read, listed, and wrong requests."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constants import FAR_PAST, LIBRARY_CHAT, UNKNOWN_ID
from antiphon_conformance.requests.invalid.chat import REQUIRED
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.video_library.library import ENTITIES

PATH = "/chat/completions"
QUESTION = "Summarize what these videos show, and cite them."


@scenario(features=("chat",))
async def chat(conversation: Conversation) -> None:
    """Asks a question about one collection, reads the answer again, lists it, and sends wrong requests."""
    body = {**conversation.minimal(LIBRARY_CHAT), "messages": [{"role": "user", "content": QUESTION}]}
    rules = {"role": "system", "content": "Answer in one short line."}
    all_files = {"file": [{"path": "bytes", "operator": "GreaterThan", "valueText": "-1"}]}
    more = {"messages": [rules, *body["messages"]], "temperature": 0.5, "filter": all_files}
    completion = await conversation.post("created", PATH, body={**body, **more})
    await conversation.post("plain", PATH, body=body)
    old: dict[str, Any] = {"include_citations": True, "force_search": False, "top_p": 1.0, "max_tokens": 1024}
    await conversation.post("with_old_members", PATH, body={**body, **old})
    await conversation.post("streamed", PATH, body={**body, "stream": True, "background": True})
    await _read_again(conversation, completion.answer.fields.get("id"))
    for name in REQUIRED:
        await conversation.post(f"without_{name}", PATH, body={key: body[key] for key in body if key != name})
    await conversation.post("unknown_collection", PATH, body={**body, "collections": [UNKNOWN_ID]})
    for identity in conversation.library.of_type(ENTITIES)[:1]:
        await conversation.post("wrong_type", PATH, body={**body, "collections": [identity]})


async def _read_again(conversation: Conversation, identity: Any) -> None:
    await conversation.get("retrieved", f"{PATH}/{identity}")
    await conversation.get("retrieved_unknown", f"{PATH}/{UNKNOWN_ID}")
    await conversation.get("listed", PATH)
    await conversation.get("listed_after", f"{PATH}?created_after={FAR_PAST}&limit=5")
    await conversation.get("listed_before", f"{PATH}?created_before={FAR_PAST}")
    await conversation.get("listed_too_many", f"{PATH}?limit=101")
