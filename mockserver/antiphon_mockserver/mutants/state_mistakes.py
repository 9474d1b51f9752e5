"""Servers that take what they have to refuse: one mutant for each place at which a request can be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from antiphon_mockserver.conduct import Conduct
from antiphon_mockserver.mutants import add
from antiphon_mockserver.mutants.changes import forgiving
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.record import Asked

FILE = "state_mistakes"

TAKES = (
    ("any_input", "Takes anything as input.", r"input$", "an-input-that-is-no-text-and-no-list"),
    ("any_role", "Takes messages of any role.", r"input.*role", "an-unknown-role"),
    (
        "items_of_any_type",
        "Takes input items of any type, or of none.",
        r"input\[\d+\]\.type",
        "a-message-without-type an-unknown-kind-of-item",
    ),
    (
        "messages_of_any_content",
        "Takes messages without content, or with a number for it.",
        r"input\[\d+\]\.content$",
        "a-message-without-content content-of-another-type",
    ),
    (
        "parts_of_any_kind",
        "Takes any part in any message.",
        r"input\[\d+\]\.content\[",
        "a-part-that-users-do-not-send a-part-that-instructions-do-not-hold "
        "a-part-that-assistants-do-not-say "
        "a-text-part-without-text a-refusal-part-without-refusal an-unknown-image-detail "
        "a-file-name-that-is-no-text an-image-detail-that-nobody-knows",
    ),
    (
        "calls_of_any_form",
        "Takes function calls without arguments, or with any name.",
        r"input\[\d+\]\.(arguments|name)",
        "a-call-without-arguments a-call-with-an-illegal-name",
    ),
    (
        "any_call_id",
        "Takes call ids of any length, none included.",
        r"input\[\d+\]\.call_id",
        "a-call-id-that-is-too-long an-empty-call-id",
    ),
    (
        "outputs_of_nothing",
        "Takes tool outputs without output.",
        r"input\[\d+\]\.output",
        "a-tool-output-without-output",
    ),
    (
        "reasoning_without_summary",
        "Takes reasoning items without summary.",
        r"input\[\d+\]\.summary",
        "a-reasoning-item-without-summary",
    ),
    (
        "empty_compactions",
        "Takes compaction items without content.",
        r"input\[\d+\]\.encrypted_content",
        "a-compaction-item-without-content",
    ),
    ("references_to_nothing", "Takes references without id.", r"input\[\d+\]\.id", "a-reference-without-id"),
    ("any_phase", "Takes any phase.", r"input\[\d+\]\.phase", "an-unknown-phase"),
    ("tools_that_are_no_list", "Takes tools that are no list.", r"tools$", "tools-that-are-no-list"),
    ("tools_of_any_type", "Takes tools of any type.", r"tools\[\d+\]\.type", "an-unknown-kind-of-tool"),
    (
        "functions_of_any_name",
        "Takes functions of any name, or of none.",
        r"tools\[\d+\].*name",
        "a-function-without-name a-function-with-an-illegal-name a-long-name-in-a-namespace",
    ),
    ("strict_of_any_type", "Takes anything as strict.", r"tools\[\d+\]\.strict", "strict-that-is-no-boolean"),
    (
        "any_tool_choice",
        "Takes any tool choice.",
        r"tool_choice",
        "an-unknown-tool-choice a-chosen-function-without-name no-allowed-tools an-unknown-mode "
        "allowed-tools-without-mode a-mode-that-allows-nothing",
    ),
    ("any_model_type", "Takes a number as model.", r"model", "a-model-that-is-no-name"),
    (
        "any_include",
        "Takes any include.",
        r"include",
        "an-unknown-include an-include-that-nobody-knows",
    ),
    (
        "any_metadata",
        "Takes metadata of any size and type.",
        r"metadata",
        "too-much-metadata a-metadata-value-that-is-no-text a-long-metadata-value a-long-metadata-key",
    ),
    ("any_temperature", "Takes any temperature.", r"temperature", "a-temperature-out-of-range"),
    ("any_top_p", "Takes any top_p.", r"top_p", "a-top-p-out-of-range"),
    ("too_few_tokens", "Takes fewer than 16 output tokens.", r"max_output_tokens", "too-few-output-tokens"),
    ("no_tool_calls", "Takes zero as max_tool_calls.", r"max_tool_calls", "too-few-tool-calls"),
    ("any_logprobs", "Takes any number of logprobs.", r"top_logprobs", "too-many-logprobs"),
    (
        "long_identifiers",
        "Takes identifiers and cache keys of any length.",
        r"safety_identifier|prompt_cache_key",
        "a-long-identifier a-long-cache-key a-very-long-identifier a-long-cache-key-on-compaction",
    ),
    (
        "any_service_tier",
        "Takes any service tier.",
        r"service_tier",
        "an-unknown-service-tier a-service-tier-that-nobody-knows",
    ),
    ("any_truncation", "Takes any truncation.", r"truncation", "an-unknown-truncation"),
    (
        "any_format",
        "Takes any text format.",
        r"text\.format",
        "json-object-as-format a-format-without-schema a-format-with-an-illegal-name",
    ),
    ("any_verbosity", "Takes any verbosity.", r"text\.verbosity", "an-unknown-verbosity"),
    (
        "any_effort",
        "Takes any reasoning effort.",
        r"reasoning\.effort",
        "an-unknown-effort an-effort-that-nobody-knows",
    ),
    ("any_summary", "Takes any reasoning summary.", r"reasoning\.summary", "an-unknown-summary"),
    (
        "any_obfuscation",
        "Takes anything as include_obfuscation.",
        r"stream_options",
        "obfuscation-that-is-no-boolean",
    ),
    (
        "any_switch",
        "Takes anything where a boolean belongs.",
        r"(parallel_tool_calls|background|store|stream)$",
        "parallel-calls-that-are-no-boolean background-that-is-no-boolean store-that-is-no-boolean "
        "stream-that-is-no-boolean",
    ),
    ("any_previous_id", "Takes any previous_response_id.", r"previous_response_id", "an-illegal-previous-id"),
    (
        "any_context_management",
        "Takes any context management.",
        r"context_management",
        "no-context-management a-low-compaction-threshold",
    ),
    ("any_prompt", "Takes a prompt without id.", r"prompt\.", "a-prompt-without-id"),
)


def _taking(pattern: str) -> Callable[[Conduct], Conduct]:
    """All checks, but what they refuse at such a place is passed over: the request is answered without it."""
    place = re.compile(pattern)

    def mend(asked: Asked, denied: Denied) -> bool:
        if not place.match(denied.param or ""):
            return False
        _drop(cast("dict[str, Any]", asked.body), denied.param or "")
        return True

    return forgiving(mend)


def _drop(body: dict[str, Any], param: str) -> None:
    """Makes the request one that can be answered: what lies at this place is gone, in the body itself."""
    name = re.split(r"[.\[]", param)[0]
    dropped = ("tools", "tool_choice") if name in ("tools", "tool_choice") else (name,)
    for each in dropped:
        body.pop(each, None)
    if name in ("input", "model"):
        body[name] = "Hello."


for _name, _doc, _pattern, _mistakes in TAKES:
    _rules = tuple(f"requests.refuses-{mistake}" for mistake in _mistakes.split())
    add(FILE, f"lets_{_name}_pass", _doc, _rules, _taking(_pattern))
