"""The sources that a request names for its answer, and the places in videos that the answer cites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.rules.reading.output import member, objects, response_or_empty, texts
from antiphon_conformance.rules.views import INVALID, ScenarioTrace
from antiphon_conformance.video_library.library import Library
from antiphon_spec.loading.construction import dataclass

Json = Mapping[str, Any]

COLLECTIONS, FILES, EVERYTHING = "collections", "files", "default"
"""The possible sources of an answer."""
DESCRIPTIONS = "cloudglue_citations.media_descriptions"
"""The value of `include` that makes citations carry the cited content."""
ENTITY_BACKED = "entity_backed_knowledge"
ADDRESS = "cloudglue://files/"
"""The prefix of the address of a file in the library; the id follows."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """A response with its create request, which may be in another exchange."""

    exchange: Exchange
    request_fields: Json
    response: Json

    @property
    def where(self) -> str:
        """How a finding names the response."""
        stream = self.exchange.answer.stream
        events = reversed(stream.events if stream is not None else ())
        carrying = (event for event in events if event.data.get("response") is self.response)
        return next((f"{event.where}/response" for event in carrying), "reply.body")


def grounded(trace: ScenarioTrace) -> Iterator[Grounded]:
    """Every response of an episode whose request is known; a retrieved response has the request of its
    create."""
    requests: dict[str, Json] = {}
    for exchange in trace.trace.exchanges.values():
        response = _response(exchange, trace)
        identity = str(response.get("id"))
        if exchange.operation == trace.dialect.create_operation and response:
            requests[identity] = {} if INVALID in exchange.traits else exchange.request.fields
        if response and requests.get(identity):
            yield Grounded(exchange, requests[identity], response)


def _response(exchange: Exchange, trace: ScenarioTrace) -> Json:
    is_response = exchange.ok and exchange.operation in trace.dialect.response_operations
    return response_or_empty(exchange) if is_response else {}


def citations(response: Json) -> Iterator[tuple[str, Json]]:
    """Every annotation of the messages, with its place below the response object."""
    for where, part in texts(response):
        for index, annotation in objects(part.get("annotations")):
            yield f"{where}/annotations/{index}", annotation


def source_of(request_fields: Json) -> Any:
    """The source that a request names; collections by default."""
    base = request_fields.get("knowledge_base")
    return base.get("source", COLLECTIONS) if isinstance(base, dict) else None


def collections_of(request_fields: Json) -> list[str]:
    """The ids of the collections to search."""
    return _strings(member(request_fields, "knowledge_base", "collections"))


def is_entity_backed(request_fields: Json) -> bool:
    """Whether the request asks for an answer with entities."""
    return bool(member(request_fields, "knowledge_base", "type") == ENTITY_BACKED)


def files_of(request_fields: Json, library: Library) -> frozenset[str] | None:
    """The ids of all files that an answer may cite; None when they are unknown."""
    source = source_of(request_fields)
    if source == EVERYTHING:
        return frozenset(library.files) if library.whole else None
    if source == FILES:
        ids = [
            name.removeprefix(ADDRESS) for name in _strings(member(request_fields, "knowledge_base", "files"))
        ]
        return None if any("/" in name for name in ids) else frozenset(ids)
    ids = collections_of(request_fields)
    if not ids or any(name not in library.members for name in ids):
        return None
    return frozenset[str]().union(*(library.members[name] for name in ids))


def duration_of(file: Json) -> Any:
    """The duration of a video in seconds; None when the file does not say."""
    durations = (member(file, part, "duration_seconds") for part in ("video_info", "media_info"))
    return next((seconds for seconds in durations if seconds is not None), None)


def _strings(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
