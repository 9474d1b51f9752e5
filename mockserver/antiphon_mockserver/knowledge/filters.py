"""Which files a filter admits, and which of their segments.

A filter is read once, from the JSON of a request; then it decides for any number of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from antiphon_mockserver.knowledge.comparison import OPERATORS, Instant, Readings, Test, fields
from antiphon_spec.fault import ABSENT, one_of, show
from antiphon_spec.world import File, Segment

SCOPES = ("file", "segment")
NOT_IN_CHAT = frozenset({"Like", "source_metadata"})
"""The operator and the category that chat completions do not have."""
Look = Callable[[Any, str, Readings], list[Any]]
"""What stands at a path of a file or of a segment."""


class FilterFault(ValueError):  # noqa: N818 - as Fault is named
    """A filter that makes no sense: where, what belongs there, what stands there."""

    def __init__(self, path: str, expected: str, got: str) -> None:
        super().__init__(f"{path or 'the filter'}: expected {expected}, got {got}")
        self.path = path
        """The way to the fault, such as `metadata[0].operator`; "" for the filter itself."""
        self.expected = expected
        self.got = got


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a filter demands."""

    by_segment: bool
    path: str
    look: Look
    test: Test
    readings: Readings

    def holds(self, thing: File | Segment) -> bool:
        """Whether it holds for a file, or for a segment when it goes by segment."""
        return self.test(self.look(thing, self.path, self.readings))


@dataclass(frozen=True, slots=True)
class Filter:
    """Criteria, all of which must hold."""

    criteria: tuple[Criterion, ...] = ()

    def matches(self, file: File) -> bool:
        """Whether a file passes; where criteria go by segment, one segment must satisfy them all."""
        if not all(criterion.holds(file) for criterion in self.criteria if not criterion.by_segment):
            return False
        return not any(criterion.by_segment for criterion in self.criteria) or bool(self.segments(file))

    def segments(self, file: File) -> tuple[Segment, ...]:
        """The segments that the criteria which go by segment admit; all, when there are none of these."""
        demands = [criterion for criterion in self.criteria if criterion.by_segment]
        return tuple(
            segment for segment in file.segments if all(criterion.holds(segment) for criterion in demands)
        )


EVERYTHING = Filter()
"""What an absent filter is."""


def parse(given: Any, *, chat: bool = False, readings: Readings = Readings()) -> Filter:  # noqa: B008 - it is frozen
    """The filter of a request. Raises FilterFault for the first place in which it makes no sense."""
    if not isinstance(given, Mapping):
        raise FilterFault("", "an object", show(given))
    known = _offered(CATEGORIES, chat)
    return Filter(
        tuple(
            _criterion(criterion, category, place, chat, readings)
            for name, criteria in given.items()
            for category in [_named(name, known, name)]
            for place, criterion in _numbered(criteria, name)
        )
    )


def parse_text(text: str, *, readings: Readings = Readings()) -> Filter:  # noqa: B008 - it is frozen
    """The filter that a query parameter holds as JSON text."""
    try:
        given = orjson.loads(text)
    except ValueError:
        raise FilterFault("", "JSON text", show(text)) from None
    return parse(given, readings=readings)


def _named(name: Any, table: Mapping[str, Any], place: str) -> Any:
    if not isinstance(name, str) or name not in table:
        raise FilterFault(place, one_of(table), show(name))
    return table[name]


def _offered(table: Mapping[str, Any], chat: bool) -> Mapping[str, Any]:
    return {name: row for name, row in table.items() if not (chat and name in NOT_IN_CHAT)}


