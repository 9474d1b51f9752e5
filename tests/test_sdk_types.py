"""The document is compared with the types of the installed SDK; what differs is listed with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Required

import pytest
from click.testing import CliRunner, Result
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from antiphon.commands.sdk_types import print_type_drift
from antiphon.commands.spec import spec
from antiphon_spec.dialect import load
from antiphon_spec.document import Document
from antiphon_spec.json_schema.sdk_types import (
    PACKAGES,
    ListedPlace,
    Package,
    SdkMissingError,
    TypeDifference,
    compare_types,
    load_listed_places,
)
from antiphon_spec.json_schema.served import served_part
from antiphon_spec.json_schema.shape import Shape, joined, merged, of_schema, of_type

OPENAI = load("openai")
LISTED = load_listed_places(OPENAI.folders[0])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(spec, ["diff", *arguments], standalone_mode=False)


def changed(place: Iterable[str], **members: Any) -> Document:
    """The document with members of one of its schemas replaced, or taken away where they are None."""
    root = deepcopy(dict(OPENAI.document.root))
    value: Any = root["components"]["schemas"]
    for step in place:
        value = value[step]
    value |= members
    for name in [name for name, member in members.items() if member is None]:
        del value[name]
    return Document(root)


def unlisted(document: Document) -> list[str]:
    return [str(each) for each in compare_types(document, PACKAGES["openai"], LISTED).unlisted]


def test_nothing_differs_that_is_not_listed() -> None:
    drift = compare_types(OPENAI.document, PACKAGES["openai"], LISTED)
    assert list(map(str, drift.unlisted)) == []
    assert list(drift.stale) == []
    assert drift.differences


@pytest.mark.parametrize(
    ("place", "members", "difference"),
    [
        (("CreateResponse", "properties"), {"image": None}, "CreateResponse/image: only sdk"),
        (("CreateResponse", "properties"), {"colour": {}}, "CreateResponse/colour: only ours"),
        (
            ("FunctionTool", "properties"),
            {"async": {"type": "string"}},
            "FunctionTool/async:text: only ours, FunctionTool/async:boolean: only sdk",
        ),
        (("PromptCacheModeEnum",), {"enum": ["implicit"]}, "PromptCacheModeEnum=explicit: only sdk"),
        (
            ("PromptCacheModeEnum",),
            {"enum": ["implicit", "explicit", "x"]},
            "PromptCacheModeEnum=x: only ours",
        ),
        (
            ("MCPApprovalResponse",),
            {"required": ["type", "approve", "approval_request_id", "id"]},
            "MCPApprovalResponse/id:absent: only sdk",
        ),
        (
            ("MCPApprovalResponse",),
            {"required": ["type", "approve"]},
            "MCPApprovalResponse/approval_request_id:absent: only ours",
        ),
        (
            ("ToolsArray",),
            {"items": {"$ref": "#/components/schemas/FunctionTool"}},
            "FunctionTool[apply_patch]: only sdk",
        ),
    ],
)
def test_each_change_of_the_document_is_noticed(
    place: tuple[str, ...], members: Mapping[str, Any], difference: str
) -> None:
    assert difference in ", ".join(unlisted(changed(place, **members)))


def test_an_event_that_is_taken_away_is_noticed() -> None:
    events = OPENAI.document.schemas["ResponseStreamEvent"]["anyOf"]
    kept = [event for event in events if "Compacting" not in event["$ref"]]
    assert unlisted(changed(("ResponseStreamEvent",), anyOf=kept)) == [
        "ResponseStreamEvent[response.compaction.compacting]: only sdk"
    ]


def test_a_query_parameter_that_is_taken_away_is_noticed() -> None:
    root = deepcopy(dict(OPENAI.document.root))
    operation = root["paths"]["/responses/{response_id}/input_items"]["get"]
    operation["parameters"] = [each for each in operation["parameters"] if each.get("name") != "order"]
    assert unlisted(Document(root)) == ["listInputItems/order: only sdk"]


class Verse(TypedDict, total=False):
    text: Required[str]
    kind: Literal["sung", "spoken"]


class Song(BaseModel):
    type: Literal["song"]
    verses: list[Verse]
    title: str | None = None
    in_: int = Field(alias="in")


def test_a_typed_dict_has_a_shape() -> None:
    (form,) = of_type(Verse).forms
    assert {name: member.required for name, member in form.members.items()} == {"text": True, "kind": False}
    assert joined(of_type, form.members["kind"].sources) == Shape(words=frozenset({"sung", "spoken"}))


def test_a_model_has_a_shape() -> None:
    (form,) = of_type(Song).forms
    assert form.tags == {"song"}
    assert list(form.members) == ["type", "verses", "title", "in"]
    assert form.members["title"].lenient
    assert of_type(dict[str, int] | list[str] | None).kinds == {"map", "array", "null"}


def test_a_schema_has_the_same_shape() -> None:
    schema = {
        "anyOf": [
            {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "kind": {}}},
            {"enum": ["none", None]},
            {"type": ["integer", "null"]},
        ]
    }
    shape = of_schema(Document({"components": {"schemas": {}}}), schema)
    assert shape.kinds == {"null", "number"}
    assert shape.words == {"none"}
    assert {name: member.required for name, member in merged(shape.forms).items()} == {
        "text": True,
        "kind": False,
    }


def test_a_place_may_hold_a_star() -> None:
    entry = ListedPlace("ours", "*/sequence_number:absent", "because")
    assert entry.covers(TypeDifference("ours", "ResponseQueuedEvent/sequence_number:absent"))
    assert not entry.covers(TypeDifference("sdk", "ResponseQueuedEvent/sequence_number:absent"))
    assert not entry.covers(TypeDifference("ours", "ResponseQueuedEvent/sequence_number:null"))


def test_a_missing_package_is_named() -> None:
    package = Package("no_such_sdk", bodies={"CreateResponse": "a:B"}, queries={})
    with pytest.raises(SdkMissingError, match="no_such_sdk is not installed"):
        compare_types(OPENAI.document, package)


def test_the_command_ends_with_the_counts() -> None:
    result = run("openai", "--sdk")
    assert result.return_value == 0
    assert result.output.splitlines()[-1].endswith("differences listed, 0 not listed")


def test_the_command_prints_what_could_be_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    without = replace(OPENAI)
    without.__dict__["document"] = changed(("CreateResponse", "properties"), image=None)
    assert print_type_drift(without) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "not listed: CreateResponse/image: only sdk"
    assert printed[1].startswith("  for the document: image: {")
    assert printed[2] == '  or to list it:    - {has: sdk, places: ["CreateResponse/image"], reason: }'
    assert printed[-1].endswith("1 not listed")


@pytest.mark.parametrize(
    ("arguments", "message"), [(("bud", "--sdk"), "bud has no SDK"), (("openai",), "give a FILE")]
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], message: str) -> None:
    assert message in str(run(*arguments).exception)


def test_what_is_not_served_is_no_difference(tmp_path: Path) -> None:
    root = deepcopy(dict(OPENAI.document.root))
    root["paths"]["/audio"] = {"get": {"responses": {"200": {"$ref": "#/components/responses/Audio"}}}}
    root["components"]["responses"]["Audio"] = {"description": "x", "$ref": "#/components/schemas/Audio"}
    root["components"]["schemas"]["Audio"] = {"type": "object", "properties": {}}
    published = Document(root)
    part = served_part(OPENAI.document, published)
    assert "Audio" in published.schemas
    assert "Audio" not in part.schemas
    assert part.schemas.keys() == OPENAI.document.schemas.keys()
    assert part.root["paths"].keys() == OPENAI.document.root["paths"].keys()
