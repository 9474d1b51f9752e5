"""One rule for each member of output items, judged by the dialect's own document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from antiphon_conformance.rules.reading.output import objects, parts
from antiphon_conformance.rules.reading.schema_faults import covers, findings, item_faults
from antiphon_conformance.rules.response.members import CLOUDGLUE, OPEN, OPENAI
from antiphon_conformance.rules.rule import Finding, add, holds, make, rule_id
from antiphon_conformance.rules.views import Item
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.schema import Fault


@dataclass(frozen=True, slots=True)
class ItemMemberRule:
    """A rule on one member of the items of one type."""

    name: str
    type: str
    place: str
    sentence: str
    cites: tuple[str, ...]
    when: Callable[[Item], bool] | None = None
    needs: str | None = None
    exactly: bool = False
    """Whether the rule ignores faults below the place, because other rules report them."""

    def claims(self, fault: Fault) -> bool:
        """Whether this rule reports the fault, given an item of its type."""
        return covers(self.place, fault, exactly=self.exactly)


def _has_part(kind: str) -> Callable[[Item], bool]:
    return lambda item: any(part.get("type") == kind for _, part in parts(item.object))


def _part_has(member: str, entries: bool = False) -> Callable[[Item], bool]:
    def has(item: Item) -> bool:
        values = (part[member] for _, part in parts(item.object) if member in part)
        return any(not entries or any(objects(value)) for value in values)

    return has


PLACES = (
    ItemMemberRule(
        "message_content_is_an_array",
        "message",
        "/content",
        "The `content` of a message is an array and never null.\n\nClients iterate over it.",
        ("ITM-07", "ITM-08", f"{CLOUDGLUE}ResponseOutputMessage/properties/content", "BUD-RSP-06"),
        exactly=True,
    ),
    ItemMemberRule(
        "message_role_is_documented",
        "message",
        "/role",
        "The `role` of an output message is one that the document allows.",
        ("ITM-07", "ITM-08", f"{CLOUDGLUE}ResponseOutputMessage/properties/role", "BUD-RSP-06"),
    ),
    ItemMemberRule(
        "message_status_is_documented",
        "message",
        "/status",
        "The `status` of a message is `in_progress`, `completed` or `incomplete`.",
        ("ITM-07", "BUD-RSP-06", f"{OPENAI}OutputMessage/properties/status"),
        when=lambda item: isinstance(item.object.get("status"), str),
    ),
    ItemMemberRule(
        "message_phase_is_documented",
        "message",
        "/phase",
        "The `phase` of a message is `commentary` or `final_answer`.",
        ("ITM-18",),
        when=lambda item: "phase" in item.object,
        needs="a message with a `phase`",
    ),
    ItemMemberRule(
        "message_parts_are_documented",
        "message",
        "/content/*/type",
        "Every part of a message is of a type that the document allows.",
        ("ITM-08", f"{OPEN}Message/properties/content", "CG-RSP-08", "BUD-RSP-07"),
        when=lambda item: any(parts(item.object)),
    ),
    ItemMemberRule(
        "output_text_is_a_string",
        "message",
        "/content/*/text",
        "The `text` of an `output_text` part is a string.",
        ("ITM-10", f"{OPENAI}OutputTextContent/properties/text", "CG-RSP-08", "BUD-RSP-07"),
        when=_has_part("output_text"),
        needs="a message with text",
    ),
    ItemMemberRule(
        "annotations_are_an_array",
        "message",
        "/content/*/annotations",
        "An `output_text` part has an array `annotations`, which may be empty.",
        ("ITM-10", f"{OPENAI}OutputTextContent/properties/annotations", "CG-RSP-09", "BUD-RSP-07"),
        when=_has_part("output_text"),
        needs="a message with text",
        exactly=True,
    ),
    ItemMemberRule(
        "annotations_are_complete",
        "message",
        "/content/*/annotations/*",
        "Every annotation has a documented type and all members of that type.",
        ("ITM-14", "ITM-15", "CG-CIT-01", "CG-CIT-08", "CG-CIT-09"),
        when=_part_has("annotations", entries=True),
        needs="a message with annotations",
    ),
    ItemMemberRule(
        "logprobs_are_complete",
        "message",
        "/content/*/logprobs",
        "`logprobs` is an array of entries with all members that the document lists.",
        ("ITM-12", f"{OPENAI}OutputTextContent/properties/logprobs"),
        when=_part_has("logprobs", entries=True),
        needs="a message with log probabilities",
    ),
    ItemMemberRule(
        "refusals_are_strings",
        "message",
        "/content/*/refusal",
        "The `refusal` of a `refusal` part is a string.",
        ("ITM-17",),
        when=_has_part("refusal"),
        needs="a message with a refusal",
    ),
    ItemMemberRule(
        "reasoning_summary_is_an_array",
        "reasoning",
        "/summary",
        "A reasoning item has an array `summary`, which may be empty.\n\n"
        "Clients that read a reasoning item without it drop everything that follows.",
        ("RSN-01", "RSN-02", "RSN-06", "BUD-ITM-10"),
        needs="a reasoning item",
    ),
    ItemMemberRule(
        "reasoning_content_is_documented",
        "reasoning",
        "/content",
        "The `content` of a reasoning item is an array of text parts.",
        ("RSN-06", f"{OPENAI}ReasoningItem/properties/content"),
        when=lambda item: "content" in item.object,
        needs="a reasoning item with `content`",
    ),
    ItemMemberRule(
        "reasoning_encrypted_content_is_documented",
        "reasoning",
        "/encrypted_content",
        "`encrypted_content` is a string, or null where the document allows null.",
        ("RSN-01", "RSN-02", "RSN-06"),
        when=lambda item: "encrypted_content" in item.object,
        needs="a reasoning item with `encrypted_content`",
    ),
    ItemMemberRule(
        "function_call_status_is_documented",
        "function_call",
        "/status",
        "The `status` of a function call is `in_progress`, `completed` or `incomplete`.",
        (f"{OPEN}FunctionCall/properties/status", f"{OPENAI}FunctionToolCall/properties/status"),
        when=lambda item: isinstance(item.object.get("status"), str),
        needs="a function call with a status",
    ),
    ItemMemberRule(
        "function_call_is_complete",
        "function_call",
        "",
        "A function call has the strings `id`, `call_id`, `name` and `arguments`.",
        ("CG-RSP-14",),
        needs="a function call",
    ),
    ItemMemberRule(
        "query_call_is_complete",
        "cloudglue_query_call",
        "",
        "A query call has its `sql`, its `status`, and its row counts.",
        ("CG-RSP-15",),
        needs="a query call over structured data",
    ),
)

REPORTED_ELSEWHERE = ("/id", "/status", "/call_id", "/name", "/arguments", "/input")
"""Members that the rules over items of any type, and over calls, report."""


def is_claimed(item: Item, fault: Fault) -> bool:
    """Whether another rule of the dialect reports a fault, so that `items.match_the_document` does not."""
    claims = (place for place in PLACES if place.type == item.type and place.claims(fault))
    return fault.pointer in REPORTED_ELSEWHERE or any(holds(place.cites, item.dialect) for place in claims)


@cache
def _is_of(kind: str) -> Callable[[Item], bool]:
    """The scope that the rules about items of one type share."""
    return lambda item: item.type == kind


def _has_no_faults(item: Item) -> bool:
    return not item_faults(item)


def _register(place: ItemMemberRule) -> None:
    def check(item: Item) -> Iterator[Finding]:
        yield from findings(item.where, [fault for fault in item_faults(item) if place.claims(fault)])

    add(
        make(
            rule_id("item-members", place.name), place.sentence, Item, check,
            cites=place.cites, when=place.when, needs=place.needs,
            scope=_is_of(place.type), quiet=_has_no_faults,
        )
    )  # fmt: skip


for _place in PLACES:
    _register(_place)
