"""What filters are made of: the fields that files show, and which of several filters parts files best."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from antiphon_conformance.filter_operators import NUMBER, as_number, as_text
from antiphon_conformance.filters import criteria, of_file

Json = Mapping[str, Any]
Filter = dict[str, Any]

MOST_CANDIDATES = 300
"""How many filters are tried before one is taken."""
WORD = re.compile(r"[A-Za-z0-9]+([ .:/-]+[A-Za-z0-9]+)*", re.ASCII)
"""A text without signs that mean something in a filter."""


def one(category: str, path: str, operator: str, value: str | list[str]) -> Filter:
    """A filter of one criterion; it compares with a text or with several."""
    given = "valueTextArray" if isinstance(value, list) else "valueText"
    return {category: [{"path": path, "operator": operator, given: value}]}


def with_member(filter: Json, **members: Any) -> Filter:
    """The filter with members added to each of its criteria."""
    return {
        category: [{**criterion, **members} for criterion in listed] for category, listed in filter.items()
    }


def without_member(filter: Json, name: str) -> Filter:
    """The filter with a member taken from each of its criteria."""
    return {
        category: [{key: value for key, value in criterion.items() if key != name} for criterion in listed]
        for category, listed in filter.items()
    }


def merged(left: Json, right: Json) -> Filter:
    """The criteria of two filters in one."""
    return {category: [*left.get(category, ()), *right.get(category, ())] for category in {**left, **right}}


def singles(filter: Json) -> list[Filter]:
    """The filters of one criterion each that a filter is made of."""
    return [{category: [dict(criterion)]} for (category, _), criterion in criteria(filter)]


def parting(candidates: Iterable[Filter], files: Sequence[Json]) -> Filter | None:
    """The filter that parts these files best; None when all admit everything or nothing."""
    return sharpest(candidates, lambda filter: surely(filter, files))


def sharpest(candidates: Iterable[Filter], admitted: Callable[[Filter], Sequence[bool]]) -> Filter | None:
    """The first of the filters that part things best, by which of the things each admits."""
    best: tuple[int, Filter | None] = (0, None)
    for filter in islice(candidates, MOST_CANDIDATES):
        verdicts = admitted(filter)
        score = min(sum(verdicts), len(verdicts) - sum(verdicts))
        best = max(best, (score, filter), key=lambda scored: scored[0])
    return best[1]


def surely(filter: Json, files: Iterable[Json]) -> list[bool]:
    """Which files a filter admits in every reading."""
    verdicts = [of_file(filter, file) for file in files]
    return [verdict.admitted and verdict.sure for verdict in verdicts]


def misread(values: Iterable[Any]) -> str | None:
    """The number, as text, that most others lie on another side of when they are compared as texts."""
    known = dict(_numbers(values))

    def misplaced(bound: str) -> int:
        return sum((number < known[bound]) != (text < bound) for text, number in known.items())

    best = max(sorted(known), key=misplaced, default="")
    return best if best and misplaced(best) else None


def _numbers(values: Iterable[Any]) -> Iterator[tuple[str, float]]:
    for value in values:
        number, text = as_number(value), as_text(value)
        if number is not None and text is not None:
            yield text, number


def leaves(files: Iterable[Json], category: str) -> list[tuple[str, Any]]:
    """What stands in the objects of a category, each with its path; by path, then as the files come.

    Names with dots in them are passed over: no source says how they are found.
    """
    found = (leaf for file in files for leaf in _below(file.get(category), ""))
    return sorted((leaf for leaf in found if leaf[0]), key=lambda leaf: leaf[0])


def _below(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        if name and "." not in name:
            yield from _below(inner, f"{path}.{name}" if path else name)


def words(files: Iterable[Json], category: str) -> list[tuple[str, str]]:
    """The plain texts among them, each once."""
    return list(dict.fromkeys(leaf for leaf in leaves(files, category) if is_word(leaf[1])))


def filenames(files: Iterable[Json]) -> list[str]:
    """The names of files that are plain texts."""
    return sorted({file["filename"] for file in files if is_word(file.get("filename"))})


def is_word(value: Any) -> bool:
    """Whether a value is a plain text, with a letter that has another case."""
    plain = isinstance(value, str) and WORD.fullmatch(value) is not None
    return plain and value.swapcase() != value and NUMBER.fullmatch(value) is None


def member(value: Any, name: str) -> Any:
    """A member of what should be an object; None when it is none."""
    return value.get(name) if isinstance(value, dict) else None
