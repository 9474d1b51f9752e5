"""`--rule` and `--scenario`: only the conversations that are needed, and the finding comes again."""

from __future__ import annotations

import io
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from antiphon.main import run
from antiphon_conformance.report.model import compose
from antiphon_conformance.report.reproduce import commands, finding_command
from antiphon_conformance.rules.rule import all_rules, rules_for
from antiphon_conformance.scenarios.scenario import GENERATED, all_scenarios
from antiphon_conformance.scenarios.selection import generates, table
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.outcome import Record
from antiphon_conformance.verdict.result import RunResult, judge
from antiphon_mockserver.mutants import all_mutants
from antiphon_spec.dialect import load, names
from inprocess import NOTICES, RED, run_suite

SAMPLE = tuple(mutant.id for mutant in all_mutants().values() if not generates(mutant.caught_by[:1], ()))[
    ::44
]
"""Every 44th mutant that no generated request shows: some twenty of them, of all seams."""
MOST = 80
"""The most requests of a run about one rule; a full run in `cloudglue` has five times as many."""


@pytest.fixture(autouse=True)
def _polls_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)


def result(dialect: str, mutant: str, **options: object) -> RunResult:
    return judge([run_suite(dialect, mutant, **options)], Gate(NOTICES))


def findings(outcome: RunResult, rule: str) -> list[Record]:
    return [record for record in outcome.records if record.rule == rule and record.outcome in RED]


def words_after(command: str, option: str) -> tuple[str, ...]:
    words = shlex.split(command)
    return tuple(value for name, value in pairwise(words) if name == option)


@pytest.mark.parametrize("mutant", SAMPLE)
def test_a_finding_comes_again_with_the_command_of_its_report(mutant: str) -> None:
    rule = all_mutants()[mutant].caught_by[0]
    for dialect in (name for name in names() if rule in rules_for(load(name), NOTICES)):
        alone = result(dialect, mutant, rules=(rule,))
        assert alone.metadata["requests"] <= MOST
        assert {record.rule for record in alone.records} == {rule}
        if findings(alone, rule):
            return
    for dialect in (name for name in names() if rule in rules_for(load(name), NOTICES)):
        whole = result(dialect, mutant)
        for record in findings(whole, rule)[:1]:
            command = finding_command(compose(whole), dialect, record)
            scenarios = words_after(command, "--scenario")
            features = words_after(command, "--feature")
            rules = words_after(command, "--rule")
            again = result(dialect, mutant, rules=rules, scenarios=scenarios, features=features)
            assert findings(again, rule), command
            return
    pytest.fail(f"{mutant} is not noticed by {rule}")


def test_the_table_names_rules_and_scenarios_that_exist() -> None:
    assert set(table()) <= set(all_rules())
    assert {name for places in table().values() for name in places} <= {*all_scenarios(), GENERATED}


@pytest.mark.responses_mock(dialect="openai", mutants=["body.forgets-the-input-in-the-total"])
def test_check_prints_the_command_and_the_command_fails_the_same(responses_mock, capsys) -> None:
    run(["check", responses_mock.url, "--dialect", "openai", "--no-properties"])
    output = " ".join(capsys.readouterr().out.replace(" \\\n", " ").split())
    command = output[output.index("antiphon check") : output.index(" read on:")]
    assert "--rule usage.total-is-the-sum" in command
    count = len(responses_mock.journal)
    assert run(shlex.split(command)[1:]) == 1
    output = capsys.readouterr().out
    assert "rule usage.total-is-the-sum" in output
    assert "not conformant: 1 cause to mend" in output
    assert len(responses_mock.journal) - count <= 17


@pytest.mark.responses_mock(dialect="openai")
def test_a_scenario_alone_is_judged_by_its_rules(responses_mock, capsys, tmp_path: Path) -> None:
    options = ["--dialect", "openai", "--scenario", "storage", "--report", str(tmp_path)]
    status = run(["check", responses_mock.url, *options])
    output = capsys.readouterr().out
    assert status == 0
    assert "untestable" not in output
    assert "scenario storage only" in (tmp_path / "summary.md").read_text()
    assert "only a part was judged" in (tmp_path / "badge.json").read_text()
    assert "--scenario storage" in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rule", "stream-numbers.increas"], "did you mean 'stream-numbers.increase'?"),
        (["--scenario", "credential"], "did you mean 'credentials'?"),
        (["--rule", "knowledge.collections-are-searched"], "--rule: expected"),
        (["--rule", "stream-numbers.increase", "--baseline", "b", "--baseline-update"], "a full run"),
    ],
)
def test_a_wrong_name_is_a_usage_error_with_the_nearest_one(options: list[str], message: str, capsys) -> None:
    assert run(["check", "http://127.0.0.1:9/v1", "--dialect", "openai", *options]) == 3
    assert message in " ".join(capsys.readouterr().err.split())


def test_lint_judges_by_several_rules_and_knows_their_names(tmp_path: Path, capsys) -> None:
    file = tmp_path / "stream.sse"
    file.write_text('event: response.created\ndata: {"type": "response.created"}\n\n')
    names_of_rules = ("stream-numbers.increase", "lifecycle.ends-with-a-terminal-event")
    options = [word for name in names_of_rules for word in ("--rule", name)]
    run(["lint", str(file), *options, "--all"])
    output = capsys.readouterr().out
    assert "lifecycle.ends-with-a-terminal-event" in output
    assert run(["lint", str(file), "--rule", "lifecycle.ends-with-a-terminal-evnt"]) == 3
    assert "did you mean 'lifecycle.ends-with-a-terminal-event'?" in " ".join(capsys.readouterr().err.split())


@pytest.mark.responses_mock(dialect="openai")
def test_the_command_of_a_report_repeats_how_the_target_was_reached(responses_mock) -> None:
    outcome = judge([run_suite("openai", headers=(("x-tenant", "acme"),), max_requests=1)])
    metadata = {**outcome.metadata, "target": "https://h/v1?api-version=1", "key": "MY_KEY", "insecure": True}
    report = compose(outcome)
    line = commands(type(report)(metadata, report.records, report.verdicts))[0]
    assert line.startswith("antiphon check 'https://h/v1?api-version=1' --dialect openai")
    assert line.endswith('--api-key-env MY_KEY --insecure --header "x-tenant: $X_TENANT" --report .')


@pytest.mark.responses_mock(dialect="openai")
def test_watch_judges_again_at_each_line_until_the_input_ends(responses_mock, monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\n"))
    options = ["--rule", "usage.total-is-the-sum", "--dialect", "openai", "--watch"]
    assert run(["check", responses_mock.url, *options]) == 0
    output = capsys.readouterr()
    assert output.out.count("only a part was judged: conformant") == 3
    assert output.err.count("Enter runs it again") == 3


CHANGED = """
import pathlib
async def app(scope, receive, send): ...
pathlib.Path(__file__).write_text("import no_such_module")
"""
"""An application that is another one when it is imported again."""


def test_an_application_is_imported_anew_for_each_run_of_a_watch(tmp_path: Path, monkeypatch, capfd) -> None:
    (tmp_path / "watched_app.py").write_text(CHANGED)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["check", "watched_app:app", "--rule", "usage.total-is-the-sum", "--watch"]) == 2
    assert "No module named 'no_such_module'" in capfd.readouterr().err
