"""The filters to send to a target, made from the content of its own files; the same for the same library.

Of several candidates the plan uses the filter that divides the files best, and none for what no file shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations, islice
from typing import Any

from antiphon_conformance.requests.constants import UNKNOWN_ID
from antiphon_conformance.video_library.filters.choice import (
    MOST_CANDIDATES,
    Filter,
    best_filter,
    filenames,
    is_word,
    leaves,
    member,
    merge,
    misread,
    sharpest,
    single,
    surely,
    with_member,
    words,
)
from antiphon_conformance.video_library.filters.language import CATEGORIES, criteria, of_segment
from antiphon_conformance.video_library.filters.operators import ISO_DATE, as_text

Json = Mapping[str, Any]
Files = Sequence[Json]
Steps = dict[str, Filter]
"""Filters by the name of the step that sends them."""

MOST_FILES = 100
"""How many files of a large library are read."""
SCOPED = frozenset({"metadata", "video_info"})
"""The categories whose criteria can go by segment."""
LETTERS = re.compile(r"[A-Za-z]{3,}", re.ASCII)
IMPOSSIBLE = single("file", "id", "Equal", UNKNOWN_ID)
BY_ID = {"one": "Equal", "others": "NotEqual"}
"""By step, the operator on the id of a file that an answer cites: they need no list of files."""
NOWHERE = "antiphon_no_such_field"
DURATIONS = {"duration_below": "LessThan", "duration_at": "Equal", "duration_above": "GreaterThan"}


def plan(files: Iterable[Json]) -> Steps:
    """The filters to send for a library with these files."""
    sample = list(islice(files, MOST_FILES))
    steps: Steps = {}
    for group in GROUPS:
        steps |= group(sample)
    return steps | _pairs(steps, sample) | _with_default_scope(steps) | _always()


def narrow(files: Files) -> Filter | None:
    """A filter of a single criterion from the plan that divides these files well."""
    steps = plan(files)
    return best_filter((selection for selection in steps.values() if len([*criteria(selection)]) == 1), files)


def by_id(identity: str) -> Steps:
    """The filters on the id of one file: that file, and the others."""
    return {step: single("file", "id", operator, identity) for step, operator in BY_ID.items()}


def by_segment(segments: Sequence[Json]) -> Filter | None:
    """A filter that goes by segment and divides these segments; None when there is none."""
    objects = [{"metadata": segment.get("metadata")} for segment in segments]
    by_name = [single("metadata", path, "Equal", text) for path, text in words(objects, "metadata")]
    bounds = [as_text(length) or "" for length in sorted(set(_lengths(segments)))]
    by_length = [single("video_info", "duration_seconds", "LessThan", bound) for bound in bounds]
    candidates = (with_member(selection, scope="segment") for selection in (*by_name, *by_length))
    return sharpest(
        candidates, lambda selection: [of_segment(selection, segment).admits for segment in segments]
    )


def _lengths(segments: Sequence[Json]) -> Iterator[float]:
    for segment in segments:
        start, end = segment.get("start_time"), segment.get("end_time")
        if isinstance(start, int | float) and isinstance(end, int | float):
            yield round(end - start, 3)


def _always() -> Steps:
    """Filters that suit any library."""
    return {
        "empty": {},
        "empty_categories": {category: [] for category in CATEGORIES},
        "impossible": IMPOSSIBLE,
        "nothing_there": single("metadata", NOWHERE, "NotEqual", "x"),
    }


def _texts(files: Files) -> Steps:
    """A text field: of the metadata, else the names of the files."""
    sources = {
        "metadata": [(path, text) for path, text in words(files, "metadata") if "." not in path],
        "file": [("filename", name) for name in filenames(files)],
    }
    for category, pairs in sources.items():
        equal = best_filter((single(category, path, "Equal", text) for path, text in pairs), files)
        for (_, path), criterion in criteria(equal or {}):
            text = criterion["valueText"]
            alternatives = [value for where, value in pairs if where == path and value != text]
            return _about(category, path, text, alternatives[:1])
    return {}


def _about(category: str, path: str, text: str, alternatives: list[str]) -> Steps:
    equal, values = single(category, path, "Equal", text), [text, *alternatives]
    steps = {
        "equal": equal,
        "equal_in_other_case": single(category, path, "Equal", text.swapcase()),
        "not_equal": single(category, path, "NotEqual", text),
        "like_exactly": single(category, path, "Like", text),
        "in_one": single(category, path, "In", [text]),
        "in_array": single(category, path, "In", values),
        "in_commas": single(category, path, "In", ",".join(values)),
    }
    if category == "metadata":
        steps["equal_by_prefix"] = with_member(equal, path=f"metadata.{path}")
    return steps


def _likes(files: Files) -> Steps:
    """Parts of file names in the other case, and one pattern without a wildcard for the rest of the name."""
    names = filenames(files)
    inner = [match[0] for name in names if (match := LETTERS.search(name)) and match[0] != name]
    patterns = {
        "like_start": [f"{name[:3].swapcase()}%" for name in names],
        "like_end": [f"%{name[-4:].swapcase()}" for name in names],
        "like_inside": [f"%{part.swapcase()}%" for part in inner],
    }
    steps = {
        step: best_filter(_of_files("filename", "Like", texts), files) for step, texts in patterns.items()
    }
    steps["like_part"] = single("file", "filename", "Like", inner[0]) if inner else None
    return _existing(steps)


def _arrays(files: Files) -> Steps:
    """Two values, of which some files have both and others one."""
    pairs = (
        (path, list(pair))
        for path, value in leaves(files, "metadata")
        if isinstance(value, list)
        for pair in combinations([text for text in value if isinstance(text, str)][:3], 2)
    )
    best: tuple[int, Steps] = (0, {})
    for path, pair in islice(pairs, MOST_CANDIDATES):
        steps = {
            "contains_any": single("metadata", path, "ContainsAny", pair),
            "contains_all": single("metadata", path, "ContainsAll", pair),
        }
        wide, strict = (sum(surely(selection, files)) for selection in steps.values())
        best = max(best, (wide - strict if strict else 0, steps), key=lambda pair: pair[0])
    return best[1]


def _videos(files: Files) -> Steps:
    videos = [file.get("video_info") for file in files]
    values = [member(video, "duration_seconds") for video in videos]
    steps = _around("video_info", "duration_seconds", values, DURATIONS)
    if any(isinstance(member(video, "has_audio"), bool) for video in videos):
        steps["with_sound"] = single("video_info", "has_audio", "Equal", "true")
        steps["without_sound"] = single("video_info", "has_audio", "Equal", "false")
    return steps


def _sizes(files: Files) -> Steps:
    sizes = [file.get("bytes") for file in files]
    return _around("file", "bytes", sizes, {"size_below": "LessThan", "size_above": "GreaterThan"})


def _around(category: str, path: str, values: Sequence[Any], operators: Mapping[str, str]) -> Steps:
    """These operators with a number for which a comparison as texts goes wrong."""
    bound = misread(values)
    if bound is None:
        return {}
    return {step: single(category, path, operator, bound) for step, operator in operators.items()}


def _numbers(files: Files) -> Steps:
    """A number of the metadata, in two spellings."""
    by_path: dict[str, list[Any]] = {}
    for path, value in leaves(files, "metadata"):
        if isinstance(value, int | float):
            by_path.setdefault(path, []).append(value)
    for path, values in by_path.items():
        bound = misread(values)
        if bound is not None:
            spelling = f"{bound}0" if "." in bound else f"{bound}.0"
            return {
                "number_below": single("metadata", path, "LessThan", bound),
                "number_at": single("metadata", path, "Equal", spelling),
            }
    return {}


def _dates(files: Files) -> Steps:
    """A moment between two files, and a date of a connector."""
    bounds = [text for file in files for text in _soon_after(file.get("created_at"))]
    dates = [
        single("source_metadata", path, "LessThan", bound)
        for path, value in leaves(files, "source_metadata")
        if isinstance(value, str) and ISO_DATE.fullmatch(value)
        for bound in (value, f"{int(value[:4]) + 1:04}-01-01")
    ]
    return _existing(
        {
            "created_before": best_filter(_of_files("created_at", "LessThan", bounds), files),
            "source_before": best_filter(dates, files),
        }
    )


def _soon_after(stamp: Any) -> Iterator[str]:
    """A whole second shortly after this time in milliseconds; nothing when it is not a time."""
    if isinstance(stamp, int):
        try:
            yield datetime.fromtimestamp(stamp // 1000 + 2, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (OverflowError, OSError, ValueError):
            return


def _identities(files: Files) -> Steps:
    ids = [file["id"] for file in files if isinstance(file.get("id"), str)]
    return {"by_id": single("file", "id", "Equal", ids[0])} if ids else {}


def _paths(files: Files) -> Steps:
    """A path into an object, and a path through an array of objects to a value that the first one lacks."""
    inner = (
        single("metadata", path, "Equal", text) for path, text in words(files, "metadata") if "." in path
    )
    through = (
        single("source_metadata", f"{path}.{name}", "Equal", text)
        for path, value in leaves(files, "source_metadata")
        if isinstance(value, list) and len(value) > 1 and isinstance(value[-1], dict)
        for name, text in value[-1].items()
        if "." not in name and is_word(text) and member(value[0], name) != text
    )
    return _existing({"nested": best_filter(inner, files), "through": best_filter(through, files)})


def _with_default_scope(steps: Steps) -> Steps:
    """One of the filters with its default scope spelled out, where its category has scopes."""
    candidates = [steps[step] for step in ("equal", "duration_below") if steps.get(step, {}).keys() & SCOPED]
    return {"scope_of_files": with_member(candidates[0], scope="file")} if candidates else {}


def _pairs(steps: Steps, files: Files) -> Steps:
    """Two criteria that together admit fewer files than each alone: of one category, and of two."""
    best: dict[str, tuple[int, Filter]] = {}
    alone = [(selection, surely(selection, files)) for selection in steps.values()]
    for (left, mask), (right, other_mask) in combinations(alone, 2):
        step = "two_criteria" if left.keys() == right.keys() else "two_categories"
        score = _narrowing(mask, other_mask)
        if score > best.get(step, (0, {}))[0]:
            best[step] = score, merge(left, right)
    return {step: selection for step, (_, selection) in best.items()}


def _narrowing(left: Sequence[bool], right: Sequence[bool]) -> int:
    """How well two filters divide each other's files; 0 when one of them admits no more than both do."""
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
    return (single("file", path, operator, value) for value in dict.fromkeys(values))


def _existing(steps: Mapping[str, Filter | None]) -> Steps:
    return {name: selection for name, selection in steps.items() if selection is not None}
