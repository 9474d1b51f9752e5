"""Lists, files, completions and other answers that are no responses match the document's schema.

Each rule judges one part of what some operations answer. A part has places: an operation and a pointer into
its answer, such as `listFiles/data/*`, where `*` stands for any element or member. The part with the place
nearest to a fault reports it, so a further row can take a part out of a larger one. Other files have the
rules on responses, their items and events.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.rules.reading.schema_faults import covers, findings
from antiphon_conformance.rules.rule import Finding, add, make, rule_id
from antiphon_conformance.rules.views import DocumentReply
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.schema import Fault


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """A part of answers, the name of the rule on it, and the requirements that the rule cites."""

    name: str
    places: tuple[str, ...]
    sentence: str
    cites: tuple[str, ...]
    needs: str

    def pointers(self, operation: str | None) -> Iterator[str]:
        """Where the part stands in the answer of an operation."""
        for place in self.places:
            name, slash, pointer = place.partition("/")
            if name == operation:
                yield slash + pointer


PARTS = (
    DocumentPart(
        "lists_of_responses_are_whole",
        ("listResponses",),
        "A list of responses, and each response in it, has the documented members.",
        ("CG-OPS-15",),
        "a list of responses",
    ),
    DocumentPart(
        "lists_of_collections_are_whole",
        ("listCollections",),
        "A list of collections has object, data, total, limit and offset.",
        ("CG-COL-01",),
        "a list of collections",
    ),
    DocumentPart(
        "collections_are_whole",
        ("listCollections/data/*", "getCollection"),
        "A collection has its required members, each of the documented type.",
        ("CG-COL-05",),
        "a collection",
    ),
    DocumentPart(
        "members_of_collections_are_whole",
        ("listCollectionFiles", "getCollectionFile"),
        "A file of a collection, and a list of such files, has the documented members.",
        ("CG-COL-12",),
        "a member of a collection",
    ),
    DocumentPart(
        "lists_of_files_are_whole",
        ("listFiles",),
        "A list of files has object, data, total, limit and offset.",
        ("cloudglue#/components/schemas/FileList",),
        "a list of files",
    ),
    DocumentPart(
        "files_are_whole",
        ("listFiles/data/*", "getFile", "listCollectionFiles/data/*/file", "getCollectionFile/file"),
        "A file has `id` and `uri`, and its other members have the documented types.",
        ("CG-COL-25",),
        "a file",
    ),
    DocumentPart(
        "the_status_of_a_file_is_known",
        ("listFiles/data/*/status", "getFile/status", "listCollectionFiles/data/*/file/status"),
        "The `status` of a file is one of the documented values.",
        ("CG-COL-30",),
        "a file",
    ),
    DocumentPart(
        "segments_of_files_are_whole",
        ("listFileSegments", "getFileSegment"),
        "A segment of a file, and a list of segments, has the documented members.",
        ("cloudglue#/components/schemas/FileSegment",),
        "a segment of a file",
    ),
    DocumentPart(
        "entities_of_a_file_are_whole",
        ("getFileEntities",),
        "The entities of a file have an object `entities`, an array `segment_entities`, and a page.",
        ("CG-COL-15",),
        "the entities of a file",
    ),
    DocumentPart(
        "entities_of_a_collection_are_whole",
        ("listCollectionEntities",),
        "The entities of a collection are a list of files, each with its entities.",
        ("CG-COL-17",),
        "the entities of a collection",
    ),
    DocumentPart(
        "descriptions_are_whole",
        ("getMediaDescription", "getRichTranscript", "listMediaDescriptions", "listRichTranscripts"),
        "A description of a file has arrays of parts, each with its text and its times.",
        ("CG-COL-18",),
        "a description of a file",
    ),
    DocumentPart(
        "completions_are_whole",
        ("createCompletion", "getCompletion"),
        "A chat completion has its required members, each of the documented type.",
        ("CG-CHAT-11",),
        "a chat completion",
    ),
    DocumentPart(
        "choices_are_whole",
        ("createCompletion/choices/*", "getCompletion/choices/*"),
        "A choice of a chat completion has an index and a message with text.",
        ("CG-CHAT-13",),
        "a chat completion",
    ),
    DocumentPart(
        "times_of_chat_citations_are_seconds",
        (
            "createCompletion/choices/*/citations/*/start_time",
            "createCompletion/choices/*/citations/*/end_time",
        ),
        "The times of a citation in a chat are numbers, or strings of digits.",
        ("CG-CHAT-14",),
        "a chat completion that cites",
    ),
    DocumentPart(
        "descriptions_in_chat_citations_are_objects",
        (
            "createCompletion/choices/*/citations/*/visual_scene_description",
            "createCompletion/choices/*/citations/*/scene_text",
            "createCompletion/choices/*/citations/*/speech",
            "createCompletion/choices/*/citations/*/audio_description",
        ),
        "Descriptions in a citation of a chat are arrays of objects with a text and times.",
        ("CG-CHAT-15",),
        "a chat completion with a citation that has a description",
    ),
    DocumentPart(
        "sources_of_chat_citations_are_objects",
        ("createCompletion/choices/*/citations/*/relevant_sources",),
        "`relevant_sources` of a citation in a chat is an array of objects with a modality.",
        ("CG-CHAT-16",),
        "a chat completion with a citation that names its sources",
    ),
    DocumentPart(
        "usage_of_a_chat_is_counted",
        ("createCompletion/usage", "getCompletion/usage"),
        "`usage` of a chat completion counts prompt, completion and total tokens.",
        ("CG-CHAT-18",),
        "a chat completion",
    ),
    DocumentPart(
        "lists_of_completions_are_whole",
        ("listCompletions",),
        "A list of chat completions, and each completion in it, has the documented members.",
        ("CG-CHAT-23",),
        "a list of chat completions",
    ),
)


def _faults(body: DocumentReply) -> tuple[Fault, ...]:
    """The faults of a whole answer by the document's schema, computed once for each exchange."""
    return body.exchange.facts.once("faults of the answer", _validate, body)


