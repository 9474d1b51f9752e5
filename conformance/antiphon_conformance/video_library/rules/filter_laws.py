"""Rules on two or more lists with different filters; they hold whatever the files contain."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import show
from antiphon_conformance.rules.reading.comparison import succeeded
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace
from antiphon_conformance.video_library.filters.choice import singles, without_member
from antiphon_conformance.video_library.filters.language import criteria, has_field, of_segment
from antiphon_conformance.video_library.filters.lists import (
    files_in,
    filter_of,
    in_words,
    is_whole,
    segments_by_file,
)
from antiphon_conformance.video_library.rules.filters import SCENARIO, answered

TEXTS = "a library with a text that only some files have"
NUMBERS = ("duration", "size")
CROSSING = "a library where two criteria admit different files, and some files fit both"


def _ids(exchange: Exchange) -> frozenset[str]:
    return frozenset(files_in(exchange))


def _missing_files(exchange: Exchange, expected: frozenset[str], reason: str) -> Iterator[Finding]:
    """A finding for each file that a list lacks; nothing when the list has further pages."""
    for identity in sorted(expected - _ids(exchange)) if is_whole(exchange) else ():
        yield Finding(
            "reply.body/data", f"a list with {identity}, {reason}", "a list without it", exchange.id
        )


def _surplus_files(exchange: Exchange, expected: frozenset[str], reason: str) -> Iterator[Finding]:
    """A finding for each file that a list should not show."""
    for identity, (place, _) in files_in(exchange).items():
        if identity not in expected:
            yield Finding(f"reply.body/data/{place}", f"no such file, {reason}", identity, exchange.id)


def _expect_same_files(exchange: Exchange, reference: Exchange) -> Iterator[Finding]:
    """Where a list differs from another one whose filter means the same."""
    reason = f"as in {reference.id}, whose filter means the same"
    yield from _missing_files(exchange, _ids(reference), reason)
    if is_whole(reference):
        yield from _surplus_files(exchange, _ids(reference), reason)


@rule(
    "filter-laws.equal-and-not-equal-divide-the-files-with-the-field",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-12",
    when=succeeded("equal", "not_equal"),
    needs=TEXTS,
)
def equal_and_not_equal_divide_the_files_with_the_field(trace: ScenarioTrace) -> Iterator[Finding]:
    """NotEqual admits exactly the files that have the field and that Equal does not admit."""
    equal, not_equal = trace["equal"], trace["not_equal"]
    if not is_whole(equal):
        return
    ((field, _),) = criteria(filter_of(not_equal) or {})
    files = {identity for identity, file in trace.library.files.items() if has_field(file, *field)}
    reason = "since it has the field and Equal does not admit it"
    yield from _missing_files(not_equal, frozenset(files) - _ids(equal), reason)
    for identity in sorted(_ids(equal) & _ids(not_equal)):
        place = files_in(not_equal)[identity][0]
        yield Finding(f"reply.body/data/{place}", "no file that Equal admits", identity, not_equal.id)


@rule(
    "filter-laws.in-of-one-value-is-equal",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-22",
    when=succeeded("equal", "in_one"),
    needs=TEXTS,
)
def in_of_one_value_is_equal(trace: ScenarioTrace) -> Iterator[Finding]:
    """In with an array of one value admits the files that Equal admits."""
    yield from _expect_same_files(trace["in_one"], trace["equal"])


@rule(
    "filter-laws.in-takes-both-forms-alike",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-23",
    when=succeeded("in_array", "in_commas"),
    needs=TEXTS,
)
def in_takes_both_forms_alike(trace: ScenarioTrace) -> Iterator[Finding]:
    """In admits the same files for values in an array and for values separated by commas."""
    yield from _expect_same_files(trace["in_commas"], trace["in_array"])


@rule(
    "filter-laws.contains-any-admits-what-contains-all-admits",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-24",
    when=succeeded("contains_any", "contains_all"),
    needs="a library with arrays of texts in the metadata, some with one of two values, some with both",
)
def contains_any_admits_what_contains_all_admits(trace: ScenarioTrace) -> Iterator[Finding]:
    """ContainsAny admits every file that ContainsAll admits with the same values."""
    reason = "since it contains all of the values"
    yield from _missing_files(trace["contains_any"], _ids(trace["contains_all"]), reason)


@rule(
    "filter-laws.like-finds-what-is-equal",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-25",
    when=succeeded("equal", "like_exactly"),
    needs=TEXTS,
)
def like_finds_what_is_equal(trace: ScenarioTrace) -> Iterator[Finding]:
    """Like without wildcards admits every file that Equal admits."""
    yield from _missing_files(trace["like_exactly"], _ids(trace["equal"]), "since Equal admits it")


@rule(
    "filter-laws.less-and-greater-exclude-equal",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-15",
    when=lambda trace: any(succeeded(f"{name}_below", f"{name}_above")(trace) for name in NUMBERS),
    needs="a library with durations or sizes that sort differently as text and as numbers",
)
def less_and_greater_exclude_equal(trace: ScenarioTrace) -> Iterator[Finding]:
    """LessThan, Equal and GreaterThan with the same value admit different files."""
    for name in NUMBERS:
        steps = [f"{name}_{side}" for side in ("below", "at", "above")]
        exchanges = [trace[step] for step in steps if step in trace and trace[step].ok]
        for first, second in combinations(exchanges, 2):
            for identity in sorted(_ids(first) & _ids(second)):
                place = files_in(second)[identity][0]
                expected = f"no file of {first.id}, whose filter excludes this one"
                yield Finding(f"reply.body/data/{place}", expected, identity, second.id)


@rule(
    "filter-laws.the-name-of-the-category-may-lead-a-path",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-26",
    when=succeeded("equal", "equal_by_prefix"),
    needs="a library with a text in the metadata that only some files have",
)
def the_name_of_the_category_may_lead_a_path(trace: ScenarioTrace) -> Iterator[Finding]:
    """`metadata.topic` and `topic` are paths of the same field."""
    yield from _expect_same_files(trace["equal_by_prefix"], trace["equal"])


def _lists_at_same_path(trace: ScenarioTrace, exchange: Exchange) -> Iterator[Exchange]:
    """The successful lists with the path of this one, whatever their query."""
    path = exchange.request.path.partition("?")[0]
    for candidate in trace.trace.exchanges.values():
        if candidate.ok and candidate.request.path.partition("?")[0] == path:
            yield candidate


@rule(
    "filter-laws.the-scope-of-files-is-the-default",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("CG-FLT-33", "CG-FLT-36"),
    when=succeeded("scope_of_files"),
    needs="a library whose files differ in metadata or duration",
)
def the_scope_of_files_is_the_default(trace: ScenarioTrace) -> Iterator[Finding]:
    """A filter with the scope "file" admits the same files as without a scope.

    Older clients always send this default.
    """
    exchange = trace["scope_of_files"]
    filter_without_scope = without_member(filter_of(exchange) or {}, "scope")
    for candidate in _lists_at_same_path(trace, exchange):
        if filter_of(candidate) == filter_without_scope:
            yield from _expect_same_files(exchange, candidate)


def _expect_intersection(trace: ScenarioTrace, step: str) -> Iterator[Finding]:
    """Where a list by several criteria differs from the common files of the lists by each criterion."""
    exchange = trace[step]
    parts = singles(filter_of(exchange) or {})
    single_lists = [item for item in _lists_at_same_path(trace, exchange) if filter_of(item) in parts]
    for item in single_lists:
        if is_whole(item):
            yield from _surplus_files(exchange, _ids(item), f"since {item.id} does not show it")
    if len(single_lists) == len(parts):
        common = frozenset[str].intersection(*map(_ids, single_lists))
        yield from _missing_files(exchange, common, "since it satisfies every criterion")


@rule(
    "filter-laws.all-criteria-of-a-category-hold",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-10",
    when=succeeded("two_criteria"),
    needs=CROSSING,
)
def all_criteria_of_a_category_hold(trace: ScenarioTrace) -> Iterator[Finding]:
    """Two criteria of one category admit only files that satisfy both."""
    yield from _expect_intersection(trace, "two_criteria")


@rule(
    "filter-laws.the-criteria-of-all-categories-hold",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-10",
    when=succeeded("two_categories"),
    needs=CROSSING,
)
def the_criteria_of_all_categories_hold(trace: ScenarioTrace) -> Iterator[Finding]:
    """Criteria of two categories admit only files that satisfy both."""
    yield from _expect_intersection(trace, "two_categories")


@rule(
    "filter-laws.a-filter-without-criteria-admits-everything",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-35",
    when=lambda trace: answered("empty", "empty_categories")(trace) and bool(trace.library.files),
    needs="a library with files",
)
def a_filter_without_criteria_admits_everything(trace: ScenarioTrace) -> Iterator[Finding]:
    """A filter without criteria, or with empty categories, admits every file."""
    for step in ("empty", "empty_categories"):
        if step in trace and trace[step].ok:
            reason = "since the filter has no criteria"
            yield from _missing_files(trace[step], frozenset(trace.library.files), reason)


@rule(
    "filter-laws.no-match-is-an-empty-list",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-29",
    when=lambda trace: "impossible" in trace,
)
def no_match_is_an_empty_list(trace: ScenarioTrace) -> Iterator[Finding]:
    """A list whose filter admits no file answers 200 with an empty list."""
    exchange = trace["impossible"]
    if exchange.answer.status != 200:
        expected = "200 with an empty list, since the filter is valid"
        yield Finding("reply.status", expected, str(exchange.answer.status), exchange.id)
    elif files_in(exchange):
        yield Finding("reply.body/data", "an empty array", show(exchange.answer.fields["data"]), exchange.id)


@rule(
    "filter-laws.a-segment-that-fits-admits-its-file",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CG-FLT-34",
    when=succeeded("by_segment"),
    needs="files whose segments differ in length or metadata",
)
def a_segment_that_fits_admits_its_file(trace: ScenarioTrace) -> Iterator[Finding]:
    """With the scope "segment", a criterion admits the files with a segment that satisfies it."""
    exchange = trace["by_segment"]
    segment_filter = filter_of(exchange) or {}
    words = in_words(segment_filter)
    for identity, segments in segments_by_file(trace.trace.exchanges).items():
        if any(of_segment(segment_filter, segment).admits for segment in segments):
            reason = f"since one of its segments has {words}"
            yield from _missing_files(exchange, frozenset({identity}), reason)
        elif identity in files_in(exchange):
            place = files_in(exchange)[identity][0]
            actual = f"{identity}, which has no such segment"
            yield Finding(f"reply.body/data/{place}", f"a file with {words}", actual, exchange.id)
