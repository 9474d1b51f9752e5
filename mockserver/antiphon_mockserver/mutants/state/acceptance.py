"""Servers that reject valid tools, items and formats, or accept wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import with_check, without
from antiphon_mockserver.response.plan import ApiError, Context, Plan
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails

SEAM = "state"
Json = dict[str, Any]


def _input(details: RequestDetails) -> list[Json]:
    given = details.body.get("input")
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def _rejecting(
    wrong: Callable[[RequestDetails], bool], param: str | None = None
) -> Callable[[Behaviour], Behaviour]:
    """Adds a check that rejects a valid request, with an error that names `param`."""

    def check(details: RequestDetails) -> None:
        if wrong(details):
            raise invalid("This server does not accept such requests.", param)

    return lambda behaviour: with_check(behaviour, check)


def _without(*names: str) -> Callable[[Behaviour], Behaviour]:
    """Leaves out some checks."""

    def mutate(behaviour: Behaviour) -> Behaviour:
        checks, context_checks = (
            without(behaviour.requests.checks, *names),
            without(behaviour.requests.context_checks, *names),
        )
        return replace(
            behaviour, requests=replace(behaviour.requests, checks=checks, context_checks=context_checks)
        )

    return mutate


def _has_item(*types: str) -> Callable[[RequestDetails], bool]:
    return lambda details: any(item.get("type") in types for item in _input(details))


def _format(details: RequestDetails) -> Json:
    text = details.body.get("text")
    text_format = text.get("format") if isinstance(text, dict) else None
    return text_format if isinstance(text_format, dict) else {}


def _has_empty_output(details: RequestDetails) -> bool:
    return any(item.get("output") == "" for item in _input(details))


def _chooses(kind: str) -> Callable[[RequestDetails], bool]:
    def chooses(details: RequestDetails) -> bool:
        choice = details.body.get("tool_choice")
        return isinstance(choice, dict) and choice.get("type") == kind

    return chooses


def _has_part(kind: str) -> Callable[[RequestDetails], bool]:
    return lambda details: any(
        isinstance(part, dict) and part.get("type") == kind
        for item in _input(details)
        for part in (item["content"] if isinstance(item.get("content"), list) else ())
    )


REJECTIONS = (
    ("rejects_its_own_calls", "Rejects a `function_call` that comes back as input.",
     "tool-outputs.output-items-are-accepted-as-input", _has_item("function_call")),
    ("rejects_its_own_reasoning", "Rejects reasoning items that come back as input.",
     "reasoning.encrypted-reasoning-is-accepted-back", _has_item("reasoning")),
    ("rejects_empty_outputs", "Rejects empty tool outputs.",
     "tool-outputs.empty-outputs-and-parts-are-accepted", _has_empty_output),
    ("rejects_custom_outputs", "Rejects the output of a custom tool.",
     "tool-outputs.custom-output-is-accepted", _has_item("custom_tool_call_output")),
    ("rejects_definitions", "Rejects a schema with `$defs`.", "structured-output.definitions-are-accepted",
     lambda details: "$defs" in (_format(details).get("schema") or {})),
    ("knows_no_schemas", "Rejects every `json_schema`.",
     "structured-output.schema-is-accepted", lambda details: _format(details).get("type") == "json_schema"),
)  # fmt: skip

for _name, _sentence, _caught_by, _wrong in REJECTIONS:
    add(SEAM, _name, _sentence, _caught_by, _rejecting(_wrong))

CHOICES = (
    ("rejects_named_functions", "Rejects a `tool_choice` that names a function.",
     "requests.accepts-a-named-function", _chooses("function")),
    ("rejects_allowed_tools", "Rejects a `tool_choice` of the type `allowed_tools`.",
     "requests.accepts-allowed-tools", _chooses("allowed_tools")),
)  # fmt: skip
PARTS = (
    ("rejects_pictures", "Rejects every part of a message with a picture.",
     "requests.accepts-a-picture", _has_part("input_image")),
    ("rejects_files", "Rejects every part of a message with a file.",
     "requests.accepts-a-file", _has_part("input_file")),
    ("rejects_custom_tools", "Rejects custom tools, as if they were not in the document.",
     "requests.a-create-that-others-depend-on-is-accepted",
     lambda details: any(tool.get("type") == "custom" for tool in details.body.get("tools") or ())),
)  # fmt: skip

for _name, _sentence, _caught_by, _wrong in CHOICES:
    add(SEAM, _name, _sentence, _caught_by, _rejecting(_wrong, "tool_choice"))
for _name, _sentence, _caught_by, _wrong in PARTS:
    add(SEAM, _name, _sentence, _caught_by, _rejecting(_wrong))

add(
    SEAM,
    "accepts_any_output",
    "Accepts a tool output that answers no call.",
    ("tool-outputs.an-output-without-a-call-is-rejected", "tool-outputs.outputs-are-matched-by-call-id-only"),
    _without("outputs_have_calls"),
)
add(
    SEAM,
    "accepts_approvals_of_nothing",
    "Accepts an approval that nothing asked for.",
    "hosted-tools.an-approval-of-nothing-is-rejected",
    _without("approvals_have_requests"),
)
add(
    SEAM,
    "goes_on_without_outputs",
    "Accepts a context with a call that has no output.",
    "tool-outputs.a-call-without-an-output-is-rejected",
    _without("calls_have_outputs"),
)
add(
    SEAM,
    "accepts_loose_tools_for_strict",
    "Accepts strict functions whose schema is not strict.",
    "tool-outputs.a-strict-tool-with-further-properties-is-rejected",
    _without("tool_schemas"),
)
add(SEAM, "accepts_loose_schemas_for_strict", "Accepts strict formats whose schema is not strict.",
    ("structured-output.a-strict-schema-with-further-properties-is-rejected",
     "structured-output.strict-schema-has-an-object-at-its-root"), _without("format_schema"))  # fmt: skip
add(
    SEAM,
    "accepts_reasoning_alone",
    "Accepts reasoning without the item that it led to.",
    "reasoning.reasoning-without-its-item-is-rejected",
    _without("reasoning_has_its_item"),
)
add(
    SEAM,
    "answers_json_unmentioned",
    "Accepts `json_object` although the input does not mention JSON.",
    "structured-output.json-object-without-the-word-json-is-rejected",
    _without("json_is_mentioned"),
)


@mutant("state.breaks-on-equal-names", caught_by="tool-outputs.two-functions-of-one-name-break-nothing")
def breaks_on_equal_names(behaviour: Behaviour) -> Behaviour:
    """Answers 500 when two functions have the same name."""

    def check(details: RequestDetails) -> None:
        names = [tool.get("name") for tool in details.body.get("tools") or ()]
        if len(names) != len(set(names)):
            raise ApiError("The server had an error.", status=500)

    return with_check(behaviour, check)


@mutant("state.trusts-any-reasoning", caught_by="reasoning.altered-reasoning-is-rejected")
def trusts_any_reasoning(behaviour: Behaviour) -> Behaviour:
    """Accepts reasoning whose encrypted content was changed."""
    right = behaviour.model.plan

    def plan(context: Context) -> Plan:
        plain = tuple(item for item in context.items if item.get("type") != "reasoning")
        return right(replace(context, items=plain))

    return replace(behaviour, model=replace(behaviour.model, plan=plan))


add(
    SEAM,
    "rejects_null_members",
    "Rejects `instructions` and `previous_response_id` that are null.",
    "requests.accepts-nulls",
    _rejecting(
        lambda details: any(
            details.body.get(name, "") is None for name in ("instructions", "previous_response_id")
        ),
        "instructions",
    ),
)
add(
    SEAM,
    "rejects_texts_of_the_assistant",
    "Rejects messages whose parts have the type `output_text`.",
    "requests.accepts-text-without-annotations",
    _rejecting(_has_part("output_text"), "input"),
)
add(
    SEAM,
    "rejects_grammars",
    "Rejects a custom tool with a grammar.",
    "tool-calls.a-grammar-is-accepted",
    _rejecting(
        lambda details: any(
            (tool.get("format") or {}).get("type") == "grammar" for tool in details.body.get("tools") or ()
        ),
        "tools[0].format",
    ),
)
