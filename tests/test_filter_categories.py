"""Filters: the four categories, how criteria combine, and what `scope` does."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_mockserver.video_library.filters import EVERYTHING, parse, parse_text
from antiphon_spec.world import World
from pantry_world import admit, cite, criterion, world


@pytest.fixture(scope="module")
def pantry() -> World:
    return world()


@pytest.mark.parametrize(
    ("path", "operator", "value", "files"),
    [
        ("bytes", "GreaterThan", "1048576", "box"),
        ("bytes", "Equal", "0", "tin"),
        ("filename", "Like", "%.mp4", "jar tin"),
        ("filename", "Equal", "box.mov", "box"),
        ("uri", "Equal", "cloudglue://files/22222222-2222-4222-8222-222222222222", "box"),
        ("id", "Equal", "22222222-2222-4222-8222-222222222222", "box"),
        ("id", "NotEqual", "22222222-2222-4222-8222-222222222222", "jar tin"),
        ("id", "In", ["11111111-1111-4111-8111-111111111111", "no-such-id"], "jar"),
        ("created_at", "Equal", "2024-02-01T12:00:00Z", "jar"),
        ("created_at", "Equal", "2024-02-01T13:00:00.000+01:00", "jar"),
        ("created_at", "Equal", "1706788800000", "jar"),
        ("created_at", "NotEqual", "2024-02-02", "jar"),
        ("created_at", "LessThan", "2024-02-02", "jar"),
        ("created_at", "GreaterThan", "2024-02-01T12:00:00", "box tin"),
        ("created_at", "GreaterThan", "1706788799999", "jar box tin"),
        ("created_at", "In", "2024-02-01T12:00:00Z, 2030-01-01", "jar"),
        ("created_at", "Like", "2024-02-01%", "jar"),
        ("created_at", "GreaterThan", "2024-02-01T", "jar box tin"),
        ("created_at", "LessThan", "not a date", "jar box tin"),
    ],
)
def test_properties_of_files(
    pantry: World, path: str, operator: str, value: str | list[str], files: str
) -> None:
    assert admit(pantry, parse({"file": [criterion(path, operator, value)]})) == files


@pytest.mark.parametrize(
    ("path", "operator", "value", "files"),
    [
        ("duration_seconds", "LessThan", "600", "box"),
        ("duration_seconds", "Equal", "600.0", "jar"),
        ("duration_seconds", "NotEqual", "600", "box"),
        ("has_audio", "Equal", "true", "jar"),
        ("has_audio", "NotEqual", "true", "box"),
    ],
)
def test_video_info_is_optional(pantry: World, path: str, operator: str, value: str, files: str) -> None:
    assert admit(pantry, parse({"video_info": [criterion(path, operator, value)]})) == files


@pytest.mark.parametrize(
    ("path", "operator", "value", "files"),
    [
        ("source_type", "Equal", "gong", "jar"),
        ("source_metadata.source_type", "Equal", "gong", "jar"),
        ("source_metadata.started", "LessThan", "2024-02-01", "jar"),
        ("source_metadata.started", "GreaterThan", "2024-02-01", ""),
        ("source_metadata.parties.email", "Equal", "bob@two.example", "jar"),
        ("source_metadata.parties.email", "NotEqual", "bob@two.example", ""),
        ("source_metadata.parties.tags", "ContainsAll", ["guest", "late"], "jar"),
        ("source_metadata.parties.tags", "ContainsAll", ["host", "late"], ""),
    ],
)
def test_source_metadata(pantry: World, path: str, operator: str, value: str | list[str], files: str) -> None:
    assert admit(pantry, parse({"source_metadata": [criterion(path, operator, value)]})) == files


def test_all_criteria_of_all_categories_hold(pantry: World) -> None:
    audio = {"video_info": [criterion("has_audio", "Equal", "true")]}
    heavy = {"file": [criterion("bytes", "GreaterThan", "1000000")]}
    light = {"file": [criterion("bytes", "LessThan", "1000000"), criterion("filename", "Like", "jar%")]}
    assert admit(pantry, parse(audio | light)) == "jar"
    assert admit(pantry, parse(audio | heavy)) == ""


@pytest.mark.parametrize(
    "filter_body", [{}, {"metadata": []}, {"metadata": [], "video_info": [], "file": []}]
)
def test_an_empty_filter_admits_everything(pantry: World, filter_body: dict[str, Any]) -> None:
    assert parse(filter_body) == EVERYTHING
    assert cite(pantry, EVERYTHING) == {"jar": [0, 1, 2], "box": [0], "tin": []}


@pytest.mark.parametrize(
    ("filter_body", "places"),
    [
        ({"metadata": [criterion("topic", "Equal", "sugar")]}, {}),
        ({"metadata": [criterion("topic", "Equal", "sugar", scope="segment")]}, {"jar": [1]}),
        ({"metadata": [criterion("metadata.take", "Equal", "2", scope="segment")]}, {"jar": [1], "box": [0]}),
        ({"metadata": [criterion("topic", "NotEqual", "sugar", scope="segment")]}, {"jar": [0], "box": [0]}),
        ({"metadata": [criterion("topic", "Equal", "plums", scope="file")]}, {"jar": [0, 1, 2]}),
        ({"video_info": [criterion("duration_seconds", "Equal", "120", scope="segment")]}, {"jar": [1]}),
        (
            {"video_info": [criterion("duration_seconds", "LessThan", "100", scope="segment")]},
            {"jar": [0], "box": [0]},
        ),
        (
            {
                "metadata": [criterion("topic", "Equal", "plums", scope="segment")],
                "video_info": [criterion("duration_seconds", "GreaterThan", "100", scope="segment")],
            },
            {},
        ),
        (
            {
                "metadata": [criterion("take", "Equal", "2", scope="segment")],
                "file": [criterion("filename", "Like", "box%")],
            },
            {"box": [0]},
        ),
    ],
)
def test_the_scope_segment_admits_single_segments(
    pantry: World, filter_body: dict[str, Any], places: dict[str, list[int]]
) -> None:
    assert cite(pantry, parse(filter_body)) == places


def test_unknown_members_and_the_scope_file_change_nothing(pantry: World) -> None:
    filter_body = {"file": [criterion("filename", "Equal", "box.mov", scope="file", note="mine")]}
    assert admit(pantry, parse(filter_body)) == "box"


def test_a_filter_as_text_is_the_same_filter(pantry: World) -> None:
    assert (
        admit(pantry, parse_text('{"file": [{"path": "bytes", "operator": "Equal", "valueText": "0"}]}'))
        == "tin"
    )


def test_a_chat_filter_ignores_the_scope_of_metadata(pantry: World) -> None:
    filter_body = {"metadata": [criterion("topic", "Equal", "plums", scope="segment")]}
    assert cite(pantry, parse(filter_body, chat=True)) == {"jar": [0, 1, 2]}
