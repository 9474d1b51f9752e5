"""What is stored is retrieved, listed and deleted."""

from __future__ import annotations

from antiphon_conformance.prompts import UNKNOWN_RESPONSE
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk

ODD_ID = "resp_%22%3C%7B%C3%A4%20%7D%3E"
"""`resp_"<{ä }>`, percent-encoded."""

MOST_PAGES = 6


@scenario(features=("retrieve", "delete"))
async def storage(talk: Talk) -> None:
    """Retrieves a response in several ways, deletes it, and looks for what is left of it."""
    created = await talk.create("created", input="Say hello.", metadata={"topic": "antiphon"})
    identity = talk.id_of(created)
    path = f"/responses/{identity}"
    await talk.get("retrieved", path)
    await talk.get("included", f"{path}?include[]=reasoning.encrypted_content")
    await talk.get("included_unknown", f"{path}?include[]=everything")
    await talk.get("odd", f"/responses/{ODD_ID}")
    await talk.get("unknown", f"/responses/{UNKNOWN_RESPONSE}")
    await talk.delete("deleted", path)
    await talk.get("retrieved_deleted", path)
    await talk.delete("deleted_again", path)
    await talk.create("continued_deleted", input="Go on.", previous_response_id=identity, may_fail=True)


@scenario(features=("input_items", "retrieve", "delete"))
async def input_items(talk: Talk) -> None:
    """Streams a response to three messages, and pages through them in both orders."""
    created = await talk.create(
        "created",
        input=[
            {"role": "user", "content": "The tea is cold."},
            {"role": "assistant", "content": "I am sorry."},
            {"role": "user", "content": [{"type": "input_text", "text": "Say hello."}]},
        ],
        instructions="Answer in one short line.",
        stream=True,
        store=True,
    )
    path = f"/responses/{talk.id_of(created)}"
    await talk.get("retrieved", path)
    listing = f"{path}/input_items"
    await talk.get("listed", listing)
    last = await walk(talk, "ascending", f"{listing}?order=asc&limit=1")
    await walk(talk, "descending", f"{listing}?order=desc&limit=2")
    await talk.get("beyond", f"{listing}?order=asc&after={last}")
    await talk.get("limit_0", f"{listing}?limit=0")
    await talk.get("limit_101", f"{listing}?limit=101")
    await talk.get("disordered", f"{listing}?order=sideways")
    await talk.get("lost", f"{listing}?after=msg_{'0' * 48}")
    await talk.delete("deleted", path)
    await talk.get("listed_deleted", listing)


async def walk(talk: Talk, name: str, path: str) -> str:
    """Reads page after page, as steps `name`, `name-2`..., and tells the last id of the last page."""
    cursor, after = "", ""
    for number in range(1, MOST_PAGES + 1):
        page = await talk.get(name if number == 1 else f"{name}-{number}", path + after)
        found = page.answer.fields.get("last_id")
        if isinstance(found, str) and found:
            cursor, after = found, f"&after={found}"
        if not page.ok or page.answer.fields.get("has_more") is not True or cursor != found:
            break
    return cursor
