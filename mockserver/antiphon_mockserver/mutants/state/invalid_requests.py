"""Servers that accept wrong requests: one mutant for each place that can be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.changes import forgiving
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.state.record import RequestDetails

SEAM = "state"

ACCEPTS = (
    ("any_input", "Accepts any value as `input`.", r"input$", "an-input-that-is-no-string-and-no-list"),
    ("any_role", "Accepts messages of any role.", r"input.*role", "an-unknown-role"),
    (
        "items_of_any_type",
        "Accepts input items of any type or without a type.",
        r"input\[\d+\]\.type",
        "a-message-without-type an-unknown-kind-of-item",
    ),
    (
        "messages_of_any_content",
        "Accepts messages without content or with a number as content.",
        r"input\[\d+\]\.content$",
        "a-message-without-content content-of-another-type",
    ),
    (
        "parts_of_any_kind",
        "Accepts any part in any message.",
        r"input\[\d+\]\.content\[",
        "a-wrong-part-in-a-user-message a-wrong-part-in-a-system-message "
        "a-wrong-part-in-an-assistant-message "
        "a-text-part-without-text a-refusal-part-without-refusal an-unknown-image-detail "
        "a-file-name-that-is-no-string an-image-detail-outside-the-enum",
    ),
    (
        "calls_of_any_form",
        "Accepts function calls without arguments or with any name.",
        r"input\[\d+\]\.(arguments|name)",
        "a-call-without-arguments a-call-with-an-invalid-name",
    ),
    (
        "any_call_id",
        "Accepts call ids of any length, and calls without one.",
        r"input\[\d+\]\.call_id",
        "a-call-id-that-is-too-long an-empty-call-id",
    ),
    (
        "outputs_of_nothing",
        "Accepts tool outputs without `output`.",
        r"input\[\d+\]\.output",
        "a-tool-output-without-output",
    ),
    (
        "reasoning_without_summary",
        "Accepts reasoning items without `summary`.",
        r"input\[\d+\]\.summary",
        "a-reasoning-item-without-summary",
    ),
    (
        "empty_compactions",
        "Accepts compaction items without content.",
        r"input\[\d+\]\.encrypted_content",
        "a-compaction-item-without-content",
    ),
    (
        "references_to_nothing",
        "Accepts references without `id`.",
        r"input\[\d+\]\.id",
        "a-reference-without-id",
    ),
    ("any_phase", "Accepts any phase.", r"input\[\d+\]\.phase", "an-unknown-phase"),
    ("tools_that_are_no_list", "Accepts `tools` that is not a list.", r"tools$", "tools-that-are-no-list"),
    ("tools_of_any_type", "Accepts tools of any type.", r"tools\[\d+\]\.type", "an-unknown-kind-of-tool"),
    (
        "functions_of_any_name",
        "Accepts functions with any name or without one.",
        r"tools\[\d+\].*name",
        "a-function-without-name a-function-with-an-invalid-name a-long-name-in-a-namespace",
    ),
    (
        "strict_of_any_type",
        "Accepts any value as `strict`.",
        r"tools\[\d+\]\.strict",
        "strict-that-is-no-boolean",
    ),
    (
        "any_tool_choice",
        "Accepts any tool choice.",
        r"tool_choice",
        "an-unknown-tool-choice a-tool-choice-without-name too-few-or-too-many-allowed-tools an-unknown-mode "
        "allowed-tools-without-mode a-mode-other-than-auto-and-required",
    ),
    ("any_model_type", "Accepts a number as `model`.", r"model", "a-model-that-is-no-string"),
    (
        "any_include",
        "Accepts any `include` value.",
        r"include",
        "an-unknown-include an-include-outside-the-enum",
    ),
    (
        "any_metadata",
        "Accepts metadata of any size and type.",
        r"metadata",
        "too-much-metadata a-metadata-value-that-is-no-string a-long-metadata-value a-long-metadata-key",
    ),
    ("any_temperature", "Accepts any temperature.", r"temperature", "a-temperature-out-of-range"),
    ("any_top_p", "Accepts any `top_p`.", r"top_p", "a-top-p-out-of-range"),
    ("too_few_tokens", "Accepts fewer than 16 output tokens.", r"max_output_tokens", "too-few-output-tokens"),
    ("no_tool_calls", "Accepts 0 as `max_tool_calls`.", r"max_tool_calls", "too-few-tool-calls"),
    ("any_logprobs", "Accepts any number of log probabilities.", r"top_logprobs", "too-many-logprobs"),
    (
        "long_identifiers",
        "Accepts identifiers and cache keys of any length.",
        r"safety_identifier|prompt_cache_key",
        "a-long-identifier a-long-cache-key a-very-long-identifier a-long-cache-key-on-compaction",
    ),
    (
        "any_service_tier",
        "Accepts any service tier.",
        r"service_tier",
        "an-unknown-service-tier a-service-tier-outside-the-enum",
    ),
    ("any_truncation", "Accepts any truncation.", r"truncation", "an-unknown-truncation"),
    (
        "any_format",
        "Accepts any text format.",
        r"text\.format",
        "json-object-as-format a-format-without-schema a-format-with-an-invalid-name",
    ),
    ("any_verbosity", "Accepts any verbosity.", r"text\.verbosity", "an-unknown-verbosity"),
    (
        "any_effort",
        "Accepts any reasoning effort.",
        r"reasoning\.effort",
        "an-unknown-effort an-effort-outside-the-enum",
    ),
    ("any_summary", "Accepts any reasoning summary.", r"reasoning\.summary", "an-unknown-summary"),
    (
        "any_obfuscation",
        "Accepts any value as `include_obfuscation`.",
        r"stream_options",
        "obfuscation-that-is-no-boolean",
    ),
    (
        "any_switch",
        "Accepts any value in place of a boolean.",
        r"(parallel_tool_calls|background|store|stream)$",
        "parallel-calls-that-are-no-boolean background-that-is-no-boolean store-that-is-no-boolean "
        "stream-that-is-no-boolean",
    ),
    (
        "any_previous_id",
        "Accepts any value as `previous_response_id`.",
        r"previous_response_id",
        "a-malformed-previous-id",
    ),
    (
        "any_context_management",
        "Accepts any context management.",
        r"context_management",
        "an-empty-context-management a-low-compaction-threshold",
    ),
    ("any_modality", "Accepts any modality.", r"modalities", "an-unknown-modality"),
    ("any_prompt", "Accepts a prompt without an id.", r"prompt\.", "a-prompt-without-id"),
)


def _accepting(pattern: str) -> Callable[[Behaviour], Behaviour]:
    """Drops a wrong member at such a place instead of rejecting it."""
    place = re.compile(pattern)

    def mend(details: RequestDetails, error: ApiError) -> bool:
        if not place.match(error.param or ""):
            return False
        _drop(cast("dict[str, Any]", details.body), error.param or "")
        return True

    return forgiving(mend)


def _drop(body: dict[str, Any], param: str) -> None:
    """Makes the request valid: drops the member at this place from the body."""
    name = re.split(r"[.\[]", param)[0]
    names = ("tools", "tool_choice") if name in ("tools", "tool_choice") else (name,)
    for member in names:
        body.pop(member, None)
    if name in ("input", "model"):
        body[name] = "Hello."


for _name, _doc, _pattern, _mistakes in ACCEPTS:
    _rules = tuple(f"requests.rejects-{mistake}" for mistake in _mistakes.split())
    add(SEAM, f"accepts_{_name}", _doc, _rules, _accepting(_pattern))
