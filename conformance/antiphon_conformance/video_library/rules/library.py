"""Reading a video library: collections, members, descriptions, entities, files and segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from antiphon_conformance.http.exchange import Exchange, Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import (
    expect_not_found,
    expect_ok,
    expect_rejection,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import equal_json, number, objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import DocumentReply, ScenarioTrace

MILLISECONDS = 10**11
"""A smaller time stamp counts seconds: in milliseconds it would lie before 1974."""
STAMPED = {
    "listCollections": ("data/*/created_at", "CG-COL-05"),
    "listCollectionFiles": ("data/*/added_at", "CG-COL-12"),
    "listFiles": ("data/*/created_at", "CG-COL-25"),
}
MODALITIES = ("speech", "visual_scene_description", "scene_text", "audio_description")
UPLOAD = "upload"


def _data(exchange: Exchange) -> list[Mapping[str, Any]]:
    return [entry for _, entry in objects(exchange.answer.fields.get("data"))]


def _is_stamped(body: DocumentReply) -> bool:
    return body.operation in STAMPED and any(True for _ in objects(body.object.get("data")))


@rule(
    "video-library.times-are-in-milliseconds",
    DocumentReply,
    cites=tuple(row for _, row in STAMPED.values()),
    when=_is_stamped,
    needs="a list of collections, members or files that is not empty",
    reads={Part.TIMES},
)
def times_are_in_milliseconds(body: DocumentReply) -> Iterator[Finding]:
    """`created_at` and `added_at` in a library are in milliseconds.

    The times of responses are in seconds; a client that mixes the units is wrong by a factor of a thousand.
    """
    member = STAMPED[body.operation or ""][0].rpartition("/")[2]
    for index, entry in objects(body.object.get("data")):
        stamp = entry.get(member)
        if isinstance(stamp, int) and stamp < MILLISECONDS:
            yield Finding(
                f"reply.body/data/{index}/{member}", "a time in milliseconds, with 13 digits", show(stamp)
            )


@rule(
    "video-library.a-page-of-collections-has-50-entries-by-default",
    ScenarioTrace,
    scenario="collections",
    cites="CG-COL-02",
    when=succeeded("default"),
    needs="a list of collections",
)
def a_page_of_collections_has_50_entries_by_default(trace: ScenarioTrace) -> Iterator[Finding]:
    """A page of collections has by default `limit` 50, `offset` 0 and the newest entry first."""
    default = trace["default"]
    for name, expected in (("limit", 50), ("offset", 0)):
        actual = default.answer.fields.get(name, ABSENT)
        if not equal_json(actual, expected):
            yield Finding(f"reply.body/{name}", show(expected), show(actual), default.id)
    yield from _in_order(default, "created_at", descending=True)


def _in_order(exchange: Exchange, member: str, *, descending: bool = False) -> Iterator[Finding]:
    """A finding at the first entry that breaks the order."""
    values: list[Any] = [entry.get(member) for entry in _data(exchange)]
    kinds = {type(value) for value in values}
    if len(kinds) > 1 or not kinds <= {int, float, str}:
        return
    for index, (before, after) in enumerate(pairwise(values), start=1):
        if before < after if descending else before > after:
            expected = f"at {'most' if descending else 'least'} {show(before)}, as the order demands"
            yield Finding(f"reply.body/data/{index}/{member}", expected, show(after), exchange.id)
            return


@rule(
    "video-library.collections-are-ordered-and-selected",
    ScenarioTrace,
    scenario="collections",
    cites="CG-COL-03",
    when=succeeded("by_name", "of_a_type"),
    needs="lists of collections by name and by type",
)
def collections_are_ordered_and_selected(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list of collections follows `order`, `sort` and `collection_type`."""
    yield from _in_order(trace["by_name"], "name")
    collections, selection = _data(trace["by_name"]), trace["of_a_type"]
    matches = {str(entry.get("id")) for entry in collections if entry.get("collection_type") == TYPE}
    for index, entry in enumerate(_data(selection)):
        if entry.get("collection_type") != TYPE:
            actual = show(entry.get("collection_type", ABSENT))
            yield Finding(f"reply.body/data/{index}/collection_type", TYPE, actual, selection.id)
    absent = matches - {str(entry.get("id")) for entry in _data(selection)}
    if absent and len(collections) < LARGEST_PAGE:
        expected = f"a list with {show(min(absent))}, which is of this type"
        yield Finding("reply.body/data", expected, "a list without it", selection.id)


TYPE = "media-descriptions"
LARGEST_PAGE = 100


@rule(
    "video-library.dates-with-times-are-accepted",
    ScenarioTrace,
    scenario="collections",
    cites="CG-COL-04",
    when=lambda trace: took_place("after", "before")(trace) and bool(trace.library.collections),
    needs="a collection",
)
def dates_with_times_are_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """`created_after` and `created_before` of collections accept a date with a time."""
    yield from expect_ok(trace["after"], "200, since the document allows a date with a time")
    yield from expect_ok(trace["before"], "200, since the document allows a date with a time")
    yield from _expect_bounds(trace["after"], trace["before"])


