"""Which filters to ask a target for: picked from what its own files hold, the same for the same library.

Of the filters that would do, the one is taken that parts the files best. What no file shows is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations, islice
from typing import Any

from antiphon_conformance.filter_choice import (
    MOST_CANDIDATES,
    Filter,
    filenames,
    is_word,
    leaves,
    member,
    merged,
    misread,
    one,
    parting,
    sharpest,
    surely,
    with_member,
    words,
)
from antiphon_conformance.filter_operators import ISO_DATE, as_text
from antiphon_conformance.filters import CATEGORIES, criteria, of_segment
from antiphon_conformance.probes import UNKNOWN_ID

Json = Mapping[str, Any]
Files = Sequence[Json]
Steps = dict[str, Filter]
"""Filters, each by the name of the step that asks for it."""

MOST_FILES = 100
"""How many files of a large library are looked at."""
SCOPED = frozenset({"metadata", "video_info"})
"""The categories whose criteria may go by segment."""
LETTERS = re.compile(r"[A-Za-z]{3,}", re.ASCII)
IMPOSSIBLE = one("file", "id", "Equal", UNKNOWN_ID)
NOWHERE = "antiphon_no_such_field"
DURATIONS = {"duration_below": "LessThan", "duration_at": "Equal", "duration_above": "GreaterThan"}


def plan(files: Iterable[Json]) -> Steps:
    """The filters to ask of a library with these files."""
    known = list(islice(files, MOST_FILES))
    steps: Steps = {}
    for group in GROUPS:
        steps |= group(known)
    return steps | _pairs(steps, known) | _aloud(steps) | _always()


def narrow(files: Files) -> Filter | None:
    """Of the filters to ask for, one of a single criterion that parts these files well."""
    steps = plan(files)
    return parting((filter for filter in steps.values() if len([*criteria(filter)]) == 1), files)


def by_segment(segments: Sequence[Json]) -> Filter | None:
    """A filter that goes by segment and parts these segments; None when there is none."""
    shown = [{"metadata": segment.get("metadata")} for segment in segments]
    named = [one("metadata", path, "Equal", text) for path, text in words(shown, "metadata")]
    bounds = [as_text(length) or "" for length in sorted(set(_lengths(segments)))]
    long = [one("video_info", "duration_seconds", "LessThan", bound) for bound in bounds]
    scoped = (with_member(filter, scope="segment") for filter in (*named, *long))
    return sharpest(scoped, lambda filter: [of_segment(filter, segment).admitted for segment in segments])


def _lengths(segments: Sequence[Json]) -> Iterator[float]:
    for segment in segments:
        start, end = segment.get("start_time"), segment.get("end_time")
        if isinstance(start, int | float) and isinstance(end, int | float):
            yield round(end - start, 3)


def _always() -> Steps:
    """What any library can be asked for."""
    return {
        "empty": {},
        "empty_categories": {category: [] for category in CATEGORIES},
        "impossible": IMPOSSIBLE,
        "nothing_there": one("metadata", NOWHERE, "NotEqual", "x"),
    }


def _texts(files: Files) -> Steps:
    """A field with texts: of the metadata, or else the names of the files."""
    told = {
        "metadata": [(path, text) for path, text in words(files, "metadata") if "." not in path],
        "file": [("filename", name) for name in filenames(files)],
    }
    for category, known in told.items():
        equal = parting((one(category, path, "Equal", text) for path, text in known), files)
        for (_, path), criterion in criteria(equal or {}):
            text = criterion["valueText"]
            others = [value for where, value in known if where == path and value != text]
            return _about(category, path, text, others[:1])
    return {}


def _about(category: str, path: str, text: str, other: list[str]) -> Steps:
    equal, both = one(category, path, "Equal", text), [text, *other]
    steps = {
        "equal": equal,
        "equal_in_other_case": one(category, path, "Equal", text.swapcase()),
        "not_equal": one(category, path, "NotEqual", text),
        "like_exactly": one(category, path, "Like", text),
        "in_one": one(category, path, "In", [text]),
        "in_array": one(category, path, "In", both),
        "in_commas": one(category, path, "In", ",".join(both)),
    }
    if category == "metadata":
        steps["equal_by_prefix"] = with_member(equal, path=f"metadata.{path}")
    return steps


def _likes(files: Files) -> Steps:
    """Parts of file names, in the other case; and one without anything for the rest of the name."""
    names = filenames(files)
    inner = [found[0] for name in names if (found := LETTERS.search(name)) and found[0] != name]
    patterns = {
        "like_start": [f"{name[:3].swapcase()}%" for name in names],
        "like_end": [f"%{name[-4:].swapcase()}" for name in names],
        "like_inside": [f"%{part.swapcase()}%" for part in inner],
    }
    steps = {step: parting(_of_files("filename", "Like", some), files) for step, some in patterns.items()}
    steps["like_part"] = one("file", "filename", "Like", inner[0]) if inner else None
    return _found(steps)


def _arrays(files: Files) -> Steps:
    """Two values that some files have both of, and others one."""
    pairs = (
        (path, list(pair))
        for path, value in leaves(files, "metadata")
        if isinstance(value, list)
        for pair in combinations([one for one in value if isinstance(one, str)][:3], 2)
    )
    best: tuple[int, Steps] = (0, {})
    for path, pair in islice(pairs, MOST_CANDIDATES):
        steps = {
            "contains_any": one("metadata", path, "ContainsAny", pair),
            "contains_all": one("metadata", path, "ContainsAll", pair),
        }
        wide, strict = (sum(surely(filter, files)) for filter in steps.values())
        best = max(best, (wide - strict if strict else 0, steps), key=lambda scored: scored[0])
    return best[1]


def _videos(files: Files) -> Steps:
    videos = [file.get("video_info") for file in files]
    values = [member(video, "duration_seconds") for video in videos]
    steps = _around("video_info", "duration_seconds", values, DURATIONS)
    if any(isinstance(member(video, "has_audio"), bool) for video in videos):
        steps["with_sound"] = one("video_info", "has_audio", "Equal", "true")
        steps["without_sound"] = one("video_info", "has_audio", "Equal", "false")
    return steps


def _sizes(files: Files) -> Steps:
    sizes = [file.get("bytes") for file in files]
    return _around("file", "bytes", sizes, {"size_below": "LessThan", "size_above": "GreaterThan"})


def _around(category: str, path: str, values: Sequence[Any], operators: Mapping[str, str]) -> Steps:
    """A number on whose sides others do not lie when they are compared as texts, with these operators."""
    bound = misread(values)
    if bound is None:
        return {}
    return {step: one(category, path, operator, bound) for step, operator in operators.items()}


def _numbers(files: Files) -> Steps:
    """A number of the metadata, written in another way too."""
    by_path: dict[str, list[Any]] = {}
    for path, value in leaves(files, "metadata"):
        if isinstance(value, int | float):
            by_path.setdefault(path, []).append(value)
    for path, values in by_path.items():
        bound = misread(values)
        if bound is not None:
            other = f"{bound}0" if "." in bound else f"{bound}.0"
            return {
                "number_below": one("metadata", path, "LessThan", bound),
                "number_at": one("metadata", path, "Equal", other),
            }
    return {}


def _dates(files: Files) -> Steps:
    """A moment between two files, and a date of a connector."""
    bounds = [text for file in files for text in _soon_after(file.get("created_at"))]
    dates = [
        one("source_metadata", path, "LessThan", bound)
        for path, value in leaves(files, "source_metadata")
        if isinstance(value, str) and ISO_DATE.fullmatch(value)
        for bound in (value, f"{int(value[:4]) + 1:04}-01-01")
    ]
    return _found(
        {
            "created_before": parting(_of_files("created_at", "LessThan", bounds), files),
            "source_before": parting(dates, files),
        }
    )


def _soon_after(stamp: Any) -> Iterator[str]:
    """A whole second that is not the one of this time in milliseconds; nothing when it is none."""
    if isinstance(stamp, int):
        try:
            yield datetime.fromtimestamp(stamp // 1000 + 2, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (OverflowError, OSError, ValueError):
            return


def _identities(files: Files) -> Steps:
    found = [file["id"] for file in files if isinstance(file.get("id"), str)]
    return {"by_id": one("file", "id", "Equal", found[0])} if found else {}


def _paths(files: Files) -> Steps:
    """A path into an object, and one through an array of objects to what the first of them does not say."""
    nested = (one("metadata", path, "Equal", text) for path, text in words(files, "metadata") if "." in path)
    through = (
        one("source_metadata", f"{path}.{name}", "Equal", text)
        for path, value in leaves(files, "source_metadata")
        if isinstance(value, list) and len(value) > 1 and isinstance(value[-1], dict)
        for name, text in value[-1].items()
        if "." not in name and is_word(text) and member(value[0], name) != text
    )
    return _found({"nested": parting(nested, files), "through": parting(through, files)})


def _aloud(steps: Steps) -> Steps:
    """One of the filters with the scope said that it has anyway, where its category has scopes."""
    scoped = [steps[step] for step in ("equal", "duration_below") if steps.get(step, {}).keys() & SCOPED]
    return {"scope_of_files": with_member(scoped[0], scope="file")} if scoped else {}


def _pairs(steps: Steps, files: Files) -> Steps:
    """Two criteria that together admit less than either alone: of one category, and of two."""
    best: dict[str, tuple[int, Filter]] = {}
    alone = [(filter, surely(filter, files)) for filter in steps.values()]
    for (left, admitted), (right, also) in combinations(alone, 2):
        step = "two_criteria" if left.keys() == right.keys() else "two_categories"
        score = _narrowed(admitted, also)
        if score > best.get(step, (0, {}))[0]:
            best[step] = score, merged(left, right)
    return {step: filter for step, (_, filter) in best.items()}


def _narrowed(left: Sequence[bool], right: Sequence[bool]) -> int:
    """How well two filters part each other's files; 0 when one of them admits no more than both do."""
    pairs = list(zip(left, right, strict=True))
    return min(pairs.count((True, False)), pairs.count((False, True)), pairs.count((True, True)))


GROUPS: Sequence[Callable[[Files], Steps]] = (
    _texts,
    _likes,
    _arrays,
    _videos,
    _sizes,
    _numbers,
    _dates,
    _identities,
    _paths,
)


def _of_files(path: str, operator: str, values: Iterable[str]) -> Iterator[Filter]:
    return (one("file", path, operator, value) for value in dict.fromkeys(values))


def _found(steps: Mapping[str, Filter | None]) -> Steps:
    return {name: filter for name, filter in steps.items() if filter is not None}
