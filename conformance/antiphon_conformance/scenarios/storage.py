"""Stored responses: retrieved, listed and deleted."""

from __future__ import annotations

from antiphon_conformance.requests.test_prompts import UNKNOWN_ITEM, unknown_response
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_spec.dialect import Dialect

ODD_ID = "resp_%22%3C%7B%C3%A4%20%7D%3E"
"""`resp_"<{ä }>`, percent-encoded."""

VIEWS = (
    ("include", "included", "?include[]=reasoning.encrypted_content"),
    ("stream", "streamed", "?stream=true"),
)
"""Query parameters of a retrieval, the step that tries one, and how."""
INVALID_REQUESTS = {
    "unknown_include": "?include[]=everything",
    "limit_0": "/input_items?limit=0",
    "limit_101": "/input_items?limit=101",
    "limit_in_words": "/input_items?limit=ten",
    "unknown_order": "/input_items?order=sideways",
    "unknown_cursor": f"/input_items?after={UNKNOWN_ITEM}",
}
"""Wrong paths and queries below the path of a stored response."""

CONVERSATION = [
    {"role": "developer", "content": "Be polite."},
    {"role": "user", "content": "The tea is cold."},
    {"role": "assistant", "content": "I am sorry."},
    {"role": "user", "content": [{"type": "input_text", "text": "Say hello."}]},
]
"""An input to list: a message of each role, as text and in parts."""
MOST_PAGES = 6


@scenario(features=("retrieve", "delete"))
async def storage(conversation: Conversation) -> None:
    """Retrieves a response in several ways, lists its input, deletes it, and asks for it again."""
    features = conversation.dialect.features
    response = await conversation.create(
        "created",
        input=CONVERSATION if "input_items" in features else "Say hello.",
        instructions="Answer in one short line.",
        **conversation.known(metadata={"topic": "antiphon"}),
    )
    identity = conversation.id_of(response)
    path = f"/responses/{identity}"
    await conversation.get("retrieved", path)
    for step, query in _views(conversation.dialect):
        await conversation.get(step, path + query)
    if "cancel" in features:
        await conversation.post("cancelled", f"{path}/cancel")
    has_items = await conversation.part("input_items", page_through)
    await conversation.delete("deleted", path)
    await conversation.get("retrieved_deleted", path)
    if has_items:
        await conversation.get("listed_deleted", f"{path}/input_items")
    await conversation.delete("deleted_again", path)
    if "chain" in features:
        await conversation.create(
            "continued_deleted", input="Go on.", previous_response_id=identity, may_fail=True
        )
    if conversation.dialect.traits.unknown_delete == "accepted":
        await conversation.delete("deleted_unknown", f"/responses/{unknown_response(conversation.dialect)}")


def _views(dialect: Dialect) -> list[tuple[str, str]]:
    """The steps that retrieve a response with a query, and the query, if the dialect knows it."""
    names = {parameter.name for parameter in dialect.document.operations["getResponse"].parameters}
    return [(step, query) for name, step, query in VIEWS if name in names]


async def page_through(conversation: Conversation) -> None:
    """Pages through the input of the response, in both orders."""
    listing = f"/responses/{conversation.id_of(conversation.exchanges['created'])}/input_items"
    await conversation.get("listed", listing)
    last = await walk(conversation, "ascending", f"{listing}?order=asc&limit=2")
    await walk(conversation, "descending", f"{listing}?order=desc&limit=3")
    await conversation.get("beyond", f"{listing}?order=asc&after={last}")


@scenario(features=("retrieve", "input_items"), from_table=True)
async def mistakes_in_queries(conversation: Conversation) -> None:
    """Sends every wrong query and path."""
    response = await conversation.create("created", input="Say hello.")
    path = f"/responses/{conversation.id_of(response)}"
    for name, wrong in INVALID_REQUESTS.items():
        await conversation.get(name, path + wrong)
    await conversation.get("odd_id", f"/responses/{ODD_ID}")
    await conversation.get("unknown_id", f"/responses/{unknown_response(conversation.dialect)}")


async def walk(conversation: Conversation, name: str, path: str) -> str:
    """Reads page after page, as steps `name`, `name-2`..., and returns the last id of the last page."""
    cursor, after = "", ""
    for number in range(1, MOST_PAGES + 1):
        page = await conversation.get(name if number == 1 else f"{name}-{number}", path + after)
        last_id = page.answer.fields.get("last_id")
        if isinstance(last_id, str) and last_id:
            cursor, after = last_id, f"&after={last_id}"
        if not page.ok or page.answer.fields.get("has_more") is not True or cursor != last_id:
            break
    return cursor
