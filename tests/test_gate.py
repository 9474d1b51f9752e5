"""The gate of a run: the baseline and its update, frozen sets, repeated runs, budgets."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from antiphon.main import run
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Limits, Target, UnreachableError
from antiphon_conformance.http.exchange import Request
from antiphon_conformance.report import folder
from antiphon_conformance.report.model import compose, rows
from antiphon_conformance.report.overview import Overview
from antiphon_conformance.report.terminal import lines
from antiphon_conformance.rules.rule import Finding, all_rules, rules_for
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.run import run as run_scenarios
from antiphon_conformance.verdict import baseline as baselines
from antiphon_conformance.verdict.baseline import Baseline, Entry
from antiphon_conformance.verdict.flakiness import by_symptom, flapping, steady
from antiphon_conformance.verdict.frozen import weigh_claim
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import judge
from antiphon_conformance.verdict.verdict import Exit, verdict
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.data import DataError
from antiphon_spec.dialect import load
from antiphon_spec.frozen import Frozen, FrozenRow, frozen_names, load_frozen
from antiphon_spec.profile import load_profile
from antiphon_spec.requirement import Kind
from scripted_transport import ScriptedTransport, response

WRONG_TOTAL = "body.forgets-the-input-in-the-total"
RULE = "usage.total-is-the-sum"


def check(mock, *arguments):
    return run(["check", mock.url, "--dialect", "openai", *map(str, arguments)])


def record(outcome, rule="a.b", scenario="s", note=""):
    findings = (Finding("reply.body/x", "y", "z", "s/t"),) if outcome is Outcome.FAILED else ()
    return Record(rule, "R-1", ("R-1",), "MUST", "openai", scenario, outcome, findings, note)


# The four cases of a baseline.


@pytest.mark.parametrize(
    ("outcome", "entries", "status", "expected"),
    [
        pytest.param(Outcome.FAILED, [Entry("a.b", "soon")], Exit.CONFORMANT, "excuses", id="listed"),
        pytest.param(Outcome.FAILED, [], Exit.NOT_CONFORMANT, "failures", id="not listed"),
        pytest.param(Outcome.PASSED, [Entry("a.b", "soon")], Exit.NOT_CONFORMANT, "stale", id="stale"),
        pytest.param(
            Outcome.INCONCLUSIVE, [Entry("a.b", "soon")], Exit.CONFORMANT, "", id="not seen this time"
        ),
    ],
)
def test_a_baseline(outcome, entries, status, expected):
    result = verdict([record(outcome)], baseline=Baseline(tuple(entries)))
    assert result.status is status
    assert {name for name in ("excuses", "failures", "stale") if getattr(result, name)} == ({expected} - {""})


def test_an_entry_may_have_a_link(tmp_path):
    path = tmp_path / "known.yaml"
    path.write_text("- {rule: a.b, reason: soon, link: https://example.com/7}\n")
    baseline = baselines.load(path)
    assert (
        verdict([record(Outcome.FAILED)], baseline=baseline).excuses[0][1] == "soon (https://example.com/7)"
    )
    path.write_text("- {rule: a.b, reason: soon, link: 'javascript:alert(1)'}\n")
    with pytest.raises(baselines.BaselineError, match="expected a link that starts with https"):
        baselines.load(path)


def test_an_update_keeps_reasons_drops_what_is_stale_and_adds_what_is_new(tmp_path):
    baseline = Baseline(
        (Entry("a.b", "soon", link="https://example.com"), Entry("c.d", "gone"), Entry("g.h", "flaps"))
    )
    records = [
        record(Outcome.FAILED),
        record(Outcome.PASSED, "c.d"),
        record(Outcome.FAILED, "e.f"),
        record(Outcome.INCONCLUSIVE, "g.h"),
    ]
    update = baseline.updated(records, verdict(records, baseline=baseline).failures, "2026-11-28")
    assert [entry.rule for entry in update.entries] == ["a.b", "e.f", "g.h"]
    assert update.entries[0].link == "https://example.com"
    assert update.entries[1].reason.startswith("not explained yet, written down on 2026-11-28: reply.body/x")
    path = tmp_path / "known.yaml"
    path.write_text(baselines.dump(update))
    assert baselines.load(path) == update
    assert verdict(records, baseline=update).status is Exit.CONFORMANT


@pytest.mark.responses_mock(dialect="openai", mutants=[WRONG_TOTAL])
def test_the_update_writes_a_baseline_under_which_the_same_target_is_green(responses_mock, tmp_path, capsys):
    path = tmp_path / "known.yaml"
    assert check(responses_mock, "--baseline", path, "--baseline-update") == 0
    assert f"baseline: {path}: " in capsys.readouterr().out
    assert RULE in {entry.rule for entry in baselines.load(path).entries}
    assert check(responses_mock, "--baseline", path, "--no-properties") == 0


@pytest.mark.parametrize("partial", [["--no-properties"], ["--max-requests", "5"]])
@pytest.mark.responses_mock(dialect="openai", mutants=[WRONG_TOTAL])
def test_the_update_is_rejected_after_a_partial_run(responses_mock, tmp_path, capsys, partial):
    path = tmp_path / "known.yaml"
    assert check(responses_mock, "--baseline", path, "--baseline-update", *partial) == 2
    assert "the baseline is not updated, because the run is partial" in capsys.readouterr().out
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline-update"], "--baseline-update: expected --baseline FILE"),
        (["--requirements", "openai@1999"], "openai@2.3.0, openresponses@2026-04-24, got 'openai@1999'"),
        (["--requirements", "openresponses@2026-04-24"], "expected a set of openai"),
    ],
)
@pytest.mark.responses_mock(dialect="openai")
def test_wrong_usage(responses_mock, capsys, arguments, message):
    assert check(responses_mock, *arguments) == 3
    assert message in capsys.readouterr().err
    assert len(responses_mock.journal) == 0


# Frozen sets.


@pytest.mark.parametrize("name", frozen_names())
def test_a_frozen_set_names_existing_rules_only(name):
    freeze = load_frozen(name)
    assert set(freeze.rules) <= set(all_rules())
    dialect = load(freeze.dialect)
    assert [key for key in freeze.requirements if dialect.resolve(key) is None] == []


def test_every_released_dialect_has_a_frozen_set():
    assert {"openai@2.3.0", "openresponses@2026-04-24"} <= set(frozen_names())


def test_newer_and_stricter_rules_do_not_change_a_claim():
    freeze = Frozen(
        "openai",
        "1",
        "2026-01-01",
        {"R-1": FrozenRow("SHOULD", Kind.VENDOR)},
        {"a.b": "R-1"},
        load_profile("identical"),
    )
    records = [record(Outcome.FAILED), record(Outcome.FAILED, "later.rule")]
    (only,) = weigh_claim(records, freeze)
    assert (only.rule, only.authority, only.kind, only.outcome) == (
        "a.b",
        "SHOULD",
        Kind.VENDOR,
        Outcome.WARNED,
    )


@pytest.mark.responses_mock(dialect="openai")
def test_the_named_set_judges_a_run(responses_mock, tmp_path):
    arguments = ("--no-properties", "--requirements", "openai@2.3.0", "--report", tmp_path)
    assert check(responses_mock, *arguments) == 0
    header, *lines = map(orjson.loads, (tmp_path / "report.jsonl").read_bytes().splitlines())
    assert header["facts"]["requirements"] == ["openai@2.3.0"]
    assert {line["rule"] for line in lines if "rule" in line} == set(load_frozen("openai@2.3.0").rules)


def test_the_rows_of_a_claim_are_those_of_its_set():
    freeze = load_frozen("openresponses@2026-04-24")
    result = perform(
        RunConfig("http://t/v1", properties=False), transport=ScriptedTransport(lambda _: (200, response()))
    )
    table = rows(compose(judge([result], Gate(frozen=(freeze,)))), load("openresponses"))
    assert {
        row.requirement.id: FrozenRow(row.requirement.authority, row.requirement.kind) for row in table
    } == freeze.requirements


def test_freezing_writes_the_rules_of_today_and_never_overwrites_a_set(tmp_path, capsys):
    assert run(["spec", "freeze", "openai", "--to", str(tmp_path)]) == 0
    assert f"{len(rules_for(load('openai'), load_profile()))} rules" in capsys.readouterr().out
    assert run(["spec", "freeze", "openai", "--to", str(tmp_path)]) == 3


# Repeated runs.


@pytest.mark.parametrize(
    ("runs", "outcome", "note"),
    [
        ([Outcome.PASSED, Outcome.PASSED], Outcome.PASSED, ""),
        ([Outcome.FAILED, Outcome.FAILED], Outcome.FAILED, ""),
        ([Outcome.PASSED, Outcome.FAILED], Outcome.INCONCLUSIVE, "failed in 1 of 2, passed in 1 of 2; s/t: "),
        ([Outcome.PASSED, Outcome.INCONCLUSIVE], Outcome.PASSED, ""),
        ([Outcome.INCONCLUSIVE, Outcome.FAILED], Outcome.FAILED, ""),
    ],
)
def test_what_changes_between_runs_is_inconclusive(runs, outcome, note):
    (summary,) = steady([[record(entry)] for entry in runs])
    assert summary.outcome is outcome
    assert note in summary.note
    assert bool(flapping([summary])) is bool(note)


class Changing(AsgiTransport):
    """A right server in the first run, and a server with a wrong sum in the second."""

    def __init__(self):
        super().__init__(make_app(Settings(dialect="openai")))
        self.later = make_app(Settings(dialect="openai", mutants=(WRONG_TOTAL,)))

    async def close(self):
        await super().close()
        self.app, self.later = self.later, self.app


def test_a_flaky_server_neither_fails_nor_passes():
    transport, config = Changing(), RunConfig("http://t/v1", ("openai",), properties=False)
    first, second = (perform(config, transport=transport) for _ in range(2))
    assert judge([first]).conformant
    assert judge([second]).status is Exit.NOT_CONFORMANT
    report = compose(judge([first, second]))
    assert RULE in {entry.rule for entry in flapping(report.records)}
    assert Outcome.FAILED not in {entry.outcome for entry in report.records if entry.rule == RULE}
    assert report.status == Exit.CONFORMANT
    baseline = Baseline((Entry(RULE, "soon"),))
    assert judge([first, second], Gate(baseline=baseline)).verdicts["openai"].stale == ()
    assert "Verdicts that change from run to run" in folder.render("markdown", report)
    overview = Overview(report, "openai")
    count = len(flapping(report.records))
    assert overview.headline == f"conformant: {count} verdicts differ between runs"
    assert RULE not in {entry.rule for entry in overview.unseen_records}
    groups = dict(by_symptom(flapping(report.records)))
    assert sum(map(len, groups.values())) == count
    assert any(what.startswith("reply.body/usage/total_tokens is ") for what in groups)
    screen = [line for line in lines(report, 80) if "flaps" in line]
    assert 1 <= len(screen) <= 6


@pytest.mark.responses_mock(dialect="openai", mutants=[WRONG_TOTAL])
def test_a_repeated_run_leaves_all_its_transcripts(responses_mock, tmp_path):
    assert check(responses_mock, "--no-properties", "--repeat", 2, "--report", tmp_path) == 1
    assert {path.name for path in tmp_path.glob("transcript*")} == {"transcript.jsonl", "transcript-2.jsonl"}


# Budgets and lost connections.


@pytest.mark.responses_mock(dialect="openai")
def test_the_budget_of_tokens_ends_a_run(responses_mock, capsys):
    assert check(responses_mock, "--no-properties", "--max-tokens", 100) == 2
    assert "the budget of 100 tokens is used up" in " ".join(capsys.readouterr().out.split())


async def send_all(transport, times, **limits):
    async with Target(transport, limits=Limits(**limits)) as target:
        exchanges = [await target.send(Request("GET", "/responses/x"), f"a/{turn}") for turn in range(times)]
    return target, exchanges


class LosingTransport(ScriptedTransport):
    """Answers, but loses the connection each time that a number in `losses` is reached."""

    def __init__(self, *losses):
        super().__init__(lambda request: (200, response()))
        self.losses = losses

    def open(self, request):
        if len(self.details) in self.losses:
            self.details.append(request)
            raise UnreachableError("connection reset")
        return super().open(request)


@pytest.mark.parametrize(
    ("losses", "replies", "request_count", "dead"),
    [
        pytest.param([1], [True, True, True], 4, False, id="a connection that was lost once is tried again"),
        pytest.param([1, 2], [True, True, True], 6, False, id="lost twice, the target is probed"),
        pytest.param([1, 2, 4, 5], [True, False], 7, False, id="lost always, it is no answer"),
        pytest.param(range(1, 99), [True, False], None, True, id="a target that is gone ends the run"),
    ],
)
def test_a_lost_connection_is_tried_again(losses, replies, request_count, dead):
    transport = LosingTransport(*losses)
    target, exchanges = asyncio.run(send_all(transport, len(replies), recovery=0.3))
    assert [exchange.reply is not None for exchange in exchanges] == replies
    assert target.dead == dead
    assert request_count in (None, len(transport.details))


def test_a_target_that_is_gone_is_judged_by_what_it_showed_and_not_blamed_for_the_rest():
    transport = LosingTransport(*range(4, 500))
    config = RunConfig("http://t/v1", ("openai",), properties=False, recovery=0.3)
    result = run_scenarios(config, transport=transport)
    assert "the target stopped answering at " in result.runs[0].unfinished
    failures = {record.rule for record in result.failed}
    assert "server.outlives-every-request" not in failures  # nobody knows whether a request did it
    assert {record.scenario for record in result.failed} <= {"fingerprint", "attachments"}


def test_an_unknown_set_is_rejected_with_the_known_names():
    with pytest.raises(DataError, match="expected one of"):
        load_frozen("klingon@1")
