"""Rules on lists with a filter: one rule for each operator and each kind of field.

The judge evaluates the filter itself, on the target's own files, and compares the list with the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.rule import Finding, add, make, rule, rule_id
from antiphon_conformance.rules.views import ScenarioTrace
from antiphon_conformance.video_library.filters.language import criteria, has_field, of_file
from antiphon_conformance.video_library.filters.lists import (
    files_in,
    filter_of,
    in_words,
    is_whole,
    search_scope,
)
from antiphon_spec.loading.construction import dataclass

SCENARIO = "filters"


@dataclass(frozen=True, slots=True)
class Selection:
    """An operator or a kind of field, and the steps that use it."""

    name: str
    cites: str
    says: str
    steps: tuple[str, ...]
    needs: str
    is_reading: bool = False
    """Whether the requirement is one reading of an unclear source. The rule then judges every file; without
    it, only files that all readings agree on."""


SELECTIONS = (
    Selection(
        "equal_matches_the_exact_text",
        "CG-FLT-11",
        "Equal admits the files whose field is exactly this text, with the same letter case.",
        ("equal", "equal_in_other_case"),
        "a library with a text that only some files have",
    ),
    Selection(
        "durations_compare_as_numbers",
        "CG-FLT-14",
        "LessThan and GreaterThan compare durations as numbers: 99 is less than 600.",
        ("duration_below", "duration_above"),
        "a library with durations that sort differently as text and as numbers",
    ),
    Selection(
        "sizes_compare_as_numbers",
        "CG-FLT-19",
        "LessThan and GreaterThan compare sizes in bytes as numbers.",
        ("size_below", "size_above"),
        "a library with sizes that sort differently as text and as numbers",
    ),
    Selection(
        "times_of_creation_are_iso_texts",
        "CG-FLT-18",
        "A filter compares `created_at` of a file with a date and time as ISO 8601 text.",
        ("created_before",),
        "a library with files of different times",
    ),
    Selection(
        "has_audio_is_true_or_false",
        "CG-FLT-20",
        '`has_audio` Equal "true" admits the files with sound, and "false" those without.',
        ("with_sound", "without_sound"),
        "a library with files that have `has_audio`",
    ),
    Selection(
        "an_id_selects_one_file",
        "CG-FLT-21",
        "A filter by the id of a file admits only that file.",
        ("by_id",),
        "a library with files",
    ),
    Selection(
        "in_takes_an_array",
        "CG-FLT-22",
        "In admits the files whose field is one of the texts in `valueTextArray`.",
        ("in_array", "in_one"),
        "a library with a text that only some files have",
    ),
    Selection(
        "in_takes_a_list_with_commas",
        "CG-FLT-23",
        "In admits the files whose field is one of the texts that `valueText` separates by commas.",
        ("in_commas",),
        "a library with a text that only some files have",
    ),
    Selection(
        "contains_any_needs_one_value",
        "CG-FLT-24",
        "ContainsAny admits the files whose array has one of the values.",
        ("contains_any",),
        "a library with arrays of texts in the metadata, some with one of two values, some with both",
    ),
    Selection(
        "contains_all_needs_all_values",
        "CG-FLT-24",
        "ContainsAll admits the files whose array has all of the values.",
        ("contains_all",),
        "a library with arrays of texts in the metadata, some with one of two values, some with both",
    ),
    Selection(
        "like_has_wildcards_and_no_case",
        "CG-FLT-25",
        "Like admits the files whose field fits a pattern with `%`, in upper or lower case.",
        ("like_start", "like_end", "like_inside", "like_exactly"),
        "a library with file names of plain letters",
    ),
    Selection(
        "like_compares_the_whole_value",
        "CG-FLT-25",
        "Like without `%` admits only files whose whole field fits the pattern.",
        ("like_part",),
        "a library with file names of plain letters",
    ),
    Selection(
        "dots_descend",
        "CG-FLT-27",
        "A path with dots leads into the objects of the metadata.",
        ("nested",),
        "a library with texts inside objects in the metadata",
    ),
    Selection(
        "dates_of_sources_compare_as_texts",
        "CG-FLT-17",
        "A filter compares ISO dates in `source_metadata` as texts.",
        ("source_before",),
        "a library with dates in `source_metadata`",
    ),
    Selection(
        "any_object_of_an_array_may_fit",
        "CG-FLT-28",
        "A path through an array of objects admits a file when any of the objects fits.",
        ("through",),
        "a library with arrays of objects in `source_metadata`",
    ),
    Selection(
        "numbers_in_metadata_compare_as_numbers",
        "CG-FLT-16",
        "A filter compares numbers in the metadata as numbers, in every notation.",
        ("number_below", "number_at"),
        "a library with numbers in the metadata that sort differently as text and as numbers",
        is_reading=True,
    ),
    Selection(
        "members_take_the_same_filter",
        "CG-FLT-31",
        "The list of a collection's files accepts the same filter as the list of all files.",
        ("members",),
        "a collection whose files differ in a field",
    ),
)


def answered(*steps: str) -> Callable[[ScenarioTrace], bool]:
    """For `when=`: at least one of these lists succeeded."""
    return lambda trace: any(step in trace and trace[step].ok for step in steps)


def _checks(selection: Selection) -> Callable[[ScenarioTrace], Iterator[Finding]]:
    def check(trace: ScenarioTrace) -> Iterator[Finding]:
        for step in selection.steps:
            if step in trace and trace[step].ok:
                yield from _wrong_files(trace, trace[step], selection.is_reading)

    return check


def _wrong_files(trace: ScenarioTrace, exchange: Exchange, is_reading: bool) -> Iterator[Finding]:
    """Files in a list that the filter does not admit, and files that it admits and the list lacks."""
    file_filter, library = filter_of(exchange) or {}, trace.library
    files, words = files_in(exchange), in_words(file_filter)
    for identity, (place, entry) in files.items():
        file = library.files.get(identity, entry)
        verdict = of_file(file_filter, file)
        if not verdict.admits and (verdict.sure or is_reading):
            actual = f"{identity} with {describe_fields(file, file_filter)}"
            yield Finding(f"reply.body/data/{place}", f"a file with {words}", actual, exchange.id)
    for identity, file in search_scope(exchange, library).items() if is_whole(exchange) else ():
        verdict = of_file(file_filter, file)
        if identity not in files and verdict.admits and (verdict.sure or is_reading):
            fields = describe_fields(file, file_filter)
            expected = f"{identity} among the files with {words}, since it has {fields}"
            yield Finding("reply.body/data", expected, "a list without it", exchange.id)


def describe_fields(file: Any, file_filter: Any) -> str:
    """The fields of a file that a filter names, with their values."""
    return " and ".join(f"{path} {show(value, 60)}" for path, value in _fields(file, file_filter))


def _fields(file: Any, file_filter: Any) -> Iterator[tuple[str, Any]]:
    for (category, path), _ in criteria(file_filter):
        value: Any = file if category == "file" else file.get(category, ABSENT)
        for name in path.removeprefix(f"{category}.").split("."):
            value = value.get(name, ABSENT) if isinstance(value, dict) else value
        yield f"{category}.{path}", value


for _selection in SELECTIONS:
    add(
        make(
            rule_id("filters", _selection.name),
            f"{_selection.says}\n\nOtherwise answers come from the wrong videos, and nobody notices.",
            ScenarioTrace,
            _checks(_selection),
            cites=_selection.cites,
            scenario=SCENARIO,
            when=answered(*_selection.steps),
            needs=_selection.needs,
        )
    )


def _filtered_lists(trace: ScenarioTrace) -> Iterator[tuple[Exchange, Any]]:
    """Every list with a filter, and the filter."""
    for exchange in trace.trace.exchanges.values():
        file_filter = filter_of(exchange)
        if file_filter is not None:
            yield exchange, file_filter


def _lists_with_a_sure_match(trace: ScenarioTrace) -> Iterator[tuple[Exchange, Any]]:
    """The lists whose filter admits a file of the target in every reading."""
    for exchange, file_filter in _filtered_lists(trace):
        verdicts = [of_file(file_filter, file) for file in search_scope(exchange, trace.library).values()]
        if any(verdict.admits and verdict.sure for verdict in verdicts):
            yield exchange, file_filter


@rule(
    "filters.a-valid-filter-is-accepted",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-31",
    when=lambda trace: any(_lists_with_a_sure_match(trace)),
    needs="a library with files",
)
def a_valid_filter_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A list of files accepts a filter as URL-encoded JSON text, and answers 200."""
    for exchange, file_filter in _lists_with_a_sure_match(trace):
        status = exchange.answer.status
        if status != 200:
            expected = f"200, since the filter is valid: {in_words(file_filter) or show(file_filter)}"
            yield Finding("reply.status", expected, str(status), exchange.id)


