"""Uploads of large files in parts, which become a file at their end."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from antiphon_mockserver.api import files, objects
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.server.errors import invalid

UPLOAD, PART = "upload", "upload.part"
LASTS = 3600
"""How long an upload may take, in seconds."""
Json = dict[str, Any]


def create(server: ServerContext, request: Request) -> Answer:
    """Begins an upload. Rejects one without its details with 400."""
    for name in ("bytes", "filename", "mime_type", "purpose"):
        if request.body.get(name) is None:
            raise invalid(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    now = int(server.clock.now())
    upload = {
        "id": objects.new_id(server, request, "upload_"),
        "object": "upload",
        "bytes": request.body["bytes"],
        "created_at": now,
        "expires_at": now + LASTS,
        "filename": request.body["filename"],
        "purpose": request.body["purpose"],
        "status": "pending",
        "file": None,
    }
    return _keep(server, request, upload)


def add_part(server: ServerContext, request: Request) -> Answer:
    """Takes one part of a file."""
    upload = _pending(server, request)
    _, data = files.form(request)
    if data is None:
        raise invalid("Missing required parameter: 'data'.", "data", "missing_required_parameter")
    part = {
        "id": objects.new_id(server, request, "part_"),
        "object": PART,
        "created_at": int(server.clock.now()),
        "upload_id": upload["id"],
    }
    stored = {**part, "base64": b64encode(data[1]).decode()}
    objects.add(server, PART, request.key, part["id"], stored)
    return Answer(body=part)


def complete(server: ServerContext, request: Request) -> Answer:
    """Makes a file of the parts that a request names. Rejects another size than announced with 400."""
    upload = _pending(server, request)
    limit = min(upload["bytes"], server.settings.body_limit)
    pieces, size = [], 0
    for part_id in request.body.get("part_ids") or ():
        row = objects.require(server, PART, request.key, str(part_id), "part")
        if row["upload_id"] == upload["id"]:
            pieces.append(piece := b64decode(row["base64"]))
            size += len(piece)
        if size > limit:  # the same part may be named again and again
            break
    if size != upload["bytes"]:
        many = f"more than {limit}" if size > limit else size
        message = f"The parts have {many} bytes, and the upload was announced with {upload['bytes']}."
        raise invalid(message, "part_ids", "invalid_value")
    content = b"".join(pieces)
    file = files.store(server, request, upload["filename"], content, upload["purpose"])
    return _keep(server, request, {**upload, "status": "completed", "file": file})


def cancel(server: ServerContext, request: Request) -> Answer:
    """Ends an upload without a file."""
    return _keep(server, request, {**_pending(server, request), "status": "cancelled"})


def _pending(server: ServerContext, request: Request) -> Json:
    """The upload of a request. Rejects one that has ended with 400."""
    upload = objects.require(server, UPLOAD, request.key, request.parameters["upload_id"], "upload")
    if upload["status"] != "pending":
        raise invalid(f"The upload is {upload['status']}.", "upload_id", "invalid_value")
    return upload


def _keep(server: ServerContext, request: Request, upload: Json) -> Answer:
    objects.add(server, UPLOAD, request.key, upload["id"], upload)
    return Answer(body=upload)
