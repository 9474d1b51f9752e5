"""What a request has an answer drawn from, and the places in videos that the answer cites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from antiphon_conformance.answers import member, objects, response_or_empty, texts
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.library import Library
from antiphon_conformance.subject import WRONG, Scene

Json = Mapping[str, Any]

COLLECTIONS, FILES, EVERYTHING = "collections", "files", "default"
"""What an answer may be drawn from."""
DESCRIPTIONS = "cloudglue_citations.media_descriptions"
"""What `include` names to have citations bear what they cite."""
ENTITY_BACKED = "entity_backed_knowledge"
ADDRESS = "cloudglue://files/"
"""How the address of a file of the library begins; its id follows."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """An answer with the request that it answers, which may be that of another exchange."""

    exchange: Exchange
    asked: Json
    response: Json

    @property
    def where(self) -> str:
        """How a finding names the response."""
        stream = self.exchange.answer.stream
        events = reversed(stream.events if stream is not None else ())
        carrying = (event for event in events if event.data.get("response") is self.response)
        return next((f"{event.where}/response" for event in carrying), "reply.body")


def grounded(scene: Scene) -> Iterator[Grounded]:
    """Every response of an episode whose request is known: a retrieved one has that of its create."""
    requests: dict[str, Json] = {}
    for exchange in scene.episode.exchanges.values():
        response = _response(exchange, scene)
        identity = str(response.get("id"))
        if exchange.operation == scene.dialect.create_operation and response:
            requests[identity] = {} if WRONG in exchange.traits else exchange.request.fields
        if response and requests.get(identity):
            yield Grounded(exchange, requests[identity], response)


def _response(exchange: Exchange, scene: Scene) -> Json:
    known = exchange.ok and exchange.operation in scene.dialect.response_operations
    return response_or_empty(exchange) if known else {}


def citations(response: Json) -> Iterator[tuple[str, Json]]:
    """Every annotation of the messages, with its place below the response object."""
    for where, part in texts(response):
        for index, annotation in objects(part.get("annotations")):
            yield f"{where}/annotations/{index}", annotation


def source_of(asked: Json) -> Any:
    """What an answer is to be drawn from; collections, when nothing is said."""
    base = asked.get("knowledge_base")
    return base.get("source", COLLECTIONS) if isinstance(base, dict) else None


def collections_of(asked: Json) -> list[str]:
    """The ids of the collections that are to be searched."""
    return _strings(member(asked, "knowledge_base", "collections"))


def is_entity_backed(asked: Json) -> bool:
    """Whether entities back the answer."""
    return bool(member(asked, "knowledge_base", "type") == ENTITY_BACKED)


def files_of(asked: Json, library: Library) -> frozenset[str] | None:
    """The ids of all files that an answer may cite; None when they are not known."""
    source = source_of(asked)
    if source == EVERYTHING:
        return frozenset(library.files) if library.whole else None
    if source == FILES:
        named = [name.removeprefix(ADDRESS) for name in _strings(member(asked, "knowledge_base", "files"))]
        return None if any("/" in name for name in named) else frozenset(named)
    named = collections_of(asked)
    if not named or any(name not in library.members for name in named):
        return None
    return frozenset[str]().union(*(library.members[name] for name in named))


def duration_of(file: Json) -> Any:
    """How many seconds a video lasts, if that is told."""
    told = (member(file, part, "duration_seconds") for part in ("video_info", "media_info"))
    return next((seconds for seconds in told if seconds is not None), None)


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
