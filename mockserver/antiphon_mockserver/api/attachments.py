"""What the model and its tools read of uploaded files: in vector stores, in containers, in messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.api import containers, files, objects, vector_stores
from antiphon_mockserver.response.plan import Item, StoredText
from antiphon_mockserver.server.context import ServerContext


def stores_of(server: ServerContext, body: Mapping[str, Any], key: str) -> Mapping[str, Sequence[StoredText]]:
    """The texts that the tools of a request may read, by the id of their vector store or container."""
    stores: dict[str, Sequence[StoredText]] = {}
    for tool in body.get("tools") or ():
        for store_id in tool.get("vector_store_ids") or ():
            if objects.find(server, vector_stores.STORE, key, store_id) is not None:
                stores[store_id] = vector_stores.texts_in(server, key, store_id)
        environment = tool.get("environment")
        own = environment.get("container_id") if isinstance(environment, dict) else tool.get("container")
        if isinstance(own, str) and objects.find(server, containers.CONTAINER, key, own) is not None:
            stores[own] = containers.texts_in(server, key, own)
    return stores


def with_files(server: ServerContext, items: Sequence[Item], key: str) -> tuple[Item, ...]:
    """The items as the model reads them: parts that name an uploaded file have its name and its text."""
    return tuple(_with_files(server, item, key) for item in items)


def _with_files(server: ServerContext, item: Item, key: str) -> Item:
    content = item.get("content")
    if not isinstance(content, list) or not any(_names_a_file(part) for part in content):
        return item
    parts = [_read(server, part, key) if _names_a_file(part) else part for part in content]
    return {**item, "content": parts}


def _names_a_file(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "input_file" and bool(part.get("file_id"))


def _read(server: ServerContext, part: Item, key: str) -> Item:
    file = objects.find(server, files.FILE, key, part["file_id"])
    if file is None:
        return part
    return {**part, "filename": file["filename"], "text": files.text_of(server, key, file["id"])}
