"""Answers that are documents of their own, against the document's schema: lists, files, completions.

A rule speaks of one part of what some operations answer. The places of a part are an operation and a pointer
into its answer, `listFiles/data/*`, where `*` is any element or member. A fault is told by the part with the
place nearest to it, so a part is cut out of a larger one by a row of its own. Responses, their items and
events have rules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from antiphon_conformance.faults import covers, findings
from antiphon_conformance.rule import Finding, add, make
from antiphon_conformance.subject import Body
from antiphon_spec.schema import Fault


@dataclass(frozen=True, slots=True)
class Part:
    """A part of answers, what the rule about it is called, and who demands it."""

    name: str
    places: tuple[str, ...]
    sentence: str
    cites: tuple[str, ...]
    needs: str

    def pointers(self, operation: str | None) -> Iterator[str]:
        """Where the part stands in the answer of an operation."""
        for place in self.places:
            named, slash, pointer = place.partition("/")
            if named == operation:
                yield slash + pointer


PARTS = (
    Part(
        "lists_of_responses_are_whole",
        ("listResponses",),
        "A list of responses has object, data, total, limit and offset, and each response in it its members.",
        ("CG-OPS-15",),
        "a list of responses",
    ),
    Part(
        "lists_of_collections_are_whole",
        ("listCollections",),
        "A list of collections has object, data, total, limit and offset.",
        ("CG-COL-01",),
        "a list of collections",
    ),
    Part(
        "collections_are_whole",
        ("listCollections/data/*", "getCollection"),
        "A collection has its members, each of the documented type.",
        ("CG-COL-05",),
        "a collection",
    ),
    Part(
        "members_of_collections_are_whole",
        ("listCollectionFiles", "getCollectionFile"),
        "A file as a member of a collection, and a list of them, has its members.",
        ("CG-COL-12",),
        "a member of a collection",
    ),
    Part(
        "lists_of_files_are_whole",
        ("listFiles",),
        "A list of files has object, data, total, limit and offset.",
        ("cloudglue#/components/schemas/FileList",),
        "a list of files",
    ),
    Part(
        "files_are_whole",
        ("listFiles/data/*", "getFile", "listCollectionFiles/data/*/file", "getCollectionFile/file"),
        "A file has `id` and `uri`, and whatever else is told of it is of the documented type.",
        ("CG-COL-25",),
        "a file",
    ),
    Part(
        "the_status_of_a_file_is_known",
        ("listFiles/data/*/status", "getFile/status", "listCollectionFiles/data/*/file/status"),
        "The `status` of a file is one of those that the document lists.",
        ("CG-COL-30",),
        "a file",
    ),
    Part(
        "segments_of_files_are_whole",
        ("listFileSegments", "getFileSegment"),
        "A segment of a file, and a list of them, has its members.",
        ("cloudglue#/components/schemas/FileSegment",),
        "a segment of a file",
    ),
    Part(
        "entities_of_a_file_are_whole",
        ("getFileEntities",),
        "The entities of a file are an object `entities`, an array `segment_entities`, and its page.",
        ("CG-COL-15",),
        "the entities of a file",
    ),
    Part(
        "entities_of_a_collection_are_whole",
        ("listCollectionEntities",),
        "The entities of a collection are a list of files, each with its entities.",
        ("CG-COL-17",),
        "the entities of a collection",
    ),
    Part(
        "descriptions_are_whole",
        ("getMediaDescription", "getRichTranscript", "listMediaDescriptions", "listRichTranscripts"),
        "What is described of a file stands in arrays of parts, each with its text and its times.",
        ("CG-COL-18",),
        "a description of a file",
    ),
    Part(
        "completions_are_whole",
        ("createCompletion", "getCompletion"),
        "A chat completion has its members, each of the documented type.",
        ("CG-CHAT-11",),
        "a chat completion",
    ),
    Part(
        "choices_are_whole",
        ("createCompletion/choices/*", "getCompletion/choices/*"),
        "A choice of a chat completion has an index and a message with text.",
        ("CG-CHAT-13",),
        "a chat completion",
    ),
    Part(
        "times_of_chat_citations_are_seconds",
        (
            "createCompletion/choices/*/citations/*/start_time",
            "createCompletion/choices/*/citations/*/end_time",
        ),
        "The times of a citation in a chat are numbers, or digits.",
        ("CG-CHAT-14",),
        "a chat completion that cites",
    ),
    Part(
        "descriptions_in_chat_citations_are_objects",
        (
            "createCompletion/choices/*/citations/*/visual_scene_description",
            "createCompletion/choices/*/citations/*/scene_text",
            "createCompletion/choices/*/citations/*/speech",
            "createCompletion/choices/*/citations/*/audio_description",
        ),
        "What a citation in a chat describes stands in arrays of objects with their text and their times.",
        ("CG-CHAT-15",),
        "a chat completion with a citation that describes",
    ),
    Part(
        "sources_of_chat_citations_are_objects",
        ("createCompletion/choices/*/citations/*/relevant_sources",),
        "`relevant_sources` of a citation in a chat is an array of objects that name a modality.",
        ("CG-CHAT-16",),
        "a chat completion with a citation that names its sources",
    ),
    Part(
        "usage_of_a_chat_is_counted",
        ("createCompletion/usage", "getCompletion/usage"),
        "`usage` of a chat completion has the counts prompt_tokens, completion_tokens and total_tokens.",
        ("CG-CHAT-18",),
        "a chat completion",
    ),
    Part(
        "lists_of_completions_are_whole",
        ("listCompletions",),
        "A list of chat completions, and each completion in it, has its members.",
        ("CG-CHAT-23",),
        "a list of chat completions",
    ),
)


def _faults(body: Body) -> tuple[Fault, ...]:
    """What the document has against a whole answer."""
    return body.exchange.facts.once("faults of the answer", _found, body)


def _found(body: Body) -> tuple[Fault, ...]:
    """None of what is no JSON at all, which is told elsewhere."""
    told = body.reply.body is not None or not body.reply.json_faults
    if body.operation is None or body.reply.status != 200 or not told:
        return ()
    validator = body.dialect.schemas.body(body.operation)
    return tuple(validator.faults(body.reply.body)) if validator is not None else ()


def _nearest(operation: str | None, fault: Fault) -> str | None:
    """The place, of any part, that leads nearest to a fault."""
    pointers = (pointer for part in PARTS for pointer in part.pointers(operation))
    return max((found for found in pointers if covers(found, fault)), key=_depth, default=None)


def _depth(pointer: str) -> int:
    return pointer.count("/")


def _shows(body: Body, pointer: str) -> bool:
    return body.reply.status == 200 and _stands(body.reply.body, pointer.split("/")[1:])


def _stands(value: Any, steps: list[str]) -> bool:
    """Whether something stands where these steps lead."""
    if not steps:
        return True
    first, *rest = steps
    if isinstance(value, list):
        return first == "*" and any(_stands(element, rest) for element in value)
    return isinstance(value, dict) and first in value and _stands(value[first], rest)


def _register(part: Part) -> None:
    def mine(body: Body) -> list[Fault]:
        own = set(part.pointers(body.operation))
        return [fault for fault in _faults(body) if own and _nearest(body.operation, fault) in own]

    def applies(body: Body) -> bool:
        return any(_shows(body, pointer) for pointer in part.pointers(body.operation)) or bool(mine(body))

    def check(body: Body) -> Iterator[Finding]:
        yield from findings("reply.body", mine(body))

    add(
        make(
            __name__.rpartition(".")[2], part.name, part.sentence, Body, check,
            cites=part.cites, when=applies, needs=part.needs,
        )
    )  # fmt: skip


for _part in PARTS:
    _register(_part)
