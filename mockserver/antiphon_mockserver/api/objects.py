"""Objects that clients create, list, read and delete as they are: files, vector stores, containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.state.record import Resource, unpack_resource
from antiphon_mockserver.state.store import Table

Json = dict[str, Any]
DELETED: Json = {}
"""What the store keeps of a deleted object."""


def table(server: ServerContext, kind: str) -> Table[Resource]:
    """The objects of one kind."""
    return Table(server.store, kind, unpack_resource)


def add(server: ServerContext, kind: str, owner: str, object_id: str, body: Mapping[str, Any]) -> None:
    """Stores an object, and adds it to the list of its owner unless it was there before."""
    objects = table(server, kind)
    is_new = object_id not in server.store.ids(kind, owner)
    objects.put(object_id, Resource(owner, body))
    if is_new:
        objects.enlist(owner, object_id)


def find(server: ServerContext, kind: str, owner: str, object_id: str) -> Json | None:
    """The object of this owner; None when there is none any more."""
    resource = table(server, kind).get(object_id)
    return dict(resource.body) if resource is not None and resource.owner == owner and resource.body else None


def require(server: ServerContext, kind: str, owner: str, object_id: str, name: str) -> Json:
    """The same object. Rejects an unknown one with 404; `name` is what messages call it."""
    body = find(server, kind, owner, object_id)
    if body is None:
        raise ApiError(f"No such {name}: '{object_id[:128]}'.", status=404, param="id")
    return body


def every(server: ServerContext, kind: str, owner: str) -> list[Json]:
    """The objects of an owner, oldest first."""
    resources = list(table(server, kind).newest_first(owner))
    return [dict(resource.body) for resource in reversed(resources) if resource.body]


def delete(server: ServerContext, kind: str, owner: str, object_id: str) -> None:
    """Takes an object away."""
    table(server, kind).put(object_id, Resource(owner, DELETED))


def page(server: ServerContext, request: Request, objects: list[Json]) -> Answer:
    """A page of objects, newest first unless the query says otherwise."""
    lists, query = server.behaviour.lists, request.query
    objects = lists.arrange(objects, query.get("order", "desc"))
    return Answer(body=lists.page(lists.follow(objects, query.get("after")), query["limit"]))


def new_id(server: ServerContext, request: Request, prefix: str) -> str:
    """A new id for the object that a request creates."""
    return request.identity.item(prefix, 0)
