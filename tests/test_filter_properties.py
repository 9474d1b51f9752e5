"""Filters against a second reading of the documented semantics, over thousands of generated cases."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon_mockserver.video_library.filters import parse
from antiphon_spec.world import MODALITIES, File, Segment

# The reference: one criterion as the documents describe it.


def admits(members: Any, path: str, operator: str, texts: Sequence[str]) -> bool:
    lists = [
        value if isinstance(value, list) else [value] for value in at(members, path) if value is not None
    ]
    if operator == "NotEqual":
        return lists != [] and not admits(members, path, "Equal", texts)
    if operator == "ContainsAll":
        return any(all(any(equal(value, text) for value in group) for text in texts) for group in lists)
    return any(
        MEANS.get(operator, equal)(value, text) for group in lists for value in group for text in texts
    )


def at(value: Any, path: str) -> list[Any]:
    step, dot, rest = path.partition(".")
    if isinstance(value, list):
        return [match for element in value for match in at(element, path)]
    if isinstance(value, dict) and path in value:
        return [value[path]]
    return at(value.get(step), rest) if isinstance(value, dict) and dot else []


def form(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def number(value: Any) -> Fraction | None:
    decimal = re.fullmatch(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*", form(value), re.I | re.A)
    return Fraction(decimal[1]) if decimal else None


def equal(value: Any, text: str) -> bool:
    if isinstance(value, str | bool):
        return form(value) == text
    return number(value) is not None and number(value) == number(text)


def compared(value: Any, text: str) -> int | None:
    left, right = number(value), number(text)
    if left is None or right is None:
        return (value > text) - (value < text) if isinstance(value, str) else None
    return (left > right) - (left < right)


def like(value: Any, text: str) -> bool:
    signs = ({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in text.lower())
    scalar = isinstance(value, str | bool | int | float)
    return scalar and re.fullmatch("".join(signs), form(value).lower(), re.DOTALL) is not None


MEANS = {
    "LessThan": lambda value, text: compared(value, text) == -1,
    "GreaterThan": lambda value, text: compared(value, text) == 1,
    "Like": like,
}


def stripped(members: Mapping[str, Any], path: str, category: str) -> str:
    return path if path in members or category in members else path.removeprefix(category + ".")


# Generated data: few names and few values, so that criteria often match.

NAMES = ["a", "b", "c", "a.b", "b.c", "metadata", "metadata.a", "source_metadata"]
NUMBERS = [0, 5, 5.0, -18, 4.5, 0.1, 1000, 1e22, 12345678901234567890, 12345678901234567891]
WORDS = ["", "5", "5.0", " 5 ", "05", "1e3", "a", "b", "A", "ab", "a_b", "a%b", "Ö", "a\nb", "true", "null"]
DATES = ["2024-02-01", "2024-02-01T00:00:00Z", "2024-03"]
ODD = ["nan", "-inf", "1_0", "0x5", "５", "5.", ".5", "+5", "5e0", "1e400", "12345678901234567890.0", "-18.0"]
PATTERNS = ["%", "a%", "%b", "_", "a_b", "%_%", "ö", "A%B", "%%a", "5%", "tr_e", "", "%\n%", "a%b%"]
OPERATORS = ["Equal", "NotEqual", "LessThan", "GreaterThan", "Like", "In", "ContainsAny", "ContainsAll"]

scalars = st.sampled_from([None, True, False, *NUMBERS, *WORDS, *DATES])
lists = st.lists(scalars, max_size=3)


def objects(*inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: st.one_of(*inner) for name in NAMES}
    return st.fixed_dictionaries({"b": fields.pop("b")}, optional=fields)


flat = objects(scalars, scalars, lists)
members = objects(scalars, lists, flat, st.lists(flat | scalars, max_size=3))
texts = st.sampled_from([*WORDS, *DATES, *ODD, "a,b", "b , 5.0", *(json.dumps(entry) for entry in NUMBERS)])


def paths_in(value: Any) -> list[str]:
    """The paths that lead to something."""
    if isinstance(value, list):
        return [path for element in value for path in paths_in(element)]
    if not isinstance(value, dict):
        return []
    deeper = [f"{name}.{path}" for name, inner in value.items() for path in paths_in(inner)]
    return [*value, *deeper]


@st.composite
def criteria(draw: st.DrawFn, document: Mapping[str, Any] | None, paths: Sequence[str]) -> Criterion:
    """A criterion on one of these paths, often with the value there, and its texts."""
    path = draw(st.sampled_from(paths))
    fields = [entry if isinstance(entry, list) else [entry] for entry in at(document, path)]
    there = [
        form(value) for entry in fields for value in entry if isinstance(value, str | bool | int | float)
    ]
    text = draw(st.sampled_from(there) | texts if there else texts)
    operator = draw(st.sampled_from(OPERATORS))
    criterion = {"path": path, "operator": operator}
    if operator.startswith("Contains") or (operator == "In" and draw(st.booleans())):
        choices = draw(st.sampled_from([[], [text], [text], [text, text], [text, *there], ["b", text]]))
        return criterion | {"valueTextArray": choices}, choices
    if operator == "Like":
        text = draw(st.sampled_from([*PATTERNS, text, text[:1] + "%", text.upper(), f"{text}%{text}"]))
    if operator == "In":
        text = draw(st.sampled_from([text, f"c, {text} ,x", f"{text},{text}"]))
    meanings = [part.strip() for part in text.split(",")] if operator == "In" else [text]
    return criterion | {"valueText": text}, meanings


Criterion = tuple[dict[str, Any], list[str]]
ELSEWHERE = [
    "a",
    "c",
    "a.b",
    "a.b.c",
    "b.c",
    "metadata",
    "metadata.a",
    "metadata.a.b",
    "source_metadata.a",
    ".",
    "",
]


def segment(index: int, metadata: Mapping[str, Any] | None, length: float = 10) -> Segment:
    passages = dict.fromkeys(MODALITIES, ())
    return Segment(f"s{index}", 7.5, 7.5 + length, "", "", metadata, passages)


def file(
    metadata: Mapping[str, Any] | None = None,
    source_metadata: Mapping[str, Any] | None = None,
    video: Mapping[str, Any] | None = None,
    segments: Sequence[Segment] = (),
    created_at: int = 0,
) -> File:
    identity = {"id": "f", "key": "f", "filename": "f.mp4", "title": "", "summary": "", "url": None}
    state = {"bytes": 5, "status": "completed", "source": "upload", "created_at": created_at}
    return File(
        **identity,  # type: ignore[arg-type]
        **state,  # type: ignore[arg-type]
        metadata=metadata,
        source_metadata=source_metadata,
        video=video,
        segments=tuple(segments),
    )


def test_a_criterion_admits_what_the_documents_say() -> None:
    counts: Counter[tuple[str, bool]] = Counter()

    @settings(max_examples=700, deadline=None, derandomize=True, database=None)
    @given(data=st.data(), document=members, category=st.sampled_from(["metadata", "source_metadata"]))
    def agrees(data: st.DataObject, document: dict[str, Any], category: str) -> None:
        inner_paths = paths_in(document)
        paths = [*inner_paths, *inner_paths, *(f"{category}.{path}" for path in inner_paths), *ELSEWHERE]
        for criterion, meanings in data.draw(st.lists(criteria(document, paths), min_size=8, max_size=8)):
            path, operator = stripped(document, criterion["path"], category), criterion["operator"]
            expected = admits(document, path, operator, meanings)
            assert parse({category: [criterion]}).matches(file(**{category: document})) is expected
            counts[operator, expected] += 1

    agrees()
    assert sum(counts.values()) >= 5_000
    assert min(counts[operator, expected] for operator in OPERATORS for expected in (True, False)) >= 10


@st.composite
def demands(draw: st.DrawFn, candidate: File) -> tuple[str, dict[str, Any], list[str]]:
    """A category, a criterion on something of this file or of its segments, and the texts that it means."""
    category = draw(
        st.sampled_from(["metadata", "metadata", "metadata", "source_metadata", "video_info", "file"])
    )
    scope = draw(st.sampled_from(["file", "segment"])) if category in ("metadata", "video_info") else "file"
    things = [
        category_members(entry, category)
        for entry in (candidate.segments if scope == "segment" else [candidate])
    ]
    thing = draw(st.sampled_from([entry for entry in things if entry] or [{}]))
    elsewhere = ELSEWHERE if "metadata" in category else FIXED[category, scope]
    criterion, meanings = draw(criteria(thing, [*(3 * paths_in(thing)), *elsewhere]))
    return category, {**criterion, "scope": scope}, meanings


FIXED = {
    ("video_info", "file"): ["duration_seconds", "has_audio"],
    ("video_info", "segment"): ["duration_seconds"],
    ("file", "file"): ["bytes", "filename", "id", "uri"],
}


def category_members(thing: File | Segment, category: str) -> Mapping[str, Any]:
    """The members of a category of a file or of a segment."""
    if isinstance(thing, Segment):
        return (
            thing.metadata or {} if category == "metadata" else {"duration_seconds": thing.end - thing.start}
        )
    if category == "file":
        return {"bytes": thing.bytes, "filename": thing.filename, "id": thing.id, "uri": thing.uri}
    categories = {
        "metadata": thing.metadata,
        "source_metadata": thing.source_metadata,
        "video_info": thing.video,
    }
    return categories[category] or {}


def by_category(group: Sequence[tuple[str, dict[str, Any], list[str]]]) -> dict[str, list[Any]]:
    together: dict[str, list[Any]] = {}
    for category, criterion, _ in group:
        together.setdefault(category, []).append(criterion)
    return together


def holds(thing: File | Segment, demand: tuple[str, dict[str, Any], list[str]]) -> bool:
    category, criterion, meanings = demand
    document = category_members(thing, category)
    return admits(document, stripped(document, criterion["path"], category), criterion["operator"], meanings)


@st.composite
def files(draw: st.DrawFn) -> File:
    lengths = st.sampled_from([5, 0.5, 1000, 4.5])
    segments = draw(st.lists(st.tuples(members | members | st.none(), lengths), min_size=1, max_size=3))
    video = {"duration_seconds": draw(lengths), "has_audio": draw(st.booleans())}
    return file(
        draw(st.none() | members),
        draw(st.none() | flat),
        draw(st.sampled_from([None, video])),
        [segment(index, metadata, length) for index, (metadata, length) in enumerate(segments)],
    )


def test_a_filter_keeps_files_and_segments_that_satisfy_all_criteria() -> None:
    counts: Counter[tuple[bool, bool]] = Counter()

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(data=st.data(), candidate=files())
    def agrees(data: st.DataObject, candidate: File) -> None:
        together = st.lists(demands(candidate), min_size=1, max_size=2)
        for group in data.draw(st.lists(together, min_size=4, max_size=4)):
            of_segment = [demand for demand in group if demand[1]["scope"] == "segment"]
            segments = [
                entry for entry in candidate.segments if all(holds(entry, demand) for demand in of_segment)
            ]
            passes = all(holds(candidate, demand) for demand in group if demand not in of_segment)
            expected = passes and (not of_segment or segments != [])
            filter = parse(by_category(group))
            assert (filter.matches(candidate), list(filter.segments(candidate))) == (expected, segments)
            counts[expected, bool(of_segment)] += 1

    agrees()
    assert (
        min(counts[expected, in_segment] for expected in (True, False) for in_segment in (True, False)) >= 10
    )


moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(
    lambda entry: entry.replace(microsecond=0)
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))])


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(moment=moments, shift=st.sampled_from([-86_400, -1, 0, 1, 3600]), zone=zones, data=st.data())
def test_dates_of_files_are_compared_as_moments(
    moment: datetime, shift: int, zone: timezone, data: st.DataObject
) -> None:
    left, right = moment.replace(tzinfo=UTC), moment.replace(tzinfo=UTC) + timedelta(seconds=shift)
    spellings = [
        right.astimezone(zone).isoformat(),
        right.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        right.replace(tzinfo=None).isoformat(),
        str(int(right.timestamp()) * 1000),
    ]
    text = data.draw(st.sampled_from(spellings))
    outcome = {
        operator: parse({"file": [{"path": "created_at", "operator": operator, "valueText": text}]}).matches(
            file(created_at=int(left.timestamp()) * 1000)
        )
        for operator in ("Equal", "NotEqual", "LessThan", "GreaterThan", "In")
    }
    assert outcome == {
        "Equal": left == right,
        "NotEqual": left != right,
        "LessThan": left < right,
        "GreaterThan": left > right,
        "In": left == right,
    }
