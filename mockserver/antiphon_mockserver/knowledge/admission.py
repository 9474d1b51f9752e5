"""Which knowledge a request may ask about: forms, models, ids and filters, refused in this order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.knowledge.filters import Filter, FilterFault, parse, parse_text
from antiphon_mockserver.knowledge.library import Library
from antiphon_mockserver.plan import Completion, Denied
from antiphon_mockserver.record import Asked
from antiphon_spec.world import Collection

ENTITY_BACKED = "entity_backed_knowledge"
CREATES = frozenset({"createResponse", "createCompletion"})
Base = Mapping[str, Any]


def knowledge(asked: Asked) -> None:
    """What a request names as its knowledge is there, and its model may use it."""
    if asked.library is None or asked.operation not in CREATES:
        return
    may = asked.dialect.traits.knowledge.get(asked.body.get("model", ""), NOTHING)
    if asked.operation == "createCompletion":
        _chat(asked, asked.library, may)
        return
    base = asked.body.get("knowledge_base")
    if base is None:
        raise invalid("Missing required parameter: 'knowledge_base'.", "knowledge_base")
    _refuse_wrong_use(base, may)
    _refuse_unknown(base, asked.library)
    _refuse_wrong_types(base, may, asked.library)
    read(base.get("filter"), "knowledge_base.filter", asked.library)


NOTHING: Mapping[str, Any] = {"collections": (), "entity_backed": True, "chat": True}
"""What a model may do that nobody knows; that it is unknown is said later."""


def without_library(_asked: Asked) -> Completion:
    """Refuses to answer from a library that this server has not."""
    raise Denied("This server has no library.", status=501)


def read(given: Any, place: str, library: Library, *, chat: bool = False) -> Filter:
    """The filter of a request. Refuses one that makes no sense, and says where."""
    try:
        return parse(given or {}, chat=chat, readings=library.readings)
    except FilterFault as fault:
        raise _refusal(fault, f"{place}.{fault.path}" if fault.path else place) from fault


def read_filter(text: str, library: Library) -> Filter:
    """The filter that the query of a list holds as JSON text."""
    try:
        return parse_text(text, readings=library.readings)
    except FilterFault as fault:
        raise _refusal(fault, f"filter.{fault.path}" if fault.path else "filter") from fault


def _refusal(fault: FilterFault, place: str) -> Denied:
    return invalid(f"Invalid '{place}': expected {fault.expected}, got {fault.got}.", place)


def _refuse_wrong_use(base: Base, may: Mapping[str, Any]) -> None:
    if base.get("type") != ENTITY_BACKED:
        return
    if base.get("entity_backed_knowledge_config") is None:
        place = "knowledge_base.entity_backed_knowledge_config"
        raise invalid(f"Missing required parameter: '{place}' goes with the type '{ENTITY_BACKED}'.", place)
    if not may["entity_backed"]:
        message = f"This model does not take the type '{ENTITY_BACKED}'."
        raise invalid(message, "knowledge_base.type")


def _refuse_unknown(base: Base, library: Library) -> None:
    for index, id in enumerate(base.get("collections") or ()):
        _collection(library, id, f"knowledge_base.collections[{index}]")
    for index, entry in enumerate(entity_collections(base)):
        place = f"knowledge_base.entity_backed_knowledge_config.entity_collections[{index}].collection_id"
        found = _collection(library, entry["collection_id"], place)
        if found.type != "entities":
            raise invalid(
                f"'{place}' has to be a collection of type 'entities'; it is '{found.type}'.", place
            )
    for index, name in enumerate(base.get("files") or ()):
        if library.file(name) is None:
            raise Denied(f"File '{name[:128]}' (knowledge_base.files[{index}]) not found.", status=404)


def entity_collections(base: Base) -> list[Mapping[str, Any]]:
    """What a knowledge base names as its collections of entities."""
    config = base.get("entity_backed_knowledge_config") or {}
    return list(config.get("entity_collections") or ()) if base.get("type") == ENTITY_BACKED else []


def _refuse_wrong_types(base: Base, may: Mapping[str, Any], library: Library) -> None:
    for index, id in enumerate(base.get("collections") or ()):
        place = f"knowledge_base.collections[{index}]"
        _refuse_type(_collection(library, id, place), may, place)


def _refuse_type(collection: Collection, may: Mapping[str, Any], place: str) -> None:
    if may is not NOTHING and collection.type not in may["collections"]:
        allowed = ", ".join(may["collections"])
        message = f"This model reads collections of the types {allowed}; '{place}' is '{collection.type}'."
        raise invalid(message, place)


def _collection(library: Library, id: str, place: str) -> Collection:
    found = library.collection(id)
    if found is None:
        raise Denied(f"Collection '{id[:128]}' ({place}) not found.", status=404)
    return found


def _chat(asked: Asked, library: Library, may: Mapping[str, Any]) -> None:
    if not may["chat"]:
        raise invalid("This model does not serve chat completions.", "model")
    (id,) = asked.body["collections"]
    _refuse_type(_collection(library, id, "collections[0]"), may, "collections[0]")
    read(asked.body.get("filter"), "filter", library, chat=True)
