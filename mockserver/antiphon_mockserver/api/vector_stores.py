"""Vector stores: files that a search of files reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon_mockserver.api import files, objects
from antiphon_mockserver.hosted_tools.searches import passes, search_files
from antiphon_mockserver.response.plan import StoredText
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.server.errors import invalid

STORE, MEMBER = "vector_store", "vector_store.file"
CHUNKS = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
Json = dict[str, Any]


def create(server: ServerContext, request: Request) -> Answer:
    """Creates a vector store, which may have files from the beginning."""
    now = int(server.clock.now())
    store = {
        "id": objects.new_id(server, request, "vs_"),
        "object": "vector_store",
        "created_at": now,
        "name": request.body.get("name"),
        "description": request.body.get("description"),
        "expires_after": request.body.get("expires_after"),
        "expires_at": None,
        "last_active_at": now,
        "metadata": request.body.get("metadata") or {},
        "status": "completed",
    }
    objects.add(server, STORE, request.key, store["id"], store)
    for file_id in request.body.get("file_ids") or ():
        attach(server, request, store["id"], {"file_id": file_id})
    return Answer(body=_show(server, request, store))


def list_stores(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the vector stores."""
    stores = [_show(server, request, store) for store in objects.every(server, STORE, request.key)]
    return objects.page(server, request, stores)


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a vector store."""
    return Answer(body=_show(server, request, require(server, request)))


def update(server: ServerContext, request: Request) -> Answer:
    """Changes the name, the metadata or the expiry of a vector store."""
    names = ("name", "metadata", "expires_after")
    store = require(server, request) | {name: request.body[name] for name in names if name in request.body}
    objects.add(server, STORE, request.key, store["id"], store)
    return Answer(body=_show(server, request, store))


def delete(server: ServerContext, request: Request) -> Answer:
    """Deletes a vector store; its files stay."""
    store_id = require(server, request)["id"]
    objects.delete(server, STORE, request.key, store_id)
    return Answer(body={"id": store_id, "object": "vector_store.deleted", "deleted": True})


def search(server: ServerContext, request: Request) -> Answer:
    """Searches a vector store."""
    store, query = require(server, request), request.body.get("query")
    queries = query if isinstance(query, list) else [query]
    if not all(isinstance(text, str) for text in queries):
        raise invalid("Missing required parameter: 'query'.", "query", "missing_required_parameter")
    texts = [
        text
        for text in texts_in(server, request.key, store["id"])
        if passes(request.body.get("filters"), text.attributes)
    ]
    hits = search_files(" ".join(queries), texts)[: request.body.get("max_num_results") or 10]
    data = [
        {
            "file_id": hit.text.id,
            "filename": hit.text.filename,
            "score": hit.score,
            "attributes": dict(hit.text.attributes),
            "content": [{"type": "text", "text": hit.text.text}],
        }
        for hit in hits
    ]
    page = {"object": "vector_store.search_results.page", "search_query": queries, "data": data}
    return Answer(body={**page, "has_more": False, "next_page": None})


def create_file(server: ServerContext, request: Request) -> Answer:
    """Attaches a file to a vector store."""
    return Answer(body=attach(server, request, require(server, request)["id"], request.body))


def list_files(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the files of a vector store."""
    store = require(server, request)
    members = members_of(server, request.key, store["id"])
    return objects.page(server, request, with_status(request, members))


def retrieve_file(server: ServerContext, request: Request) -> Answer:
    """Returns a file of a vector store."""
    return Answer(body=_member(server, request))


def update_file(server: ServerContext, request: Request) -> Answer:
    """Replaces the attributes of a file in a vector store."""
    member = _member(server, request) | {"attributes": request.body.get("attributes") or {}}
    store_id = member["vector_store_id"]
    objects.add(server, MEMBER, _owner(request.key, store_id), _place(store_id, member["id"]), member)
    return Answer(body=member)


def content(server: ServerContext, request: Request) -> Answer:
    """Returns the text of a file as a search reads it."""
    member = _member(server, request)
    text = files.text_of(server, request.key, member["id"])
    data = [{"type": "text", "text": text}] if text else []
    page = {"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None}
    return Answer(body=page)


def delete_file(server: ServerContext, request: Request) -> Answer:
    """Takes a file out of a vector store; the file itself stays."""
    member = _member(server, request)
    owner = _owner(request.key, member["vector_store_id"])
    objects.delete(server, MEMBER, owner, _place(member["vector_store_id"], member["id"]))
    return Answer(body={"id": member["id"], "object": "vector_store.file.deleted", "deleted": True})


def members_of(server: ServerContext, key: str, store_id: str) -> list[Json]:
    """The files of a vector store, oldest first. A file that is deleted leaves all vector stores."""
    members = objects.every(server, MEMBER, _owner(key, store_id))
    return [member for member in members if objects.find(server, files.FILE, key, member["id"])]


def texts_in(server: ServerContext, key: str, store_id: str) -> tuple[StoredText, ...]:
    """The texts of the files of a vector store."""
    texts = []
    for member in members_of(server, key, store_id):
        name = objects.require(server, files.FILE, key, member["id"], "File object")["filename"]
        text = files.text_of(server, key, member["id"])
        texts.append(StoredText(member["id"], name, text, member["attributes"], store_id))
    return tuple(texts)


def attach(server: ServerContext, request: Request, store_id: str, details: Json) -> Json:
    """Attaches a file with its attributes and the way it is cut. Rejects an unknown file with 404."""
    file = objects.require(server, files.FILE, request.key, str(details.get("file_id")), "File object")
    chunks = details.get("chunking_strategy") or CHUNKS
    member = {
        "id": file["id"],
        "object": "vector_store.file",
        "usage_bytes": file["bytes"],
        "created_at": int(server.clock.now()),
        "vector_store_id": store_id,
        "status": "completed",
        "last_error": None,
        "chunking_strategy": chunks if chunks.get("type") == "static" else CHUNKS,
        "attributes": details.get("attributes") or {},
    }
    owner = _owner(request.key, store_id)
    objects.add(server, MEMBER, owner, _place(store_id, file["id"]), member)
    return member


def _show(server: ServerContext, request: Request, store: Json) -> Json:
    """A vector store with the number and the size of its files."""
    members = members_of(server, request.key, store["id"])
    usage = sum(member["usage_bytes"] for member in members)
    return {**store, "file_counts": counts(members), "usage_bytes": usage}


def counts(members: Sequence[Json]) -> Json:
    """How many files are in which state; all are completed."""
    number = len(members)
    return {"in_progress": 0, "completed": number, "failed": 0, "cancelled": 0, "total": number}


def with_status(request: Request, members: list[Json]) -> list[Json]:
    """The files in the state that a query names, or all."""
    status = request.query.get("filter")
    return [member for member in members if status in (None, member["status"])]


def require(server: ServerContext, request: Request) -> Json:
    """The vector store of a request. Rejects an unknown one with 404."""
    return objects.require(server, STORE, request.key, request.parameters["vector_store_id"], "vector store")


def _member(server: ServerContext, request: Request) -> Json:
    store_id, file_id = require(server, request)["id"], request.parameters["file_id"]
    owner, place = _owner(request.key, store_id), _place(store_id, file_id)
    objects.require(server, files.FILE, request.key, file_id, "file of this vector store")
    return objects.require(server, MEMBER, owner, place, "file of this vector store")


def _owner(key: str, store_id: str) -> str:
    return f"{key} {store_id}"


def _place(store_id: str, file_id: str) -> str:
    return f"{store_id} {file_id}"
