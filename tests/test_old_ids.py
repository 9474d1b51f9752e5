"""Files of an earlier version stay readable: their ids become the current ones.

`tests/data/old` was written by version 0.1.0, the last one with the old ids: `antiphon check` of a mock with
two mutants (`events.changes-its-mind-at-the-end`, `body.stops-short-without-a-reason`), with its baseline.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from antiphon.main import run
from antiphon_conformance.recordings import reader
from antiphon_conformance.report import records
from antiphon_conformance.requests.invalid.table import examples
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.verdict import baseline
from antiphon_conformance.video_library.conflicting_requests import CONTRADICTIONS
from antiphon_conformance.video_library.valid_requests import KNOWLEDGE_FORMS
from antiphon_mockserver.mutants import all_mutants
from antiphon_mockserver.server.deviations import select_mutants
from antiphon_spec.clients import load_clients
from antiphon_spec.dialect import load, names
from antiphon_spec.frozen import frozen_names, load_frozen
from antiphon_spec.renamed import current_mutant, current_rule, current_step, renamed

OLD = Path(__file__).parent / "data" / "old"
BASELINE, REPORT, TRANSCRIPT = OLD / "baseline.yaml", OLD / "report.jsonl.gz", OLD / "transcript.jsonl.gz"

LESS_OFTEN = {"defaults.parallel-tool-calls-is-true", "echo.top-p-comes-back"}
"""Rules that judge fewer exchanges than then: what was left out, and what answers a wrong request."""


def lines(file: Path) -> Iterator[dict[str, Any]]:
    """The lines of a compressed file of JSON lines."""
    return map(orjson.loads, gzip.decompress(file.read_bytes()).splitlines())


@cache
def old_verdicts() -> tuple[dict[str, Any], ...]:
    """The lines of the old report that stand for one rule in one scenario."""
    return tuple(line for line in lines(REPORT) if "rule" in line)


IDS = {"rules": all_rules, "mutants": all_mutants}


@pytest.mark.parametrize("kind", IDS)
def test_the_table_leads_from_ids_that_are_gone_to_ids_that_exist(kind: str) -> None:
    table, current = renamed(kind), set(IDS[kind]())
    assert table
    assert set(table.values()) <= current
    assert not set(table) & current


@pytest.mark.parametrize("kind", ["rules", "mutants", "steps"])
def test_the_table_has_no_chains_and_joins_no_two_ids(kind: str) -> None:
    table = renamed(kind)
    assert not set(table) & set(table.values())
    assert len(set(table.values())) == len(table)


def test_the_table_of_steps_leads_to_requests_that_are_sent() -> None:
    steps = {name for dialect in names() for name, _, _ in examples(load(dialect))}
    steps |= {row.name for row in CONTRADICTIONS} | {form.alone for form in KNOWLEDGE_FORMS}
    assert set(renamed("steps").values()) <= steps
    assert not set(renamed("steps")) & steps


def test_the_old_files_hold_old_ids() -> None:
    assert {line["rule"] for line in old_verdicts()} & set(renamed("rules"))
    assert set(re.findall("rule: (.*)", BASELINE.read_text())) & set(renamed("rules"))
    assert old_steps() & set(renamed("steps"))


def old_steps() -> set[str]:
    """The names of the steps in the old transcript."""
    return {step for line in lines(TRANSCRIPT) if "episode" in line for step in line["episode"]["steps"]}


def test_a_baseline_is_read_with_current_ids() -> None:
    rows = baseline.load(BASELINE).entries
    assert {row.rule for row in rows} <= set(all_rules())
    assert "lifecycle.the-end-repeats-the-items" not in all_rules()


def test_a_baseline_excuses_the_failures_of_an_old_report() -> None:
    report = records.read(REPORT)
    rows = baseline.load(BASELINE)
    failures = [record for record in report.records if record.outcome == "failed"]
    assert failures
    assert [record.rule for record in failures if rows.reason(record) is None] == []
    assert rows.stale(report.records) == ()


def test_a_report_is_read_with_current_ids() -> None:
    report = records.read(REPORT)
    assert [(record.rule, record.outcome.value) for record in report.records] == [
        (current_rule(line["rule"]), line["outcome"]) for line in old_verdicts()
    ]
    assert {record.rule for record in report.records} <= set(all_rules())


def test_a_report_is_rendered_with_the_current_ids(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert run(["report", str(REPORT), "--to", "html", "-o", str(page)]) == 0
    for row in baseline.load(BASELINE).entries:
        assert row.rule in page.read_text()


CHANGES = {
    # Since then the document of Open Responses allows null for what nobody set; the server rejected it.
    ("generated-requests.what-the-document-allows-is-accepted", "generated"): "failed",
    # Deltas that make another text are the finding of `stream-text.deltas-add-up-to-the-text` alone.
    ("structured-output.streams-as-ordinary-text", "structured_output"): "passed",
    # An answer that has as many tokens as `max_output_tokens` allows may have ended by itself.
    ("response-status.a-response-at-the-token-limit-is-incomplete", "legal_forms"): "passed",
    ("response-status.a-response-at-the-token-limit-is-incomplete", "generated"): "passed",
}
"""The verdicts that a later change of a rule or a document made different."""


def test_a_transcript_is_judged_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--dialect", "openresponses", "--profile", "identical", "--format", "json"]
    run(["lint", str(TRANSCRIPT), *arguments])
    then = {key(line): line["outcome"] for line in old_verdicts()} | CHANGES
    rules = {rule for rule, _ in then}  # a rule that is newer has no verdict in the old report
    verdicts = orjson.loads(capsys.readouterr().out)
    today = {key(line): line["outcome"] for line in verdicts if key(line)[0] in rules}
    common = today.keys() & then.keys()
    assert {key: today[key] for key in common} == {key: then[key] for key in common}
    assert today.keys() == common
    assert {rule for rule, _ in then.keys() - common} == LESS_OFTEN


def key(line: dict[str, Any]) -> tuple[str, str]:
    """The current id of the rule of a verdict, and its scenario."""
    return current_rule(line["rule"]), line["scenario"]


def test_a_transcript_is_read_with_current_names_of_steps() -> None:
    steps = {step for trace in reader.load(TRANSCRIPT).traces for step in trace.exchanges}
    assert steps == {current_step(step) for step in old_steps()}


def test_an_old_id_selects_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    old = "lifecycle.the-end-repeats-the-items"
    outputs = []
    for name in (old, current_rule(old)):
        run(["lint", str(TRANSCRIPT), "--dialect", "openresponses", "--rule", name, "--format", "json"])
        outputs.append(orjson.loads(capsys.readouterr().out))
    assert outputs[0] == outputs[1]
    assert {line["rule"] for line in outputs[0]} == {current_rule(old)}


@pytest.mark.parametrize("old", renamed("mutants"))
def test_an_old_id_selects_the_mutant(old: str) -> None:
    (mutant,) = (mutant for seam in select_mutants([old]).values() for mutant in seam)
    assert mutant.id == current_mutant(old)


@pytest.mark.parametrize("old", ["lifecycle.the-end-repeats-the-items", "events.changes-its-mind-at-the-end"])
def test_an_old_id_is_explained_by_the_current_one(old: str, capsys: pytest.CaptureFixture[str]) -> None:
    current = current_mutant(current_rule(old))
    assert run(["explain", current]) == 0
    explanation = capsys.readouterr().out
    assert run(["explain", old]) == 0
    assert capsys.readouterr().out == f"{old} was renamed to {current}.\n{explanation}"


def test_frozen_sets_name_rules_that_exist() -> None:
    for name in frozen_names():
        assert set(load_frozen(name).rules) <= set(all_rules())


def test_clients_need_rules_that_exist_and_broke_on_mutants_that_exist() -> None:
    faults = [
        (rule, what)
        for client in load_clients()
        for features in client.breaks.values()
        for rules in features.values()
        for rule, whats in rules.items()
        for what in whats.values()
    ]
    assert {rule for rule, _ in faults} <= set(all_rules())
    assert {mutant for _, mutants in faults for mutant in mutants} <= set(all_mutants())
