"""Elicit, do not hope: a very plain model shows every case that it can show, and nobody is blamed for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.tries import CASES, SCENARIO, ModelCase, story
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.scenarios.scenario import all_scenarios
from antiphon_conformance.scenarios.tries import MOST_TRIES
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import Run, judge
from antiphon_spec.dialect import load
from inprocess import plain_traces, run_suite
from plain_server import ApiError, PlainServer, Stored

URL = "http://plain/v1"
DIALECTS = ("openai", "openresponses")
BEYOND_IT = {"a refusal in a stream", "an annotation in a stream"}
"""What no wording makes of a model that only counts and greets."""
MOST_UNSEEN = {"openai": 82, "openresponses": 29}
"""Rules that the plain server leaves without a subject, and the mock does not: what it does not offer.
Without the tries there are 8 and 14 more, and two rules blame the server for its model."""
CHAIN = "chaining.a-chain-knows-the-whole-history"
AFTER_THE_CHAIN = (
    "chaining.a-chain-keeps-the-order-of-its-turns",
    "chaining.a-second-branch-knows-the-common-past",
    "chaining.a-chain-counts-its-whole-history",
)


def run_against(server: PlainServer, dialect: str) -> Run:
    config = RunConfig(
        URL, (dialect,), api_key="one", other_key="other", features=("no-mcp_server",), properties=False
    )
    return perform(config, transport=AsgiTransport(server, URL))


@cache
def plain_run(dialect: str) -> Run:
    return run_against(PlainServer(open_responses=dialect == "openresponses"), dialect)


def exchanges_of(run: Run) -> dict[str, Exchange]:
    return {exchange.id: exchange for trace in run.traces for exchange in trace.exchanges.values()}


def records_of(run: Run) -> list[Record]:
    return list(judge([run]).records)


def rules_with(run: Run, *outcomes: Outcome) -> set[str]:
    return {record.rule for record in records_of(run) if record.outcome in outcomes}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_rule_objects_to_the_plain_server(dialect: str) -> None:
    objections = [
        f"{record.rule} in {record.scenario}: {record.note or record.findings[0].message}"
        for record in records_of(plain_run(dialect))
        if record.outcome
        in (Outcome.FAILED, Outcome.WARNED, Outcome.NOTED, Outcome.BROKEN, Outcome.UNTESTABLE)
    ]
    assert not objections


@pytest.mark.parametrize("case", [case for case in CASES if case.seen], ids=lambda case: case.name)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_plain_server_shows_the_case(dialect: str, case: ModelCase) -> None:
    if not case.seen or not case.fits(load(dialect)):
        return
    seen = any(map(case.seen, exchanges_of(plain_run(dialect)).values()))
    assert seen is (case.name not in BEYOND_IT)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_few_rules_see_nothing(dialect: str) -> None:
    unseen = rules_with(plain_run(dialect), Outcome.INCONCLUSIVE, Outcome.UNTESTABLE)
    by_capable_model = rules_with(run_suite(dialect, properties=False), Outcome.INCONCLUSIVE)
    assert len(unseen - by_capable_model) <= MOST_UNSEEN[dialect]


def test_a_record_says_what_was_tried() -> None:
    notes = {record.rule: record.note for record in records_of(plain_run("openai"))}
    assert (
        "tried: a request to refuse, an unsafe request by a schema; each time text came"
        in notes["stream-text.refusals-come-in-order"]
    )
    assert "a search in the web (an answer of 400)" in notes["item-members.annotations-are-complete"]


class Greeter(PlainServer):
    """Says hello, whatever it reads."""

    async def _answer(self, entry: Stored, body: dict[str, Any]) -> None:
        await super()._answer(replace(entry, context=[{"role": "user", "content": "Hello."}]), body)


def test_a_model_that_only_greets_is_not_blamed() -> None:
    records = records_of(run_against(Greeter(), "openai"))
    blamed = {record.rule for record in records if record.outcome is Outcome.FAILED}
    assert not [
        rule for rule in blamed if rule.startswith(("chaining.a-chain-kn", "chaining.a-s", "tool-o", "ins"))
    ]
    notes = {record.rule: record.note for record in records}
    assert notes["tool-outputs.the-answer-uses-the-output"].endswith(
        "tried: a code in a JSON object, a code word in a simple sentence, the same sentence in a message; "
        "each time text came"
    )


@pytest.mark.parametrize("dialect", [*DIALECTS, "bud"])
def test_a_capable_model_is_hardly_asked_again(dialect: str) -> None:
    (trace,) = [trace for trace in plain_traces(dialect) if trace.scenario == SCENARIO]
    usual = {"cut_call", "demanded", "failed", "one_at_a_time"}
    assert set(trace.exchanges) == usual | ({"by_a_grammar"} if dialect == "openai" else set())


def test_the_tries_are_limited() -> None:
    (trace,) = [trace for trace in plain_run("openai").traces if trace.scenario == SCENARIO]
    assert len(trace.exchanges) <= MOST_TRIES


def test_the_table_names_what_exists() -> None:
    names = all_scenarios()
    for case in CASES:
        assert not [start for start in case.rules if not any(rule.startswith(start) for rule in all_rules())]
        assert all(entry.asks or entry.step.split("/")[0] in names for entry in case.tries)
    steps = [entry.step for case in CASES for entry in case.tries if entry.asks]
    assert all(step.isidentifier() for step in steps)


def test_no_story_without_tries() -> None:
    assert story(CASES, {}) == ""


class Forgetful(PlainServer):
    """Accepts `previous_response_id` and forgets it."""

    def _context(self, body: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        super()._context(body)
        return super()._context({**body, "previous_response_id": None})


class OneTurn(PlainServer):
    """Reads only the last turn of a chain."""

    def _context(self, body: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        context, items = super()._context(body)
        return (context[-3:] if body.get("previous_response_id") else context), items


class Unordered(PlainServer):
    """Reads a chain from its end."""

    def _context(self, body: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        context, items = super()._context(body)
        length = len(items)
        return [*reversed(context[:-length]), *context[-length:]], items


def test_a_chain_that_remembers_nothing_is_one_finding() -> None:
    records = records_of(run_against(Forgetful(), "openai"))
    failures = {record.rule for record in records if record.outcome is Outcome.FAILED}
    assert {rule for rule in failures if rule.startswith("chaining.")} == {CHAIN}
    notes = {record.rule: (record.outcome, record.note) for record in records}
    for rule in AFTER_THE_CHAIN:
        outcome, note = notes[rule]
        assert (outcome, CHAIN in note) == (Outcome.UNTESTABLE, True)


def test_a_chain_of_one_turn_is_noticed() -> None:
    assert CHAIN in rules_with(run_against(OneTurn(), "openai"), Outcome.FAILED)


def test_a_chain_in_the_wrong_order_is_noticed() -> None:
    failures = rules_with(run_against(Unordered(), "openai"), Outcome.FAILED)
    assert "chaining.a-chain-keeps-the-order-of-its-turns" in failures


@dataclass
class Rejecting(PlainServer):
    """Rejects the requests that have a certain word, without naming a member."""

    word: str = ""

    async def _create(self, scope: dict[str, Any], raw: bytes) -> Any:
        if self.word.encode() in raw:
            raise ApiError(400, "Your request was not understood.")
        return await super()._create(scope, raw)


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("allowed_tools", "requests.accepts-allowed-tools"),
        ('"tool_choice":{', "requests.accepts-a-named-function"),
        ("input_image", "requests.accepts-a-picture"),
        ("input_file", "requests.accepts-a-file"),
        ('"custom"', "requests.a-create-that-others-depend-on-is-accepted"),
    ],
)
def test_a_legal_form_that_is_rejected_fails(word: str, rule: str) -> None:
    assert rule in rules_with(run_against(Rejecting(word=word), "openai"), Outcome.FAILED)


class Deaf(PlainServer):
    """Keeps the outputs of tools, and instructions, from its model."""

    async def _answer(self, entry: Stored, body: dict[str, Any]) -> None:
        kept = [item for item in entry.context if not str(item.get("type")).endswith("_output")]
        entry.context[:] = kept
        await super()._answer(entry, {**body, "instructions": None})


def test_what_a_plain_model_is_not_told_is_noticed() -> None:
    noticed = rules_with(run_against(Deaf(), "openai"), Outcome.FAILED, Outcome.WARNED)
    assert {"tool-outputs.the-answer-uses-the-output", "instructions.affect-the-answer"} <= noticed
