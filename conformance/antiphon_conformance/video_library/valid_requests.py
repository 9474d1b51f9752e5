"""Valid forms of creates that draw on a library; the forms of one step are sent together.

Rows of the level OPEN have steps of their own, so that another reading of the sources fails only there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_conformance.requests.invalid.request import FUNCTION
from antiphon_conformance.requests.valid import ValidRequest
from antiphon_conformance.video_library.invalid_requests import (
    ANSWERING,
    ENTITY_BACKED,
    LONGEST_DESCRIPTION,
    MOST_TOKENS,
    REASONING,
)
from antiphon_conformance.video_library.library import DESCRIBED, Library

ANSWERS = "nimbus-001"
"""The model that only answers questions, without entities."""
OVERVIEW = "What are these videos about?"
MORE = "Tell me more about it."
"""A question about something that only the earlier turns name."""
NOTHING: Mapping[str, str] = {}


def user(text: str, role: str = "user") -> dict[str, Any]:
    """A message in the only form of this API, for every role."""
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


HISTORY = [
    user("Answer in two sentences.", "developer"),
    user("{question}"),
    user("It is one of the videos.", "assistant"),
    user(MORE),
]


def _form(step: str, name: str, cites: str, says: str, **asks: Any) -> ValidRequest:
    scenario, _, step = step.partition("/")
    return ValidRequest(name, tuple(cites.split()), says, scenario, step, frozenset(asks), asks)


def _base(**members: Any) -> dict[str, Any]:
    return {"collections": ["{collection}"], **members}


def _entities(names: Mapping[str, str] = NOTHING, /, **config: str) -> dict[str, Any]:
    """Knowledge with a collection of entities; `names` describes the collection, `config` all of them."""
    settings = {"entity_collections": [{"collection_id": "{entities}", **names}], **config}
    return _base(type=ENTITY_BACKED, entity_backed_knowledge_config=settings)


DESCRIBED_FUNCTION = FUNCTION | {"name": "look_on", "description": "Looks a name up.", "strict": False}

KNOWLEDGE_FORMS = (
    _form(
        "knowledge/conversation",
        "a_history",
        "CG-REQ-22 CG-REQ-08",
        "turns of developer, user and assistant as `input_text`",
        input=HISTORY,
    ),
    _form(
        "knowledge/conversation",
        "instructions",
        "CG-REQ-22",
        "`instructions`",
        instructions="Answer in English.",
    ),
    _form(
        "knowledge/question",
        "functions",
        "CG-REQ-22",
        "functions, with and without `description` and `strict`",
        tools=[FUNCTION, DESCRIBED_FUNCTION],
    ),
    _form(
        "knowledge/conversation",
        "descriptions_included",
        "CG-REQ-22",
        "an `include` of media descriptions",
        include=["cloudglue_citations.media_descriptions"],
    ),
    _form(
        "knowledge/conversation",
        "the_lowest_temperature",
        "CG-REQ-21",
        "a `temperature` of 0",
        temperature=0,
    ),
    _form(
        "knowledge/conversation",
        "the_most_tokens",
        "CG-REQ-21",
        "128000 `max_output_tokens`",
        max_output_tokens=MOST_TOKENS,
    ),
    _form(
        "knowledge/conversation",
        "switches_that_are_off",
        "CG-REQ-22",
        "`background` and `stream` false",
        background=False,
        stream=False,
    ),
    _form(
        "knowledge/conversation",
        "the_source_collections",
        "CG-REQ-22",
        "the source collections, spelled out",
        knowledge_base=_base(source="collections"),
    ),
    _form(
        "knowledge/conversation",
        "the_usual_type",
        "CG-REQ-22 CG-KB-09",
        "the type general_question_answering, spelled out",
        knowledge_base=_base(type=ANSWERING),
    ),
    _form(
        "knowledge/conversation",
        "two_collections",
        "CG-KB-21",
        "two collections",
        knowledge_base={"collections": ["{collection}", "{other}"]},
    ),
    _form(
        "knowledge/conversation",
        "descriptions_for_the_reasoning_model",
        "CG-KB-19 CG-REQ-24",
        "a collection of media descriptions for nimbus-002-preview",
        model=REASONING,
        knowledge_base={"collections": ["{described}"]},
    ),
    _form(
        "knowledge/conversation",
        "transcripts_for_the_reasoning_model",
        "CG-KB-19 CG-REQ-24",
        "a collection of rich transcripts for nimbus-002-preview",
        model=REASONING,
        knowledge_base={"collections": ["{transcribed}"]},
    ),
    _form("knowledge/question", "a_question", "CG-REQ-04", "a string as `input`", input=OVERVIEW),
    _form(
        "knowledge/question", "the_highest_temperature", "CG-REQ-21", "a `temperature` of 2", temperature=2
    ),
    _form(
        "knowledge/question",
        "a_single_token",
        "CG-REQ-21",
        "1 as `max_output_tokens`",
        max_output_tokens=1,
    ),
    _form(
        "knowledge/question",
        "collections_without_source",
        "CG-KB-01",
        "collections and no `source`",
        knowledge_base=_base(),
    ),
    _form(
        "knowledge/question",
        "descriptions_for_the_answering_model",
        "CG-KB-19 CG-REQ-24",
        "a collection of media descriptions for nimbus-001",
        model=ANSWERS,
        knowledge_base={"collections": ["{described}"]},
    ),
    _form(
        "knowledge/question",
        "transcripts_for_the_answering_model",
        "CG-KB-19 CG-REQ-24",
        "a collection of rich transcripts for nimbus-001",
        model=ANSWERS,
        knowledge_base={"collections": ["{transcribed}"]},
    ),
    _form(
        "knowledge/files",
        "a_file_by_its_id",
        "CG-REQ-22 CG-KB-06",
        "the id of a file as source",
        input=OVERVIEW,
        knowledge_base={"source": "files", "files": ["{file}"]},
    ),
    _form(
        "knowledge/files",
        "a_file_by_its_address",
        "CG-KB-06",
        "a `cloudglue://files/` address as source",
        input=OVERVIEW,
        knowledge_base={"source": "files", "files": ["{address}"]},
    ),
    _form(
        "knowledge/everything",
        "the_default_source",
        "CG-KB-07",
        "the source default and nothing else",
        input=OVERVIEW,
        knowledge_base={"source": "default"},
    ),
    _form(
        "knowledge/unknown_members",
        "undocumented_members",
        "CG-GEN-07",
        "members that no document has",
        input=[user(OVERVIEW) | {"id": "msg_1"}],
        temprature=1,
        knowledge_base=_base(depth=3),
    ),
    _form(
        "entity_knowledge/in_background",
        "entities_in_the_background",
        "CG-KB-22",
        "entity-backed knowledge in the background",
        model=REASONING,
        input=OVERVIEW,
        background=True,
        knowledge_base=_entities({"name": "things", "description": "What is named."}, description="Videos."),
    ),
    _form(
        "entity_knowledge/streamed",
        "entities_in_a_stream",
        "CG-KB-22",
        "entity-backed knowledge in a stream",
        model=REASONING,
        input=OVERVIEW,
        stream=True,
        knowledge_base=_entities(),
    ),
    _form(
        "entity_knowledge/streamed",
        "entities_without_a_name",
        "CG-REQ-22",
        "an entity collection that has only its id",
        model=REASONING,
        input=OVERVIEW,
        knowledge_base=_entities(),
    ),
    _form(
        "entity_knowledge/streamed",
        "the_longest_description",
        "CG-REQ-22",
        "a 2000-character `description` of entities",
        model=REASONING,
        input=OVERVIEW,
        knowledge_base=_entities(description="Some videos. ".ljust(LONGEST_DESCRIPTION, "x")),
    ),
    _form(
        "entity_knowledge/alone",
        "entities_alone",
        "CG-KB-17",
        "entity-backed knowledge and no `collections`",
        model=REASONING,
        input=OVERVIEW,
        knowledge_base={name: value for name, value in _entities().items() if name != "collections"},
    ),
)


def library_values(library: Library) -> dict[str, str]:
    """The values in a library for the names in braces that no dialect lists."""
    kinds = {
        "described": DESCRIBED[0],
        "transcribed": DESCRIBED[1],
        "metadata": "metadata",
        "faces": "face-analysis",
    }
    ids = {name: next(iter(library.of_type(kind)), None) for name, kind in kinds.items()}
    ids["other"] = next((key for key in library.of_type(*DESCRIBED) if key != library.collection), None)
    return {name: identity for name, identity in ids.items() if identity is not None} | _file(library)


def _file(library: Library) -> dict[str, str]:
    """The newest file of the collection in requests, its address, and a question about it."""
    members = library.members.get(library.collection or "", frozenset())
    for identity, file in library.files.items():
        name, usable = file.get("filename"), file.get("status") == "completed"
        if identity in members and usable and isinstance(name, str):
            question = f"What is the video {name} about?"
            return {"file": identity, "address": f"cloudglue://files/{identity}", "question": question}
    return {}
