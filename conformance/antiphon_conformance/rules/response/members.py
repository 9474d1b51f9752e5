"""The members of the response object, one rule each: the member follows the document of the dialect.

Nullability differs between dialects, so these rules ask the document and nothing else. The rule
`response.has-all-members` reports an absent member.
"""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.rules.reading.schema_faults import covers, findings, missing_member, response_faults
from antiphon_conformance.rules.rule import Finding, add, holds, make, rule_id
from antiphon_conformance.rules.views import ResponseObject
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.schema import Fault

OPEN = "openresponses#/components/schemas/"
OPENAI = "openai#/components/schemas/"
CLOUDGLUE = "cloudglue#/components/schemas/"


@dataclass(frozen=True, slots=True)
class MemberRule:
    """One member of the response object, and the rule about it."""

    name: str
    member: str
    sentence: str
    cites: tuple[str, ...]
    exactly: bool = False
    """Whether other rules report the faults below the member."""

    def claims(self, fault: Fault) -> bool:
        """Whether this rule reports the fault, unless the fault is a missing member."""
        return covers(f"/{self.member}", fault, exactly=self.exactly)


def _echo_cites(member: str) -> tuple[str, ...]:
    return ("RES-47", f"{OPENAI}Response/properties/{member}")


MEMBER_RULES = (
    MemberRule(
        "object_is_response",
        "object",
        "`object` is the literal `response`.",
        ("RES-03", "CG-RSP-03", "BUD-RSP-02"),
    ),
    MemberRule(
        "created_at_is_a_time",
        "created_at",
        "`created_at` is a time in Unix seconds, in the type of number that the document demands.",
        ("RES-06", "RES-07", f"{CLOUDGLUE}Response/properties/created_at", "BUD-RSP-03"),
    ),
    MemberRule(
        "completed_at_is_a_time_or_null",
        "completed_at",
        "`completed_at` is a time in Unix seconds, or null.",
        ("RES-09", f"{OPENAI}Response/properties/completed_at"),
    ),
    MemberRule(
        "model_is_a_string",
        "model",
        "`model` is a string and never null.",
        ("RES-21", f"{CLOUDGLUE}Response/properties/model"),
    ),
    MemberRule(
        "output_is_an_array",
        "output",
        "`output` is an array, and never null.\n\nClients iterate over it; null ends in a TypeError.",
        (
            "RES-22",
            "BUD-RSP-05",
            "BUD-ITM-11",
        ),
        exactly=True,
    ),
    MemberRule(
        "instructions_have_a_documented_form",
        "instructions",
        "`instructions` is a string or null, or a list of items where the document allows it.",
        (
            "RES-24",
            "RES-25",
            f"{CLOUDGLUE}Response/properties/instructions",
            "BUD-RSP-05",
            "BUD-ITM-11",
            "BUD-RSP-12",
        ),
    ),
    MemberRule(
        "metadata_maps_keys_to_strings",
        "metadata",
        "`metadata` maps keys to strings.",
        (f"{OPENAI}Response/properties/metadata",),
    ),
    MemberRule(
        "tools_have_all_members",
        "tools",
        "Every tool in the response has all the members of its type, with their default values.\n\n"
        "Strictly typed clients cannot decode a function tool without `strict` or `parameters`.",
        ("RES-29", "BUD-RSP-14", f"{OPENAI}Response/properties/tools"),
    ),
    MemberRule(
        "tool_choice_has_a_documented_form",
        "tool_choice",
        "`tool_choice` is one of the documented strings or objects; `allowed_tools` has a mode.",
        ("RES-32", f"{OPENAI}Response/properties/tool_choice"),
    ),
    MemberRule(
        "parallel_tool_calls_is_a_boolean",
        "parallel_tool_calls",
        "`parallel_tool_calls` is a boolean.",
        ("RES-33",),
    ),
    MemberRule(
        "temperature_is_a_number",
        "temperature",
        "`temperature` is a number, and null only where the document allows it.",
        ("RES-34", "RES-35"),
    ),
    MemberRule(
        "top_p_is_a_number",
        "top_p",
        "`top_p` is a number, and null only where the document allows it.",
        ("RES-34", "RES-35"),
    ),
    MemberRule(
        "presence_penalty_is_a_number",
        "presence_penalty",
        "`presence_penalty` is a number, never null.",
        (f"{OPEN}ResponseResource/properties/presence_penalty",),
    ),
    MemberRule(
        "frequency_penalty_is_a_number",
        "frequency_penalty",
        "`frequency_penalty` is a number, never null.",
        (f"{OPEN}ResponseResource/properties/frequency_penalty",),
    ),
    MemberRule(
        "top_logprobs_is_an_integer",
        "top_logprobs",
        "`top_logprobs` is an integer: 0 when the request does not ask for log probabilities.",
        ("RES-37", f"{OPENAI}Response/properties/top_logprobs"),
    ),
    MemberRule(
        "reasoning_has_a_documented_form",
        "reasoning",
        "`reasoning` is null or an object with the members and values that the document lists.",
        ("RES-38", "BUD-RSP-11", f"{OPENAI}Response/properties/reasoning"),
    ),
    MemberRule(
        "text_has_a_documented_form",
        "text",
        "`text` is an object with a documented format and a documented verbosity.",
        ("RES-39", "BUD-RSP-13", f"{OPENAI}Response/properties/text"),
    ),
    MemberRule(
        "truncation_is_auto_or_disabled",
        "truncation",
        "`truncation` is `auto` or `disabled`, and null only where the document allows it.",
        ("RES-42",),
    ),
    MemberRule("store_is_a_boolean", "store", "`store` is a boolean.", ("RES-43",)),
    MemberRule(
        "background_is_a_boolean",
        "background",
        "`background` is a boolean.",
        ("RES-43", f"{OPENAI}Response/properties/background"),
    ),
    MemberRule(
        "service_tier_is_a_documented_tier",
        "service_tier",
        "`service_tier` is a string, and one of the tiers where the document lists them.",
        ("RES-45", f"{OPENAI}Response/properties/service_tier"),
    ),
    MemberRule(
        "max_output_tokens_is_an_integer_or_null",
        "max_output_tokens",
        "`max_output_tokens` is an integer or null.",
        _echo_cites("max_output_tokens"),
    ),
    MemberRule(
        "max_tool_calls_is_an_integer_or_null",
        "max_tool_calls",
        "`max_tool_calls` is an integer or null.",
        _echo_cites("max_tool_calls"),
    ),
    MemberRule(
        "safety_identifier_is_a_string_or_null",
        "safety_identifier",
        "`safety_identifier` is a string or null.",
        _echo_cites("safety_identifier"),
    ),
    MemberRule(
        "prompt_cache_key_is_a_string_or_null",
        "prompt_cache_key",
        "`prompt_cache_key` is a string or null.",
        _echo_cites("prompt_cache_key"),
    ),
    MemberRule(
        "previous_response_id_is_a_string_or_null",
        "previous_response_id",
        "`previous_response_id` is a string or null.",
        (
            f"{OPEN}ResponseResource/properties/previous_response_id",
            f"{OPENAI}Response/properties/previous_response_id",
        ),
    ),
    MemberRule(
        "error_has_code_and_message",
        "error",
        "The `error` of a response is null or has a `code` and a `message`.",
        ("RES-16", "CG-RSP-11"),
    ),
    MemberRule(
        "incomplete_details_have_a_documented_reason",
        "incomplete_details",
        "`incomplete_details` is null or has a reason, one of the document's where it lists them.",
        ("RES-19", f"{OPEN}ResponseResource/properties/incomplete_details"),
    ),
    MemberRule(
        "usage_has_all_counts",
        "usage",
        "`usage` has the input, output and total counts and both objects of details, all integers.",
        ("RES-48", "RES-49", "CG-RSP-10", "BUD-RSP-09"),
    ),
)

REPORTED_ELSEWHERE = ("/id", "/status")
"""The members that the rules on the response's id and status report."""


def is_claimed(fault: Fault, dialect: Dialect) -> bool:
    """Whether a rule on one member reports a fault of a response object in this dialect; the rule on the
    whole object then does not."""
    owners = (row for row in MEMBER_RULES if row.claims(fault))
    return fault.pointer in REPORTED_ELSEWHERE or any(holds(row.cites, dialect) for row in owners)


def _has_no_faults(response: ResponseObject) -> bool:
    return not response_faults(response)


def _register(row: MemberRule) -> None:
    def check(response: ResponseObject) -> Iterator[Finding]:
        faults = [
            fault for fault in response_faults(response) if row.claims(fault) and not missing_member(fault)
        ]
        yield from findings(response.where, faults)

    def has_member(response: ResponseObject) -> bool:
        return row.member in response.object

    add(
        make(
            rule_id("response-members", row.name), row.sentence, ResponseObject, check,
            cites=row.cites, when=has_member, needs=f"a response object with `{row.member}`",
            quiet=_has_no_faults,
        )
    )  # fmt: skip


for _row in MEMBER_RULES:
    _register(_row)