def _numbered(criteria: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(criteria, list):
        raise FilterFault(place, "an array", show(criteria))
    for index, criterion in enumerate(criteria):
        if not isinstance(criterion, Mapping):
            raise FilterFault(f"{place}[{index}]", "an object", show(criterion))
        yield f"{place}[{index}]", criterion


def _criterion(
    given: Mapping[str, Any], category: Category, place: str, chat: bool, readings: Readings
) -> Criterion:
    path = _path(given, category, f"{place}.path")
    operator = _named(_needed(given, "operator", place), _offered(OPERATORS, chat), f"{place}.operator")
    by_segment = _by_segment(given, category, path, f"{place}.scope", chat)
    return Criterion(
        by_segment,
        path,
        category.of_segment if by_segment else category.of_file,
        operator.make(_values(given, operator.takes, place), readings),
        readings,
    )


def _needed(given: Mapping[str, Any], member: str, place: str) -> Any:
    if member not in given:
        raise FilterFault(f"{place}.{member}", "a string", ABSENT)
    return given[member]


def _path(given: Mapping[str, Any], category: Category, place: str) -> str:
    path = _needed(given, "path", place.removesuffix(".path"))
    if not isinstance(path, str):
        raise FilterFault(place, "a string", show(path))
    if category.paths is not None and path not in category.paths:
        raise FilterFault(place, one_of(category.paths), show(path))
    return path


def _by_segment(given: Mapping[str, Any], category: Category, path: str, place: str, chat: bool) -> bool:
    """Whether a criterion goes by segment. In chat completions only `video_info` has a scope."""
    scope = given.get("scope", "file")
    if scope not in SCOPES:
        raise FilterFault(place, one_of(SCOPES), show(scope))
    if scope == "file" or (chat and category.paths is None):
        return False
    if not (category.by_segment is None or path in category.by_segment):
        raise FilterFault(place, "'file' for this path", show(scope))
    return True


def _values(given: Mapping[str, Any], takes: Sequence[str], place: str) -> list[str]:
    """The texts to compare with, from the first of these members that is there."""
    for member, read in VALUES.items():
        if member in given:
            read(given[member], f"{place}.{member}")
    member = next((name for name in takes if name in given), takes[-1])
    if member not in given:
        expected = "a string" if "valueText" in takes else "an array of strings"
        raise FilterFault(f"{place}.{member}", expected, ABSENT)
    texts = VALUES[member](given[member], f"{place}.{member}")
    return texts if member == takes[0] else [text.strip() for text in texts[0].split(",")]


def _one(value: Any, place: str) -> list[str]:
    if not isinstance(value, str):
        raise FilterFault(place, "a string", show(value))
    return [value]


def _several(value: Any, place: str) -> list[str]:
    if not isinstance(value, list):
        raise FilterFault(place, "an array of strings", show(value))
    return [text for index, element in enumerate(value) for text in _one(element, f"{place}[{index}]")]


VALUES: Mapping[str, Callable[[Any, str], list[str]]] = {"valueText": _one, "valueTextArray": _several}


def _members(name: str) -> Look:
    """What stands at a path of the members of this name."""
    return lambda thing, path, readings: fields(getattr(thing, name), path, name, readings)


def _video_info(file: File, path: str, _readings: Readings) -> list[Any]:
    value = (file.video or {}).get(path)
    return [] if value is None else [value]


def _duration(segment: Segment, _path: str, _readings: Readings) -> list[Any]:
    return [round(segment.end - segment.start, 3)]


def _file(file: File, path: str, _readings: Readings) -> list[Any]:
    return [FILE_FIELDS[path](file)]


FILE_FIELDS: Mapping[str, Callable[[File], Any]] = {
    "bytes": lambda file: file.bytes,
    "filename": lambda file: file.filename,
    "uri": lambda file: file.uri,
    "created_at": lambda file: Instant(file.created_at),
    "id": lambda file: file.id,
}


@dataclass(frozen=True, slots=True)
class Category:
    """One row of the table."""

    of_file: Look
    of_segment: Look
    paths: tuple[str, ...] | None = None
    """The paths that there are; None for any."""
    by_segment: tuple[str, ...] | None = ()
    """The paths for which a criterion may go by segment; None for any."""


CATEGORIES: Mapping[str, Category] = {
    "metadata": Category(_members("metadata"), _members("metadata"), by_segment=None),
    "video_info": Category(
        _video_info, _duration, paths=("duration_seconds", "has_audio"), by_segment=("duration_seconds",)
    ),
    "file": Category(_file, _file, paths=tuple(FILE_FIELDS)),
    "source_metadata": Category(_members("source_metadata"), _members("source_metadata")),
}
