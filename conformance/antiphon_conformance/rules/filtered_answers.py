"""What answers cite that are to be drawn from what a filter admits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_conformance.answers import member
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.filtered import in_words, segments_by_file, span
from antiphon_conformance.filters import of_file, of_segment
from antiphon_conformance.grounds import citations
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.filters import seen
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import show

Json = Mapping[str, Any]
SCENARIO = "filtered_answers"


def _cited(scene: Scene, step: str) -> list[tuple[str, Json]]:
    """What an answer cites, with its places; nothing where it did not come."""
    if step not in scene or not scene[step].ok:
        return []
    found = citations(scene[step].answer.fields)
    return [(f"reply.body/{place}", cited) for place, cited in found]


def _filter(exchange: Exchange) -> Json:
    found = member(exchange.request.fields, "knowledge_base", "filter")
    return found if isinstance(found, dict) else {}


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-CIT-11",
    when=lambda scene: bool(_cited(scene, "some")),
    needs="an answer with citations to a create whose filter admits some files of a collection",
)
def cited_files_satisfy_the_filter(scene: Scene) -> Iterator[Finding]:
    """Every file that an answer cites is one that the filter of its request admits.

    Programs filter by customer or by project: what is cited beyond that is told to the wrong people.
    """
    filter, files = _filter(scene["some"]), scene.library.files
    for where, cited in _cited(scene, "some"):
        file = files.get(str(cited.get("file_id")))
        verdict = of_file(filter, file) if file is not None else None
        if verdict is not None and verdict.sure and not verdict.admitted:
            got = f"{cited['file_id']} with {seen(file, filter)}"
            yield Finding(f"{where}/file_id", f"a file with {in_words(filter)}", got, scene["some"].id)


@rule(Scene, scenario=SCENARIO, cites="CG-FLT-29", when=lambda scene: "none" in scene)
def nothing_to_cite_is_no_error(scene: Scene) -> Iterator[Finding]:
    """A create whose filter admits no file is answered 200, without citations."""
    exchange = scene["none"]
    if exchange.answer.status != 200:
        expected = "200, since a filter that admits nothing is no mistake"
        yield Finding("reply.status", expected, str(exchange.answer.status), exchange.id)
    for where, cited in _cited(scene, "none"):
        yield Finding(where, "no citation, since no file passes the filter", show(cited), exchange.id)


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-34",
    when=lambda scene: any(_segments(scene, cited) for _, cited in _cited(scene, "by_segment")),
    needs="an answer with citations to a create whose filter goes by segment",
)
def cited_segments_satisfy_the_filter(scene: Scene) -> Iterator[Finding]:
    """With the scope "segment", what an answer cites lies in a segment that the filter admits."""
    filter = _filter(scene["by_segment"])
    for where, cited in _cited(scene, "by_segment"):
        segments = _segments(scene, cited)
        if segments and not any(of_segment(filter, one).admitted for one in _around(cited, segments)):
            got = show({name: cited.get(name) for name in ("segment_id", "start_time", "end_time")})
            yield Finding(where, f"a segment with {in_words(filter)}", got, scene["by_segment"].id)


def _segments(scene: Scene, cited: Json) -> Sequence[Json]:
    """The segments of a cited file, as far as they were read."""
    return segments_by_file(scene.episode.exchanges).get(str(cited.get("file_id")), ())


def _around(cited: Json, segments: Sequence[Json]) -> list[Json]:
    """The segment that a citation names, or else all that it lies in or overlaps."""
    named = [one for one in segments if one.get("id") == cited.get("segment_id", one)]
    return named or [one for one in segments if _overlaps(span(one), span(cited))]


def _overlaps(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    return one is not None and other is not None and one[0] <= other[1] and other[0] <= one[1]
