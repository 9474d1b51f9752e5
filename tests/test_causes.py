"""One fault is one cause: a server with one mutant has one thing to mend, a server with two has two."""

from __future__ import annotations

from functools import cache

import pytest

from antiphon_conformance.report.model import compose
from antiphon_conformance.report.overview import Overview
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.result import judge
from inprocess import run_suite

DIALECT = "openai"

ONE_CAUSE = (
    "body.calls-the-object-by-another-name",
    "body.cites-without-an-address",
    "body.invents-a-reasoning-effort",
    "body.leaves-out-instructions",
    "body.leaves-out-item-status",
    "body.leaves-tool-choice-empty",
    "body.names-no-model",
    "body.numbers-its-previous-responses",
    "body.presumes-metadata",
    "body.presumes-tools",
    "body.reasons-more-than-it-says",
    "body.sends-an-empty-error",
    "body.sends-an-empty-id",
    "body.sends-logprobs-without-tokens",
    "body.speaks-as-a-bot",
    "body.wraps-instructions",
    "body.writes-background-as-text",
    "body.writes-completed-at-as-text",
    "body.writes-temperature-as-text",
    "events.announces-no-items",
    "events.changes-the-type-of-parts",
    "events.completes-in-progress",
    "events.counts-items-from-one",
    "events.creates-twice",
    "events.ends-cancelled",
    "events.ends-with-the-last-delta",
    "events.ends-without-reasoning",
    "events.fails-after-it-ended",
    "events.indexes-all-items-zero",
    "events.indexes-nothing",
    "events.names-its-end-done",
    "events.never-creates",
    "events.never-ends",
    "events.numbers-in-words",
    "events.numbers-nothing",
    "events.opens-no-parts",
    "events.puts-all-calls-in-one-place",
    "events.repeats-a-sequence-number",
    "events.sends-the-response-bare",
    "events.starts-twice",
    "http.labels-documents-as-text",
    "sse.leaves-out-the-type",
    "state.rejects-plain-output",
)
"""Mutants of every seam; most of them break several rules, and some break forty."""
SEVERAL = {
    "state.rejects-lists": "the server says it in other words at each endpoint",
    "events.loses-every-second-event": "what is lost belongs to items, parts and texts alike",
    "body.makes-new-item-ids-on-retrieval": "three comparisons see it, each of another resource",
    "sse.never-sends-an-event": "responses and chats have streams of their own",
}
"""Mutants with more than one cause, and why."""
PAIRS = (
    ("body.leaves-out-instructions", "events.never-ends"),
    ("body.names-no-model", "body.speaks-as-a-bot"),
    ("body.presumes-tools", "events.counts-items-from-one"),
    ("body.writes-temperature-as-text", "state.rejects-plain-output"),
    ("events.numbers-nothing", "body.leaves-out-item-status"),
    ("events.opens-no-parts", "body.presumes-metadata"),
    ("events.repeats-a-sequence-number", "body.wraps-instructions"),
    ("http.labels-documents-as-text", "events.never-ends"),
    ("state.loses-its-worker", "events.opens-no-parts"),
)
BROKEN_STREAMS = ("events.never-ends", "events.opens-no-parts", "events.counts-items-from-one")


@cache
def overview(*mutants: str) -> Overview:
    """The overview of a run over HTTP against a server with these mutants.

    On a socket a stray event of one turn is read in the next, and a stream without an end takes its time-out.
    """
    run = run_suite(DIALECT, *mutants, properties=False, features=("no-websocket",))
    return Overview(compose(judge([run])), DIALECT)


@pytest.fixture(autouse=True)
def _polls_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)


def test_a_right_server_has_nothing_to_mend() -> None:
    assert overview().faults == ()
    assert overview().next_steps == ()


def test_a_201_breaks_no_client_and_is_a_note() -> None:
    noted = {
        record.rule for record in overview("http.says-created").records if record.outcome is Outcome.NOTED
    }
    assert "transport.a-create-that-succeeds-is-200" in noted
    assert overview("http.says-created").faults == overview().faults


@pytest.mark.parametrize("mutant", ONE_CAUSE)
def test_one_fault_is_one_cause(mutant: str) -> None:
    faults = overview(mutant).faults
    assert [fault.title for fault in faults] == [faults[0].title]


@pytest.mark.parametrize("mutant", SEVERAL, ids=SEVERAL.values())
def test_there_are_never_more_causes_than_rules(mutant: str) -> None:
    result = overview(mutant)
    bad = (Outcome.FAILED, Outcome.WARNED, Outcome.UNTESTABLE)
    rules = {record.rule for record in result.records if record.outcome in bad}
    assert 1 < len(result.faults) <= len(rules)


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_no_cause_swallows_a_second_fault(pair: tuple[str, str]) -> None:
    separate = {fault.title for mutant in pair for fault in overview(mutant).faults}
    together = {fault.title for fault in overview(*pair).faults}
    assert len(separate) >= 2
    assert len(together) >= 2


@pytest.mark.parametrize("stream", BROKEN_STREAMS)
def test_a_broken_stream_stands_above_a_header(stream: str) -> None:
    first = overview(stream, "http.labels-documents-as-text").faults[0]
    assert first.title == overview(stream).faults[0].title


def test_a_target_that_takes_no_strings_is_judged_by_lists() -> None:
    fault, *rest = overview("state.rejects-text").faults
    assert "requests.accepts-a-text-as-input" in fault.cause.rules
    assert len(fault.cause.hidden_rules) < 3
    assert not rest


def test_items_in_one_place_are_one_cause() -> None:
    fault, *rest = overview("events.puts-all-calls-in-one-place").faults
    assert fault.title == "Two `output_item.added` of a stream share one `output_index`"
    assert not rest


def test_an_event_that_comes_again_is_told_so() -> None:
    assert overview("events.creates-twice").faults[0].title == "A second response.created in a stream"


def test_what_follows_is_named_under_its_cause() -> None:
    fault, *_ = overview("http.demands-instructions").faults
    assert len(fault.cause.hidden_rules) > 10
    assert {record.outcome for record in fault.cause.hides} == {Outcome.UNTESTABLE}


def test_items_without_ids_are_not_referred_to() -> None:
    rules = {
        rule for fault in overview("body.leaves-out-item-ids").faults for rule in fault.cause.further_rules
    }
    assert not {rule for rule in rules if rule.startswith("item-references.")}
