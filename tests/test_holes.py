"""An absent member blinds nobody: each fault is seen beside it, and only rules that demand it fail for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import groupby

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.rules.rule import Rule, all_rules, rules_for
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver.mutants import Mutant, all_mutants
from antiphon_spec.dialect import load
from antiphon_spec.profile import Weight
from holes import Hole, edited, is_same_answer, with_mutant
from inprocess import NOTICES, RED, traces

DIALECT = "openai"
SCENARIOS = (
    "chaining",
    "context_management",
    "custom_tool",
    "echoes",
    "legal_forms",
    "no_reasoning",
    "parallel_calls",
    "reasoning",
    "repeat",
    "sampling",
    "structured_output",
    "tool_loop",
)
Findings = Counter[tuple[str, str, str, str]]

# fmt: off
NULLS = "response.members-without-a-value-are-null"
"""The rule about members whose value is null where they have none."""
DEMANDS: dict[str, set[str]] = {
    "line.event": {"stream-framing.event-line-repeats-the-type"},
    "event.type": {"stream-framing.events-have-a-type"},
    "event.sequence_number": {"stream-numbers.are-integers-on-every-event"},
    "event.output_index": {"stream-schema.events-name-their-item-and-index"},
    "event.content_index": {"stream-schema.events-name-their-item-and-index"},
    "event.summary_index": {"stream-schema.events-name-their-item-and-index"},
    "event.item_id": {"stream-schema.events-name-their-item-and-index"},
    "event.delta": {"stream-schema.delta-events-match-the-document"},
    "event.text": {"stream-schema.done-events-match-the-document"},
    "event.arguments": {"stream-schema.done-events-match-the-document"},
    "event.part": {"stream-schema.part-events-match-the-document"},
    "event.item": {"stream-schema.item-events-match-the-document"},
    "event.response": {"lifecycle.events-carry-a-response"},
    "response.id": {"response.has-all-members"},
    "response.object": {"response.has-all-members"},
    "response.status": {"response-status.status-is-documented"},
    "response.created_at": {"response.has-all-members"},
    "response.model": {"response.has-all-members"},
    "response.output": {"response.has-all-members"},
    "response.usage": {"usage.an-ended-response-has-usage", "lifecycle.the-terminal-event-carries-usage"},
    "response.error": {NULLS},
    "response.incomplete_details": {"response-status.incomplete-has-a-reason", NULLS},
    "response.tools": {"response.has-all-members"},
    "item.id": {"items.have-an-id"},
    "item.type": {"items.types-are-documented"},
    "item.status": {"items.have-a-status"},
    "item.role": {"item-members.message-role-is-documented"},
    "item.content": {"item-members.message-content-is-an-array"},
    "item.name": {"tool-calls.a-function-call-has-call-id-name-and-arguments",
                  "tool-calls.a-custom-call-has-call-id-name-and-input"},
    "item.call_id": {"tool-calls.a-function-call-has-call-id-name-and-arguments",
                     "tool-calls.a-custom-call-has-call-id-name-and-input"},
    "item.arguments": {"tool-calls.a-function-call-has-call-id-name-and-arguments"},
    "part.type": {"item-members.message-parts-are-documented", "item-members.reasoning-summary-is-an-array"},
    "part.text": {"item-members.output-text-is-a-string", "item-members.reasoning-summary-is-an-array"},
    "part.annotations": {"item-members.annotations-are-an-array"},
    "usage.input_tokens": {"response-members.usage-has-all-counts"},
    "usage.output_tokens": {"response-members.usage-has-all-counts"},
    "usage.total_tokens": {"response-members.usage-has-all-counts"},
}
"""Hole -> the rules that demand the member. They alone may fail, and at least one does."""

EVIDENCE: dict[str, dict[str, set[str]]] = {
    "the rule compares this member with another, and cannot when it is absent": {
        "event.delta": {"stream-text.deltas-add-up-to-the-text",
                        "stream-text.refusal-deltas-add-up-to-the-refusal",
                        "stream-calls.argument-deltas-add-up-to-the-arguments",
                        "stream-calls.input-deltas-add-up-to-the-custom-input",
                        "stream-reasoning.summary-deltas-add-up-to-the-summary",
                        "stream-reasoning.raw-deltas-add-up-to-the-raw-text"},
        "event.item": {"stream-items.keep-their-identity",
                       "lifecycle.the-terminal-event-repeats-the-items"},
        "response.created_at": {"response-status.completed-at-is-not-before-created-at"},
        "response.status": {"response-status.completed-has-no-error",
                            "response-status.a-blocking-create-returns-an-ended-response"},
        "usage.input_tokens": {"usage.total-is-the-sum"},
        "usage.output_tokens": {"usage.total-is-the-sum"},
        "item.status": {"response-status.a-response-at-the-token-limit-is-incomplete"},
    },
    "the absent member is the only place that shows what the answer holds": {
        "event.response": {"lifecycle.events-carry-a-response"},
        "usage.output_tokens": {"structured-output.the-result-is-an-ordinary-text"},
        "response.usage": {"structured-output.the-result-is-an-ordinary-text"},
        "item.type": {"stream-schema.added-items-have-all-members",
                      "body.reasons-without-summary"},
    },
    "the fault is in the absent member itself": {
        "item.id": {"events.finishes-calls-without-ids"},
        "part.type": {"stream-text.texts-belong-to-text-parts"},
        "part.annotations": {"item-members.annotations-are-an-array"},
    },
}
"""Why a rule cannot show its fault beside a hole -> hole -> rules, or a mutant where others show it."""
# fmt: on
HOLES = [Hole(*name.split(".")) for name in DEMANDS]
LARGEST = 2


@cache
def rules() -> Mapping[str, Rule]:
    return rules_for(load(DIALECT), NOTICES)


@cache
def right_answers() -> tuple[Exchange, ...]:
    """Responses and streams of the right server, one for each request and each sequence of events."""
    dialect = load(DIALECT)
    answers: dict[str, Exchange] = {}
    selection = [name for name in SCENARIOS if name in scenarios_for(dialect)]
    exchanges = [
        exchange
        for trace in traces(DIALECT, selection)
        for exchange in trace.exchanges.values()
        if exchange.ok
    ]
    for exchange in exchanges:
        stream = exchange.answer.stream
        types = [kind for kind, _ in groupby(event.type for event in stream.events)] if stream else None
        is_response = stream is not None or exchange.answer.fields.get("object") == "response"
        if is_response and not (stream and stream.cut):
            answers.setdefault(str(types or exchange.request.fields), exchange)
    return tuple(answers.values())


@cache
def holed(hole: Hole) -> tuple[Exchange, ...]:
    return tuple(hole.cut(exchange) for exchange in right_answers())


def findings(exchange: Exchange, names: frozenset[str] | None = None) -> Findings:
    """What the rules find in an answer, without the numbers of the events."""
    selection = rules() if names is None else {name: all_rules()[name] for name in names}
    records = lint([exchange], load(DIALECT), selection, NOTICES)
    assert not [record.note for record in records if record.outcome is Outcome.BROKEN]
    return Counter(
        (record.rule, re.sub(r"event\[\d+\]", "event", finding.where), finding.expected, finding.actual)
        for record in records
        if record.outcome in RED
        for finding in record.findings
    )


@cache
def found_beside(hole: Hole, number: int, names: frozenset[str] | None) -> Findings:
    return findings(holed(hole)[number], names)


@cache
def harms() -> tuple[tuple[Mutant, Mapping[int, Exchange], frozenset[str]], ...]:
    """(mutant, answers by number, rules that notice it there) for each fault that breaks a client."""
    rows = []
    for mutant in all_mutants().values():
        names = frozenset(name for name in mutant.caught_by if _breaks_clients(name))
        spoiled = dict(_spoiled(mutant)) if names else {}
        noticed = {number: {row[0] for row in findings(answer, names)} for number, answer in spoiled.items()}
        picks: dict[int, Exchange] = {}
        missing = {name for found in noticed.values() for name in found}
        while missing:
            number = max(noticed, key=lambda number: len(missing & noticed[number]))
            picks[number] = spoiled[number]
            missing -= noticed[number]
        if picks:
            rows.append((mutant, picks, frozenset(name for number in picks for name in noticed[number])))
    return tuple(rows)


def _breaks_clients(name: str) -> bool:
    requirement = rules()[name].requirement(load(DIALECT)) if name in rules() else None
    weight = rules()[name].weight(load(DIALECT)) if requirement else Weight.OFF
    return requirement is not None and requirement.kind == "interop" and weight is Weight.FAIL


def _spoiled(mutant: Mutant) -> Iterator[tuple[int, Exchange]]:
    """The answers of the right server that the mutant changes, by number."""
    if mutant.seam in ("body", "events", "sse"):
        for number, answer in enumerate(right_answers()):
            if (mutant.seam == "body") == (answer.answer.stream is None):
                spoiled = answer
                with suppress(KeyError):  # a mutant of answers that this dialect does not have
                    spoiled = with_mutant(answer, mutant)
                if spoiled.answer.raw != answer.answer.raw:
                    yield number, spoiled


def _without_evidence(hole: Hole) -> set[str]:
    return {name for rows in EVIDENCE.values() for name in rows.get(hole.name, ())}


def test_the_pairs_are_many() -> None:
    assert len(harms()) >= 60
    assert len(HOLES) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_a_fault_is_seen_beside_a_hole(hole: Hole) -> None:
    hidden, pairs = [], 0
    for mutant, picks, names in harms():
        answers = {number: hole.cut(answer) for number, answer in picks.items()}
        left = [number for number in answers if not is_same_answer(answers[number], holed(hole)[number])]
        hidden_here = _without_evidence(hole)
        if not left or mutant.id in hidden_here or names <= hidden_here:
            continue
        pairs += 1
        if not any(_is_seen(hole, number, answers[number], names) for number in left):
            hidden.append(f"{mutant.id} ({', '.join(sorted(names))})")
    print(f"{hole.name}: {pairs - len(hidden)} of {pairs} faults are seen beside it")
    assert pairs
    assert not hidden


def _is_seen(hole: Hole, number: int, answer: Exchange, names: frozenset[str]) -> bool:
    """Whether one of these rules, or else any rule, finds in an answer what the hole alone does not show."""
    by_name = findings(answer, names) - found_beside(hole, number, names)
    return bool(by_name or findings(answer) - found_beside(hole, number, None))


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_a_hole_fails_only_the_rules_that_demand_the_member(hole: Hole) -> None:
    failed = {row[0] for number in range(len(holed(hole))) for row in found_beside(hole, number, None)}
    assert failed or hole.holder == "line"  # clients of this dialect read the type from the data
    assert failed <= DEMANDS[hole.name]


def test_few_rules_demand_one_member() -> None:
    assert not [name for name, demanders in DEMANDS.items() if len(demanders) > LARGEST]


def test_every_row_about_evidence_names_a_hole_and_a_rule() -> None:
    rows = [
        (hole, name) for reasons in EVIDENCE.values() for hole, names in reasons.items() for name in names
    ]
    assert not [row for row in rows if row[0] not in DEMANDS or row[1] not in {*all_rules(), *all_mutants()}]


ENDS = ("response.completed", "response.incomplete", "response.failed")
EFFECTS = {
    "tool-choice.required-makes-a-call",
    "tool-choice.a-named-tool-is-called",
    "structured-output.a-refusal-replaces-the-text",
    "response-status.a-response-that-ends-in-calls-is-completed",
    "usage.what-was-read-and-said-is-counted",
}
"""Rules about effects that show in the items of a stream."""


def test_effects_show_in_a_stream_whose_ends_lack_their_items() -> None:
    def cut(event: dict[str, object]) -> None:
        response = event.get("response")
        if event.get("type") == "response.output_item.done":
            del event["item"]
        elif event.get("type") in ENDS and isinstance(response, dict):
            del response["output"]

    streams = [edited(exchange, cut) for exchange in right_answers() if exchange.answer.stream is not None]
    records = [record for record in lint(streams, load(DIALECT)) if record.findings or record.rule in EFFECTS]
    failing = {record.rule for record in records if record.outcome is Outcome.FAILED}
    assert failing == {"response.has-all-members", "stream-schema.item-events-match-the-document"}
    assert {record.rule for record in records if record.outcome is Outcome.PASSED} >= EFFECTS
