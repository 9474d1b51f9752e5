"""Answers in one piece with other members."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.variations import EVERY, STORES, variation

Json = dict[str, Any]


@variation("body.adds-members", fits=EVERY)
def adds_members(body: Json) -> Json:
    """Adds a member that no document has to every answer that is no response.

    OpenAI calls new members a compatible change, and Open Responses has clients ignore them.
    """
    if body.get("object") == "response" and not body.get("deleted"):
        return body
    return {**body, "x_gateway": {"region": "eu", "cost": 0.0004}}


@variation("body.adds-members-to-listed-objects", fits=STORES)
def adds_members_to_listed_objects(body: Json) -> Json:
    """Adds a member that no document has to every object of a list.

    OpenAI calls new members a compatible change, and Open Responses has clients ignore them.
    """
    if body.get("object") == "list" and isinstance(body.get("data"), list):
        return {**body, "data": [{**item, "x_rank": 1} for item in body["data"]]}
    return body


@variation("body.lists-messages-without-a-status", fits=("openai",))
def lists_messages_without_a_status(body: Json) -> Json:
    """Lists the messages of the input without their status.

    The document's schema of a listed message does not require it, and its example has none.
    """
    if body.get("object") == "list" and isinstance(body.get("data"), list):
        return {**body, "data": [_without_status(item) for item in body["data"]]}
    return body


@variation("body.lists-old-items-anew", fits=("openai",))
def lists_old_items_anew(body: Json) -> Json:
    """Lists answers and reasoning that were sent back or named with ids of their own, and nothing encrypted.

    No document says that a listed item keeps its id, and what is encrypted comes where `include` asks for it.
    """
    data = body.get("data")
    if body.get("object") != "list" or not isinstance(data, list) or not data:
        return body
    items = [_anew(item) if isinstance(item, dict) else item for item in data]
    ends = {"first_id": items[0].get("id"), "last_id": items[-1].get("id")} if "first_id" in body else {}
    return {**body, "data": items, **ends}


def _anew(item: Json) -> Json:
    if item.get("role") != "assistant" and item.get("type") != "reasoning":
        return item
    return {name: value for name, value in item.items() if name != "encrypted_content"} | {
        "id": f"{item.get('id')}0"
    }


@variation("body.lists-messages-with-null-for-their-status", fits=("openai",))
def lists_messages_with_null_for_their_status(body: Json) -> Json:
    """Lists the messages of the input with null for the status that they need not have.

    Released clients read null and an absent optional member alike.
    """
    if body.get("object") == "list" and isinstance(body.get("data"), list):
        return {
            **body,
            "data": [{**item, "status": _without_status(item).get("status")} for item in body["data"]],
        }
    return body


def _without_status(item: Json) -> Json:
    is_of_user = item.get("type") == "message" and item.get("role") != "assistant"
    return {name: value for name, value in item.items() if name != "status" or not is_of_user}


@variation("body.lists-pictures-without-their-data", fits=("openai",))
def lists_pictures_without_their_data(body: Json) -> Json:
    """Lists pictures and files of the input without their data, which are megabytes.

    The document has `include` for the URLs of pictures in such a list; without it they may be absent.
    """
    if body.get("object") == "list" and isinstance(body.get("data"), list):
        return {**body, "data": [_without_data(item) for item in body["data"]]}
    return body


def _without_data(item: Json) -> Json:
    content = item.get("content")
    if not isinstance(content, list):
        return item
    data = ("image_url", "file_data")
    parts = [{name: value for name, value in part.items() if name not in data} for part in content]
    return {**item, "content": parts}


@variation("body.lists-the-answer-with-its-input", fits=("bud",))
def lists_the_answer_with_its_input(body: Json) -> Json:
    """Lists the answer after the input.

    The example of the vendor's page ends with the assistant's message.
    """
    if body.get("object") == "list" and isinstance(body.get("data"), list) and "first_id" in body:
        return {**body, "data": [*body["data"], {"type": "message", "role": "assistant", "content": "Yes."}]}
    return body


@variation("body.leaves-the-payload-out-of-chats", fits=("cloudglue",))
def leaves_the_payload_out_of_chats(body: Json) -> Json:
    """Leaves `payload` out of a chat completion that is created or retrieved.

    The published document requires it of listed completions only.
    """
    return {name: value for name, value in body.items() if name != "payload"}


@variation("body.cites-without-a-context", fits=("cloudglue",))
def cites_without_a_context(body: Json) -> Json:
    """Leaves `context` out of citations.

    The published document describes it, and does not require it.
    """
    for item in body.get("output") or ():
        for part in item.get("content") or ():
            for citation in part.get("annotations") or ():
                citation.pop("context", None)
    return body
