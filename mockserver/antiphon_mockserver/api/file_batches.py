"""Batches of files that are attached to a vector store at once."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.api import objects, vector_stores
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.server.errors import invalid

BATCH = "vector_store.files_batch"
Json = dict[str, Any]


def create(server: ServerContext, request: Request) -> Answer:
    """Attaches files to a store: those of `file_ids` alike, or each of `files` with details of its own."""
    store_id = vector_stores.require(server, request)["id"]
    alike = {name: request.body[name] for name in ("attributes", "chunking_strategy") if name in request.body}
    rows = request.body.get("files") or [
        {"file_id": file_id, **alike} for file_id in request.body.get("file_ids") or ()
    ]
    if not rows:
        raise invalid("Missing required parameter: 'file_ids'.", "file_ids", "missing_required_parameter")
    members = [vector_stores.attach(server, request, store_id, row) for row in rows]
    batch = {
        "id": objects.new_id(server, request, "vsfb_"),
        "object": BATCH,
        "created_at": int(server.clock.now()),
        "vector_store_id": store_id,
        "status": "completed",
        "file_counts": vector_stores.counts(members),
    }
    files = [member["id"] for member in members]
    objects.add(server, BATCH, request.key, batch["id"], {"batch": batch, "files": files})
    return Answer(body=batch)


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a batch. Its files are in the store at once, so that there is nothing to cancel."""
    return Answer(body=_require(server, request)["batch"])


def list_files(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the files of a batch that are still in the store."""
    stored = _require(server, request)
    members = vector_stores.members_of(server, request.key, stored["batch"]["vector_store_id"])
    of_batch = [member for member in members if member["id"] in stored["files"]]
    return objects.page(server, request, vector_stores.with_status(request, of_batch))


def _require(server: ServerContext, request: Request) -> Json:
    vector_stores.require(server, request)
    return objects.require(server, BATCH, request.key, request.parameters["batch_id"], "file batch")
