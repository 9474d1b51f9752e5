"""Whether a filter admits a file, from the file object alone: the judge's own reading of the language.

The sources leave much of the language open, so a verdict has two parts: the answer of the preferred reading,
and whether every plausible reading agrees. A rule that can fail a vendor uses sure verdicts only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from antiphon_conformance.video_library.filters.operators import Field, FilterResult, Moment, evaluate

Json = Mapping[str, Any]

CATEGORIES = ("metadata", "video_info", "file", "source_metadata")
MILLISECONDS_SINCE = 10**11
"""A time stamp from here on surely counts milliseconds: in seconds it would lie in the year 5138."""


def of_file(selection: Json, file: Json) -> FilterResult:
    """Whether a filter admits a file; criteria that go by segment leave that open."""
    return _together(
        FilterResult(True, sure=False)
        if goes_by_segment(criterion)
        else evaluate(criterion, _field(file, *at))
        for at, criterion in criteria(selection)
    )


def of_segment(selection: Json, segment: Json) -> FilterResult:
    """Whether the criteria of a filter that go by segment admit a segment."""
    return _together(
        evaluate(criterion, _field(_as_file(segment), *at))
        for at, criterion in criteria(selection)
        if goes_by_segment(criterion)
    )


def criteria(selection: Json) -> Iterator[tuple[tuple[str, str], Json]]:
    """Every criterion of a filter, each with its category and path."""
    for category, entries in selection.items():
        for criterion in entries if isinstance(entries, list) else ():
            if isinstance(criterion, dict):
                yield (category, str(criterion.get("path"))), criterion


def goes_by_segment(criterion: Json) -> bool:
    """Whether a criterion looks at segments instead of files."""
    return criterion.get("scope") == "segment"


def has_field(file: Json, category: str, path: str) -> bool | None:
    """Whether a file has a field that is not null; None when that depends on how the path is read."""
    field = _field(file, category, path)
    return bool(field.values) if field.plain and not field.through_array else None


def _together(parts: Iterable[FilterResult]) -> FilterResult:
    """All criteria have to hold. No source says that, but where they agree it makes no difference."""
    verdicts = list(parts)
    unanimous = len({verdict.admits for verdict in verdicts}) < 2
    admits = all(verdict.admits for verdict in verdicts)
    return FilterResult(admits, unanimous and all(verdict.sure for verdict in verdicts))


def _as_file(segment: Json) -> Json:
    """A segment as if it were a file: its length is its duration."""
    start, end = segment.get("start_time"), segment.get("end_time")
    length: Json = {}
    if isinstance(start, int | float) and isinstance(end, int | float):
        length = {"duration_seconds": round(end - start, 3)}
    return {"metadata": segment.get("metadata"), "video_info": length}


def _field(file: Json, category: str, path: str) -> Field:
    if category == "file":
        return _own_field(file, path)
    members = file.get(category)
    if not isinstance(members, dict) or category not in CATEGORIES:
        return Field((), category)
    has_prefix = path.startswith(f"{category}.") and category not in members
    path = path.removeprefix(f"{category}.") if has_prefix else path
    pairs = [(value, through_array) for value, through_array in _walk(members, path) if value is not None]
    plain = not has_prefix and not _is_spelt_with_dots(members, path)
    return Field(
        tuple(value for value, _ in pairs), category, any(through_array for _, through_array in pairs), plain
    )


def _own_field(file: Json, path: str) -> Field:
    value = file.get(path)
    if path != "created_at":
        return Field(() if value is None else (value,), "file")
    if isinstance(value, int) and value >= MILLISECONDS_SINCE:
        return Field((Moment(value),), "file")
    return Field((), "file", plain=False)


def _walk(value: Any, path: str, through_array: bool = False) -> Iterator[tuple[Any, bool]]:
    """The values at a path, each with whether the path crosses an array."""
    if isinstance(value, list):
        for element in value:
            yield from _walk(element, path, True)
    elif isinstance(value, dict):
        first, dot, rest = path.partition(".")
        if path in value:
            yield value[path], through_array
        elif dot:
            yield from _walk(value.get(first), rest, through_array)


def _is_spelt_with_dots(value: Any, path: str) -> bool:
    """Whether a member on the path has dots in its name: no source says how a path names it."""
    if isinstance(value, list):
        return any(_is_spelt_with_dots(element, path) for element in value)
    if not isinstance(value, dict):
        return False
    first, dot, rest = path.partition(".")
    spelt = any("." in name and f"{path}.".startswith(f"{name}.") for name in value)
    return spelt or (bool(dot) and _is_spelt_with_dots(value.get(first), rest))