def _validate(body: DocumentReply) -> tuple[Fault, ...]:
    is_json = body.reply.body is not None or not body.reply.json_faults  # another rule reports bad JSON
    if body.operation is None or body.reply.status != 200 or not is_json:
        return ()
    validator = body.dialect.schemas.body(body.operation)
    return tuple(validator.faults(body.reply.body)) if validator is not None else ()


def _nearest(operation: str | None, fault: Fault) -> str | None:
    """The deepest place of any part that covers a fault."""
    pointers = [pointer for part in PARTS for pointer in part.pointers(operation) if covers(pointer, fault)]
    return max(pointers, key=lambda pointer: pointer.count("/"), default=None)


def _shows(body: DocumentReply, pointer: str) -> bool:
    return body.reply.status == 200 and _leads_to_a_value(body.reply.body, pointer.split("/")[1:])


def _leads_to_a_value(value: Any, steps: list[str]) -> bool:
    """Whether there is a value where these steps lead."""
    if not steps:
        return True
    first, *rest = steps
    if isinstance(value, list):
        return first == "*" and any(_leads_to_a_value(element, rest) for element in value)
    return isinstance(value, dict) and first in value and _leads_to_a_value(value[first], rest)


def _register(part: DocumentPart) -> None:
    def faults_of_part(body: DocumentReply) -> list[Fault]:
        pointers = set(part.pointers(body.operation))
        return [fault for fault in _faults(body) if pointers and _nearest(body.operation, fault) in pointers]

    def applies(body: DocumentReply) -> bool:
        pointers = part.pointers(body.operation)
        return any(_shows(body, pointer) for pointer in pointers) or bool(faults_of_part(body))

    def check(body: DocumentReply) -> Iterator[Finding]:
        yield from findings("reply.body", faults_of_part(body))

    add(
        make(
            rule_id("answer-schema", part.name), part.sentence, DocumentReply, check,
            cites=part.cites, when=applies, needs=part.needs,
        )
    )  # fmt: skip


for _part in PARTS:
    _register(_part)
