"""Rules on the citations of answers to creates with a filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.rules.reading.comparison import succeeded
from antiphon_conformance.rules.reading.output import member
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace
from antiphon_conformance.video_library.filters.language import of_file, of_segment
from antiphon_conformance.video_library.filters.lists import in_words, segments_by_file, span
from antiphon_conformance.video_library.filters.plan import BY_ID
from antiphon_conformance.video_library.rules.filters import describe_fields
from antiphon_conformance.video_library.sources import citations

Json = Mapping[str, Any]
SCENARIO = "filtered_answers"
BY_FILE = ("some", *BY_ID)
"""The steps whose filter goes by file; all but the first go by its id alone."""


def _citations(trace: ScenarioTrace, step: str) -> list[tuple[str, Json]]:
    """The citations of an answer, with their places; empty without a successful answer."""
    if step not in trace or not trace[step].ok:
        return []
    return [(f"reply.body/{place}", citation) for place, citation in citations(trace[step].answer.fields)]


def _filter(exchange: Exchange) -> Json:
    value = member(exchange.request.fields, "knowledge_base", "filter")
    return value if isinstance(value, dict) else {}


@rule(
    "filtered-answers.cited-files-satisfy-the-filter",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-CIT-11",
    when=lambda trace: any(_citations(trace, step) for step in BY_FILE),
    needs="an answer with citations",
)
def cited_files_satisfy_the_filter(trace: ScenarioTrace) -> Iterator[Finding]:
    """An answer cites only files that the filter of its request admits.

    Programs filter by customer or by project; a citation of any other file shows data to the wrong people.
    """
    for step in BY_FILE:
        for where, citation in _citations(trace, step):
            file_filter, identity = _filter(trace[step]), str(citation.get("file_id"))
            file = trace.library.files.get(identity, {"id": identity} if step != "some" else None)
            verdict = of_file(file_filter, file) if file is not None else None
            if verdict is not None and verdict.sure and not verdict.admits:
                actual = f"{identity} with {describe_fields(file, file_filter)}"
                expected = f"a file with {in_words(file_filter)}"
                yield Finding(f"{where}/file_id", expected, actual, trace[step].id)


@rule(
    "filtered-answers.a-filter-without-matches-is-no-error",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-29",
    when=lambda trace: "none" in trace,
)
def a_filter_without_matches_is_no_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """A create whose filter admits no file answers 200."""
    exchange = trace["none"]
    if exchange.answer.status != 200:
        expected = "200, since a filter that admits no file is valid"
        yield Finding("reply.status", expected, str(exchange.answer.status), exchange.id)


@rule(
    "filtered-answers.a-filter-without-matches-cites-nothing",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-CIT-11",
    when=succeeded("none"),
)
def a_filter_without_matches_cites_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """An answer whose filter admits no file cites nothing.

    A citation shows that the server does not look at the filter.
    """
    for where, citation in _citations(trace, "none"):
        expected = "no citation, since the filter admits no file"
        yield Finding(where, expected, show(citation), trace["none"].id)


@rule(
    "filtered-answers.cited-segments-satisfy-the-filter",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-34",
    when=lambda trace: any(_segments(trace, citation) for _, citation in _citations(trace, "by_segment")),
    needs="an answer with citations to a create whose filter has the scope segment",
)
def cited_segments_satisfy_the_filter(trace: ScenarioTrace) -> Iterator[Finding]:
    """With the scope "segment", a citation lies in a segment that the filter admits."""
    segment_filter = _filter(trace["by_segment"])
    for where, citation in _citations(trace, "by_segment"):
        segments = _around(citation, _segments(trace, citation))
        has_match = any(of_segment(segment_filter, segment).admits for segment in segments)
        if _segments(trace, citation) and not has_match:
            names = ("segment_id", "start_time", "end_time")
            actual = named("segment", {name: citation.get(name, ABSENT) for name in names})
            yield Finding(where, f"a segment with {in_words(segment_filter)}", actual, trace["by_segment"].id)


def _segments(trace: ScenarioTrace, citation: Json) -> Sequence[Json]:
    """The segments of the file of a citation, as far as the scenario lists them."""
    return segments_by_file(trace.trace.exchanges).get(str(citation.get("file_id")), ())


def _around(citation: Json, segments: Sequence[Json]) -> list[Json]:
    """The segment that a citation names, or else all segments that it overlaps."""
    identity = citation.get("segment_id", ABSENT)
    matches = [segment for segment in segments if identity is not ABSENT and segment.get("id") == identity]
    return matches or [segment for segment in segments if _overlap(span(segment), span(citation))]


def _overlap(left: tuple[float, float] | None, right: tuple[float, float] | None) -> bool:
    return left is not None and right is not None and left[0] <= right[1] and right[0] <= left[1]
