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

from antiphon_mockserver.knowledge.filters import parse
from antiphon_spec.world import MODALITIES, File, Segment

# The reference: what the documents say of one criterion, and nothing else.


def admits(members: Any, path: str, operator: str, texts: Sequence[str]) -> bool:
    lists = [
        value if isinstance(value, list) else [value] for value in at(members, path) if value is not None
    ]
    if operator == "NotEqual":
        return lists != [] and not admits(members, path, "Equal", texts)
    if operator == "ContainsAll":
        return any(all(any(equal(value, text) for value in some) for text in texts) for some in lists)
    return any(MEANS.get(operator, equal)(value, text) for some in lists for value in some for text in texts)


def at(value: Any, path: str) -> list[Any]:
    step, dot, rest = path.partition(".")
    if isinstance(value, list):
        return [found for element in value for found in at(element, path)]
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


# What is generated: few names and few values, so that criteria often meet what they look for.

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
    made = {name: st.one_of(*inner) for name in NAMES}
    return st.fixed_dictionaries({"b": made.pop("b")}, optional=made)


flat = objects(scalars, scalars, lists)
members = objects(scalars, lists, flat, st.lists(flat | scalars, max_size=3))
texts = st.sampled_from([*WORDS, *DATES, *ODD, "a,b", "b , 5.0", *(json.dumps(one) for one in NUMBERS)])


def paths_in(value: Any) -> list[str]:
    """The paths that lead to something."""
    if isinstance(value, list):
        return [path for element in value for path in paths_in(element)]
    if not isinstance(value, dict):
        return []
    deeper = [f"{name}.{path}" for name, inner in value.items() for path in paths_in(inner)]
    return [*value, *deeper]


@st.composite
def criteria(draw: st.DrawFn, found: Mapping[str, Any] | None, paths: Sequence[str]) -> Criterion:
    """A criterion on one of these paths, often with what stands there, and the texts that it means."""
    path = draw(st.sampled_from(paths))
    fields = [one if isinstance(one, list) else [one] for one in at(found, path)]
    there = [form(value) for one in fields for value in one if isinstance(value, str | bool | int | float)]
    text = draw(st.sampled_from(there) | texts if there else texts)
    operator = draw(st.sampled_from(OPERATORS))
    criterion = {"path": path, "operator": operator}
    if operator.startswith("Contains") or (operator == "In" and draw(st.booleans())):
        several = draw(st.sampled_from([[], [text], [text], [text, text], [text, *there], ["b", text]]))
        return criterion | {"valueTextArray": several}, several
    if operator == "Like":
        text = draw(st.sampled_from([*PATTERNS, text, text[:1] + "%", text.upper(), f"{text}%{text}"]))
    if operator == "In":
        text = draw(st.sampled_from([text, f"c, {text} ,x", f"{text},{text}"]))
    meant = [part.strip() for part in text.split(",")] if operator == "In" else [text]
    return criterion | {"valueText": text}, meant


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


def segment(index: int, found: Mapping[str, Any] | None, length: float = 10) -> Segment:
    passages = dict.fromkeys(MODALITIES, ())
    return Segment(f"s{index}", 7.5, 7.5 + length, "", "", found, passages)


def file(
    metadata: Mapping[str, Any] | None = None,
    source_metadata: Mapping[str, Any] | None = None,
    video: Mapping[str, Any] | None = None,
    segments: Sequence[Segment] = (),
    created_at: int = 0,
) -> File:
    named = {"id": "f", "key": "f", "filename": "f.mp4", "title": "", "summary": "", "url": None}
    known = {"bytes": 5, "status": "completed", "source": "upload", "created_at": created_at}
    return File(
        **named,  # type: ignore[arg-type]
        **known,  # type: ignore[arg-type]
        metadata=metadata,
        source_metadata=source_metadata,
        video=video,
        segments=tuple(segments),
    )


def test_a_criterion_admits_what_the_documents_say() -> None:
    seen: Counter[tuple[str, bool]] = Counter()

    @settings(max_examples=700, deadline=None, derandomize=True, database=None)
    @given(data=st.data(), found=members, category=st.sampled_from(["metadata", "source_metadata"]))
    def agrees(data: st.DataObject, found: dict[str, Any], category: str) -> None:
        known = paths_in(found)
        paths = [*known, *known, *(f"{category}.{path}" for path in known), *ELSEWHERE]
        for criterion, meant in data.draw(st.lists(criteria(found, paths), min_size=8, max_size=8)):
            path, operator = stripped(found, criterion["path"], category), criterion["operator"]
            expected = admits(found, path, operator, meant)
            assert parse({category: [criterion]}).matches(file(**{category: found})) is expected
            seen[operator, expected] += 1

    agrees()
    assert sum(seen.values()) >= 5_000
    assert min(seen[operator, expected] for operator in OPERATORS for expected in (True, False)) >= 10


