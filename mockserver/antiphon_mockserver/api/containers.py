"""Containers in which programs and shells run, and their files."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.api import files, objects
from antiphon_mockserver.hosted_tools.work import HOME
from antiphon_mockserver.response.plan import Container, StoredText
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.server.errors import invalid

CONTAINER, MEMBER, CONTENT = "container", "container.file", "container.file.content"
Json = dict[str, Any]


def create(server: ServerContext, request: Request) -> Answer:
    """Creates a container, which may have files from the beginning."""
    container = _make(server, request.key, objects.new_id(server, request, "cntr_"), request.body)
    for file_id in request.body.get("file_ids") or ():
        _copy(server, request, container["id"], file_id)
    return Answer(body=container)


def _make(server: ServerContext, key: str, container_id: str, details: Mapping[str, Any]) -> Json:
    """Stores a new container."""
    now = int(server.clock.now())
    container: Json = {
        "id": container_id,
        "object": "container",
        "created_at": now,
        "status": "running",
        "expires_after": details.get("expires_after") or {"anchor": "last_active_at", "minutes": 20},
        "last_active_at": now,
        "memory_limit": details.get("memory_limit") or "1g",
        "name": details.get("name") or "",
    }
    objects.add(server, CONTAINER, key, container_id, container)
    return container


def keep(server: ServerContext, key: str, containers: Sequence[Container]) -> None:
    """Stores the containers of hosted tools, with the files that programs wrote in them.

    A container of a client that does not exist, or no more, stays so.
    """
    for container in containers:
        if objects.find(server, CONTAINER, key, container.id) is None:
            if container.is_own:
                continue
            _make(server, key, container.id, {"name": "auto"})
        for file in container.files:
            content = file.text.encode(errors="replace")
            _add(server, key, container.id, file.id, file.filename, content, source="assistant")


def list_containers(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the containers."""
    return objects.page(server, request, objects.every(server, CONTAINER, request.key))


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a container."""
    return Answer(body=_require(server, request))


def delete(server: ServerContext, request: Request) -> Answer:
    """Deletes a container with its files."""
    container_id = _require(server, request)["id"]
    objects.delete(server, CONTAINER, request.key, container_id)
    return Answer(body={"id": container_id, "object": "container.deleted", "deleted": True})


def create_file(server: ServerContext, request: Request) -> Answer:
    """Puts a file into a container: an uploaded one by its id, or the file of the request."""
    container_id = _require(server, request)["id"]
    if "json" in request.headers.get("content-type", ""):
        details = server.behaviour.requests.read_body(request.headers, request.content)
        return Answer(body=_copy(server, request, container_id, str(details.get("file_id"))))
    fields, file = files.form(request)
    if file is not None:
        return Answer(body=_put(server, request, container_id, *file))
    if "file_id" not in fields:
        raise invalid("Missing required parameter: 'file'.", "file", "missing_required_parameter")
    return Answer(body=_copy(server, request, container_id, fields["file_id"]))


def list_files(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the files of a container."""
    container = _require(server, request)
    return objects.page(server, request, objects.every(server, MEMBER, _owner(request.key, container["id"])))


def retrieve_file(server: ServerContext, request: Request) -> Answer:
    """Returns a file of a container, without its content."""
    return Answer(body=_member(server, request))


def content(server: ServerContext, request: Request) -> Answer:
    """Returns the bytes of a file of a container."""
    member = _member(server, request)
    stored = objects.find(server, CONTENT, _owner(request.key, member["container_id"]), member["id"]) or {}
    return files.download(b64decode(stored.get("base64", "")))


def delete_file(server: ServerContext, request: Request) -> Answer:
    """Deletes a file of a container."""
    member = _member(server, request)
    objects.delete(server, MEMBER, _owner(request.key, member["container_id"]), member["id"])
    return Answer(body={"id": member["id"], "object": "container.file.deleted", "deleted": True})


def texts_in(server: ServerContext, key: str, container_id: str) -> tuple[StoredText, ...]:
    """The texts of the files of a container."""
    owner = _owner(key, container_id)
    texts = []
    for member in objects.every(server, MEMBER, owner):
        stored = objects.find(server, CONTENT, owner, member["id"]) or {}
        text = b64decode(stored.get("base64", "")).decode(errors="replace")
        texts.append(StoredText(member["id"], member["path"].rpartition("/")[2], text))
    return tuple(texts)


def _copy(server: ServerContext, request: Request, container_id: str, file_id: str) -> Json:
    file = objects.require(server, files.FILE, request.key, file_id, "File object")
    raw = files.content_of(server, request.key, file_id)
    return _put(server, request, container_id, file["filename"], raw)


def _put(server: ServerContext, request: Request, container_id: str, name: str, raw: bytes) -> Json:
    number = len(server.store.ids(MEMBER, _owner(request.key, container_id)))
    file_id = request.identity.item("cfile_", number)
    return _add(server, request.key, container_id, file_id, name, raw, source="user")


def _add(
    server: ServerContext, key: str, container_id: str, file_id: str, name: str, raw: bytes, *, source: str
) -> Json:
    """Puts bytes into a container under this name; `source` says who did: `user` or `assistant`."""
    owner = _owner(key, container_id)
    member: Json = {
        "id": file_id,
        "object": "container.file",
        "bytes": len(raw),
        "container_id": container_id,
        "created_at": int(server.clock.now()),
        "path": f"{HOME}/{name}",
        "source": source,
    }
    objects.add(server, MEMBER, owner, member["id"], member)
    objects.add(server, CONTENT, owner, member["id"], {"base64": b64encode(raw).decode()})
    return member


def _require(server: ServerContext, request: Request) -> Json:
    return objects.require(server, CONTAINER, request.key, request.parameters["container_id"], "container")


def _member(server: ServerContext, request: Request) -> Json:
    container_id, file_id = _require(server, request)["id"], request.parameters["file_id"]
    return objects.require(
        server, MEMBER, _owner(request.key, container_id), file_id, "file of this container"
    )


def _owner(key: str, container_id: str) -> str:
    return f"{key} {container_id}"
