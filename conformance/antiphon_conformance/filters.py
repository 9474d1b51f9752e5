"""What a filter says of a file, told from the file object alone: the judge's own reading of the language.

The sources leave much of the language open, so a verdict has two parts: what the chosen reading says, and
whether every reading that makes sense says the same. A rule that may fail a vendor heeds sure verdicts only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from antiphon_conformance.filter_operators import Field, Moment, Verdict, said_by

Json = Mapping[str, Any]

CATEGORIES = ("metadata", "video_info", "file", "source_metadata")
MILLISECONDS_SINCE = 10**11
"""From here on a time stamp surely counts milliseconds: in seconds it would lie in the year 5138."""


def of_file(filter: Json, file: Json) -> Verdict:
    """What a filter says of a file; parts of it that go by segment leave that open."""
    return _together(
        Verdict(True, sure=False) if goes_by_segment(criterion) else said_by(criterion, _field(file, *at))
        for at, criterion in criteria(filter)
    )


def of_segment(filter: Json, segment: Json) -> Verdict:
    """What those parts of a filter say of a segment that go by segment."""
    return _together(
        said_by(criterion, _field(_as_file(segment), *at))
        for at, criterion in criteria(filter)
        if goes_by_segment(criterion)
    )


def criteria(filter: Json) -> Iterator[tuple[tuple[str, str], Json]]:
    """Every criterion of a filter, each with its category and path."""
    for category, listed in filter.items():
        for criterion in listed if isinstance(listed, list) else ():
            if isinstance(criterion, dict):
                yield (category, str(criterion.get("path"))), criterion


def goes_by_segment(criterion: Json) -> bool:
    """Whether a criterion looks at segments instead of files."""
    return criterion.get("scope") == "segment"


def has_field(file: Json, category: str, path: str) -> bool | None:
    """Whether a file has a field, null being none; None when that depends on how the path is read."""
    found = _field(file, category, path)
    return bool(found.values) if found.plain and not found.crossed else None


def _together(said: Iterable[Verdict]) -> Verdict:
    """All criteria have to hold. No source says that, but where they agree it makes no difference."""
    every = list(said)
    agreed = len({verdict.admitted for verdict in every}) < 2
    return Verdict(all(one.admitted for one in every), agreed and all(one.sure for one in every))


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
    prefixed = path.startswith(f"{category}.") and category not in members
    path = path.removeprefix(f"{category}.") if prefixed else path
    found = [(value, crossed) for value, crossed in _walk(members, path) if value is not None]
    plain = not prefixed and not _is_spelt_with_dots(members, path)
    return Field(tuple(value for value, _ in found), category, any(crossed for _, crossed in found), plain)


def _own_field(file: Json, path: str) -> Field:
    value = file.get(path)
    if path != "created_at":
        return Field(() if value is None else (value,), "file")
    if isinstance(value, int) and value >= MILLISECONDS_SINCE:
        return Field((Moment(value),), "file")
    return Field((), "file", plain=False)


def _walk(value: Any, path: str, crossed: bool = False) -> Iterator[tuple[Any, bool]]:
    """What stands at a path, and whether an array was crossed on the way."""
    if isinstance(value, list):
        for element in value:
            yield from _walk(element, path, True)
    elif isinstance(value, dict):
        first, dot, rest = path.partition(".")
        if path in value:
            yield value[path], crossed
        elif dot:
            yield from _walk(value.get(first), rest, crossed)


def _is_spelt_with_dots(value: Any, path: str) -> bool:
    """Whether a member on the way has dots in its name: no source says how such a one is found."""
    if isinstance(value, list):
        return any(_is_spelt_with_dots(element, path) for element in value)
    if not isinstance(value, dict):
        return False
    first, dot, rest = path.partition(".")
    spelt = any("." in name and f"{path}.".startswith(f"{name}.") for name in value)
    return spelt or (bool(dot) and _is_spelt_with_dots(value.get(first), rest))