@st.composite
def demands(draw: st.DrawFn, found: File) -> tuple[str, dict[str, Any], list[str]]:
    """A category, a criterion on something of this file or of its segments, and the texts that it means."""
    category = draw(
        st.sampled_from(["metadata", "metadata", "metadata", "source_metadata", "video_info", "file"])
    )
    scope = draw(st.sampled_from(["file", "segment"])) if category in ("metadata", "video_info") else "file"
    things = [told(one, category) for one in (found.segments if scope == "segment" else [found])]
    thing = draw(st.sampled_from([one for one in things if one] or [{}]))
    elsewhere = ELSEWHERE if "metadata" in category else FIXED[category, scope]
    criterion, meant = draw(criteria(thing, [*(3 * paths_in(thing)), *elsewhere]))
    return category, {**criterion, "scope": scope}, meant


FIXED = {
    ("video_info", "file"): ["duration_seconds", "has_audio"],
    ("video_info", "segment"): ["duration_seconds"],
    ("file", "file"): ["bytes", "filename", "id", "uri"],
}


def told(thing: File | Segment, category: str) -> Mapping[str, Any]:
    """What a category of a file or of a segment holds, as members."""
    if isinstance(thing, Segment):
        return (
            thing.metadata or {} if category == "metadata" else {"duration_seconds": thing.end - thing.start}
        )
    if category == "file":
        return {"bytes": thing.bytes, "filename": thing.filename, "id": thing.id, "uri": thing.uri}
    known = {"metadata": thing.metadata, "source_metadata": thing.source_metadata, "video_info": thing.video}
    return known[category] or {}


def by_category(demanded: Sequence[tuple[str, dict[str, Any], list[str]]]) -> dict[str, list[Any]]:
    together: dict[str, list[Any]] = {}
    for category, criterion, _ in demanded:
        together.setdefault(category, []).append(criterion)
    return together


def holds(thing: File | Segment, demand: tuple[str, dict[str, Any], list[str]]) -> bool:
    category, criterion, meant = demand
    found = told(thing, category)
    return admits(found, stripped(found, criterion["path"], category), criterion["operator"], meant)


@st.composite
def files(draw: st.DrawFn) -> File:
    lengths = st.sampled_from([5, 0.5, 1000, 4.5])
    segments = draw(st.lists(st.tuples(members | members | st.none(), lengths), min_size=1, max_size=3))
    video = {"duration_seconds": draw(lengths), "has_audio": draw(st.booleans())}
    return file(
        draw(st.none() | members),
        draw(st.none() | flat),
        draw(st.sampled_from([None, video])),
        [segment(index, known, length) for index, (known, length) in enumerate(segments)],
    )


def test_a_filter_keeps_files_and_segments_that_satisfy_all_criteria() -> None:
    seen: Counter[tuple[bool, bool]] = Counter()

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(data=st.data(), found=files())
    def agrees(data: st.DataObject, found: File) -> None:
        together = st.lists(demands(found), min_size=1, max_size=2)
        for demanded in data.draw(st.lists(together, min_size=4, max_size=4)):
            of_segment = [demand for demand in demanded if demand[1]["scope"] == "segment"]
            kept = [one for one in found.segments if all(holds(one, demand) for demand in of_segment)]
            passes = all(holds(found, demand) for demand in demanded if demand not in of_segment)
            expected = passes and (not of_segment or kept != [])
            filter = parse(by_category(demanded))
            assert (filter.matches(found), list(filter.segments(found))) == (expected, kept)
            seen[expected, bool(of_segment)] += 1

    agrees()
    assert min(seen[expected, scoped] for expected in (True, False) for scoped in (True, False)) >= 10


moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(lambda one: one.replace(microsecond=0))
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))])


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(made=moments, shift=st.sampled_from([-86_400, -1, 0, 1, 3600]), zone=zones, data=st.data())
def test_dates_of_files_are_compared_as_moments(
    made: datetime, shift: int, zone: timezone, data: st.DataObject
) -> None:
    created, other = made.replace(tzinfo=UTC), made.replace(tzinfo=UTC) + timedelta(seconds=shift)
    written = [
        other.astimezone(zone).isoformat(),
        other.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        other.replace(tzinfo=None).isoformat(),
        str(int(other.timestamp()) * 1000),
    ]
    text = data.draw(st.sampled_from(written))
    outcome = {
        operator: parse({"file": [{"path": "created_at", "operator": operator, "valueText": text}]}).matches(
            file(created_at=int(created.timestamp()) * 1000)
        )
        for operator in ("Equal", "NotEqual", "LessThan", "GreaterThan", "In")
    }
    assert outcome == {
        "Equal": created == other,
        "NotEqual": created != other,
        "LessThan": created < other,
        "GreaterThan": created > other,
        "In": created == other,
    }
