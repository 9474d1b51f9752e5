"""A cache around the handler of creates: a request that came twice gets its earlier answer with other ids.

The answer is a function of the request, and all ids of an answer share sixteen hex digits (identity.py). So
a second answer, and its record in the store, is the first one with these digits replaced. The cache holds
only answers that depend on nothing but the request, so none that refers to another response.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import orjson

from antiphon_mockserver.api import Handler
from antiphon_mockserver.response.frames import write
from antiphon_mockserver.server.context import EVENT_STREAM, JSON, Answer, Request, ServerContext, Streaming
from antiphon_spec.loading.construction import dataclass

CAPACITY, LARGEST_SIZE = 512, 1 << 17
"""How many answers the cache holds, and the size of the largest one in bytes."""
ELSEWHERE = frozenset({"mcp", "file_search", "code_interpreter", "shell"})
"""The types of tools that may read what is not in the request."""
FOREIGN = frozenset({"previous_response_id", "prompt", "conversation"})
"""The members of a create that name something outside the request."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An answer in bytes, with the ids of its request."""

    nonce: bytes
    persistent: bool
    content_type: str
    body: bytes
    record: bytes | None
    """The packed record, when the response is stored."""

    def answer(self, nonce: bytes) -> Answer:
        """Returns the answer with the ids of another request."""
        body = self.body if nonce == self.nonce else self.body.replace(self.nonce, nonce)
        return Answer(headers={"content-type": self.content_type}, body=body)


class AnswerCache:
    """The latest answers to creates that came more than once, by key and request."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, bytes], CacheEntry] = OrderedDict()

    def answer(self, handle: Handler, server: ServerContext, request: Request) -> Answer | Streaming:
        """Returns the answer of the handler, or the earlier answer to an identical create."""
        if request.operation.id != server.dialect.create_operation or not stands_alone(request.body):
            return handle(server, request)
        entry = self._entries.get((request.key, request.content))
        if entry is None:
            entry = _entry(server, request, handle(server, request))
            self._keep(request, entry)
            return Answer(headers={"content-type": entry.content_type}, body=entry.body)
        self._entries.move_to_end((request.key, request.content))
        request.identity = request.identity.with_storage(entry.persistent)
        nonce = request.identity.nonce.encode()
        if entry.record is not None:
            server.responses.write(request.identity.response, entry.record.replace(entry.nonce, nonce))
        return entry.answer(nonce)

    def _keep(self, request: Request, entry: CacheEntry) -> None:
        """Stores an answer, unless it is large; drops the least recently used one when there are too many."""
        if len(request.content) + len(entry.body) > LARGEST_SIZE:
            return
        self._entries[request.key, request.content] = entry
        if len(self._entries) > CAPACITY:
            self._entries.popitem(last=False)


def open_cache(server: ServerContext) -> AnswerCache | None:
    """Returns a cache; None when an answer of this server depends on more than its request."""
    settings = server.settings
    deviations = (
        settings.mutants or settings.variations or settings.faults or settings.scripts or settings.pace
    )
    has_shared_digits = server.dialect.traits.id_form == "prefixed"
    if deviations or not has_shared_digits or not server.clock.virtual or server.lists_responses:
        return None
    return AnswerCache()


def stands_alone(body: Mapping[str, Any]) -> bool:
    """Whether a create names no other response, item, template or tool server."""
    if not FOREIGN.isdisjoint(body) and any(body.get(name) is not None for name in FOREIGN):
        return False
    items, tools = body.get("input"), body.get("tools")
    return not (
        (isinstance(items, list) and any(map(_may_refer, items)))
        or (isinstance(tools, list) and any(map(_reads_elsewhere, tools)))
    )


def _may_refer(item: Any) -> bool:
    """Whether an item of the input names a file, or may be a reference; its type may be missing (REQ-24)."""
    if not isinstance(item, dict):
        return False
    content = item.get("content")
    if isinstance(content, list) and any(isinstance(part, dict) and part.get("file_id") for part in content):
        return True
    return item.get("type", "item_reference") == "item_reference" and "role" not in item


def _reads_elsewhere(tool: Any) -> bool:
    """Whether a tool asks a server, or reads files that a client may have uploaded."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    return isinstance(kind, str) and kind in ELSEWHERE


def _entry(server: ServerContext, request: Request, answer: Answer | Streaming) -> CacheEntry:
    identity = request.identity
    if isinstance(answer, Streaming):
        content_type, body = EVENT_STREAM, write(answer.events, server.dialect.mock)
    else:
        content_type = answer.headers.get("content-type", JSON)
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
    record = server.responses.read(identity.response) if identity.persistent else None
    return CacheEntry(identity.nonce.encode(), identity.persistent, content_type, body, record)
