"""Files that clients upload, and the text of each for the tools and the model."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping

import orjson

from antiphon_mockserver.api import objects
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.haste import announce

FILE, CONTENT = "file", "file.content"
STEP = 3 << 20
"""Bytes that are written as base64 in one piece: a multiple of three, so that none is padded."""
MEMBER = b'"base64":"'
"""What stands before the content of a file in the store: it is read from there in pieces."""
COST = 0.005
"""Microseconds that a byte of it takes."""
BOUNDARY = re.compile(r"boundary=(?:\"([^\"]+)\"|([^;\s]+))")
NAME = re.compile(rb'[; ]name="([^"]*)"', re.IGNORECASE)
FILENAME = re.compile(rb'filename="([^"]*)"', re.IGNORECASE)


def form(request: Request) -> tuple[dict[str, str], tuple[str, bytes] | None]:
    """The fields of a form (RFC 7578), and the name and content of its file. Rejects any other body."""
    match = BOUNDARY.search(request.headers.get("content-type", ""))
    if match is None:
        raise invalid("Expected a body of the type multipart/form-data.", code="invalid_content_type")
    fields: dict[str, str] = {}
    file: tuple[str, bytes] | None = None
    for part in request.content.split(b"--" + (match[1] or match[2]).encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        name, filename = NAME.search(head), FILENAME.search(head)
        if filename is not None:
            file = filename[1].decode(errors="replace") or "file", content
        elif name is not None:
            fields[name[1].decode(errors="replace")] = content.decode(errors="replace")
    return fields, file


def create(server: ServerContext, request: Request) -> Answer:
    """Stores an uploaded file."""
    fields, file = form(request)
    if file is None:
        raise invalid("Missing required parameter: 'file'.", "file", "missing_required_parameter")
    if not fields.get("purpose"):
        raise invalid("Missing required parameter: 'purpose'.", "purpose", "missing_required_parameter")
    return Answer(body=store(server, request, *file, fields["purpose"]))


def store(
    server: ServerContext, request: Request, filename: str, content: bytes, purpose: str
) -> objects.Json:
    """Stores a file, and returns what clients see of it."""
    body: objects.Json = {
        "id": objects.new_id(server, request, "file-"),
        "object": "file",
        "bytes": len(content),
        "created_at": int(server.clock.now()),
        "expires_at": None,
        "filename": filename,
        "purpose": purpose,
        "status": "processed",
        "status_details": None,
    }
    objects.add(server, FILE, request.key, body["id"], body)
    objects.add(server, CONTENT, request.key, body["id"], {"base64": base64_of(content)})
    return body


def base64_of(content: bytes) -> str:
    """The content in base64, written in pieces: others have their turn between two."""
    starts = range(0, len(content), STEP)
    return "".join([b64encode(content[start : start + STEP]).decode() for start in starts])


def list_files(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the uploaded files."""
    purpose = request.query.get("purpose")
    files = objects.every(server, FILE, request.key)
    return objects.page(server, request, [file for file in files if purpose in (None, file["purpose"])])


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a file without its content."""
    return Answer(body=_require(server, request))


def content(server: ServerContext, request: Request) -> Answer:
    """Returns the bytes of a file."""
    file = _require(server, request)
    return download(content_of(server, request.key, file["id"]))


def download(raw: bytes) -> Answer:
    """The answer with the bytes of a file."""
    return Answer(headers={"content-type": "application/octet-stream"}, body=raw)


def delete(server: ServerContext, request: Request) -> Answer:
    """Deletes a file."""
    file = _require(server, request)
    for kind in (FILE, CONTENT):
        objects.delete(server, kind, request.key, file["id"])
    return Answer(body={"id": file["id"], "object": "file", "deleted": True})


def content_of(server: ServerContext, key: str, file_id: str) -> bytes:
    """The bytes of a file; none when it does not exist."""
    packed = objects.table(server, CONTENT).read(file_id) or b""
    start, end = packed.find(MEMBER) + len(MEMBER), packed.rfind(b'"')
    if start < len(MEMBER) or orjson.loads(packed[:start] + packed[end:])["owner"] != key:
        return b""
    announce(len(packed) * COST)
    places = range(start, end, 4 * STEP)
    return b"".join([b64decode(packed[place : min(place + 4 * STEP, end)]) for place in places])


def text_of(server: ServerContext, key: str, file_id: str) -> str:
    """The text of a file; "" when it does not exist or is no text."""
    try:
        return content_of(server, key, file_id).decode()
    except UnicodeDecodeError:
        return ""


def _require(server: ServerContext, request: Request) -> Mapping[str, str]:
    return objects.require(server, FILE, request.key, request.parameters["file_id"], "File object")
