"""Wrong values in `tools` and `tool_choice`."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constraints import (
    Legal,
    boolean,
    having,
    kinds,
    one_of,
    text,
    with_size,
)
from antiphon_conformance.requests.invalid.request import FUNCTION, NAME, NO_SUCH_TYPE, invalid_request


def _tool(**members: Any) -> dict[str, Any]:
    return {"tools": [FUNCTION | members]}


TOOLS = (
    invalid_request(
        "tools_that_are_no_list",
        "REQ-30 CG-REQ-19",
        "`tools` that is not an array",
        "tools",
        kinds("an array, or null", list, type(None)),
        {"tools": "look_up"},
    ),
    invalid_request(
        "an_unknown_kind_of_tool",
        "TOOL-28",
        "a tool of an unknown, unprefixed `type`",
        "tools[].type",
        NO_SUCH_TYPE,
        {"tools": [{"type": "unknown_kind", "name": "look_up"}]},
    ),
    invalid_request(
        "a_function_without_name",
        "REQ-31",
        "a function tool without `name`",
        "tools[type=function]",
        having("name"),
        {"tools": [{"type": "function"}]},
    ),
    invalid_request(
        "a_function_with_an_invalid_name",
        "REQ-31",
        "a function tool whose name has other characters or is too long",
        "tools[type=function].name",
        text(1, 64, NAME),
        _tool(name="look up"),
    ),
    invalid_request(
        "strict_that_is_no_boolean",
        "REQ-31 CG-REQ-19",
        "a function tool whose `strict` is not a boolean",
        "tools[type=function].strict",
        boolean(),
        _tool(strict="very"),
    ),
    invalid_request(
        "a_long_name_in_a_namespace",
        "REQ-33",
        "a name of over 128 characters in a namespace",
        "tools[type=namespace].tools[type=function].name",
        text(1, 128),
        {
            "tools": [
                {
                    "type": "namespace",
                    "name": "all",
                    "description": "All of them.",
                    "tools": [FUNCTION | {"name": "x" * 129}],
                }
            ]
        },
    ),
    invalid_request(
        "an_unknown_tool_choice",
        "REQ-34 BUD-REQ-15",
        "a `tool_choice` string other than none, auto, required",
        "tool_choice",
        Legal(
            "none, auto or required",
            lambda value: not isinstance(value, str) or value in ("none", "auto", "required"),
        ),
        {"tools": [FUNCTION], "tool_choice": "perhaps"},
    ),
    invalid_request(
        "a_tool_choice_without_name",
        "REQ-35",
        "a `tool_choice` of type function without `name`",
        "tool_choice{type=function}",
        having("name"),
        {"tools": [FUNCTION], "tool_choice": {"type": "function"}},
    ),
    invalid_request(
        "too_few_or_too_many_allowed_tools",
        "REQ-37",
        "`allowed_tools` with no entry or more than 128 entries",
        "tool_choice{type=allowed_tools}.tools",
        with_size(1, 128),
        {"tools": [FUNCTION], "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}},
    ),
    invalid_request(
        "an_unknown_mode",
        "REQ-37",
        "a `mode` of allowed tools other than none, auto, required",
        "tool_choice{type=allowed_tools}.mode",
        one_of("none", "auto", "required"),
        {
            "tools": [FUNCTION],
            "tool_choice": {"type": "allowed_tools", "mode": "perhaps", "tools": [FUNCTION]},
        },
    ),
    invalid_request(
        "allowed_tools_without_mode",
        "REQ-38",
        "`allowed_tools` without `mode` or `tools`",
        "tool_choice{type=allowed_tools}",
        having("mode", "tools"),
        {"tools": [FUNCTION], "tool_choice": {"type": "allowed_tools", "tools": [FUNCTION]}},
    ),
    invalid_request(
        "a_mode_other_than_auto_and_required",
        "REQ-38",
        "a `mode` of allowed tools other than auto and required",
        "tool_choice{type=allowed_tools}.mode",
        one_of("auto", "required"),
        {"tools": [FUNCTION], "tool_choice": {"type": "allowed_tools", "mode": "none", "tools": [FUNCTION]}},
    ),
)
