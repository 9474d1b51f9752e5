"""The checks of a request's knowledge base: members, models, ids and filters, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.response.plan import ApiError, Completion
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails
from antiphon_mockserver.video_library.filters import Filter, FilterError, parse, parse_text
from antiphon_mockserver.video_library.library import Library
from antiphon_spec.world import Collection

ENTITY_BACKED = "entity_backed_knowledge"
CREATES = frozenset({"createResponse", "createCompletion"})
Base = Mapping[str, Any]


def knowledge(details: RequestDetails) -> None:
    """The knowledge base of a request exists, and its model may use it. Raises ApiError otherwise."""
    if details.library is None or details.operation not in CREATES:
        return
    abilities = details.dialect.traits.knowledge.get(details.body.get("model", ""), UNKNOWN_MODEL)
    if details.operation == "createCompletion":
        _chat(details, details.library, abilities)
        return
    base = details.body.get("knowledge_base")
    if base is None:
        raise invalid("Missing required parameter: 'knowledge_base'.", "knowledge_base")
    _reject_wrong_use(base, abilities)
    _reject_unknown(base, details.library)
    _reject_wrong_types(base, abilities, details.library)
    parse_filter(base.get("filter"), "knowledge_base.filter", details.library)


UNKNOWN_MODEL: Mapping[str, Any] = {"collections": (), "entity_backed": True, "chat": True}
"""The abilities of an unknown model; a later check rejects its name."""


def without_library(_asked: RequestDetails) -> Completion:
    """Raises ApiError (501), because this server has no library."""
    raise ApiError("This server has no library.", status=501)


def parse_filter(value: Any, place: str, library: Library, *, chat: bool = False) -> Filter:
    """The filter of a request. Raises ApiError for a malformed one, with the place of the fault."""
    try:
        return parse(value or {}, chat=chat, readings=library.readings)
    except FilterError as fault:
        raise _filter_error(fault, f"{place}.{fault.path}" if fault.path else place) from fault


def read_filter(text: str, library: Library) -> Filter:
    """The filter in the query of a list, as JSON text. Raises ApiError for a malformed one."""
    try:
        return parse_text(text, readings=library.readings)
    except FilterError as fault:
        raise _filter_error(fault, f"filter.{fault.path}" if fault.path else "filter") from fault


def _filter_error(fault: FilterError, place: str) -> ApiError:
    return invalid(f"Invalid '{place}': expected {fault.expected}, got {fault.actual}.", place)


def _reject_wrong_use(base: Base, abilities: Mapping[str, Any]) -> None:
    if base.get("type") != ENTITY_BACKED:
        return
    if base.get("entity_backed_knowledge_config") is None:
        place = "knowledge_base.entity_backed_knowledge_config"
        raise invalid(f"Missing required parameter: '{place}' goes with the type '{ENTITY_BACKED}'.", place)
    if not abilities["entity_backed"]:
        message = f"This model does not support the type '{ENTITY_BACKED}'."
        raise invalid(message, "knowledge_base.type")


def _reject_unknown(base: Base, library: Library) -> None:
    for index, collection_id in enumerate(base.get("collections") or ()):
        _collection(library, collection_id, f"knowledge_base.collections[{index}]")
    for index, entry in enumerate(entity_collections(base)):
        place = f"knowledge_base.entity_backed_knowledge_config.entity_collections[{index}].collection_id"
        collection = _collection(library, entry["collection_id"], place)
        if collection.type != "entities":
            raise invalid(
                f"'{place}' must be a collection of type 'entities'; it is '{collection.type}'.", place
            )
    for index, name in enumerate(base.get("files") or ()):
        if library.file(name) is None:
            raise ApiError(f"File '{name[:128]}' (knowledge_base.files[{index}]) not found.", status=404)


def entity_collections(base: Base) -> list[Mapping[str, Any]]:
    """The collections of entities in a knowledge base."""
    config = base.get("entity_backed_knowledge_config") or {}
    return list(config.get("entity_collections") or ()) if base.get("type") == ENTITY_BACKED else []


def _reject_wrong_types(base: Base, abilities: Mapping[str, Any], library: Library) -> None:
    for index, collection_id in enumerate(base.get("collections") or ()):
        place = f"knowledge_base.collections[{index}]"
        _reject_type(_collection(library, collection_id, place), abilities, place)


def _reject_type(collection: Collection, abilities: Mapping[str, Any], place: str) -> None:
    if abilities is not UNKNOWN_MODEL and collection.type not in abilities["collections"]:
        types = ", ".join(abilities["collections"])
        message = f"This model reads collections of the types {types}; '{place}' is '{collection.type}'."
        raise invalid(message, place)


def _collection(library: Library, collection_id: str, place: str) -> Collection:
    collection = library.collection(collection_id)
    if collection is None:
        raise ApiError(f"Collection '{collection_id[:128]}' ({place}) not found.", status=404)
    return collection


def _chat(details: RequestDetails, library: Library, abilities: Mapping[str, Any]) -> None:
    if not abilities["chat"]:
        raise invalid("This model does not serve chat completions.", "model")
    (collection_id,) = details.body["collections"]
    _reject_type(_collection(library, collection_id, "collections[0]"), abilities, "collections[0]")
    parse_filter(details.body.get("filter"), "filter", library, chat=True)
