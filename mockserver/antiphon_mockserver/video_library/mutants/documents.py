"""Answers that are documents of their own, such as lists and files, with one member wrong or missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_mockserver.mutants import Call, add
from antiphon_mockserver.mutants.edits import DROPPED, put
from antiphon_spec.loading.construction import dataclass

SEAM = "body"


@dataclass(frozen=True, slots=True)
class WrongPlace:
    """One member of some answers, the wrong value that the mutant gives it, and the rule that notices.

    A place is an operation and a pointer into its answer; `*` stands for every element.
    """

    name: str
    sentence: str
    places: tuple[str, ...]
    value: Any
    caught_by: str

    def mutate(self, value: Any, call: Call) -> Any:
        """Puts the wrong value at every place."""
        for place in self.places:
            operation, *steps, member = place.split("/")
            if operation == call.operation:
                for holder in _holders(value, steps):
                    put(holder, member, self.value)
        return value


def _holders(value: Any, steps: list[str]) -> Iterator[dict[str, Any]]:
    """The objects that these steps reach."""
    if not steps:
        if isinstance(value, dict):
            yield value
        return
    first, *rest = steps
    if isinstance(value, list):
        inner = value if first == "*" else []
    else:
        inner = [value[first]] if isinstance(value, dict) and first in value else []
    for element in inner:
        yield from _holders(element, rest)


CITATION = "createCompletion/choices/*/citations/*"

WRONG = (
    WrongPlace("lists_responses_without_a_total", "Leaves `total` out of its list of responses.",
          ("listResponses/total",), DROPPED, "answer-schema.lists-of-responses-are-whole"),
    WrongPlace("lists_responses_that_wait",
          "Lists responses with the status `queued`, which this API does not define.",
          ("listResponses/data/*/status",), "queued", "answer-schema.lists-of-responses-are-whole"),
    WrongPlace("lists_collections_without_an_offset", "Leaves `offset` out of its list of collections.",
          ("listCollections/offset",), DROPPED, "answer-schema.lists-of-collections-are-whole"),
    WrongPlace("counts_files_in_words", "Sends the number of files in a collection as a string.",
          ("listCollections/data/*/file_count", "getCollection/file_count"), "many",
          "answer-schema.collections-are-whole"),
    WrongPlace("adds_members_at_no_time", "Leaves `added_at` out of the members of a collection.",
          ("listCollectionFiles/data/*/added_at",), DROPPED,
          "answer-schema.members-of-collections-are-whole"),
    WrongPlace("lists_files_without_a_limit", "Leaves `limit` out of its list of files.",
          ("listFiles/limit",), DROPPED, "answer-schema.lists-of-files-are-whole"),
    WrongPlace("keeps_files_without_an_address", "Leaves `uri` out of files.",
          ("listFiles/data/*/uri", "getFile/uri"), DROPPED, "answer-schema.files-are-whole"),
    WrongPlace("calls_files_ready", "Gives files the status `ready`.",
          ("listFiles/data/*/status", "getFile/status"), "ready",
          "answer-schema.the-status-of-a-file-is-known"),
    WrongPlace("cuts_segments_without_an_end", "Leaves `end_time` out of the segments of files.",
          ("listFileSegments/data/*/end_time",), DROPPED, "answer-schema.segments-of-files-are-whole"),
    WrongPlace("lists_entities_of_a_file", "Sends the entities of a file as an array.",
          ("getFileEntities/entities",), [], "answer-schema.entities-of-a-file-are-whole"),
    WrongPlace("lists_entities_without_a_file", "Leaves `file_id` out of the entities of a collection.",
          ("listCollectionEntities/data/*/file_id",), DROPPED,
          "answer-schema.entities-of-a-collection-are-whole"),
    WrongPlace("describes_in_plain_strings", "Sends the speech of a description as an array of strings.",
          ("getMediaDescription/speech", "getRichTranscript/speech"), ["Hello."],
          "answer-schema.descriptions-are-whole"),
    WrongPlace("chats_without_a_payload", "Leaves `payload` out of the chat completions that it lists.",
          ("listCompletions/data/*/payload",), DROPPED, "answer-schema.lists-of-completions-are-whole"),
    WrongPlace("chats_without_a_model", "Leaves `model` out of chat completions.",
          ("createCompletion/model", "getCompletion/model"), DROPPED, "answer-schema.completions-are-whole"),
    WrongPlace("chats_in_parts", "Sends the content of a chat message as an array of parts.",
          ("createCompletion/choices/*/message/content",), [{"type": "text", "text": "Hello."}],
          "answer-schema.choices-are-whole"),
    WrongPlace("dates_chat_citations", "Sends the times of citations in a chat as objects.",
          (f"{CITATION}/start_time",), {"seconds": 5}, "answer-schema.times-of-chat-citations-are-seconds"),
    WrongPlace("describes_chat_citations_in_strings", "Sends the speech of a citation in a chat as strings.",
          (f"{CITATION}/speech",), ["Hello."], "answer-schema.descriptions-in-chat-citations-are-objects"),
    WrongPlace("names_sources_of_a_chat_in_strings", "Sends the sources of a chat citation as strings.",
          (f"{CITATION}/relevant_sources",), ["speech"],
          "answer-schema.sources-of-chat-citations-are-objects"),
    WrongPlace("counts_a_chat_like_a_response", "Leaves `prompt_tokens` out of the usage of a chat.",
          ("createCompletion/usage/prompt_tokens",), DROPPED, "answer-schema.usage-of-a-chat-is-counted"),
    WrongPlace("lists_completions_without_a_model", "Leaves `model` out of the completions that it lists.",
          ("listCompletions/data/*/model",), DROPPED, "answer-schema.lists-of-completions-are-whole"),
)  # fmt: skip

for _wrong in WRONG:
    add(SEAM, _wrong.name, _wrong.sentence, _wrong.caught_by, _wrong.mutate)
