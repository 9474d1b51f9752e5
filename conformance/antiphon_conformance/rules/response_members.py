"""The members of the response object, one rule each: what the dialect's own document says about that member.

Nullability differs between dialects, so no rule here has an opinion of its own. A member that is absent
altogether is reported by `response.has-its-members`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from antiphon_conformance.faults import covers, findings, missing_member, response_faults
from antiphon_conformance.rule import Finding, add, holds, make
from antiphon_conformance.subject import Snapshot
from antiphon_spec.dialect import Dialect
from antiphon_spec.schema import Fault

OPEN = "openresponses#/components/schemas/"
OPENAI = "openai#/components/schemas/"
CLOUDGLUE = "cloudglue#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Place:
    """One member and what a rule about it is called."""

    name: str
    member: str
    sentence: str
    cites: tuple[str, ...]
    exactly: bool = False
    """Whether faults below the member are left to other rules."""

    def claims(self, fault: Fault) -> bool:
        """Whether this rule reports the fault, if it is no missing member."""
        return covers(f"/{self.member}", fault, exactly=self.exactly)


def _echoed(member: str) -> tuple[str, ...]:
    return ("RES-47", f"{OPENAI}Response/properties/{member}")


PLACES = (
    Place("object_is_response", "object", "`object` is the literal `response`.", ("RES-03", "CG-RSP-03")),
    Place(
        "created_at_is_a_time",
        "created_at",
        "`created_at` counts Unix seconds in the kind of number that the document asks for.",
        ("RES-06", "RES-07", f"{CLOUDGLUE}Response/properties/created_at"),
    ),
    Place(
        "completed_at_is_a_time_or_null",
        "completed_at",
        "`completed_at` counts Unix seconds, or is null.",
        ("RES-09", f"{OPENAI}Response/properties/completed_at"),
    ),
    Place(
        "model_is_a_string",
        "model",
        "`model` is a string and never null.",
        ("RES-21", f"{CLOUDGLUE}Response/properties/model"),
    ),
    Place(
        "output_is_an_array",
        "output",
        "`output` is an array, and never null.\n\nClients iterate over it; null ends in a TypeError.",
        ("RES-22",),
        exactly=True,
    ),
    Place(
        "instructions_have_a_documented_form",
        "instructions",
        "`instructions` is a string or null, or a list of items where the document allows it.",
        ("RES-24", "RES-25", f"{CLOUDGLUE}Response/properties/instructions"),
    ),
    Place(
        "metadata_maps_to_strings",
        "metadata",
        "`metadata` maps keys to strings.",
        (f"{OPENAI}Response/properties/metadata",),
    ),
    Place(
        "tools_are_whole",
        "tools",
        "Every echoed tool has all the members of its kind, with defaults filled in.\n\n"
        "Strictly typed clients cannot decode a function tool without `strict` or `parameters`.",
        ("RES-29", f"{OPENAI}Response/properties/tools"),
    ),
    Place(
        "tool_choice_has_a_documented_form",
        "tool_choice",
        "`tool_choice` is one of the documented words or objects; an `allowed_tools` object names its mode.",
        ("RES-32", f"{OPENAI}Response/properties/tool_choice"),
    ),
    Place(
        "parallel_tool_calls_is_a_boolean",
        "parallel_tool_calls",
        "`parallel_tool_calls` is a boolean.",
        ("RES-33",),
    ),
    Place(
        "temperature_is_a_number",
        "temperature",
        "`temperature` is a number, and null only where the document allows it.",
        ("RES-34", "RES-35"),
    ),
    Place(
        "top_p_is_a_number",
        "top_p",
        "`top_p` is a number, and null only where the document allows it.",
        ("RES-34", "RES-35"),
    ),
    Place(
        "presence_penalty_is_a_number",
        "presence_penalty",
        "`presence_penalty` is a number, never null.",
        (f"{OPEN}ResponseResource/properties/presence_penalty",),
    ),
    Place(
        "frequency_penalty_is_a_number",
        "frequency_penalty",
        "`frequency_penalty` is a number, never null.",
        (f"{OPEN}ResponseResource/properties/frequency_penalty",),
    ),
    Place(
        "top_logprobs_is_an_integer",
        "top_logprobs",
        "`top_logprobs` is an integer: 0 when log probabilities were not asked for.",
        ("RES-37", f"{OPENAI}Response/properties/top_logprobs"),
    ),
    Place(
        "reasoning_has_a_documented_form",
        "reasoning",
        "`reasoning` is null or an object with the members and values that the document lists.",
        ("RES-38", f"{OPENAI}Response/properties/reasoning"),
    ),
    Place(
        "text_has_a_documented_form",
        "text",
        "`text` is an object whose format and verbosity are among the documented ones.",
        ("RES-39", f"{OPENAI}Response/properties/text"),
    ),
    Place(
        "truncation_is_auto_or_disabled",
        "truncation",
        "`truncation` is `auto` or `disabled`, and null only where the document allows it.",
        ("RES-42",),
    ),
    Place("store_is_a_boolean", "store", "`store` is a boolean.", ("RES-43",)),
    Place(
        "background_is_a_boolean",
        "background",
        "`background` is a boolean.",
        ("RES-43", f"{OPENAI}Response/properties/background"),
    ),
    Place(
        "service_tier_is_a_known_tier",
        "service_tier",
        "`service_tier` is a string, from the list of tiers where the document has one.",
        ("RES-45", f"{OPENAI}Response/properties/service_tier"),
    ),
    Place(
        "max_output_tokens_is_an_integer_or_null",
        "max_output_tokens",
        "`max_output_tokens` is an integer or null.",
        _echoed("max_output_tokens"),
    ),
    Place(
        "max_tool_calls_is_an_integer_or_null",
        "max_tool_calls",
        "`max_tool_calls` is an integer or null.",
        _echoed("max_tool_calls"),
    ),
    Place(
        "safety_identifier_is_a_string_or_null",
        "safety_identifier",
        "`safety_identifier` is a string or null.",
        _echoed("safety_identifier"),
    ),
    Place(
        "prompt_cache_key_is_a_string_or_null",
        "prompt_cache_key",
        "`prompt_cache_key` is a string or null.",
        _echoed("prompt_cache_key"),
    ),
    Place(
        "previous_response_id_is_a_string_or_null",
        "previous_response_id",
        "`previous_response_id` is a string or null.",
        (
            f"{OPEN}ResponseResource/properties/previous_response_id",
            f"{OPENAI}Response/properties/previous_response_id",
        ),
    ),
    Place(
        "error_has_code_and_message",
        "error",
        "The `error` of a response is null or has a `code` and a `message`.",
        ("RES-16", "CG-RSP-11"),
    ),
    Place(
        "incomplete_details_give_a_known_reason",
        "incomplete_details",
        "`incomplete_details` is null or gives a reason, from the document's list where it has one.",
        ("RES-19", f"{OPEN}ResponseResource/properties/incomplete_details"),
    ),
    Place(
        "usage_has_all_counts",
        "usage",
        "`usage` has input, output and total counts and both objects of details, all integers.",
        ("RES-48", "RES-49", "CG-RSP-10"),
    ),
)

REPORTED_ELSEWHERE = ("/id", "/status")
"""What rules over the response's identity and status report."""


def is_claimed(fault: Fault, dialect: Dialect) -> bool:
    """Whether a named rule of the dialect reports a fault of a response object, so that the rule over all of
    it does not."""
    mine = (place for place in PLACES if place.claims(fault))
    return fault.pointer in REPORTED_ELSEWHERE or any(holds(place.cites, dialect) for place in mine)


def _register(place: Place) -> None:
    def check(snapshot: Snapshot) -> Iterator[Finding]:
        mine = [fault for fault in response_faults(snapshot) if place.claims(fault)]
        yield from findings(snapshot.where, [fault for fault in mine if not missing_member(fault)])

    def present(snapshot: Snapshot) -> bool:
        return place.member in snapshot.object

    add(
        make(
            __name__.rpartition(".")[2], place.name, place.sentence, Snapshot, check,
            cites=place.cites, when=present, needs=f"a response object with `{place.member}`",
        )
    )  # fmt: skip


for _place in PLACES:
    _register(_place)
