"""The table of unusual requests: well formed, but at odds with themselves or with the server's state.

Rules of their own judge the answers. No request needs another one, so a scenario sends each once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from antiphon_conformance.requests.constants import UNKNOWN_MODEL
from antiphon_conformance.requests.test_prompts import UNKNOWN_ITEM, UNKNOWN_RESPONSE
from antiphon_conformance.rules.views import AnyReply
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

Json = dict[str, Any]

OTHER_REASONS = frozenset({401, 403, 408, 429, 503})
"""Statuses that say nothing about the request's content."""
LOOSE: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
"""A schema that allows further properties, which a strict schema must not."""
FUNCTION: Json = {"type": "function", "name": "get_time", "parameters": LOOSE}
CALL: Json = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "get_time",
    "arguments": '{"city": "Paris"}',
}
APPROVAL: Json = {"type": "mcp_approval_response", "approval_request_id": "mcpr_none", "approve": True}
QUESTION: Json = {"type": "message", "role": "user", "content": "What time is it in Paris?"}


@dataclass(frozen=True, slots=True)
class Oddity:
    """Members that make a plain create odd, and the requirements about it."""

    members: Mapping[str, Any]
    cites: tuple[str, ...]

    def holds_in(self, dialect: Dialect) -> bool:
        """Whether a requirement of this dialect is about it."""
        return any(row is not None and row.tested for row in map(dialect.resolve, self.cites))

    def occurs_in(self, body: Mapping[str, Any]) -> bool:
        """Whether a request has these members; a text may stand in a list."""
        for name, value in self.members.items():  # asked of each request: a generator takes twice as long
            actual = body.get(name)
            if actual != value and not (isinstance(value, str) and _lone_text(actual) == value):
                return False
        return True


def _lone_text(items: Any) -> Any:
    """The text of the only message in a list, be it a string or the only part; None without one."""
    content = items
    for name in ("content", "text"):
        if isinstance(content, list) and len(content) == 1 and isinstance(content[0], Mapping):
            content = content[0].get(name)
    return content if isinstance(items, list) and isinstance(content, str) else None


def _odd(cites: str, **members: Any) -> Oddity:
    return Oddity(members, tuple(cites.split()))


def _strict(schema: Json) -> Json:
    return {"format": {"type": "json_schema", "name": "city", "schema": schema, "strict": True}}


def _output(call_id: str) -> Json:
    return {"type": "function_call_output", "call_id": call_id, "output": "noon"}


ODDITIES: Mapping[str, Oddity] = {
    "an_unknown_model": _odd("REQ-03 CG-REQ-02 BUD-REQ-03", model=UNKNOWN_MODEL),
    "an_empty_list": _odd("REQ-76", input=[]),
    "a_choice_from_nothing": _odd("REQ-36", tool_choice="required"),
    "an_unknown_parameter": _odd("REQ-71", temprature=1),
    "an_unknown_previous_response": _odd("STA-07 BUD-REQ-08", previous_response_id=UNKNOWN_RESPONSE),
    "a_reference_to_nothing": _odd(
        "REQ-83 REQ-25", input=[{"type": "item_reference", "id": UNKNOWN_ITEM}, QUESTION]
    ),
    "background_without_storage": _odd("BGR-05", background=True, store=False),
    "json_unmentioned": _odd("FMT-11", input="Say hello.", text={"format": {"type": "json_object"}}),
    "a_loose_strict_schema": _odd("FMT-03", text=_strict(LOOSE)),
    "an_array_at_the_root": _odd("FMT-09", text=_strict({"type": "array", "items": {"type": "string"}})),
    "two_functions_of_one_name": _odd("TOOL-29", tools=[FUNCTION, FUNCTION], tool_choice="none"),
    "a_loose_strict_function": _odd("TOOL-27", tools=[FUNCTION | {"strict": True}], tool_choice="none"),
    "an_output_without_a_call": _odd("TOOL-16", input=[QUESTION, _output("call_2")], tools=[FUNCTION]),
    "an_output_matched_by_id": _odd(
        "TOOL-30", input=[QUESTION, CALL, _output("call_1"), _output("fc_1")], tools=[FUNCTION]
    ),
    "a_call_without_an_output": _odd("TOOL-17", input=[QUESTION, CALL], tools=[FUNCTION]),
    "an_approval_of_nothing": _odd("TOOL-26", input=[QUESTION, APPROVAL]),
    "a_trigger_before_the_end": _odd("CMP-19", input=[{"type": "compaction_trigger"}, QUESTION]),
}


def _by_first_member() -> Mapping[str, Sequence[str]]:
    """The names of the oddities by the first of their members: a request lacks most of these."""
    names: dict[str, list[str]] = {}
    for name, oddity in ODDITIES.items():
        names.setdefault(next(iter(oddity.members)), []).append(name)
    return names


_BY_FIRST_MEMBER = _by_first_member()


def _oddities_in(body: Mapping[str, Any]) -> frozenset[str]:
    """The names of the ways in which a request is odd."""
    return frozenset(
        [
            name
            for member in body
            if member in _BY_FIRST_MEMBER
            for name in _BY_FIRST_MEMBER[member]
            if ODDITIES[name].occurs_in(body)
        ]
    )


def is_odd(body: Mapping[str, Any]) -> bool:
    """Whether a request is at odds with itself or with the server's state in one of these ways."""
    return any(name != "a_choice_from_nothing" or not body.get("tools") for name in _oddities_in(body))


@cache
def odd(name: str) -> Callable[[AnyReply], bool]:
    """For `when=`: a create is odd in this way, and its status is about its content."""
    return lambda view: (
        view.operation == view.dialect.create_operation
        and view.reply.status not in OTHER_REASONS
        and name in view.exchange.facts.once("oddities", _oddities_in, view.exchange.request.fields)
    )
