"""What a response reports for a parameter that its request does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.output import member, objects
from antiphon_conformance.rules.reading.schema_faults import lacks_required
from antiphon_conformance.rules.rule import Finding, add, make, rule_id
from antiphon_conformance.rules.views import ResponseObject
from antiphon_spec.loading.construction import dataclass


def _tools(response: ResponseObject) -> Any:
    """The tools that the response reports or, where it reports none at all, those of its request."""
    fields = response.object if "tools" in response.object else response.request_fields
    return fields.get("tools")


@dataclass(frozen=True, slots=True)
class Default:
    """A parameter, the values that a response may report when the request lacks it, and the sources."""

    name: str
    path: tuple[str, ...]
    values: tuple[Any, ...]
    cites: tuple[str, ...]
    always_there: bool = False
    """Whether the response must have it, and no other rule reports its absence."""
    why: str = ""
    allows: Callable[[ResponseObject, Any], bool] = lambda _response, _value: False
    """Whether the response may also report this value."""


DEFAULTS = (
    Default("instructions_are_null", ("instructions",), (None,), ("RES-24", "CG-REQ-23")),
    Default("previous_response_id_is_null", ("previous_response_id",), (None,), ("RES-26",)),
    Default(
        "metadata_is_empty",
        ("metadata",),
        ({}, None),
        ("RES-27",),
        allows=lambda _response, value: isinstance(value, dict),
        why="A server may add keys of its own; clients read the keys that they have sent.",
    ),
    Default(
        "tools_are_empty",
        ("tools",),
        ([],),
        ("RES-28",),
        allows=lambda _response, value: isinstance(value, list),
        why="Clients iterate over `tools` and break on null. A server may have tools of its own.",
    ),
    Default(
        "tool_choice_is_auto",
        ("tool_choice",),
        ("auto",),
        ("RES-31", "TOOL-01"),
        allows=lambda response, value: value is None or (value == "none" and not _tools(response)),
        why="Without tools `none` means the same; null is a choice that nobody made.",
    ),
    Default(
        "parallel_tool_calls_is_true",
        ("parallel_tool_calls",),
        (True,),
        ("RES-59",),
        allows=lambda response, value: value is False and "openai" not in response.dialect.lineage,
        why="OpenAI alone documents a default; others report what they do.",
    ),
    Default(
        "text_format_is_text",
        ("text", "format"),
        ({"type": "text"},),
        (
            "RES-40",
            "BUD-RSP-13",
        ),
        allows=lambda _response, value: isinstance(value, dict) and value.get("type") == "text",
        why="An object may have more members than we know.",
    ),
    Default("background_is_false", ("background",), (False, None), ("RES-44",)),
    Default("store_is_reported", ("store",), (True, False), ("RES-56",), always_there=True),
)


def _is_absent_from_request(default: Default) -> Callable[[ResponseObject], bool]:
    def is_absent(response: ResponseObject) -> bool:
        if member(response.request_fields, *default.path) is not None:
            return False
        return not lacks_required(response, default.path[0])

    return is_absent


def _has_all_parameters(response: ResponseObject) -> bool:
    """The scope of these rules: the request of a create shows all its parameters."""
    return response.creation and not _has_indirect_parameters(response)


def _has_indirect_parameters(response: ResponseObject) -> bool:
    """Whether parameters may come from a prompt template, tools in the input, or a member of Chat."""
    return response.exchange.facts.once("indirect parameters", _find_indirect_parameters, response)


def _find_indirect_parameters(response: ResponseObject) -> bool:
    items = objects(response.request_fields.get("input"))
    adds_tools = any(item.get("type") == "additional_tools" for _, item in items)
    return adds_tools or any(
        response.request_fields.get(name) is not None for name in ("prompt", "response_format")
    )


def _register(default: Default) -> None:
    label = ".".join(default.path)
    expected = " or ".join(map(show, default.values)) if default.always_there else show(default.values[0])

    def check(response: ResponseObject) -> Iterator[Finding]:
        parent = member(response.object, *default.path[:-1])
        if len(default.path) > 1 and not isinstance(parent, dict):
            return
        actual = (parent or {}).get(default.path[-1], ABSENT)
        is_right = actual in default.values or default.allows(response, actual)
        if not is_right and (default.always_there or actual is not ABSENT):
            yield Finding(f"{response.where}/{'/'.join(default.path)}", expected, show(actual))

    sentence = f"A response to a request without `{label}` reports {expected}.\n\n{default.why}"
    add(
        make(
            rule_id("defaults", default.name), sentence, ResponseObject, check,
            cites=default.cites, when=_is_absent_from_request(default), scope=_has_all_parameters,
            needs=f"an answer to a request without `{label}`",
        )
    )  # fmt: skip


for _default in DEFAULTS:
    _register(_default)