@rule(
    "filters.a-filter-that-is-not-json-is-rejected",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-32",
    when=lambda trace: "no_json" in trace,
    needs="a filter that is not JSON",
)
def a_filter_that_is_not_json_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A filter that is not JSON is rejected with 400.

    A server that ignores it lists every file, and the client does not notice.
    """
    status = trace["no_json"].answer.status
    if status != 400:
        yield Finding("reply.status", "400, since the filter is not JSON", str(status), trace["no_json"].id)


@rule(
    "filters.a-missing-field-fits-no-operator",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-13",
    when=answered("nothing_there"),
    needs="a list of files with a filter by a field that some of them lack",
)
def a_missing_field_fits_no_operator(trace: ScenarioTrace) -> Iterator[Finding]:
    """No operator, not even NotEqual, admits a file that lacks the field of the criterion."""
    files = trace.library.files
    for exchange, file_filter in _filtered_lists(trace):
        fields = [field for field, criterion in criteria(file_filter) if criterion.get("scope") != "segment"]
        for identity, (place, entry) in files_in(exchange).items():
            file = files.get(identity, entry)
            for category, path in [field for field in fields if has_field(file, *field) is False][:1]:
                actual = f"{identity}, which has no {category}.{path}"
                expected = f"a file with {in_words(file_filter)}"
                yield Finding(f"reply.body/data/{place}", expected, actual, exchange.id)
