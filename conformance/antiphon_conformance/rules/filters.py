"""What lists show that are asked for with a filter: one rule for each thing that filters can say.

Each list is compared with what the judge's own reading of the filter says of the target's own files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.filtered import files_in, filter_of, in_words, is_whole, searched
from antiphon_conformance.filters import criteria, has_field, of_file
from antiphon_conformance.rule import Finding, add, make, rule
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import show

SCENARIO = "filters"


@dataclass(frozen=True, slots=True)
class Selection:
    """One thing that filters can say, and the steps that say it."""

    name: str
    cites: str
    says: str
    steps: tuple[str, ...]
    needs: str
    chosen: bool = False
    """Whether the requirement is itself a chosen reading; others are held to what every reading says."""


SELECTIONS = (
    Selection(
        "equal_matches_the_exact_text",
        "CG-FLT-11",
        "Equal admits the files whose field is this very text, upper and lower case told apart.",
        ("equal", "equal_in_other_case"),
        "a library with a text that some files have and others do not",
    ),
    Selection(
        "durations_compare_as_numbers",
        "CG-FLT-14",
        "LessThan and GreaterThan compare durations as numbers: 99 is less than 600.",
        ("duration_below", "duration_above"),
        "a library with durations that sort otherwise as texts",
    ),
    Selection(
        "sizes_compare_as_numbers",
        "CG-FLT-19",
        "LessThan and GreaterThan compare bytes as numbers.",
        ("size_below", "size_above"),
        "a library with sizes that sort otherwise as texts",
    ),
    Selection(
        "times_of_creation_are_iso_texts",
        "CG-FLT-18",
        "The created_at of a file is compared with a date and time as ISO 8601 text.",
        ("created_before",),
        "a library with files of different times",
    ),
    Selection(
        "sound_is_true_or_false",
        "CG-FLT-20",
        'has_audio Equal "true" admits the files with sound, "false" those without.',
        ("with_sound", "without_sound"),
        "a library with files that say whether they have sound",
    ),
    Selection(
        "an_id_selects_one_file",
        "CG-FLT-21",
        "The id of a file selects that file and no other.",
        ("by_id",),
        "a library with files",
    ),
    Selection(
        "in_takes_an_array",
        "CG-FLT-22",
        "In admits the files whose field is one of the texts in `valueTextArray`.",
        ("in_array", "in_one"),
        "a library with a text that some files have and others do not",
    ),
    Selection(
        "in_takes_a_list_with_commas",
        "CG-FLT-23",
        "In admits the files whose field is one of the texts that `valueText` separates by commas.",
        ("in_commas",),
        "a library with a text that some files have and others do not",
    ),
    Selection(
        "contains_any_wants_one",
        "CG-FLT-24",
        "ContainsAny admits the files whose array has one of the values.",
        ("contains_any",),
        "a library with arrays of texts in the metadata, some with both of two and others with one",
    ),
    Selection(
        "contains_all_wants_all",
        "CG-FLT-24",
        "ContainsAll admits the files whose array has all of the values.",
        ("contains_all",),
        "a library with arrays of texts in the metadata, some with both of two and others with one",
    ),
    Selection(
        "like_has_wildcards_and_no_case",
        "CG-FLT-25",
        "Like admits the files whose field fits a pattern with `%`, whatever the case of its letters.",
        ("like_start", "like_end", "like_inside", "like_exactly"),
        "a library with file names of plain letters",
    ),
    Selection(
        "like_compares_the_whole_value",
        "CG-FLT-25",
        "Like compares with the whole field: a part of it fits no pattern without `%`.",
        ("like_part",),
        "a library with file names of plain letters",
    ),
    Selection(
        "dots_descend",
        "CG-FLT-27",
        "A path with dots leads into the objects of the metadata.",
        ("nested",),
        "a library with texts inside of objects in the metadata",
    ),
    Selection(
        "dates_of_sources_compare_as_texts",
        "CG-FLT-17",
        "ISO dates in source_metadata are compared as texts.",
        ("source_before",),
        "a library with dates in the source_metadata",
    ),
    Selection(
        "any_object_of_an_array_will_do",
        "CG-FLT-28",
        "A path of source_metadata through an array of objects admits a file when any of them fits.",
        ("through",),
        "a library with arrays of objects in the source_metadata",
    ),
    Selection(
        "numbers_in_metadata_compare_as_numbers",
        "CG-FLT-16",
        "Numbers in the metadata are compared as numbers, however they are written.",
        ("number_below", "number_at"),
        "a library with numbers in the metadata that sort otherwise as texts",
        chosen=True,
    ),
    Selection(
        "members_take_the_same_filter",
        "CG-FLT-31",
        "The list of a collection's files takes the same filter as that of all files.",
        ("members",),
        "a collection whose files a filter can tell apart",
    ),
)


def answered(*steps: str) -> Callable[[Scene], bool]:
    """For `when=`: one of these lists was asked for, and came."""
    return lambda scene: any(step in scene and scene[step].ok for step in steps)


def _checks(selection: Selection) -> Callable[[Scene], Iterator[Finding]]:
    def check(scene: Scene) -> Iterator[Finding]:
        for step in selection.steps:
            if step in scene and scene[step].ok:
                yield from _selected_otherwise(scene, scene[step], selection.chosen)

    return check


def _selected_otherwise(scene: Scene, exchange: Exchange, chosen: bool) -> Iterator[Finding]:
    """Files that a list shows though the filter does not admit them, and the other way round."""
    filter, library = filter_of(exchange) or {}, scene.library
    shown, words = files_in(exchange), in_words(filter)
    for identity, (place, listed) in shown.items():
        file = library.files.get(identity, listed)
        verdict = of_file(filter, file)
        if not verdict.admitted and (verdict.sure or chosen):
            got = f"{identity} with {seen(file, filter)}"
            yield Finding(f"reply.body/data/{place}", f"a file with {words}", got, exchange.id)
    for identity, file in searched(exchange, library).items() if is_whole(exchange) else ():
        verdict = of_file(filter, file)
        if identity not in shown and verdict.admitted and (verdict.sure or chosen):
            expected = f"{identity} among the files with {words}, as it has {seen(file, filter)}"
            yield Finding("reply.body/data", expected, "a list without it", exchange.id)


def seen(file: Any, filter: Any) -> str:
    """What a file has at the places that a filter looks at."""
    return " and ".join(f"{path} {show(value, 60)}" for path, value in _looked_at(file, filter))


def _looked_at(file: Any, filter: Any) -> Iterator[tuple[str, Any]]:
    for (category, path), _ in criteria(filter):
        value: Any = file if category == "file" else file.get(category)
        for name in path.removeprefix(f"{category}.").split("."):
            value = value.get(name) if isinstance(value, dict) else value
        yield f"{category}.{path}", value


for _selection in SELECTIONS:
    add(
        make(
            "filters",
            _selection.name,
            f"{_selection.says}\n\n"
            "Answers are drawn from other videos than those that were meant otherwise, and nobody sees it.",
            Scene,
            _checks(_selection),
            cites=_selection.cites,
            scenario=SCENARIO,
            when=answered(*_selection.steps),
            needs=_selection.needs,
        )
    )


def _asked_for(scene: Scene) -> Iterator[tuple[Exchange, Any]]:
    """Every list that was asked for with a filter, and the filter."""
    for exchange in scene.episode.exchanges.values():
        filter = filter_of(exchange)
        if filter is not None:
            yield exchange, filter


def _surely_finds(scene: Scene) -> Iterator[tuple[Exchange, Any]]:
    """Those whose filter admits a file of the target in every reading."""
    for exchange, filter in _asked_for(scene):
        verdicts = [of_file(filter, file) for file in searched(exchange, scene.library).values()]
        if any(verdict.admitted and verdict.sure for verdict in verdicts):
            yield exchange, filter


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-31",
    when=lambda scene: any(_surely_finds(scene)),
    needs="a library with files",
)
def a_filter_is_taken(scene: Scene) -> Iterator[Finding]:
    """Lists of files take a filter as URL-encoded JSON text, and answer 200 with what it admits."""
    for exchange, filter in _surely_finds(scene):
        status = exchange.answer.status
        if status != 200:
            expected = f"200, since the filter is a right one: {in_words(filter) or show(filter)}"
            yield Finding("reply.status", expected, str(status), exchange.id)


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-32",
    when=lambda scene: "no_json" in scene,
    needs="a filter that is no JSON",
)
def what_is_no_json_is_no_filter(scene: Scene) -> Iterator[Finding]:
    """A filter that is no JSON text is refused with 400.

    A server that passes over it lists everything, which looks like an answer.
    """
    status = scene["no_json"].answer.status
    if status != 400:
        yield Finding("reply.status", "400, since the filter is no JSON", str(status), scene["no_json"].id)


@rule(
    Scene,
    scenario=SCENARIO,
    cites="CG-FLT-13",
    when=answered("nothing_there"),
    needs="a list of files by a field that they lack",
)
def what_is_missing_fits_nothing(scene: Scene) -> Iterator[Finding]:
    """A file that lacks the field of a criterion satisfies no operator, NotEqual included."""
    files = scene.library.files
    for exchange, filter in _asked_for(scene):
        sought = [at for at, criterion in criteria(filter) if criterion.get("scope") != "segment"]
        for identity, (place, listed) in files_in(exchange).items():
            lacking = [at for at in sought if has_field(files.get(identity, listed), *at) is False]
            for category, path in lacking[:1]:
                got = f"{identity}, which has no {category}.{path}"
                yield Finding(f"reply.body/data/{place}", f"a file with {in_words(filter)}", got, exchange.id)
