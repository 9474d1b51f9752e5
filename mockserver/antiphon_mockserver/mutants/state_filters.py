"""Servers that read a criterion of a filter in a way of their own, where they list files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.conduct import Conduct
from antiphon_mockserver.knowledge.comparison import Instant, Test, as_text
from antiphon_mockserver.knowledge.filters import Criterion, Filter
from antiphon_mockserver.knowledge.library import Library
from antiphon_mockserver.mutants import add

FILE = "state_filters"
Json = Mapping[str, Any]
Wrong = Callable[[Sequence[Any], Json], bool]
"""(what stands at the path, the criterion) -> whether it holds, in the wrong reading."""


def _elements(found: Sequence[Any]) -> list[Any]:
    return [one for value in found for one in (value if isinstance(value, list) else [value])]


def _texts(found: Sequence[Any]) -> list[str]:
    """Everything at the path as a program prints it that knows no types."""
    return [as_text(one) or "" for one in _elements(found)]


def _ordered_as_texts(found: Sequence[Any], criterion: Json) -> bool:
    bound, less = criterion["valueText"], criterion["operator"] == "LessThan"
    return any(text < bound if less else text > bound for text in _texts(found))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _ordered_as_numbers(found: Sequence[Any], criterion: Json) -> bool:
    """As a program does that knows nothing but numbers: dates are none."""
    try:
        bound = float(criterion["valueText"])
    except ValueError:
        return False
    less = criterion["operator"] == "LessThan"
    return any(_number(one) < bound if less else _number(one) > bound for one in _elements(found))


def _ordered_or_equal(found: Sequence[Any], criterion: Json) -> bool:
    return _ordered_as_numbers(found, criterion) or criterion["valueText"] in _texts(found)


def _created_as_digits(found: Sequence[Any], criterion: Json) -> bool:
    digits = [str(one.milliseconds) if isinstance(one, Instant) else one for one in found]
    return _ordered_as_texts(digits, criterion)


def _equal_without_case(found: Sequence[Any], criterion: Json) -> bool:
    return criterion["valueText"].lower() in [text.lower() for text in _texts(found)]


def _equal_as_texts(found: Sequence[Any], criterion: Json) -> bool:
    return criterion["valueText"] in _texts(found)


def _equal_as_python_prints(found: Sequence[Any], criterion: Json) -> bool:
    return criterion["valueText"] in map(str, found)


def _differs_when_missing(found: Sequence[Any], criterion: Json) -> bool:
    return criterion["valueText"] not in _texts(found)


def _is_there(found: Sequence[Any], _criterion: Json) -> bool:
    return bool(found)


def _in_whole_text(found: Sequence[Any], criterion: Json) -> bool:
    return bool({*criterion.get("valueTextArray", [criterion.get("valueText")])} & {*_texts(found)})


def _in_commas_alone(found: Sequence[Any], criterion: Json) -> bool:
    return bool({*criterion.get("valueText", "").split(",")} & {*_texts(found)})


def _holds_any(found: Sequence[Any], criterion: Json) -> bool:
    return bool({*criterion["valueTextArray"]} & {*_texts(found)})


def _holds_all(found: Sequence[Any], criterion: Json) -> bool:
    return {*criterion["valueTextArray"]} <= {*_texts(found)}


def _holds_one(found: Sequence[Any], criterion: Json) -> bool:
    return len({*criterion["valueTextArray"]} & {*_texts(found)}) == 1


def _like(
    found: Sequence[Any], criterion: Json, *, fits: Callable[..., Any] = re.fullmatch, how: int
) -> bool:
    pattern = ".*".join(map(re.escape, criterion["valueText"].split("%")))
    return any(fits(pattern, text, how) is not None for text in _texts(found))


def _like_somewhere(found: Sequence[Any], criterion: Json) -> bool:
    return _like(found, criterion, fits=re.search, how=re.IGNORECASE)


def _like_in_this_case(found: Sequence[Any], criterion: Json) -> bool:
    return _like(found, criterion, how=0)


def _like_with_wildcards(found: Sequence[Any], criterion: Json) -> bool:
    return "%" in criterion["valueText"] and _like(found, criterion, how=re.IGNORECASE)


ORDER, EQUAL = ("LessThan", "GreaterThan"), ("Equal",)
OPERATORS: Sequence[tuple[str, str, str, Sequence[str], Wrong, str]] = (
    (
        "compares_numbers_as_texts",
        "Finds that 99 is more than 600.",
        "",
        ORDER,
        _ordered_as_texts,
        "filters.durations-compare-as-numbers filters.sizes-compare-as-numbers "
        "filters.numbers-in-metadata-compare-as-numbers",
    ),
    (
        "takes_numbers_for_texts",
        "Finds that 3 is not equal to 3.0.",
        "",
        EQUAL,
        _equal_as_texts,
        "filters.numbers-in-metadata-compare-as-numbers",
    ),
    (
        "knows_only_numbers",
        "Compares numbers alone, so that no date is before another.",
        "",
        ORDER,
        _ordered_as_numbers,
        "filters.dates-of-sources-compare-as-texts filters.times-of-creation-are-iso-texts",
    ),
    (
        "counts_equal_as_less",
        "Admits what is equal, too, where less or greater is asked for.",
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
        "Takes upper and lower case for equal.",
        "",
        EQUAL,
        _equal_without_case,
        "filters.equal-matches-the-exact-text",
    ),
    (
        "writes_true_in_its_own_way",
        "Writes `True` where a filter has `true`.",
        "has_audio",
        EQUAL,
        _equal_as_python_prints,
        "filters.sound-is-true-or-false",
    ),
    (
        "passes_over_ids",
        "Admits every file where one is asked for by its id.",
        "id",
        EQUAL,
        _is_there,
        "filters.an-id-selects-one-file",
    ),
    (
        "finds_that_nothing_differs_from_a_text",
        "Admits files that lack the field where NotEqual is asked for.",
        "",
        ("NotEqual",),
        _differs_when_missing,
        "filters.what-is-missing-fits-nothing",
    ),
    (
        "takes_not_equal_for_there",
        "Admits every file that has the field where NotEqual is asked for.",
        "",
        ("NotEqual",),
        _is_there,
        "filter-laws.equal-and-not-equal-share-what-has-the-field",
    ),
    (
        "takes_commas_for_text",
        "Takes a list with commas for one value.",
        "",
        ("In",),
        _in_whole_text,
        "filters.in-takes-a-list-with-commas filter-laws.in-takes-both-forms-alike",
    ),
    (
        "knows_lists_with_commas_alone",
        "Finds nothing in an array of values.",
        "",
        ("In",),
        _in_commas_alone,
        "filters.in-takes-an-array filter-laws.in-of-one-value-is-equal",
    ),
    (
        "takes_all_for_any",
        "Admits what has one of the values where all are asked for.",
        "",
        ("ContainsAll",),
        _holds_any,
        "filters.contains-all-wants-all",
    ),
    (
        "takes_any_for_all",
        "Admits only what has all of the values where any is asked for.",
        "",
        ("ContainsAny",),
        _holds_all,
        "filters.contains-any-wants-one",
    ),
    (
        "takes_any_for_one",
        "Passes over what has two of the values where any is asked for.",
        "",
        ("ContainsAny",),
        _holds_one,
        "filter-laws.what-contains-all-contains-any filters.contains-any-wants-one",
    ),
    (
        "finds_patterns_anywhere",
        "Admits what contains a pattern somewhere.",
        "",
        ("Like",),
        _like_somewhere,
        "filters.like-compares-the-whole-value",
    ),
    (
        "minds_the_case_of_patterns",
        "Tells upper and lower case apart in patterns.",
        "",
        ("Like",),
        _like_in_this_case,
        "filters.like-has-wildcards-and-no-case",
    ),
    (
        "takes_no_text_for_a_pattern",
        "Admits nothing by a pattern without wildcards.",
        "",
        ("Like",),
        _like_with_wildcards,
        "filter-laws.like-finds-what-is-equal filters.like-has-wildcards-and-no-case",
    ),
)
"""(name, what it does, path or "" for any, operators, how it decides, who notices)."""


def with_criteria(conduct: Conduct, change: Callable[[Criterion, Json], Criterion]) -> Conduct:
    """The conduct that lists files by criteria which are read otherwise."""

    def read_filter(text: str, library: Library) -> Filter:
        right = conduct.read_filter(text, library)
        told = [criterion for listed in orjson.loads(text).values() for criterion in listed]
        return Filter(tuple(map(change, right.criteria, told)))

    return replace(conduct, read_filter=read_filter)


def _deciding(path: str, operators: Sequence[str], wrong: Wrong) -> Callable[[Conduct], Conduct]:
    def change(criterion: Criterion, told: Json) -> Criterion:
        meant = told["operator"] in operators and path in ("", told["path"])
        return replace(criterion, test=_test(wrong, told)) if meant else criterion

    return lambda conduct: with_criteria(conduct, change)


def _test(wrong: Wrong, told: Json) -> Test:
    return lambda found: wrong(found, told)


for _name, _doc, _path, _operators, _wrong, _rules in OPERATORS:
    add(FILE, _name, _doc, tuple(_rules.split()), _deciding(_path, _operators, _wrong))
