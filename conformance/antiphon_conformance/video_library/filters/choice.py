"""The fields that files show, and the choice of the filter that divides files best."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from antiphon_conformance.video_library.filters.language import criteria, of_file
from antiphon_conformance.video_library.filters.operators import NUMBER, as_number, as_text

Json = Mapping[str, Any]
Filter = dict[str, Any]

MOST_CANDIDATES = 300
"""How many filters are compared at most."""
WORD = re.compile(r"[A-Za-z0-9]+([ .:/-]+[A-Za-z0-9]+)*", re.ASCII)
"""A text without signs that have a meaning in a filter."""


def single(category: str, path: str, operator: str, value: str | list[str]) -> Filter:
    """A filter of one criterion; it compares with a text or with several."""
    member = "valueTextArray" if isinstance(value, list) else "valueText"
    return {category: [{"path": path, "operator": operator, member: value}]}


def with_member(selection: Json, **members: Any) -> Filter:
    """The filter with more members in each of its criteria."""
    return {
        category: [{**criterion, **members} for criterion in entries]
        for category, entries in selection.items()
    }


def without_member(selection: Json, name: str) -> Filter:
    """The filter without a member in any of its criteria."""
    return {
        category: [{key: value for key, value in criterion.items() if key != name} for criterion in entries]
        for category, entries in selection.items()
    }


def merge(left: Json, right: Json) -> Filter:
    """The criteria of two filters in one."""
    return {category: [*left.get(category, ()), *right.get(category, ())] for category in {**left, **right}}


def singles(selection: Json) -> list[Filter]:
    """The criteria of a filter, each as a filter of its own."""
    return [{category: [dict(criterion)]} for (category, _), criterion in criteria(selection)]


def best_filter(candidates: Iterable[Filter], files: Sequence[Json]) -> Filter | None:
    """The filter that divides these files best; None when every filter admits all or none."""
    return sharpest(candidates, lambda selection: surely(selection, files))


def sharpest(candidates: Iterable[Filter], admit: Callable[[Filter], Sequence[bool]]) -> Filter | None:
    """The first of the filters that divide things best; `admit` says which things a filter admits."""
    best: tuple[int, Filter | None] = (0, None)
    for selection in islice(candidates, MOST_CANDIDATES):
        verdicts = admit(selection)
        score = min(sum(verdicts), len(verdicts) - sum(verdicts))
        best = max(best, (score, selection), key=lambda pair: pair[0])
    return best[1]


def surely(selection: Json, files: Iterable[Json]) -> list[bool]:
    """For each file, whether a filter admits it in every reading."""
    verdicts = [of_file(selection, file) for file in files]
    return [verdict.admits and verdict.sure for verdict in verdicts]


def misread(values: Iterable[Any]) -> str | None:
    """The number, as text, for which a comparison as texts goes wrong most often; None when it never does."""
    numbers = dict(_numbers(values))

    def errors(bound: str) -> int:
        return sum((number < numbers[bound]) != (text < bound) for text, number in numbers.items())

    best = max(sorted(numbers), key=errors, default="")
    return best if best and errors(best) else None


def _numbers(values: Iterable[Any]) -> Iterator[tuple[str, float]]:
    for value in values:
        number, text = as_number(value), as_text(value)
        if number is not None and text is not None:
            yield text, number


def leaves(files: Iterable[Json], category: str) -> list[tuple[str, Any]]:
    """The values in the objects of a category, each with its path; sorted by path, then in the order of
    files.

    Names with dots are skipped: no source says how a path names them.
    """
    pairs = (leaf for file in files for leaf in _below(file.get(category), ""))
    return sorted((leaf for leaf in pairs if leaf[0]), key=lambda leaf: leaf[0])


def _below(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        if name and "." not in name:
            yield from _below(inner, f"{path}.{name}" if path else name)


def words(files: Iterable[Json], category: str) -> list[tuple[str, str]]:
    """The plain texts among the values of a category, each once."""
    return list(dict.fromkeys(leaf for leaf in leaves(files, category) if is_word(leaf[1])))


def filenames(files: Iterable[Json]) -> list[str]:
    """The names of files that are plain texts."""
    return sorted({file["filename"] for file in files if is_word(file.get("filename"))})


def is_word(value: Any) -> bool:
    """Whether a value is a plain text with a letter that has two cases."""
    plain = isinstance(value, str) and WORD.fullmatch(value) is not None
    return plain and value.swapcase() != value and NUMBER.fullmatch(value) is None


def member(value: Any, name: str) -> Any:
    """A member of what should be an object; None when it is none."""
    return value.get(name) if isinstance(value, dict) else None
