"""Citations of places in videos: that they exist, lie where was asked, and carry what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_conformance.answers import answered, includes, number, objects, text_of
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.grounds import (
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
from antiphon_conformance.parity import succeeded
from antiphon_conformance.rule import EVERY, Finding, rule
from antiphon_conformance.subject import Scene, Snapshot
from antiphon_conformance.text import ABSENT, show

MODALITIES = ("visual_scene_description", "scene_text", "speech", "audio_description")
LISTS = ("relevant_sources", *MODALITIES)
PARTS = ("collection_id", "file_id", "segment_id", "start_time", "end_time")
"""What tells which part of which video is cited."""
SLACK = 1.0
"""Seconds by which a citation may end after its video, whose duration may be told in whole seconds."""
A_CITATION = "an answer with a citation"


def _cited(snapshot: Snapshot) -> Iterator[tuple[str, Json]]:
    """The citations of a response, with their places."""
    return ((f"{snapshot.where}/{place}", found) for place, found in citations(snapshot.object))


def _cites(snapshot: Snapshot) -> bool:
    return any(_cited(snapshot))


def _drawn_from(*sources: str) -> Callable[[Snapshot], bool]:
    """For `when=`: an answer that cites, to a create that names one of these sources."""
    return lambda snapshot: snapshot.creation and source_of(snapshot.asked) in sources and _cites(snapshot)


@rule(Snapshot, cites="CG-CIT-02", when=_cites, needs=A_CITATION)
def times_are_in_order(snapshot: Snapshot) -> Iterator[Finding]:
    """A citation starts at 0 or later, and does not end before it starts.

    Players seek to the start, and show the part up to the end.
    """
    for where, citation in _cited(snapshot):
        start, end = (number(citation.get(name)) for name in ("start_time", "end_time"))
        if start is not None and not start >= 0:
            yield Finding(f"{where}/start_time", "0 or more", show(start))
        if start is not None and end is not None and end < start:
            yield Finding(f"{where}/end_time", f"at least {show(start)}, its start", show(end))


def _places(scene: Scene) -> Iterator[tuple[Grounded, str, Json]]:
    """All citations of an episode, each with its answer and its place."""
    for answer in grounded(scene):
        for place, citation in citations(answer.response):
            yield answer, f"{answer.where}/{place}", citation


def _timed(scene: Scene) -> Iterator[tuple[Exchange, str, float, float]]:
    """(exchange, place of the citation, its last second, that of its video) where both are told."""
    files = scene.library.files
    for answer, where, citation in _places(scene):
        lasts = number(duration_of(files.get(str(citation.get("file_id")), {})))
        for name in ("start_time", "end_time"):
            second = number(citation.get(name))
            if second is not None and lasts is not None:
                yield answer.exchange, f"{where}/{name}", second, lasts


@rule(
    Scene,
    scenario=EVERY,
    cites="CG-CIT-02",
    when=lambda scene: any(_timed(scene)),
    needs="a citation of a file whose duration is known",
)
def times_lie_within_the_video(scene: Scene) -> Iterator[Finding]:
    """A citation starts and ends, in seconds, within the video that it cites.

    Milliseconds, or places in some other file, send a player to its end.
    """
    for exchange, where, second, lasts in _timed(scene):
        if second > lasts + SLACK:
            yield Finding(where, f"at most {show(lasts)}, the end of the video", show(second), exchange.id)


def _from_collections(snapshot: Snapshot) -> bool:
    return _drawn_from(COLLECTIONS)(snapshot) and bool(collections_of(snapshot.asked))


@rule(Snapshot, cites="CG-CIT-03", when=_from_collections, needs="an answer from collections that cites")
def name_a_collection_that_was_searched(snapshot: Snapshot) -> Iterator[Finding]:
    """An answer from collections names in each citation one of the collections of its request."""
    wanted = collections_of(snapshot.asked)
    for where, citation in _cited(snapshot):
        if citation.get("collection_id") not in wanted:
            got = show(citation.get("collection_id", ABSENT))
            yield Finding(f"{where}/collection_id", f"one of {show(wanted)}", got)


@rule(
    Snapshot, cites="CG-CIT-04", when=_drawn_from(FILES, EVERYTHING), needs="an answer from files that cites"
)
def name_no_collection_when_none_was_searched(snapshot: Snapshot) -> Iterator[Finding]:
    """An answer from single files, or from everything there is, names no collection in its citations."""
    for where, citation in _cited(snapshot):
        if "collection_id" in citation:
            yield Finding(f"{where}/collection_id", "absent", show(citation["collection_id"]))


@rule(Snapshot, cites="CG-CIT-05", when=_cites, needs=A_CITATION)
def have_a_segment_and_its_end_or_neither(snapshot: Snapshot) -> Iterator[Finding]:
    """`segment_id` and `end_time` of a citation are there both, when a segment matches, or neither is."""
    for where, citation in _cited(snapshot):
        for name, other in (("segment_id", "end_time"), ("end_time", "segment_id")):
            if name in citation and other not in citation:
                yield Finding(f"{where}/{other}", f"a value, since there is {name}", show(ABSENT))


def _segments(scene: Scene) -> dict[str, set[Any]]:
    """The ids of the segments of those files of which all segments were listed."""
    listed: dict[str, set[Any]] = {}
    for exchange in scene.episode.exchanges.values():
        if exchange.operation == "listFileSegments" and exchange.ok:
            fields, path = exchange.answer.fields, exchange.request.path.partition("?")[0]
            ids = {str(segment.get("id")) for _, segment in objects(fields.get("data"))}
            if len(ids) == fields.get("total"):
                listed[path.split("/")[-2]] = ids
    return listed


def _segmented(scene: Scene) -> Iterator[tuple[Exchange, str, Any, set[Any]]]:
    """(exchange, place of the citation, its segment, the segments of its file) where both are known."""
    segments = _segments(scene)
    for answer, where, citation in _places(scene):
        file = str(citation.get("file_id"))
        if "segment_id" in citation and file in segments:
            yield answer.exchange, where, citation["segment_id"], segments[file]


@rule(
    Scene,
    scenario="grounded",
    cites="CG-CIT-05",
    when=lambda scene: any(_segmented(scene)),
    needs="a citation of a segment, and a list of the segments of its file",
)
def cite_segments_that_exist(scene: Scene) -> Iterator[Finding]:
    """The segment that a citation names is one of those of its file."""
    for exchange, where, identity, known in _segmented(scene):
        if str(identity) not in known:
            expected = f"one of the {len(known)} segments of the file"
            yield Finding(f"{where}/segment_id", expected, show(identity), exchange.id)


def _allowed(scene: Scene) -> Iterator[tuple[Exchange, str, Any, frozenset[str]]]:
    """(exchange, place of the citation, its file, the files that may be cited) where these are known."""
    library = scene.library
    for answer, where, citation in _places(scene):
        allowed = files_of(answer.asked, library)
        if allowed is not None and "file_id" in citation:
            yield answer.exchange, f"{where}/file_id", citation["file_id"], allowed


@rule(
    Scene,
    scenario=EVERY,
    cites="CG-CIT-06",
    when=lambda scene: any(_allowed(scene)),
    needs="an answer that cites, drawn from files that are known",
)
def cite_files_that_were_searched(scene: Scene) -> Iterator[Finding]:
    """A citation names a file of the collections that were searched, or one of the files that were named.

    An answer from the videos of somebody else is the worst that such a server can do.
    """
    for exchange, where, identity, allowed in _allowed(scene):
        if str(identity) not in allowed:
            yield Finding(where, f"one of the {len(allowed)} files searched", show(identity), exchange.id)


def _asks_for_descriptions(snapshot: Snapshot) -> bool:
    return includes(snapshot.asked, DESCRIPTIONS)


def _cites_described(snapshot: Snapshot) -> bool:
    return snapshot.creation and _asks_for_descriptions(snapshot) and _cites(snapshot)


def _cites_plainly(snapshot: Snapshot) -> bool:
    return snapshot.creation and not _asks_for_descriptions(snapshot) and _cites(snapshot)


@rule(Snapshot, cites="CG-CIT-07", when=_cites_plainly, needs=A_CITATION)
def describe_nothing_unasked(snapshot: Snapshot) -> Iterator[Finding]:
    """Without `include` a citation has none of the five lists of what is described."""
    for where, citation in _cited(snapshot):
        for name in (name for name in LISTS if name in citation):
            yield Finding(f"{where}/{name}", "absent, since `include` asks for nothing", show(citation[name]))


@rule(Snapshot, cites="CG-CIT-08", when=_cites_described, needs=f"{A_CITATION}, asked to describe")
def describe_when_asked(snapshot: Snapshot) -> Iterator[Finding]:
    """With `include` a citation has all five lists of what is described, empty where nothing is."""
    for where, citation in _cited(snapshot):
        for name in (name for name in LISTS if name not in citation):
            yield Finding(f"{where}/{name}", "an array, since `include` asks for it", show(ABSENT))


def _names_sources(snapshot: Snapshot) -> bool:
    return any(citation.get("relevant_sources") for _, citation in _cited(snapshot))


@rule(Snapshot, cites="CG-CIT-12", when=_names_sources, needs="a citation that names its `relevant_sources`")
def relevant_sources_are_described(snapshot: Snapshot) -> Iterator[Finding]:
    """`relevant_sources` names modalities of which the citation has a description."""
    for where, citation in _cited(snapshot):
        named = citation.get("relevant_sources")
        for index, name in enumerate(named if isinstance(named, list) else ()):
            if name not in MODALITIES or not citation.get(name):
                yield Finding(f"{where}/relevant_sources/{index}", "a modality that is described", show(name))


@rule(Snapshot, cites="CG-CIT-13", when=_cites, needs=A_CITATION)
def tell_their_context(snapshot: Snapshot) -> Iterator[Finding]:
    """A citation tells in `context` what it cites."""
    for where, citation in _cited(snapshot):
        if "context" not in citation:
            yield Finding(f"{where}/context", "a text", show(ABSENT))


def _gist(exchange: Exchange) -> tuple[str, list[list[Any]]]:
    """What an answer says, and which parts of which files it cites."""
    response = answered(exchange)
    return text_of(response), [[found.get(name) for name in PARTS] for _, found in citations(response)]


def _is_steady(scene: Scene) -> bool:
    """Whether the same question was answered alike twice, with citations, and then asked with `include`."""
    if not succeeded("plain", "again", "described")(scene):
        return False
    plain = _gist(scene["plain"])
    return bool(plain[1]) and plain == _gist(scene["again"])


@rule(
    Scene,
    scenario="grounded",
    cites="CG-CIT-10",
    when=_is_steady,
    needs="a model that answers the same question in the same words twice, and cites",
)
def include_only_adds(scene: Scene) -> Iterator[Finding]:
    """`include` changes neither what an answer says nor which parts of videos it cites."""
    (text, cited), (said, given) = _gist(scene["plain"]), _gist(scene["described"])
    if said != text:
        yield Finding("reply.body/output", f"{show(text)}, as without `include`", show(said), "described")
    if given != cited:
        yield Finding("reply.body/output", f"the citations {show(cited)}", show(given), "described")
