"""Citations of places in videos: the places exist, the request allows them, and `include` describes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_conformance.http.exchange import Exchange, Part
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.rules.reading.comparison import succeeded
from antiphon_conformance.rules.reading.output import answered, includes, number, objects, text_of
from antiphon_conformance.rules.rule import EVERY, Finding, rule
from antiphon_conformance.rules.views import ResponseObject, ScenarioTrace
from antiphon_conformance.video_library.sources import (
    COLLECTIONS,
    DESCRIPTIONS,
    EVERYTHING,
    FILES,
    Grounded,
    Json,
    citations,
    collections_of,
    duration_of,
    files_of,
    grounded,
    source_of,
)

MODALITIES = ("visual_scene_description", "scene_text", "speech", "audio_description")
LISTS = ("relevant_sources", *MODALITIES)
PARTS = ("collection_id", "file_id", "segment_id", "start_time", "end_time")
"""The members that identify a part of a video."""
SLACK = 1.0
"""Seconds by which a citation may end after its video: servers may round durations to whole seconds."""
A_CITATION = "an answer with a citation"


def _citations(response: ResponseObject) -> Iterator[tuple[str, Json]]:
    """The citations of a response, with their places."""
    return ((f"{response.where}/{place}", citation) for place, citation in citations(response.object))


def _cites(response: ResponseObject) -> bool:
    return any(_citations(response))


def _drawn_from(*sources: str) -> Callable[[ResponseObject], bool]:
    """For `when=`: an answer that cites, to a create that names one of these sources."""
    return lambda response: (
        response.creation and source_of(response.request_fields) in sources and _cites(response)
    )


@rule("citations.times-are-in-order", ResponseObject, cites="CG-CIT-02", when=_cites, needs=A_CITATION)
def times_are_in_order(response: ResponseObject) -> Iterator[Finding]:
    """A citation starts at 0 or later, and does not end before it starts.

    Players seek to the start and play up to the end.
    """
    for where, citation in _citations(response):
        start, end = (number(citation.get(name)) for name in ("start_time", "end_time"))
        if start is not None and not start >= 0:
            yield Finding(f"{where}/start_time", "0 or more", show(start))
        if start is not None and end is not None and end < start:
            yield Finding(f"{where}/end_time", f"at least {show(start)}, its start", show(end))


def _all_citations(trace: ScenarioTrace) -> Iterator[tuple[Grounded, str, Json]]:
    """All citations of a scenario, each with its answer and its place."""
    for answer in grounded(trace):
        for place, citation in citations(answer.response):
            yield answer, f"{answer.where}/{place}", citation


def _times(trace: ScenarioTrace) -> Iterator[tuple[Exchange, str, float, float]]:
    """(exchange, place of a time, the time, the duration of the video), in seconds, where both are known."""
    files = trace.library.files
    for answer, where, citation in _all_citations(trace):
        duration = number(duration_of(files.get(str(citation.get("file_id")), {})))
        for name in ("start_time", "end_time"):
            second = number(citation.get(name))
            if second is not None and duration is not None:
                yield answer.exchange, f"{where}/{name}", second, duration


@rule(
    "citations.times-lie-within-the-video",
    ScenarioTrace,
    scenario=EVERY,
    cites="CG-CIT-02",
    when=lambda trace: any(_times(trace)),
    needs="a citation of a file whose duration is known",
)
def times_lie_within_the_video(trace: ScenarioTrace) -> Iterator[Finding]:
    """The times of a citation are seconds within the video that it cites.

    Milliseconds, or times in some other file, send a player to the end of the video.
    """
    for exchange, where, second, duration in _times(trace):
        if second > duration + SLACK:
            yield Finding(where, f"at most {show(duration)}, the end of the video", show(second), exchange.id)


def _from_collections(response: ResponseObject) -> bool:
    return _drawn_from(COLLECTIONS)(response) and bool(collections_of(response.request_fields))


@rule(
    "citations.name-a-collection-of-the-request",
    ResponseObject,
    cites="CG-CIT-03",
    when=_from_collections,
    needs="an answer from collections with a citation",
    reads={Part.TEXTS, Part.IDS},
)
def name_a_collection_of_the_request(response: ResponseObject) -> Iterator[Finding]:
    """Each citation of an answer from collections names one of the collections of the request."""
    collections = collections_of(response.request_fields)
    for where, citation in _citations(response):
        if citation.get("collection_id") not in collections:
            actual = show(citation.get("collection_id", ABSENT))
            yield Finding(f"{where}/collection_id", f"one of {show(collections)}", actual)


@rule(
    "citations.name-no-collection-without-one-in-the-request",
    ResponseObject,
    cites="CG-CIT-04",
    when=_drawn_from(FILES, EVERYTHING),
    needs="an answer from files with a citation",
)
def name_no_collection_without_one_in_the_request(response: ResponseObject) -> Iterator[Finding]:
    """A citation has no `collection_id` when the answer is from single files or all files."""
    for where, citation in _citations(response):
        if "collection_id" in citation:
            yield Finding(f"{where}/collection_id", "no such member", show(citation["collection_id"]))


@rule(
    "citations.have-a-segment-and-its-end-or-neither",
    ResponseObject,
    cites="CG-CIT-05",
    when=_cites,
    needs=A_CITATION,
)
def have_a_segment_and_its_end_or_neither(response: ResponseObject) -> Iterator[Finding]:
    """A citation has both `segment_id` and `end_time`, or neither.

    It has both when a segment matches.
    """
    for where, citation in _citations(response):
        for name, partner in (("segment_id", "end_time"), ("end_time", "segment_id")):
            if name in citation and partner not in citation:
                yield Finding(f"{where}/{partner}", f"a value, since there is `{name}`", show(ABSENT))


def _segments(trace: ScenarioTrace) -> dict[str, set[Any]]:
    """The ids of the segments by file, for the files whose segments the scenario lists completely."""
    segments: dict[str, set[Any]] = {}
    for exchange in trace.trace.exchanges.values():
        if exchange.operation == "listFileSegments" and exchange.ok:
            fields, path = exchange.answer.fields, exchange.request.path.partition("?")[0]
            ids = {str(segment.get("id")) for _, segment in objects(fields.get("data"))}
            if len(ids) == fields.get("total"):
                segments[path.split("/")[-2]] = ids
    return segments


def _segment_citations(trace: ScenarioTrace) -> Iterator[tuple[Exchange, str, Any, set[Any]]]:
    """(exchange, place of the citation, its segment, the segments of its file) where both are known."""
    segments = _segments(trace)
    for answer, where, citation in _all_citations(trace):
        file = str(citation.get("file_id"))
        if "segment_id" in citation and file in segments:
            yield answer.exchange, where, citation["segment_id"], segments[file]


@rule(
    "citations.cite-segments-that-exist",
    ScenarioTrace,
    scenario="grounded",
    cites="CG-CIT-05",
    when=lambda trace: any(_segment_citations(trace)),
    needs="a citation of a segment, and a list of the segments of its file",
)
def cite_segments_that_exist(trace: ScenarioTrace) -> Iterator[Finding]:
    """The segment that a citation names is a segment of its file."""
    for exchange, where, identity, segments in _segment_citations(trace):
        if str(identity) not in segments:
            expected = f"one of the {len(segments)} segments of the file"
            yield Finding(f"{where}/segment_id", expected, show(identity), exchange.id)


def _file_citations(trace: ScenarioTrace) -> Iterator[tuple[Exchange, str, Any, frozenset[str]]]:
    """(exchange, place of the citation, its file, the files of the request) where these are known."""
    library = trace.library
    for answer, where, citation in _all_citations(trace):
        files = files_of(answer.request_fields, library)
        if files is not None and "file_id" in citation:
            yield answer.exchange, f"{where}/file_id", citation["file_id"], files


@rule(
    "citations.cite-files-of-the-request",
    ScenarioTrace,
    scenario=EVERY,
    cites="CG-CIT-06",
    when=lambda trace: any(_file_citations(trace)),
    needs="an answer with a citation, from files that the suite knows",
)
def cite_files_of_the_request(trace: ScenarioTrace) -> Iterator[Finding]:
    """A citation names a file of the collections or files in the request.

    Any other file may show the videos of one customer to another.
    """
    for exchange, where, identity, files in _file_citations(trace):
        if str(identity) not in files:
            expected = f"one of the {len(files)} files that the request searches"
            yield Finding(where, expected, show(identity), exchange.id)


def _asks_for_descriptions(response: ResponseObject) -> bool:
    return includes(response.request_fields, DESCRIPTIONS)


def _cites_with_include(response: ResponseObject) -> bool:
    return response.creation and _asks_for_descriptions(response) and _cites(response)


def _cites_without_include(response: ResponseObject) -> bool:
    return response.creation and not _asks_for_descriptions(response) and _cites(response)


@rule(
    "citations.have-no-descriptions-without-include",
    ResponseObject,
    cites="CG-CIT-07",
    when=_cites_without_include,
    needs=A_CITATION,
)
def have_no_descriptions_without_include(response: ResponseObject) -> Iterator[Finding]:
    """Without `include` a citation has none of the five lists of descriptions."""
    for where, citation in _citations(response):
        for name in (name for name in LISTS if name in citation):
            expected = "no such member, since the request has no `include`"
            yield Finding(f"{where}/{name}", expected, show(citation[name]))


@rule(
    "citations.have-descriptions-with-include",
    ResponseObject,
    cites="CG-CIT-08",
    when=_cites_with_include,
    needs=f"{A_CITATION} to a request whose `include` asks for descriptions",
)
def have_descriptions_with_include(response: ResponseObject) -> Iterator[Finding]:
    """With `include` a citation has all five lists of descriptions; a list may be empty."""
    for where, citation in _citations(response):
        for name in (name for name in LISTS if name not in citation):
            yield Finding(f"{where}/{name}", "an array, since `include` asks for it", show(ABSENT))


def _names_sources(response: ResponseObject) -> bool:
    return any(citation.get("relevant_sources") for _, citation in _citations(response))


@rule(
    "citations.relevant-sources-are-described",
    ResponseObject,
    cites="CG-CIT-12",
    when=_names_sources,
    needs="a citation that names its `relevant_sources`",
)
def relevant_sources_are_described(response: ResponseObject) -> Iterator[Finding]:
    """A citation has a description of each modality that its `relevant_sources` names."""
    for where, citation in _citations(response):
        sources = citation.get("relevant_sources")
        for index, name in enumerate(sources if isinstance(sources, list) else ()):
            if name not in MODALITIES or not citation.get(name):
                expected = "a modality that the citation describes"
                yield Finding(f"{where}/relevant_sources/{index}", expected, show(name))


@rule("citations.have-a-context", ResponseObject, cites="CG-CIT-13", when=_cites, needs=A_CITATION)
def have_a_context(response: ResponseObject) -> Iterator[Finding]:
    """A citation has a text `context`."""
    for where, citation in _citations(response):
        if "context" not in citation:
            yield Finding(f"{where}/context", "a string", show(ABSENT))


def _text_and_parts(exchange: Exchange) -> tuple[str, list[Json]]:
    """The text of an answer, and the parts of videos that it cites."""
    response = answered(exchange)
    parts: list[Json] = [
        {name: citation[name] for name in PARTS if citation.get(name) is not None}
        for _, citation in citations(response)
    ]
    return text_of(response), parts


def _is_reproducible(trace: ScenarioTrace) -> bool:
    """Whether two requests without `include` get the same answer with citations, and one with it succeeds."""
    if not succeeded("plain", "again", "described")(trace):
        return False
    first = _text_and_parts(trace["plain"])
    return bool(first[1]) and first == _text_and_parts(trace["again"])


@rule(
    "citations.include-only-adds",
    ScenarioTrace,
    scenario="grounded",
    cites="CG-CIT-10",
    when=_is_reproducible,
    needs="a model that answers the same question in the same words twice, and cites",
)
def include_only_adds(trace: ScenarioTrace) -> Iterator[Finding]:
    """`include` changes neither the text of an answer nor the parts of videos that it cites."""
    (text, parts), (new_text, new_parts) = (_text_and_parts(trace[step]) for step in ("plain", "described"))
    if new_text != text:
        yield Finding(
            "reply.body/output", f"{show(text)}, as without `include`", named("text", new_text), "described"
        )
    if new_parts != parts:
        yield Finding(
            "reply.body/output", f"the citations {show(parts)}", named("citations", new_parts), "described"
        )
