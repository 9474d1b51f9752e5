"""Creates with members that are right alone and wrong together, or that name what does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.requests.constants import UNKNOWN_ID
from antiphon_conformance.video_library.invalid_requests import ENTITY_BACKED, REASONING
from antiphon_conformance.video_library.valid_requests import ANSWERS
from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One such request, and the status of the error. `says` completes the sentence: a request with ... is
    rejected."""

    name: str
    cites: tuple[str, ...]
    says: str
    status: int
    asks: Mapping[str, Any]
    """The members of the create; names in braces stand for what the target holds."""


def _contradiction(name: str, cites: str, says: str, status: int, **asks: Any) -> Contradiction:
    return Contradiction(name, tuple(cites.split()), says, status, asks)


def _of(*collections: str) -> dict[str, Any]:
    return {"collections": list(collections)}


def _entities(collection: str) -> dict[str, Any]:
    config = {"entity_collections": [{"collection_id": collection}]}
    return {"type": ENTITY_BACKED, **_of("{collection}"), "entity_backed_knowledge_config": config}


CONTRADICTIONS = (
    _contradiction(
        "a_stream_in_the_background",
        "CG-REQ-15",
        "both `stream` and `background`",
        400,
        stream=True,
        background=True,
    ),
    _contradiction(
        "a_collection_that_does_not_exist",
        "CG-KB-04",
        "a collection that does not exist",
        404,
        knowledge_base=_of(UNKNOWN_ID),
    ),
    _contradiction(
        "entities_for_the_answering_model",
        "CG-KB-11",
        "entity-backed knowledge for nimbus-001",
        400,
        model=ANSWERS,
        knowledge_base=_entities("{entities}"),
    ),
    _contradiction(
        "entities_that_do_not_exist",
        "CG-KB-16",
        "an entity collection that does not exist",
        404,
        model=REASONING,
        knowledge_base=_entities(UNKNOWN_ID),
    ),
    _contradiction(
        "entities_of_another_type",
        "CG-KB-16",
        "an entity collection that is one of videos",
        400,
        model=REASONING,
        knowledge_base=_entities("{collection}"),
    ),
    _contradiction(
        "metadata_for_the_answering_model",
        "CG-KB-18",
        "a collection of metadata for nimbus-001",
        400,
        model=ANSWERS,
        knowledge_base=_of("{metadata}"),
    ),
    _contradiction(
        "an_entity_collection_for_the_answering_model",
        "CG-KB-18",
        "a collection of entities among the `collections` of nimbus-001",
        400,
        model=ANSWERS,
        knowledge_base=_of("{entities}"),
    ),
    _contradiction(
        "a_collection_of_faces",
        "CG-KB-20",
        "a collection of faces",
        400,
        model=REASONING,
        knowledge_base=_of("{faces}"),
    ),
)
