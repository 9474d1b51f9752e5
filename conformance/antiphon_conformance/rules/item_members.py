"""The members of output items, one rule each: what the dialect's own document says about that very member."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from antiphon_conformance.answers import objects, parts
from antiphon_conformance.faults import covers, findings, item_faults
from antiphon_conformance.rule import Finding, add, holds, make
from antiphon_conformance.rules.response_members import CLOUDGLUE, OPEN, OPENAI
from antiphon_conformance.subject import Item
from antiphon_spec.schema import Fault


@dataclass(frozen=True, slots=True)
class Place:
    """A member of items of one type, when it can be judged, and what its rule is called."""

    name: str
    type: str
    place: str
    sentence: str
    cites: tuple[str, ...]
    when: Callable[[Item], bool] = lambda _item: True
    needs: str | None = None
    exactly: bool = False
    """Whether faults below the place are left to other rules."""

    def claims(self, fault: Fault) -> bool:
        """Whether this rule reports the fault of an item of its type."""
        return covers(self.place, fault, exactly=self.exactly)


def _has_part(kind: str) -> Callable[[Item], bool]:
    return lambda item: any(part.get("type") == kind for _, part in parts(item.object))


def _part_has(member: str, entries: bool = False) -> Callable[[Item], bool]:
    def has(item: Item) -> bool:
        found = (part[member] for _, part in parts(item.object) if member in part)
        return any(not entries or any(objects(value)) for value in found)

    return has


PLACES = (
    Place(
        "message_content_is_an_array",
        "message",
        "/content",
        "The `content` of a message is an array, and never null.\n\nClients iterate over it.",
        ("ITM-07", "ITM-08", f"{CLOUDGLUE}ResponseOutputMessage/properties/content"),
        exactly=True,
    ),
    Place(
        "message_role_is_documented",
        "message",
        "/role",
        "The `role` of an output message is one that the document allows.",
        ("ITM-07", "ITM-08", f"{CLOUDGLUE}ResponseOutputMessage/properties/role"),
    ),
    Place(
        "message_status_is_documented",
        "message",
        "/status",
        "The `status` of a message is in_progress, completed or incomplete.",
        ("ITM-07", f"{OPENAI}OutputMessage/properties/status"),
        when=lambda item: isinstance(item.object.get("status"), str),
    ),
    Place(
        "message_phase_is_documented",
        "message",
        "/phase",
        "The `phase` of a message, where there is one, is `commentary` or `final_answer`.",
        ("ITM-18",),
        when=lambda item: "phase" in item.object,
        needs="a message with a `phase`",
    ),
    Place(
        "message_parts_are_documented",
        "message",
        "/content/*/type",
        "A message consists of the kinds of parts that the document allows.",
        ("ITM-08", f"{OPEN}Message/properties/content", "CG-RSP-08"),
        when=lambda item: any(parts(item.object)),
    ),
    Place(
        "output_text_is_a_string",
        "message",
        "/content/*/text",
        "The `text` of an `output_text` part is a string.",
        ("ITM-10", f"{OPENAI}OutputTextContent/properties/text", "CG-RSP-08"),
        when=_has_part("output_text"),
        needs="a message with text",
    ),
    Place(
        "annotations_are_an_array",
        "message",
        "/content/*/annotations",
        "An `output_text` part has an array of `annotations`, empty when there are none.",
        ("ITM-10", f"{OPENAI}OutputTextContent/properties/annotations", "CG-RSP-09"),
        when=_has_part("output_text"),
        needs="a message with text",
        exactly=True,
    ),
    Place(
        "annotations_are_whole",
        "message",
        "/content/*/annotations/*",
        "Every annotation is of a documented type and has all members of that type.",
        ("ITM-14", "ITM-15", "CG-CIT-01", "CG-CIT-08", "CG-CIT-09"),
        when=_part_has("annotations", entries=True),
        needs="a message with annotations",
    ),
    Place(
        "logprobs_are_whole",
        "message",
        "/content/*/logprobs",
        "Log probabilities are an array of entries with all the members that the document lists.",
        ("ITM-12", f"{OPENAI}OutputTextContent/properties/logprobs"),
        when=_part_has("logprobs", entries=True),
        needs="a message with log probabilities",
    ),
    Place(
        "refusals_are_strings",
        "message",
        "/content/*/refusal",
        "The `refusal` of a `refusal` part is a string.",
        ("ITM-17",),
        when=_has_part("refusal"),
        needs="a message with a refusal",
    ),
    Place(
        "reasoning_summary_is_an_array",
        "reasoning",
        "/summary",
        "A reasoning item has an array of `summary` parts, empty when it shows none.\n\n"
        "Clients that meet a reasoning item without it drop everything that follows.",
        ("RSN-01", "RSN-02", "RSN-06"),
        needs="a reasoning item",
    ),
    Place(
        "reasoning_content_is_documented",
        "reasoning",
        "/content",
        "The raw `content` of a reasoning item, where it is shown, is an array of text parts.",
        ("RSN-06", f"{OPENAI}ReasoningItem/properties/content"),
        when=lambda item: "content" in item.object,
        needs="a reasoning item with `content`",
    ),
    Place(
        "reasoning_encrypted_content_is_documented",
        "reasoning",
        "/encrypted_content",
        "`encrypted_content` is a string, and null only where the document allows it.",
        ("RSN-01", "RSN-02", "RSN-06"),
        when=lambda item: "encrypted_content" in item.object,
        needs="a reasoning item with `encrypted_content`",
    ),
    Place(
        "function_call_status_is_documented",
        "function_call",
        "/status",
        "The `status` of a function call is in_progress, completed or incomplete.",
        (f"{OPEN}FunctionCall/properties/status", f"{OPENAI}FunctionToolCall/properties/status"),
        when=lambda item: isinstance(item.object.get("status"), str),
        needs="a function call with a status",
    ),
    Place(
        "function_call_is_whole",
        "function_call",
        "",
        "A function call has `id`, `call_id`, `name` and `arguments`, each a string.",
        ("CG-RSP-14",),
        needs="a function call",
    ),
    Place(
        "query_call_is_whole",
        "cloudglue_query_call",
        "",
        "A query tells its `sql`, how it ended, and how many rows it found and gave.",
        ("CG-RSP-15",),
        needs="a query over structured data",
    ),
)

REPORTED_ELSEWHERE = ("/id", "/status", "/call_id", "/name", "/arguments", "/input")
"""What rules over items of any type, and over calls, report."""


def is_claimed(item: Item, fault: Fault) -> bool:
    """Whether a named rule of the dialect reports a fault of an item, so that the rule over whole items does
    not."""
    mine = (place for place in PLACES if place.type == item.type and place.claims(fault))
    return fault.pointer in REPORTED_ELSEWHERE or any(holds(place.cites, item.dialect) for place in mine)


def _register(place: Place) -> None:
    def check(item: Item) -> Iterator[Finding]:
        yield from findings(item.where, [fault for fault in item_faults(item) if place.claims(fault)])

    def applies(item: Item) -> bool:
        return item.type == place.type and place.when(item)

    add(
        make(
            __name__.rpartition(".")[2], place.name, place.sentence, Item, check,
            cites=place.cites, when=applies, needs=place.needs,
        )
    )  # fmt: skip


for _place in PLACES:
    _register(_place)
