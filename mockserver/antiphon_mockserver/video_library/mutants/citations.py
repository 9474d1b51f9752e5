"""Answers whose citations name wrong places, or have wrong members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_mockserver.mutants import Call, add
from antiphon_mockserver.mutants.edits import (
    DROPPED,
    Change,
    Json,
    items,
    on_responses,
    setting,
)

SEAM = "body"
FOREIGN = "5c1f7a90-2b64-4d3e-8f10-6a9b3c7d2e41"
"""An id that no library has."""
DESCRIPTIONS = "cloudglue_citations.media_descriptions"
LISTS = ("relevant_sources", "visual_scene_description", "scene_text", "speech", "audio_description")
WHOLE = "item-members.annotations-are-complete"


def citation_lists(response: Json) -> Iterator[list[Json]]:
    """The lists of citations of a response."""
    for item in items(response, "message"):
        yield from (part["annotations"] for part in item["content"] if "annotations" in part)


def on_citations(change: Change) -> Change:
    """A change of responses that changes every citation."""

    def change_all(response: Json, call: Call) -> None:
        for citations in citation_lists(response):
            for citation in citations:
                change(citation, call)

    return change_all


def _asks_to_describe(call: Call) -> bool:
    return isinstance(call.body, dict) and DESCRIPTIONS in (call.body.get("include") or ())


def _end_before_the_start(citation: Json, _call: Call) -> None:
    citation["end_time"] = citation["start_time"] - 1


def _count_milliseconds(citation: Json, _call: Call) -> None:
    for name in ("start_time", "end_time"):
        citation[name] *= 1000


def _describe_unasked(citation: Json, call: Call) -> None:
    if not _asks_to_describe(call):
        citation.update({name: [] for name in LISTS})


def _leave_out_empty_lists(citation: Json, _call: Call) -> None:
    for name in LISTS:
        if citation.get(name) == []:
            del citation[name]


def _describe_in_objects(citation: Json, _call: Call) -> None:
    for name in LISTS:
        if name in citation:
            citation[name] = [{"speaker": "Ada", "text": text} for text in citation[name]]


CITATIONS: tuple[tuple[str, str, Change, str], ...] = (
    ("cites_negative_times",
     "Sends citations with a negative start time.", setting("start_time", -1.5),
     "citations.times-are-in-order"),
    ("ends_citations_before_they_start", "Sends citations that end before they start.", _end_before_the_start,
     "citations.times-are-in-order"),
    ("counts_citations_in_milliseconds", "Sends the times of citations in milliseconds.",
     _count_milliseconds, "citations.times-lie-within-the-video"),
    ("forgets_the_collection_of_citations", "Leaves `collection_id` out of citations.",
     setting("collection_id", DROPPED), "citations.name-a-collection-of-the-request"),
    ("cites_a_foreign_collection", "Cites a collection that the request did not search.",
     setting("collection_id", FOREIGN), "citations.name-a-collection-of-the-request"),
    ("sends_null_for_no_collection",
     "Sends `collection_id` in every citation, null where there is no collection.",
     lambda citation, _call: citation.setdefault("collection_id"),
     "citations.name-no-collection-without-one-in-the-request"),
    ("forgets_where_segments_end", "Leaves `end_time` out of citations of segments.",
     setting("end_time", DROPPED), "citations.have-a-segment-and-its-end-or-neither"),
    ("forgets_which_segment_it_was", "Leaves `segment_id` out of citations of segments.",
     setting("segment_id", DROPPED), "citations.have-a-segment-and-its-end-or-neither"),
    ("invents_segments", "Cites segments that no file has.", setting("segment_id", FOREIGN),
     "citations.cite-segments-that-exist"),
    ("cites_foreign_files", "Cites files that the request did not search.", setting("file_id", FOREIGN),
     "citations.cite-files-of-the-request"),
    ("describes_without_a_request",
     "Puts empty lists of descriptions into every citation without a request for them.", _describe_unasked,
     "citations.have-no-descriptions-without-include"),
    ("leaves_out_empty_descriptions", "Leaves empty lists of descriptions out of citations.",
     _leave_out_empty_lists, "citations.have-descriptions-with-include"),
    ("describes_in_objects", "Describes citations in objects instead of strings.", _describe_in_objects,
     WHOLE),
    ("cites_without_a_start", "Leaves `start_time` out of citations.", setting("start_time", DROPPED), WHOLE),
    ("writes_times_of_citations_as_text", "Sends `start_time` of citations as a string.",
     setting("start_time", "12.5"), WHOLE),
    ("cites_without_a_file", "Leaves `file_id` out of citations.", setting("file_id", DROPPED), WHOLE),
    ("calls_citations_by_another_name", "Gives citations the type `file_citation`.",
     setting("type", "file_citation"), WHOLE),
    ("names_sources_that_it_does_not_describe",
     "Names sources in a citation that carries no description of them.",
     setting("relevant_sources", ["taste"]), "citations.relevant-sources-are-described"),
    ("leaves_out_the_context_of_citations", "Leaves `context` out of citations.", setting("context", DROPPED),
     "citations.have-a-context"),
)  # fmt: skip

for _name, _sentence, _change, _caught_by in CITATIONS:
    add(SEAM, _name, _sentence, _caught_by, on_responses(on_citations(_change)))


def _say_more(response: Json, call: Call) -> None:
    for item in items(response, "message") if _asks_to_describe(call) else ():
        for part in item["content"][:1]:
            part["text"] = f"{part.get('text', '')} All of this is described."


def _cite_less(response: Json, call: Call) -> None:
    for citations in citation_lists(response) if _asks_to_describe(call) else ():
        del citations[1:]


def _leave_out_annotations(response: Json, _call: Call) -> None:
    for item in items(response, "message"):
        item["content"] = [
            {name: value for name, value in part.items() if name not in ("annotations", "logprobs")}
            for part in item["content"]
        ]


RESPONSES: tuple[tuple[str, str, Any, str], ...] = (
    ("says_more_when_it_describes",
     "Adds a sentence to the answer when `include` asks for descriptions.", _say_more,
     "citations.include-only-adds"),
    ("cites_less_when_it_describes", "Cites only one place when `include` asks for descriptions.", _cite_less,
     "citations.include-only-adds"),
    ("sends_no_annotations", "Leaves `annotations` out of all text parts.", _leave_out_annotations,
     "item-members.annotations-are-an-array"),
)  # fmt: skip

for _name, _sentence, _change, _caught_by in RESPONSES:
    add(SEAM, _name, _sentence, _caught_by, on_responses(_change))
