"""Filters: which files pass, and which of their segments.

A filter is parsed once, from the JSON of a request, and then applied to any number of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from antiphon_mockserver.video_library.comparison import OPERATORS, Instant, Readings, Test, fields
from antiphon_spec.json_schema.fault import ABSENT, one_of, show
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.world import File, Segment

SCOPES = ("file", "segment")
NOT_IN_CHAT = frozenset({"Like", "source_metadata"})
"""The operator and the category that chat completions do not support."""
Look = Callable[[Any, str, Readings], list[Any]]
"""The values at a path of a file or of a segment."""


class FilterError(ValueError):
    """A malformed filter: the place, what is expected there, and what is there."""

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(f"{path or 'the filter'}: expected {expected}, got {actual}")
        self.path = path
        """The place of the fault, such as `metadata[0].operator`; "" for the filter itself."""
        self.expected = expected
        self.actual = actual


@dataclass(frozen=True, slots=True)
class Criterion:
    """One demand of a filter."""

    by_segment: bool
    path: str
    look: Look
    test: Test
    readings: Readings

    def holds(self, thing: File | Segment) -> bool:
        """Whether it holds for a file, or for a segment when its scope is the segment."""
        return self.test(self.look(thing, self.path, self.readings))


@dataclass(frozen=True, slots=True)
class Filter:
    """Criteria, all of which must hold."""

    criteria: tuple[Criterion, ...] = ()

    def matches(self, file: File) -> bool:
        """Whether a file passes; one of its segments must satisfy all criteria with the scope segment."""
        if not all(criterion.holds(file) for criterion in self.criteria if not criterion.by_segment):
            return False
        return not any(criterion.by_segment for criterion in self.criteria) or bool(self.segments(file))

    def segments(self, file: File) -> tuple[Segment, ...]:
        """The segments that satisfy all criteria with the scope segment."""
        demands = [criterion for criterion in self.criteria if criterion.by_segment]
        return tuple(
            segment for segment in file.segments if all(criterion.holds(segment) for criterion in demands)
        )


EVERYTHING = Filter()
"""The filter of a request without one."""


def parse(value: Any, *, chat: bool = False, readings: Readings = Readings()) -> Filter:  # noqa: B008 - it is frozen
    """The filter of a request. Raises FilterError for its first fault."""
    if not isinstance(value, Mapping):
        raise FilterError("", "an object", show(value))
    categories = _available(CATEGORIES, chat)
    return Filter(
        tuple(
            _criterion(criterion, category, place, chat, readings)
            for name, criteria in value.items()
            for category in [_row(name, categories, name)]
            for place, criterion in _criteria(criteria, name)
        )
    )


def parse_text(text: str, *, readings: Readings = Readings()) -> Filter:  # noqa: B008 - it is frozen
    """The filter in a query parameter, as JSON text. Raises FilterError for its first fault."""
    try:
        value = orjson.loads(text)
    except ValueError:
        raise FilterError("", "JSON text", show(text)) from None
    return parse(value, readings=readings)


def _row(name: Any, table: Mapping[str, Any], place: str) -> Any:
    if not isinstance(name, str) or name not in table:
        raise FilterError(place, one_of(table), show(name))
    return table[name]


def _available(table: Mapping[str, Any], chat: bool) -> Mapping[str, Any]:
    return {name: row for name, row in table.items() if not (chat and name in NOT_IN_CHAT)}


def _criteria(criteria: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(criteria, list):
        raise FilterError(place, "an array", show(criteria))
    for index, criterion in enumerate(criteria):
        if not isinstance(criterion, Mapping):
            raise FilterError(f"{place}[{index}]", "an object", show(criterion))
        yield f"{place}[{index}]", criterion


def _criterion(
    value: Mapping[str, Any], category: Category, place: str, chat: bool, readings: Readings
) -> Criterion:
    path = _path(value, category, f"{place}.path")
    operator = _row(
        _required_member(value, "operator", place), _available(OPERATORS, chat), f"{place}.operator"
    )
    by_segment = _by_segment(value, category, path, f"{place}.scope", chat)
    return Criterion(
        by_segment,
        path,
        category.of_segment if by_segment else category.of_file,
        operator.make(_values(value, operator.takes, place), readings),
        readings,
    )


def _required_member(value: Mapping[str, Any], member: str, place: str) -> Any:
    if member not in value:
        raise FilterError(f"{place}.{member}", "a string", ABSENT)
    return value[member]


def _path(value: Mapping[str, Any], category: Category, place: str) -> str:
    path = _required_member(value, "path", place.removesuffix(".path"))
    if not isinstance(path, str):
        raise FilterError(place, "a string", show(path))
    if category.paths is not None and path not in category.paths:
        raise FilterError(place, one_of(category.paths), show(path))
    return path


def _by_segment(value: Mapping[str, Any], category: Category, path: str, place: str, chat: bool) -> bool:
    """Whether the scope of a criterion is the segment. In chat completions only `video_info` has a scope."""
    scope = value.get("scope", "file")
    if scope not in SCOPES:
        raise FilterError(place, one_of(SCOPES), show(scope))
    if scope == "file" or (chat and category.paths is None):
        return False
    if not (category.by_segment is None or path in category.by_segment):
        raise FilterError(place, "'file' for this path", show(scope))
    return True


def _values(value: Mapping[str, Any], takes: Sequence[str], place: str) -> list[str]:
    """The texts to compare with, from the first present member of `takes`."""
    for member, read in VALUES.items():
        if member in value:
            read(value[member], f"{place}.{member}")
    member = next((name for name in takes if name in value), takes[-1])
    if member not in value:
        expected = "a string" if "valueText" in takes else "an array of strings"
        raise FilterError(f"{place}.{member}", expected, ABSENT)
    texts = VALUES[member](value[member], f"{place}.{member}")
    return texts if member == takes[0] else [text.strip() for text in texts[0].split(",")]


def _string(value: Any, place: str) -> list[str]:
    if not isinstance(value, str):
        raise FilterError(place, "a string", show(value))
    return [value]


def _strings(value: Any, place: str) -> list[str]:
    if not isinstance(value, list):
        raise FilterError(place, "an array of strings", show(value))
    return [text for index, element in enumerate(value) for text in _string(element, f"{place}[{index}]")]


VALUES: Mapping[str, Callable[[Any, str], list[str]]] = {"valueText": _string, "valueTextArray": _strings}


def _members(name: str) -> Look:
    """The values at a path in the member of this name."""
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
    """The permitted paths; None for any."""
    by_segment: tuple[str, ...] | None = ()
    """The paths whose scope may be the segment; None for any."""


CATEGORIES: Mapping[str, Category] = {
    "metadata": Category(_members("metadata"), _members("metadata"), by_segment=None),
    "video_info": Category(
        _video_info, _duration, paths=("duration_seconds", "has_audio"), by_segment=("duration_seconds",)
    ),
    "file": Category(_file, _file, paths=tuple(FILE_FIELDS)),
    "source_metadata": Category(_members("source_metadata"), _members("source_metadata")),
}
