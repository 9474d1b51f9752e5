"""Wrong filters, and the places of their faults."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon_mockserver.video_library.filters import FilterError, parse, parse_text
from pantry_world import criterion

OPERATORS = (
    "one of 'Equal', 'NotEqual', 'LessThan', 'GreaterThan', 'Like', 'In', 'ContainsAny', 'ContainsAll'"
)
GOOD = criterion("topic", "Equal", "plums")


@pytest.mark.parametrize(
    ("filter_body", "message"),
    [
        (None, "the filter: expected an object, got null"),
        ([], "the filter: expected an object, got an empty array"),
        (
            {"file_ids": ["x"]},
            "file_ids: expected one of 'metadata', 'video_info', 'file', 'source_metadata', got 'file_ids'",
        ),
        ({"metadata": {}}, "metadata: expected an array, got an empty object"),
        ({"metadata": None}, "metadata: expected an array, got null"),
        ({"metadata": [GOOD, "x"]}, "metadata[1]: expected an object, got 'x'"),
        ({"metadata": [{"operator": "Equal"}]}, "metadata[0].path: expected a string, got absent"),
        ({"metadata": [{**GOOD, "path": 1}]}, "metadata[0].path: expected a string, got 1"),
        ({"metadata": [{"path": "a"}]}, "metadata[0].operator: expected a string, got absent"),
        (
            {"metadata": [{**GOOD, "operator": "equal"}]},
            f"metadata[0].operator: expected {OPERATORS}, got 'equal'",
        ),
        (
            {"metadata": [{**GOOD, "operator": []}]},
            f"metadata[0].operator: expected {OPERATORS}, got an empty array",
        ),
        (
            {"metadata": [GOOD, {"path": "a", "operator": "Equal"}]},
            "metadata[1].valueText: expected a string, got absent",
        ),
        (
            {"metadata": [criterion("a", "Equal", ["x"])]},
            "metadata[0].valueText: expected a string, got absent",
        ),
        (
            {"metadata": [criterion("a", "ContainsAny", "x")]},
            "metadata[0].valueTextArray: expected an array of strings, got absent",
        ),
        (
            {"metadata": [{"path": "a", "operator": "In"}]},
            "metadata[0].valueText: expected a string, got absent",
        ),
        ({"metadata": [{**GOOD, "valueText": 600}]}, "metadata[0].valueText: expected a string, got 600"),
        (
            {"metadata": [{**GOOD, "valueTextArray": "x"}]},
            "metadata[0].valueTextArray: expected an array of strings, got 'x'",
        ),
        (
            {"metadata": [{"path": "a", "operator": "In", "valueTextArray": ["x", None]}]},
            "metadata[0].valueTextArray[1]: expected a string, got null",
        ),
        (
            {"metadata": [{**GOOD, "scope": "video"}]},
            "metadata[0].scope: expected one of 'file', 'segment', got 'video'",
        ),
        (
            {"file": [criterion("name", "Equal", "x")]},
            "file[0].path: expected one of 'bytes', 'filename', 'uri', 'created_at', 'id', got 'name'",
        ),
        (
            {"video_info": [criterion("format", "Equal", "mp4")]},
            "video_info[0].path: expected one of 'duration_seconds', 'has_audio', got 'format'",
        ),
        (
            {"video_info": [criterion("has_audio", "Equal", "true", scope="segment")]},
            "video_info[0].scope: expected 'file' for this path, got 'segment'",
        ),
        (
            {"file": [criterion("id", "Equal", "x", scope="segment")]},
            "file[0].scope: expected 'file' for this path, got 'segment'",
        ),
        (
            {"source_metadata": [criterion("topic", "Equal", "x", scope="segment")]},
            "source_metadata[0].scope: expected 'file' for this path, got 'segment'",
        ),
    ],
)
def test_a_wrong_filter_is_rejected_with_the_place(filter_body: Any, message: str) -> None:
    with pytest.raises(FilterError) as error:
        parse(filter_body)
    assert str(error.value) == message


@pytest.mark.parametrize("text", ["", "{", "topic=plums", "{'metadata': []}", "[" * 100_000])
def test_text_other_than_json_is_rejected(text: str) -> None:
    with pytest.raises(FilterError, match=r"^the filter: expected JSON text, got "):
        parse_text(text)


@pytest.mark.parametrize(
    ("filter_body", "path"),
    [
        ({"metadata": [criterion("topic", "Like", "plum%")]}, "metadata[0].operator"),
        ({"source_metadata": []}, "source_metadata"),
        ({"video_info": [criterion("has_audio", "Equal", "true", scope="segment")]}, "video_info[0].scope"),
    ],
)
def test_a_chat_filter_has_fewer_members(filter_body: dict[str, Any], path: str) -> None:
    with pytest.raises(FilterError) as error:
        parse(filter_body, chat=True)
    assert error.value.path == path
