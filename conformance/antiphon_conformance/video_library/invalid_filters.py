"""Wrong filters in a create: criteria without a required member, or with an unknown value."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constraints import Legal, having, kinds, one_of
from antiphon_conformance.requests.invalid.request import invalid_request

FILTER = "knowledge_base.filter"
OPERATORS = ("NotEqual", "Equal", "LessThan", "GreaterThan", "ContainsAny", "ContainsAll", "In", "Like")
ON_TEXTS = "Equal|NotEqual|LessThan|GreaterThan|Like"
TEXTS = Legal(
    "an array of strings",
    lambda value: isinstance(value, list) and all(isinstance(element, str) for element in value),
)
VALUES = Legal(
    "an object with valueText or valueTextArray",
    lambda criterion: "valueText" in criterion or "valueTextArray" in criterion,
)


def _with(category: str = "metadata", **criterion: Any) -> dict[str, Any]:
    return _filter({category: [criterion]})


def _filter(criteria: dict[str, Any]) -> dict[str, Any]:
    return {"knowledge_base": {"collections": ["{collection}"], "filter": criteria}}


FILTERS = (
    invalid_request(
        "criteria_that_are_no_list",
        "CG-FLT-01",
        "a category of its filter that is not an array",
        f"{FILTER}.metadata",
        kinds("an array", list),
        _filter({"metadata": {"path": "topic", "operator": "Equal", "valueText": "x"}}),
    ),
    invalid_request(
        "a_criterion_without_path",
        "CG-FLT-02",
        "a criterion without `path`",
        f"{FILTER}.metadata[]",
        having("path"),
        _with(operator="Equal", valueText="x"),
    ),
    invalid_request(
        "a_criterion_without_operator",
        "CG-FLT-02",
        "a criterion without `operator`",
        f"{FILTER}.metadata[]",
        having("operator"),
        _with(path="topic", valueText="x"),
    ),
    invalid_request(
        "an_unknown_operator",
        "CG-FLT-03",
        "an operator that filters do not have",
        f"{FILTER}.metadata[].operator",
        one_of(*OPERATORS),
        _with(path="topic", operator="StartsWith", valueText="x"),
    ),
    invalid_request(
        "a_value_text_that_is_no_string",
        "CG-FLT-04",
        "a `valueText` that is not a string",
        f"{FILTER}.video_info[].valueText",
        kinds("a string", str),
        _with("video_info", path="duration_seconds", operator="LessThan", valueText=600),
    ),
    invalid_request(
        "a_value_text_array_that_is_no_list_of_strings",
        "CG-FLT-05",
        "a `valueTextArray` that is not an array of strings",
        f"{FILTER}.metadata[].valueTextArray",
        TEXTS,
        _with(path="topic", operator="In", valueTextArray=[1, 2]),
    ),
    invalid_request(
        "an_unknown_path_of_files",
        "CG-FLT-06",
        "a path in `file` that files do not have",
        f"{FILTER}.file[].path",
        one_of("bytes", "filename", "uri", "created_at", "id"),
        _with("file", path="colour", operator="Equal", valueText="x"),
    ),
    invalid_request(
        "an_unknown_path_of_videos",
        "CG-FLT-07",
        "a path in `video_info` that videos do not have",
        f"{FILTER}.video_info[].path",
        one_of("duration_seconds", "has_audio"),
        _with("video_info", path="frames", operator="Equal", valueText="x"),
    ),
    invalid_request(
        "an_unknown_scope",
        "CG-FLT-08",
        "a scope other than file and segment",
        f"{FILTER}.metadata[].scope",
        one_of("file", "segment"),
        _with(path="topic", operator="Equal", valueText="x", scope="chapter"),
    ),
    invalid_request(
        "has_audio_by_segment",
        "CG-FLT-09",
        "the scope segment for `has_audio`",
        f"{FILTER}.video_info[path=has_audio].scope",
        Legal("another scope", lambda scope: scope != "segment"),
        _with("video_info", path="has_audio", operator="Equal", valueText="true", scope="segment"),
    ),
    invalid_request(
        "a_comparison_without_value_text",
        "CG-FLT-30",
        "an operator on texts without `valueText`",
        f"{FILTER}.metadata[operator={ON_TEXTS}]",
        having("valueText"),
        _with(path="topic", operator="Equal", valueTextArray=["x"]),
    ),
    invalid_request(
        "a_comparison_without_value_text_array",
        "CG-FLT-30",
        "an operator on arrays without `valueTextArray`",
        f"{FILTER}.metadata[operator=ContainsAny|ContainsAll]",
        having("valueTextArray"),
        _with(path="topic", operator="ContainsAny", valueText="x"),
    ),
    invalid_request(
        "an_in_operator_without_values",
        "CG-FLT-30",
        "the operator In without any value",
        f"{FILTER}.metadata[operator=In]",
        VALUES,
        _with(path="topic", operator="In"),
    ),
)
