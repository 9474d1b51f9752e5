"""Rules on reading a library: collections, their members, descriptions, entities, files and segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from antiphon_conformance.answers import equal_json, number, objects
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.parity import expect_not_found, expect_ok, refused, succeeded, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Body, Scene
from antiphon_conformance.text import show

MILLISECONDS = 10**11
"""A smaller time stamp counts seconds: as milliseconds it lies before 1974."""
STAMPED = {
    "listCollections": ("data/*/created_at", "CG-COL-05"),
    "listCollectionFiles": ("data/*/added_at", "CG-COL-12"),
    "listFiles": ("data/*/created_at", "CG-COL-25"),
}
MODALITIES = ("speech", "visual_scene_description", "scene_text", "audio_description")
UPLOAD = "upload"


def _data(exchange: Exchange) -> list[Mapping[str, Any]]:
    return [entry for _, entry in objects(exchange.answer.fields.get("data"))]


def _is_stamped(body: Body) -> bool:
    return body.operation in STAMPED and any(True for _ in objects(body.object.get("data")))


@rule(
    Body,
    cites=tuple(row for _, row in STAMPED.values()),
    when=_is_stamped,
    needs="a list of collections, members or files that is not empty",
)
def times_in_a_library_count_milliseconds(body: Body) -> Iterator[Finding]:
    """`created_at` and `added_at` in a library count milliseconds.

    Responses count seconds; whoever treats both alike is wrong by a factor of a thousand.
    """
    member = STAMPED[body.operation or ""][0].rpartition("/")[2]
    for index, entry in objects(body.object.get("data")):
        stamp = entry.get(member)
        if isinstance(stamp, int) and stamp < MILLISECONDS:
            yield Finding(f"reply.body/data/{index}/{member}", "milliseconds: 13 digits", show(stamp))


@rule(
    Scene, scenario="collections", cites="CG-COL-02", when=succeeded("default"), needs="a list of collections"
)
def a_page_of_collections_is_fifty_long(scene: Scene) -> Iterator[Finding]:
    """A page holds 50 collections from offset 0, the newest first, unless the request says otherwise."""
    default = scene["default"]
    for name, wanted in (("limit", 50), ("offset", 0)):
        got = default.answer.fields.get(name)
        if not equal_json(got, wanted):
            yield Finding(f"reply.body/{name}", show(wanted), show(got), default.id)
    yield from _in_order(default, "created_at", descending=True)


def _in_order(exchange: Exchange, member: str, *, descending: bool = False) -> Iterator[Finding]:
    """A finding at the first entry that stands before the one it has to follow."""
    values: list[Any] = [entry.get(member) for entry in _data(exchange)]
    kinds = {type(value) for value in values}
    if len(kinds) > 1 or not kinds <= {int, float, str}:
        return
    for index, (before, after) in enumerate(pairwise(values), start=1):
        if before < after if descending else before > after:
            order = "falling" if descending else "rising"
            yield Finding(f"reply.body/data/{index}/{member}", f"{order} order", show(after), exchange.id)
            return


@rule(
    Scene,
    scenario="collections",
    cites="CG-COL-03",
    when=succeeded("by_name", "of_a_type"),
    needs="lists of collections in an order and of a type",
)
def collections_are_ordered_and_selected(scene: Scene) -> Iterator[Finding]:
    """`order`, `sort` and `collection_type` decide which collections are listed, and how they follow."""
    yield from _in_order(scene["by_name"], "name")
    everything = _data(scene["by_name"])
    wanted = {str(entry.get("id")) for entry in everything if entry.get("collection_type") == TYPE}
    chosen = scene["of_a_type"]
    for index, entry in enumerate(_data(chosen)):
        if entry.get("collection_type") != TYPE:
            got = show(entry.get("collection_type"))
            yield Finding(f"reply.body/data/{index}/collection_type", TYPE, got, chosen.id)
    left_out = wanted - {str(entry.get("id")) for entry in _data(chosen)}
    if left_out and len(everything) < LARGEST_PAGE:
        yield Finding("reply.body/data", f"{show(sorted(left_out)[0])} too", "left out", chosen.id)


TYPE = "media-descriptions"
LARGEST_PAGE = 100


@rule(
    Scene,
    scenario="collections",
    cites="CG-COL-04",
    when=lambda scene: took_place("after", "before")(scene) and bool(scene.library.collections),
    needs="a collection",
)
def dates_with_times_bound_collections(scene: Scene) -> Iterator[Finding]:
    """`created_after` and `created_before` of collections take a date with its time, and select by it."""
    yield from expect_ok(scene["after"], "200, since a date with its time is documented")
    yield from expect_ok(scene["before"], "200, since a date with its time is documented")
    yield from _bounded(scene["after"], scene["before"])


def _bounded(after: Exchange, before: Exchange) -> Iterator[Finding]:
    """Findings unless everything was made after a day long past, and nothing before it."""
    if after.ok and not _data(after):
        yield Finding("reply.body/data", "what was made since then", "nothing", after.id)
    if before.ok and _data(before):
        yield Finding("reply.body/data", "nothing, since nothing is that old", "something", before.id)


@rule(Scene, scenario="collections", cites="CG-COL-06")
def an_unknown_collection_is_not_there(scene: Scene) -> Iterator[Finding]:
    """A collection that there is not is answered 404."""
    yield from expect_not_found(scene["unknown"])


@rule(Scene, scenario="files", cites="CG-COL-25")
def an_unknown_file_is_not_there(scene: Scene) -> Iterator[Finding]:
    """A file that there is not is answered 404."""
    yield from expect_not_found(scene["unknown"])


@rule(
    Scene,
    scenario="members",
    cites="CG-COL-13",
    when=succeeded("by_filename", "of_a_status", "added_after", "added_before"),
    needs="a collection of media descriptions with members",
)
def members_are_ordered_and_selected(scene: Scene) -> Iterator[Finding]:
    """`status`, `order`, `sort` and the dates decide which members are listed, and how they follow."""
    names = [entry.get("file", {}) for entry in _data(scene["by_filename"])]
    filenames = [str(file.get("filename")) for file in names if isinstance(file, dict)]
    if filenames != sorted(filenames):
        got = show(filenames)
        yield Finding("reply.body/data/*/file/filename", "rising order", got, scene["by_filename"].id)
    for index, entry in enumerate(_data(scene["of_a_status"])):
        if entry.get("status") != "completed":
            where = f"reply.body/data/{index}/status"
            yield Finding(where, "completed", show(entry.get("status")), scene["of_a_status"].id)
    yield from _bounded(scene["added_after"], scene["added_before"])


@rule(Scene, scenario="members", cites="CG-COL-16", when=took_place("entities_of_another_type"))
def descriptions_have_no_entities(scene: Scene) -> Iterator[Finding]:
    """Entities are asked of a collection of entities; one of another type answers 400."""
    yield from refused(scene["entities_of_another_type"], "400, since nothing is extracted there")


@rule(Scene, scenario="extracted", cites="CG-COL-19", when=took_place("descriptions_of_another_type"))
def entities_have_no_descriptions(scene: Scene) -> Iterator[Finding]:
    """Media descriptions are asked of a collection of these; one of another type answers 400."""
    yield from refused(scene["descriptions_of_another_type"], "400, since nothing is described there")


@rule(Scene, scenario="members", cites="CG-COL-20", when=succeeded("all_described"))
def a_page_of_descriptions_is_twenty_long(scene: Scene) -> Iterator[Finding]:
    """A page of media descriptions holds 20 files unless the request says otherwise."""
    limit = scene["all_described"].answer.fields.get("limit")
    if not equal_json(limit, 20):
        yield Finding("reply.body/limit", "20", show(limit), scene["all_described"].id)


@rule(Scene, scenario="members", cites="CG-COL-21", when=succeeded("in_markdown"))
def markdown_is_one_text(scene: Scene) -> Iterator[Finding]:
    """With `response_format=markdown` a description is one text in `content`."""
    content = scene["in_markdown"].answer.fields.get("content")
    if not isinstance(content, str) or not content:
        yield Finding("reply.body/content", "a text", show(content), scene["in_markdown"].id)


def _told(exchange: Exchange) -> dict[str, list[Mapping[str, Any]]]:
    """What is described, by modality; only what is there."""
    parts = {name: [part for _, part in objects(exchange.answer.fields.get(name))] for name in MODALITIES}
    return {name: told for name, told in parts.items() if told}


@rule(
    Scene,
    scenario="members",
    cites="CG-COL-22",
    when=lambda scene: succeeded("speech_only", "described")(scene) and len(_told(scene["described"])) > 1,
    needs="a file of which more is described than what is said",
)
def modalities_limit_what_is_told(scene: Scene) -> Iterator[Finding]:
    """`modalities=speech` leaves the other modalities away, and keeps what is said."""
    told, wanted = _told(scene["speech_only"]), _told(scene["described"])
    for name in set(told) - {"speech"}:
        yield Finding(f"reply.body/{name}", "nothing of it", "some", scene["speech_only"].id)
    if "speech" in wanted and "speech" not in told:
        yield Finding("reply.body/speech", "what is said", "nothing", scene["speech_only"].id)


@rule(
    Scene,
    scenario="members",
    cites="CG-COL-23",
    when=lambda scene: succeeded("second_half", "described")(scene) and _begins_early(scene),
    needs="a file of which something is described in its first half",
)
def times_limit_what_is_told(scene: Scene) -> Iterator[Finding]:
    """`start_time_seconds` leaves away what ends before it, `end_time_seconds` what begins after it."""
    start, end = _asked_times(scene["second_half"])
    for name, told in _told(scene["second_half"]).items():
        for index, part in enumerate(told):
            first, last = number(part.get("start_time")), number(part.get("end_time"))
            if (last is not None and last < start) or (first is not None and first > end):
                where, span = f"reply.body/{name}/{index}", f"a part between {start:g} s and {end:g} s"
                yield Finding(where, span, f"{show(first)} to {show(last)}", scene["second_half"].id)


def _asked_times(exchange: Exchange) -> tuple[float, float]:
    pairs = dict(pair.split("=") for pair in exchange.request.path.partition("?")[2].split("&"))
    return float(pairs["start_time_seconds"]), float(pairs["end_time_seconds"])


def _begins_early(scene: Scene) -> bool:
    start, _ = _asked_times(scene["second_half"])
    ends = (number(part.get("end_time")) for told in _told(scene["described"]).values() for part in told)
    return any(end is not None and end < start for end in ends)


@rule(Scene, scenario="members", cites="CG-COL-24", when=succeeded("with_extras", "described"))
def extras_come_on_demand_only(scene: Scene) -> Iterator[Finding]:
    """Thumbnails, chapters and shots are told when they are asked for, in arrays, and only then."""
    plain, more = scene["described"].answer.fields, scene["with_extras"].answer.fields
    for name in ("thumbnail_url", "chapters", "shots"):
        if name in plain:
            yield Finding(
                f"reply.body/{name}", "nothing, since it was not asked for", "some", scene["described"].id
            )
    for name in ("chapters", "shots"):
        if name in more and not isinstance(more[name], list):
            yield Finding(f"reply.body/{name}", "an array", show(more[name]), scene["with_extras"].id)


@rule(
    Body,
    cites="CG-COL-26",
    when=lambda body: body.operation == "listFiles" and any(_uploads(body)),
    needs="an uploaded file",
)
def an_uploaded_file_is_named_by_its_id(body: Body) -> Iterator[Finding]:
    """`uri` of an uploaded file is `cloudglue://files/` and its id."""
    for index, file in _uploads(body):
        wanted = f"cloudglue://files/{file.get('id')}"
        if unquote(str(file.get("uri"))) != wanted:
            yield Finding(f"reply.body/data/{index}/uri", wanted, show(file.get("uri")))


def _uploads(body: Body) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for index, file in objects(body.object.get("data")):
        if file.get("source") == UPLOAD:
            yield index, file


@rule(
    Scene,
    scenario="members",
    cites="CG-COL-29",
    when=succeeded("segments", "late_segments"),
    needs="a file with segments",
)
def segments_are_bounded_in_time(scene: Scene) -> Iterator[Finding]:
    """`start_time_after` selects the segments that begin later."""
    late = scene["late_segments"]
    start = float(late.request.path.partition("start_time_after=")[2].partition("&")[0])
    for index, segment in enumerate(_data(late)):
        begins = number(segment.get("start_time"))
        if begins is not None and begins < start:
            yield Finding(f"reply.body/data/{index}/start_time", f"{start:g} or later", show(begins), late.id)
    later = [one for one in _data(scene["segments"]) if (number(one.get("start_time")) or 0) > start]
    if later and not _data(late):
        yield Finding("reply.body/data", f"{len(later)} segments", "none", late.id)


@rule(Scene, scenario="members", cites="CG-COL-29", when=took_place("no_segments"))
def a_duration_that_contradicts_itself_is_refused(scene: Scene) -> Iterator[Finding]:
    """A `min_duration` above `max_duration` is refused: it is a mistake, and no segment fits it."""
    yield from refused(
        scene["no_segments"], "a 4xx, since no segment is longer than 20 s and shorter than 10 s"
    )