def _expect_bounds(after: Exchange, before: Exchange) -> Iterator[Finding]:
    """Findings unless the list after a day long past has entries and the list before it has none."""
    if after.ok and not _data(after):
        yield Finding("reply.body/data", "the entries after that date", "an empty list", after.id)
    if before.ok and _data(before):
        yield Finding(
            "reply.body/data", "an empty list, since no entry is that old", "a list with entries", before.id
        )


@rule(
    "video-library.an-unknown-collection-is-not-found",
    ScenarioTrace,
    scenario="collections",
    cites="CG-COL-06",
)
def an_unknown_collection_is_not_found(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request for an unknown collection gets 404."""
    yield from expect_not_found(trace["unknown"])


@rule("video-library.an-unknown-file-is-not-found", ScenarioTrace, scenario="files", cites="CG-COL-25")
def an_unknown_file_is_not_found(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request for an unknown file gets 404."""
    yield from expect_not_found(trace["unknown"])


@rule(
    "video-library.members-are-ordered-and-selected",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-13",
    when=succeeded("by_filename", "of_a_status", "added_after", "added_before"),
    needs="a collection of media descriptions with members",
)
def members_are_ordered_and_selected(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list of members follows `status`, `order`, `sort` and the dates."""
    files = [entry.get("file", {}) for entry in _data(trace["by_filename"])]
    filenames = [str(file.get("filename")) for file in files if isinstance(file, dict)]
    if filenames != sorted(filenames):
        actual = f"the order {show(filenames)}"
        yield Finding(
            "reply.body/data/*/file/filename", "alphabetical order", actual, trace["by_filename"].id
        )
    for index, entry in enumerate(_data(trace["of_a_status"])):
        if entry.get("status") != "completed":
            where = f"reply.body/data/{index}/status"
            yield Finding(where, "completed", show(entry.get("status", ABSENT)), trace["of_a_status"].id)
    yield from _expect_bounds(trace["added_after"], trace["added_before"])


@rule(
    "video-library.descriptions-have-no-entities",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-16",
    when=took_place("entities_of_another_type"),
)
def descriptions_have_no_entities(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request for the entities of a collection of another type gets 400."""
    yield from expect_rejection(
        trace["entities_of_another_type"], "a 4xx, since this collection has no entities"
    )


@rule(
    "video-library.entities-have-no-descriptions",
    ScenarioTrace,
    scenario="extracted",
    cites="CG-COL-19",
    when=took_place("descriptions_of_another_type"),
)
def entities_have_no_descriptions(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request for the media descriptions of a collection of another type gets 400."""
    yield from expect_rejection(
        trace["descriptions_of_another_type"], "a 4xx, since this collection has no media descriptions"
    )


@rule(
    "video-library.a-page-of-descriptions-has-20-entries-by-default",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-20",
    when=succeeded("all_described"),
)
def a_page_of_descriptions_has_20_entries_by_default(trace: ScenarioTrace) -> Iterator[Finding]:
    """A page of media descriptions has by default `limit` 20."""
    limit = trace["all_described"].answer.fields.get("limit", ABSENT)
    if not equal_json(limit, 20):
        yield Finding("reply.body/limit", "20", show(limit), trace["all_described"].id)


@rule(
    "video-library.markdown-is-a-text-in-content",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-21",
    when=succeeded("in_markdown"),
)
def markdown_is_a_text_in_content(trace: ScenarioTrace) -> Iterator[Finding]:
    """With `response_format=markdown` a description is a text in `content`."""
    content = trace["in_markdown"].answer.fields.get("content", ABSENT)
    if not isinstance(content, str) or not content:
        yield Finding("reply.body/content", "a non-empty string", show(content), trace["in_markdown"].id)


def _description(exchange: Exchange) -> dict[str, list[Mapping[str, Any]]]:
    """The parts of a description by modality, without modalities that have no part."""
    modalities = {
        name: [part for _, part in objects(exchange.answer.fields.get(name))] for name in MODALITIES
    }
    return {name: parts for name, parts in modalities.items() if parts}


@rule(
    "video-library.modalities-select-the-parts-of-a-description",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-22",
    when=lambda trace: (
        succeeded("speech_only", "described")(trace) and len(_description(trace["described"])) > 1
    ),
    needs="a file whose description has several modalities",
)
def modalities_select_the_parts_of_a_description(trace: ScenarioTrace) -> Iterator[Finding]:
    """With `modalities=speech` a description has the speech and no other modality."""
    speech, description = _description(trace["speech_only"]), _description(trace["described"])
    for name in sorted(set(speech) - {"speech"}):
        actual = f"{len(speech[name])} parts"
        yield Finding(f"reply.body/{name}", "no part of this modality", actual, trace["speech_only"].id)
    if "speech" in description and "speech" not in speech:
        actual = show(trace["speech_only"].answer.fields.get("speech", ABSENT))
        yield Finding("reply.body/speech", "the speech of the file", actual, trace["speech_only"].id)


@rule(
    "video-library.times-select-the-parts-of-a-description",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-23",
    when=lambda trace: succeeded("second_half", "described")(trace) and _begins_early(trace),
    needs="a file with a description of its first half",
)
def times_select_the_parts_of_a_description(trace: ScenarioTrace) -> Iterator[Finding]:
    """A description has only parts between `start_time_seconds` and `end_time_seconds`."""
    start, end = _requested_times(trace["second_half"])
    for name, parts in _description(trace["second_half"]).items():
        for index, part in enumerate(parts):
            first, last = number(part.get("start_time")), number(part.get("end_time"))
            if (last is not None and last < start) or (first is not None and first > end):
                where, span = f"reply.body/{name}/{index}", f"a part between {start:g} s and {end:g} s"
                yield Finding(where, span, f"{show(first)} to {show(last)}", trace["second_half"].id)


def _requested_times(exchange: Exchange) -> tuple[float, float]:
    pairs = dict(pair.split("=") for pair in exchange.request.path.partition("?")[2].split("&"))
    return float(pairs["start_time_seconds"]), float(pairs["end_time_seconds"])


def _begins_early(trace: ScenarioTrace) -> bool:
    start, _ = _requested_times(trace["second_half"])
    modalities = _description(trace["described"]).values()
    ends = (number(part.get("end_time")) for parts in modalities for part in parts)
    return any(end is not None and end < start for end in ends)


@rule(
    "video-library.extras-appear-only-on-request",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-24",
    when=succeeded("with_extras", "described"),
)
def extras_appear_only_on_request(trace: ScenarioTrace) -> Iterator[Finding]:
    """A description has thumbnail, chapters and shots only when the request includes them."""
    plain, more = trace["described"].answer.fields, trace["with_extras"].answer.fields
    for name in ("thumbnail_url", "chapters", "shots"):
        if name in plain:
            expected = "no such member, since the request does not include it"
            yield Finding(f"reply.body/{name}", expected, show(plain[name]), trace["described"].id)
    for name in ("chapters", "shots"):
        if name in more and not isinstance(more[name], list):
            yield Finding(f"reply.body/{name}", "an array", show(more[name]), trace["with_extras"].id)


@rule(
    "video-library.the-uri-of-an-uploaded-file-holds-its-id",
    DocumentReply,
    cites="CG-COL-26",
    when=lambda body: body.operation == "listFiles" and any(_uploads(body)),
    needs="an uploaded file",
    reads={Part.TEXTS, Part.IDS},
)
def the_uri_of_an_uploaded_file_holds_its_id(body: DocumentReply) -> Iterator[Finding]:
    """The `uri` of an uploaded file is `cloudglue://files/` followed by its id."""
    for index, file in _uploads(body):
        expected = f"cloudglue://files/{file.get('id')}"
        if unquote(str(file.get("uri"))) != expected:
            yield Finding(f"reply.body/data/{index}/uri", expected, show(file.get("uri", ABSENT)))


def _uploads(body: DocumentReply) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for index, file in objects(body.object.get("data")):
        if file.get("source") == UPLOAD:
            yield index, file


@rule(
    "video-library.segments-begin-after-start-time-after",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-31",
    when=succeeded("segments", "late_segments"),
    needs="a file with segments",
)
def segments_begin_after_start_time_after(trace: ScenarioTrace) -> Iterator[Finding]:
    """With `start_time_after` the list has only the segments that begin later."""
    late = trace["late_segments"]
    start = float(late.request.path.partition("start_time_after=")[2].partition("&")[0])
    for index, segment in enumerate(_data(late)):
        begins = number(segment.get("start_time"))
        if begins is not None and begins < start:
            yield Finding(f"reply.body/data/{index}/start_time", f"{start:g} or later", show(begins), late.id)
    starts = [number(segment.get("start_time")) or 0 for segment in _data(trace["segments"])]
    count = sum(begins > start for begins in starts)
    if count and not _data(late):
        yield Finding("reply.body/data", f"{count} segments", "an empty list", late.id)


@rule(
    "video-library.a-contradictory-duration-is-rejected",
    ScenarioTrace,
    scenario="members",
    cites="CG-COL-29",
    when=took_place("no_segments"),
)
def a_contradictory_duration_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A `min_duration` above `max_duration` is rejected: no segment can match it."""
    yield from expect_rejection(
        trace["no_segments"], "a 4xx, since no segment is longer than 20 s and shorter than 10 s"
    )
