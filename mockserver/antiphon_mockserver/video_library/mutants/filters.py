"""Servers that misread a criterion of a filter when they list files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add
from antiphon_mockserver.video_library.comparison import Instant, Test, as_text
from antiphon_mockserver.video_library.filters import Criterion, Filter
from antiphon_mockserver.video_library.library import Library

SEAM = "state"
Json = Mapping[str, Any]
WrongTest = Callable[[Sequence[Any], Json], bool]
"""(values at the path, criterion) -> whether the criterion holds, read wrongly."""


def _elements(values: Sequence[Any]) -> list[Any]:
    return [element for value in values for element in (value if isinstance(value, list) else [value])]


def _texts(values: Sequence[Any]) -> list[str]:
    """All values at the path as strings."""
    return [as_text(element) or "" for element in _elements(values)]


def _ordered_as_texts(values: Sequence[Any], criterion: Json) -> bool:
    bound, less = criterion["valueText"], criterion["operator"] == "LessThan"
    return any(text < bound if less else text > bound for text in _texts(values))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _ordered_as_numbers(values: Sequence[Any], criterion: Json) -> bool:
    """Compares numbers only; dates never match."""
    try:
        bound = float(criterion["valueText"])
    except ValueError:
        return False
    less = criterion["operator"] == "LessThan"
    return any(
        _number(element) < bound if less else _number(element) > bound for element in _elements(values)
    )


def _ordered_or_equal(values: Sequence[Any], criterion: Json) -> bool:
    return _ordered_as_numbers(values, criterion) or criterion["valueText"] in _texts(values)


def _created_as_digits(values: Sequence[Any], criterion: Json) -> bool:
    digits = [str(element.milliseconds) if isinstance(element, Instant) else element for element in values]
    return _ordered_as_texts(digits, criterion)


def _equal_without_case(values: Sequence[Any], criterion: Json) -> bool:
    return criterion["valueText"].lower() in [text.lower() for text in _texts(values)]


def _equal_as_texts(values: Sequence[Any], criterion: Json) -> bool:
    return criterion["valueText"] in _texts(values)


def _equal_as_python_prints(values: Sequence[Any], criterion: Json) -> bool:
    return criterion["valueText"] in map(str, values)


def _differs_when_missing(values: Sequence[Any], criterion: Json) -> bool:
    return criterion["valueText"] not in _texts(values)


def _is_there(values: Sequence[Any], _criterion: Json) -> bool:
    return bool(values)


def _in_whole_text(values: Sequence[Any], criterion: Json) -> bool:
    return bool({*criterion.get("valueTextArray", [criterion.get("valueText")])} & {*_texts(values)})


def _in_commas_alone(values: Sequence[Any], criterion: Json) -> bool:
    return bool({*criterion.get("valueText", "").split(",")} & {*_texts(values)})


def _holds_any(values: Sequence[Any], criterion: Json) -> bool:
    return bool({*criterion["valueTextArray"]} & {*_texts(values)})


def _holds_all(values: Sequence[Any], criterion: Json) -> bool:
    return {*criterion["valueTextArray"]} <= {*_texts(values)}


def _holds_one(values: Sequence[Any], criterion: Json) -> bool:
    return len({*criterion["valueTextArray"]} & {*_texts(values)}) == 1


def _like(
    values: Sequence[Any], criterion: Json, *, fits: Callable[..., Any] = re.fullmatch, flags: int
) -> bool:
    pattern = ".*".join(map(re.escape, criterion["valueText"].split("%")))
    return any(fits(pattern, text, flags) is not None for text in _texts(values))


def _like_somewhere(values: Sequence[Any], criterion: Json) -> bool:
    return _like(values, criterion, fits=re.search, flags=re.IGNORECASE)


def _like_in_this_case(values: Sequence[Any], criterion: Json) -> bool:
    return _like(values, criterion, flags=0)


def _like_with_wildcards(values: Sequence[Any], criterion: Json) -> bool:
    return "%" in criterion["valueText"] and _like(values, criterion, flags=re.IGNORECASE)


ORDER, EQUAL = ("LessThan", "GreaterThan"), ("Equal",)
OPERATORS: Sequence[tuple[str, str, str, Sequence[str], WrongTest, str]] = (
    (
        "compares_numbers_as_texts",
        "Compares numbers as strings: 99 is more than 600.",
        "",
        ORDER,
        _ordered_as_texts,
        "filters.durations-compare-as-numbers filters.sizes-compare-as-numbers "
        "filters.numbers-in-metadata-compare-as-numbers",
    ),
    (
        "compares_numbers_for_equality_as_strings",
        "Compares numbers as strings: 3 is not equal to 3.0.",
        "",
        EQUAL,
        _equal_as_texts,
        "filters.numbers-in-metadata-compare-as-numbers",
    ),
    (
        "knows_only_numbers",
        "Compares only numbers, so that dates never match.",
        "",
        ORDER,
        _ordered_as_numbers,
        "filters.dates-of-sources-compare-as-texts filters.times-of-creation-are-iso-texts",
    ),
    (
        "counts_equal_as_less",
        "Accepts equal values for `LessThan` and `GreaterThan`.",
        "",
        ORDER,
        _ordered_or_equal,
        "filter-laws.less-and-greater-exclude-equal filters.sizes-compare-as-numbers",
    ),
    (
        "compares_times_as_digits",
        "Compares the milliseconds of a file's creation with the text of a date.",
        "created_at",
        ORDER,
        _created_as_digits,
        "filters.times-of-creation-are-iso-texts",
    ),
    (
        "ignores_case",
        "Ignores case when it compares for equality.",
        "",
        EQUAL,
        _equal_without_case,
        "filters.equal-matches-the-exact-text",
    ),
    (
        "writes_true_in_its_own_way",
        "Compares booleans as `True` instead of `true`.",
        "has_audio",
        EQUAL,
        _equal_as_python_prints,
        "filters.has-audio-is-true-or-false",
    ),
    (
        "ignores_ids_in_filters",
        "Admits every file when a filter asks for one id.",
        "id",
        EQUAL,
        _is_there,
        "filters.an-id-selects-one-file",
    ),
    (
        "matches_not_equal_when_the_field_is_missing",
        "Admits files that lack the field for `NotEqual`.",
        "",
        ("NotEqual",),
        _differs_when_missing,
        "filters.a-missing-field-fits-no-operator",
    ),
    (
        "matches_not_equal_when_the_field_exists",
        "Admits every file that has the field for `NotEqual`.",
        "",
        ("NotEqual",),
        _is_there,
        "filter-laws.equal-and-not-equal-divide-the-files-with-the-field",
    ),
    (
        "reads_lists_with_commas_as_one_value",
        "Reads a list with commas as one value.",
        "",
        ("In",),
        _in_whole_text,
        "filters.in-takes-a-list-with-commas filter-laws.in-takes-both-forms-alike",
    ),
    (
        "knows_lists_with_commas_alone",
        "Matches nothing when values come as an array.",
        "",
        ("In",),
        _in_commas_alone,
        "filters.in-takes-an-array filter-laws.in-of-one-value-is-equal",
    ),
    (
        "matches_contains_all_like_contains_any",
        "Matches `ContainsAll` when the field has any of the values.",
        "",
        ("ContainsAll",),
        _holds_any,
        "filters.contains-all-needs-all-values",
    ),
    (
        "matches_contains_any_like_contains_all",
        "Matches `ContainsAny` only when the field has all of the values.",
        "",
        ("ContainsAny",),
        _holds_all,
        "filters.contains-any-needs-one-value",
    ),
    (
        "matches_contains_any_for_one_value_only",
        "Does not match `ContainsAny` when the field has two of the values.",
        "",
        ("ContainsAny",),
        _holds_one,
        "filter-laws.contains-any-admits-what-contains-all-admits filters.contains-any-needs-one-value",
    ),
    (
        "finds_patterns_anywhere",
        "Matches a pattern anywhere in the value.",
        "",
        ("Like",),
        _like_somewhere,
        "filters.like-compares-the-whole-value",
    ),
    (
        "minds_the_case_of_patterns",
        "Matches patterns case-sensitively.",
        "",
        ("Like",),
        _like_in_this_case,
        "filters.like-has-wildcards-and-no-case",
    ),
    (
        "matches_no_pattern_without_wildcards",
        "Matches nothing when a pattern has no wildcards.",
        "",
        ("Like",),
        _like_with_wildcards,
        "filter-laws.like-finds-what-is-equal filters.like-has-wildcards-and-no-case",
    ),
)
"""(name, summary, path or "" for any, operators, wrong test, rules that notice)."""


def with_criteria(behaviour: Behaviour, change: Callable[[Criterion, Json], Criterion]) -> Behaviour:
    """Lists files by changed criteria."""

    def read_filter(text: str, library: Library) -> Filter:
        right = behaviour.lists.read_filter(text, library)
        sources = [criterion for criteria in orjson.loads(text).values() for criterion in criteria]
        return Filter(tuple(map(change, right.criteria, sources)))

    return replace(behaviour, lists=replace(behaviour.lists, read_filter=read_filter))


def _deciding(path: str, operators: Sequence[str], wrong: WrongTest) -> Callable[[Behaviour], Behaviour]:
    def change(criterion: Criterion, source: Json) -> Criterion:
        applies = source["operator"] in operators and path in ("", source["path"])
        return replace(criterion, test=_test(wrong, source)) if applies else criterion

    return lambda behaviour: with_criteria(behaviour, change)


def _test(wrong: WrongTest, source: Json) -> Test:
    return lambda values: wrong(values, source)


for _name, _doc, _path, _operators, _wrong, _rules in OPERATORS:
    add(SEAM, _name, _doc, tuple(_rules.split()), _deciding(_path, _operators, _wrong))
