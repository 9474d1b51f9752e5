"""The judge's own reading of filters: by a table, and against the mock over the shipped worlds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Target
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.scenarios.runner import Plan, run
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.video_library.filters.choice import leaves, single, singles
from antiphon_conformance.video_library.filters.language import of_file, of_segment
from antiphon_conformance.video_library.filters.operators import LISTS, SCALARS, as_text
from antiphon_conformance.video_library.filters.plan import by_segment, narrow, plan
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_mockserver.video_library.comparison import Readings
from antiphon_mockserver.video_library.filters import parse
from antiphon_mockserver.video_library.library import open_library
from antiphon_mockserver.video_library.objects import file_object, segment_object
from antiphon_spec.dialect import load
from antiphon_spec.world import File
from inprocess import KEY

Json = dict[str, Any]
YES, NO = (True, True), (False, True)
"""Verdicts that are sure."""
MAYBE, HARDLY = (True, False), (False, False)
"""Verdicts that the sources leave open, as the chosen reading has them."""

FILE: Json = {
    "id": "a-1",
    "uri": "cloudglue://files/a-1",
    "filename": "Soup_of_the day.MP4",
    "bytes": 99,
    "created_at": 1_700_000_000_000,  # 2023-11-14T22:13:20Z
    "metadata": {
        "topic": "soup",
        "rating": 4.5,
        "episode": 12,
        "season": "2",
        "draft": False,
        "gone": None,
        "tags": ["hot", "quick"],
        "cook": {"name": "Ida", "since": "2001-05-01"},
        "dotted.name": "x",
        "steps": [{"tool": "pan"}, {"tool": "pot"}],
        "said": "hot, quick",
        "umlaut": "Käse",
    },
    "video_info": {"duration_seconds": 99, "has_audio": True},
    "source_metadata": {"made": "2023-05-30T21:15:00Z", "length": 12, "owners": [{"n": "Bo"}, {"n": "Al"}]},
}

CASES: list[tuple[str, str, str, Any, tuple[bool, bool]]] = [
    ("metadata", "topic", "Equal", "soup", YES),
    ("metadata", "topic", "Equal", "Soup", NO),
    ("metadata", "topic", "NotEqual", "stew", YES),
    ("metadata", "topic", "NotEqual", "soup", NO),
    ("metadata", "season", "Equal", "2", YES),
    ("metadata", "season", "Equal", "2.0", HARDLY),
    ("metadata", "episode", "Equal", "12", YES),
    ("metadata", "episode", "Equal", "12.0", MAYBE),
    ("metadata", "episode", "Equal", "13", NO),
    ("metadata", "draft", "Equal", "false", MAYBE),
    ("metadata", "draft", "Equal", "true", NO),
    ("metadata", "gone", "Equal", "null", NO),
    ("metadata", "gone", "NotEqual", "x", HARDLY),
    ("metadata", "none", "Equal", "x", NO),
    ("metadata", "none", "NotEqual", "x", HARDLY),
    ("metadata", "none", "LessThan", "5", HARDLY),
    ("metadata", "rating", "LessThan", "5", YES),
    ("metadata", "rating", "LessThan", "10", MAYBE),
    ("metadata", "rating", "GreaterThan", "10", HARDLY),
    ("metadata", "rating", "LessThan", "4.5", NO),
    ("metadata", "rating", "LessThan", "soup", HARDLY),
    ("metadata", "topic", "LessThan", "tea", MAYBE),
    ("metadata", "topic", "GreaterThan", "tea", NO),
    ("metadata", "tags", "Equal", "hot", MAYBE),
    ("metadata", "tags", "Equal", "cold", NO),
    ("metadata", "tags", "NotEqual", "cold", MAYBE),
    ("metadata", "tags", "ContainsAny", ["cold", "hot"], YES),
    ("metadata", "tags", "ContainsAny", ["cold", "Hot"], NO),
    ("metadata", "tags", "ContainsAll", ["quick", "hot"], YES),
    ("metadata", "tags", "ContainsAll", ["hot", "cold"], NO),
    ("metadata", "tags", "ContainsAll", [], MAYBE),
    ("metadata", "topic", "ContainsAny", ["soup"], MAYBE),
    ("metadata", "topic", "In", ["stew", "soup"], YES),
    ("metadata", "topic", "In", ["stew"], NO),
    ("metadata", "topic", "In", "stew,soup", YES),
    ("metadata", "topic", "In", "stew, soup", MAYBE),
    ("metadata", "said", "In", "hot, quick", HARDLY),
    ("metadata", "tags", "In", ["hot"], MAYBE),
    ("metadata", "cook.name", "Equal", "Ida", YES),
    ("metadata", "cook.none.name", "Equal", "Ida", NO),
    ("metadata", "metadata.topic", "Equal", "soup", MAYBE),
    ("metadata", "dotted.name", "Equal", "x", MAYBE),
    ("metadata", "steps.tool", "Equal", "pot", MAYBE),
    ("metadata", "steps.tool", "Equal", "wok", NO),
    ("metadata", "cook.since", "LessThan", "2002-01-01", MAYBE),
    ("metadata", "topic", "Like", "SO%", YES),
    ("metadata", "topic", "Like", "%OU%", YES),
    ("metadata", "topic", "Like", "ou", NO),
    ("metadata", "topic", "Like", "%", YES),
    ("metadata", "topic", "Like", "s__p", MAYBE),
    ("metadata", "umlaut", "Like", "kÄ%", MAYBE),
    ("metadata", "umlaut", "Like", "Kä%", YES),
    ("metadata", "episode", "Like", "1%", MAYBE),
    ("file", "filename", "Like", "%.mp4", YES),
    ("file", "filename", "Like", "soup_%", YES),
    ("file", "filename", "Like", "[Ss]%", NO),
    ("file", "id", "Equal", "a-1", YES),
    ("file", "id", "Equal", "a-2", NO),
    ("file", "uri", "Like", "%a-1", YES),
    ("file", "bytes", "LessThan", "600", YES),
    ("file", "bytes", "GreaterThan", "600", NO),
    ("file", "bytes", "LessThan", "99", NO),
    ("file", "bytes", "LessThan", "many", HARDLY),
    ("file", "created_at", "LessThan", "2024-01-01T00:00:00Z", YES),
    ("file", "created_at", "GreaterThan", "2023-11-15T00:00:00+01:00", NO),
    ("file", "created_at", "LessThan", "2023-11-14T22:13:20Z", HARDLY),
    ("file", "created_at", "Equal", "2023-11-14T22:13:20Z", MAYBE),
    ("file", "created_at", "Equal", "2020-01-01T00:00:00Z", NO),
    ("file", "created_at", "LessThan", "2024-01-01", HARDLY),
    ("video_info", "duration_seconds", "LessThan", "600", YES),
    ("video_info", "duration_seconds", "GreaterThan", "100", NO),
    ("video_info", "has_audio", "Equal", "true", YES),
    ("video_info", "has_audio", "Equal", "false", NO),
    ("video_info", "has_audio", "Equal", "True", HARDLY),
    ("source_metadata", "made", "LessThan", "2023-06-01", YES),
    ("source_metadata", "made", "GreaterThan", "2023-06-01", NO),
    ("source_metadata", "length", "LessThan", "9", HARDLY),
    ("source_metadata", "owners.n", "Equal", "Al", YES),
    ("source_metadata", "owners.n", "Equal", "Cy", NO),
    ("source_metadata", "source_metadata.made", "LessThan", "2023-06-01", MAYBE),
    ("metadata", "topic", "Near", "soup", HARDLY),
    ("colours", "topic", "Equal", "soup", NO),
]


def evaluate(filter: Mapping[str, Any], file: Json = FILE) -> tuple[bool, bool]:
    verdict = of_file(filter, file)
    return verdict.admits, verdict.sure


@pytest.mark.parametrize(("category", "path", "operator", "value", "verdict"), CASES)
def test_the_judge_evaluates_a_criterion(
    category: str, path: str, operator: str, value: Any, verdict: tuple[bool, bool]
) -> None:
    assert evaluate(single(category, path, operator, value)) == verdict


TOPIC, SMALL, LARGE = (
    {"path": "topic", "operator": "Equal", "valueText": "soup"},
    {"path": "bytes", "operator": "LessThan", "valueText": "600"},
    {"path": "bytes", "operator": "GreaterThan", "valueText": "600"},
)


@pytest.mark.parametrize(
    ("filter", "verdict"),
    [
        ({}, YES),
        ({"metadata": [], "file": []}, YES),
        ({"metadata": [TOPIC], "file": [SMALL]}, YES),
        ({"metadata": [TOPIC], "file": [LARGE]}, HARDLY),  # AND says no, OR says yes
        ({"file": [LARGE, LARGE]}, NO),
        ({"metadata": [TOPIC | {"scope": "file"}]}, YES),
        ({"metadata": [TOPIC | {"scope": "segment"}]}, MAYBE),
        ({"metadata": "topic", "file": [None]}, YES),
    ],
)
def test_the_judge_evaluates_several_criteria(filter: Json, verdict: tuple[bool, bool]) -> None:
    assert evaluate(filter) == verdict


@pytest.mark.parametrize(
    "junk", [None, 5, "x", [], [[]], {"topic": {"a": []}}, {"topic": 1e308, "bytes": 10**400}]
)
def test_strange_files_break_nothing(junk: Any) -> None:
    for file in ({}, dict.fromkeys(FILE, junk)):
        for category, path, operator, value, _ in CASES:
            of_file(single(category, path, operator, value), file)
        assert by_segment([file, {"start_time": junk, "end_time": 2.5}]) is None
    assert plan([{}, dict.fromkeys(FILE, junk)]).keys() >= {"empty", "impossible"}


# Against the mock, which reads filters in its own way.

OTHERWISE = (
    Readings(),
    Readings(missing_differs=True),
    Readings(underscore_is_wildcard=False),
    Readings(dotted_keys=False),
    Readings(all_of_nothing=False),
)
OF_VIDEOS = ("duration_seconds", "has_audio")


@cache
def show_files(world: str) -> tuple[tuple[File, Json], ...]:
    return tuple((file, file_object(file)) for file in open_library(world).files)


def questions(world: str) -> Iterator[Json]:
    """Every filter of the plan, and every value of the library with every operator."""
    files = [object for _, object in show_files(world)]
    yield from plan(files).values()
    for category in ("metadata", "source_metadata", "video_info"):
        for path, value in leaves(files, category):
            if category != "video_info" or path in OF_VIDEOS:
                yield from about(category, path, value if isinstance(value, list) else [value])
    for text in ("2023-09-20T12:00:02Z", "2024-05-05T03:20:09+00:00"):
        yield from (single("file", "created_at", operator, text) for operator in ("LessThan", "GreaterThan"))


def about(category: str, path: str, values: list[Any]) -> Iterator[Json]:
    texts = [text for value in values if (text := as_text(value))]
    for text in texts:
        yield from (single(category, path, operator, text) for operator in (*SCALARS, "In"))
    if texts:
        yield from (single(category, path, operator, texts) for operator in LISTS)


@pytest.mark.parametrize("world", ["cooking", "sales"])
def test_the_mock_agrees_with_every_sure_answer_in_every_reading(world: str) -> None:
    files, sure = show_files(world), 0
    filters = {str(filter): filter for filter in questions(world)}
    for filter in filters.values():
        alternatives = [parse(filter, readings=readings) for readings in OTHERWISE]
        for file, object in files:
            verdict = of_file(filter, object)
            if verdict.sure:
                sure += 1
                assert {alternative.matches(file) for alternative in alternatives} == {verdict.admits}, (
                    filter,
                    file.filename,
                )
    assert sure > len(files) * len(filters) / 2, "most of what is asked for is sure"


@pytest.mark.parametrize("world", ["", "cooking", "sales"])
def test_the_default_reading_is_that_of_the_mock(world: str) -> None:
    files = show_files(world)
    for step, filter in plan([object for _, object in files]).items():
        verdicts = [of_file(filter, object).admits for _, object in files]
        assert verdicts == [parse(filter).matches(file) for file, _ in files], step


@pytest.mark.parametrize("world", ["", "cooking", "sales"])
def test_segments_are_read_alike(world: str) -> None:
    pairs = [(file, segment) for file, _ in show_files(world) for segment in file.segments]
    filter = by_segment([segment_object(*pair) for pair in pairs])
    assert filter is not None
    verdicts = [of_segment(filter, segment_object(*pair)).admits for pair in pairs]
    assert verdicts == [segment in parse(filter).segments(file) for file, segment in pairs]
    assert len(set(verdicts)) == 2


# The plan of requests.


def test_a_plan_is_the_same_for_the_same_files() -> None:
    files = [object for _, object in show_files("")]
    assert plan(files) == plan(iter(files))


def test_every_filter_of_a_plan_is_valid() -> None:
    document = load("cloudglue").schemas.request("createResponse")
    assert document is not None
    for step, filter in plan([object for _, object in show_files("")]).items():
        body = {"model": "m", "input": "x", "knowledge_base": {"source": "collections", "filter": filter}}
        faults = [fault for fault in document.faults(body) if "filter" in fault.param]
        assert faults == [], step


def test_two_criteria_are_also_asked_one_by_one() -> None:
    steps = plan([object for _, object in show_files("")])
    for step in ("two_criteria", "two_categories"):
        parts = singles(steps[step])
        assert len(parts) == 2
        assert all(part in steps.values() for part in parts)


def test_a_plan_asks_only_for_what_a_library_has() -> None:
    alone = plan([FILE])
    assert "equal" not in alone
    assert "by_id" in alone
    assert narrow([FILE]) is None
    assert set(plan([])) == {"empty", "empty_categories", "impossible", "nothing_there"}


def test_without_metadata_a_plan_uses_the_names_of_files() -> None:
    bare = [
        {"id": str(index), "filename": f"{name}.mp4"} for index, name in enumerate(("soup", "stew", "tea"))
    ]
    steps = plan(bare)
    assert steps["equal"] == single("file", "filename", "Equal", "soup.mp4")
    assert "equal_by_prefix" not in steps


# A server with another reading gets a note and does not fail.


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("missing-differs", {"filters.a-missing-field-fits-no-operator"}),
        ("no-underscore-is-wildcard", set()),
        ("no-dotted-keys", set()),
        ("no-all-of-nothing", set()),
    ],
)
def test_another_reading_fails_nothing(reading: str, expected: set[str]) -> None:
    server = Settings(dialect="cloudglue", api_keys=(KEY,), readings=(reading,))
    assert asyncio.run(outcomes(server)) == dict.fromkeys(expected, Outcome.NOTED)


async def outcomes(settings: Settings) -> dict[str, Outcome]:
    """The outcomes of the rules on filters that did not pass."""
    dialect = load("cloudglue")
    selection = [
        scenario
        for scenario in scenarios_for(dialect).values()
        if scenario.first or "filters" in scenario.features
    ]
    plan = Plan(tuple(selection), (dialect,), features=tuple(dialect.features))
    traces = await run(plan, Target(AsgiTransport(make_app(settings)), KEY))
    scenarios = {trace.scenario for trace in traces} - {"library"}
    rules = {key: rule for key, rule in rules_for(dialect).items() if rule.scenario in scenarios}
    records = engine.judge(traces, dialect, rules)
    return {record.rule: record.outcome for record in records if record.outcome is not Outcome.PASSED}
