"""Many runs: vendors side by side, one vendor over time, and reports that others can verify."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from antiphon.commands.lint import lint
from antiphon.commands.report import report as report_command
from antiphon.main import run
from antiphon_conformance.report import folder, records
from antiphon_conformance.report.compare import compare
from antiphon_conformance.report.model import compose
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.result import judge
from antiphon_conformance.verdict.verdict import Exit
from antiphon_conformance.verdict.verification import verify
from inprocess import run_suite

TOTAL = "body.forgets-the-input-in-the-total"
NUMBERS = "events.repeats-a-sequence-number"
DAY = 86_400


@cache
def run_mutants(*mutants):
    return run_suite("openai", *mutants, properties=False)


def compose_report(vendor, day, *mutants):
    report = compose(judge([run_mutants(*mutants)], Gate(vendor=vendor)))
    return replace(report, metadata={**report.metadata, "started": day * DAY})


@pytest.fixture(scope="module")
def report_path(tmp_path_factory):
    """The folder of a report as a run writes it."""
    path = tmp_path_factory.mktemp("acme")
    report = compose(judge([run_mutants(TOTAL)], Gate(vendor="Acme", note="acme serve")), folder.TRANSCRIPT)
    folder.write(path, report, [run_mutants(TOTAL)])
    return path


def test_vendors_stand_side_by_side_and_their_own_runs_in_order_of_time():
    (comparison,) = compare(
        [compose_report("Beta", 3), compose_report("Acme", 2, TOTAL), compose_report("Acme", 1, NUMBERS)]
    )
    assert [(column.vendor, column.date) for column in comparison.columns] == [
        ("Acme", "1970-01-02"),
        ("Acme", "1970-01-03"),
        ("Beta", "1970-01-04"),
    ]
    states = {line.requirement.id: line.states for line in comparison.lines}
    assert states["RES-51"] == ("passed", "failed", "passed")
    assert states["ENV-08"] == ("failed", "passed", "passed")


def test_what_changed_between_two_runs_of_one_vendor():
    earlier, later = compose_report("Acme", 1, NUMBERS), compose_report("Acme", 2, TOTAL)
    rule = "resume.first-part-and-rest-make-the-whole-stream"
    without = replace(later, records=tuple(record for record in later.records if record.rule != rule))
    (change,) = compare([without, earlier])[0].changes
    assert "stream-numbers.increase" in change.fixes
    assert "usage.total-is-the-sum" in change.regressions
    assert (change.additions, change.removals) == ((), (rule,))
    (back,) = compare([replace(earlier, metadata={**earlier.metadata, "started": 9 * DAY}), without])[
        0
    ].changes
    assert (back.additions, back.removals) == ((rule,), ())


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_the_comparison_is_one_document(form):
    text = folder.render(
        form, compose_report("A <b>", 1), compose_report("A <b>", 2, TOTAL), compose_report("B", 2)
    )
    assert text.count("<html") == (form == "html")
    assert "usage.total-is-the-sum" in text
    assert "broken" in text
    assert "<b>" not in text.replace("\\<b>", "")
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_the_command_lays_results_side_by_side(report_path):
    result = str(report_path / "report.jsonl")
    output = CliRunner().invoke(report_command, [result, result, "--to", "markdown"], standalone_mode=False)
    assert "### Acme: from" in output.output
    assert "Nothing changed." in output.output


def test_a_report_says_how_to_repeat_it(report_path):
    text = (report_path / "summary.md").read_text()
    section = text.partition("## Reproduce")[2]
    assert "acme serve" in section
    command = "antiphon check http://mock/v1 --dialect openai --model gpt-4o-mini --seed 0"
    assert f"{command} --profile compatible --no-properties" in section
    assert folder.digest((report_path / "transcript.jsonl").read_bytes()) in section


def test_a_report_is_judged_again_to_the_same_verdicts(report_path):
    assert verify(report_path).title == "verified"


def test_a_transcript_may_be_compressed_or_lie_elsewhere(report_path, tmp_path):
    copy = copy_report(report_path, tmp_path)
    transcript = copy / "transcript.jsonl"
    archive = tmp_path / "elsewhere" / "transcript.jsonl.gz"
    archive.parent.mkdir()
    archive.write_bytes(gzip.compress(transcript.read_bytes()))
    transcript.unlink()
    assert verify(copy).status is Exit.NOT_JUDGED
    assert "transcript.jsonl (sha256 " in verify(copy).missing[0]
    assert verify(copy, archive.parent).title == "verified"


def copy_report(report_path, tmp_path):
    return Path(shutil.copytree(report_path, tmp_path / "copy"))


def rewrite(copy, change, *, resign):
    """Edits the records, and, as a careful forger would, everything that follows from them."""
    lines = [orjson.loads(line) for line in (copy / "report.jsonl").read_bytes().splitlines()]
    change(lines)
    (copy / "report.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    if resign:
        folder.write_renderings(copy, records.read(copy / "report.jsonl"))


def whitewash(lines):
    """Every failure passes."""
    count = 0
    for line in lines:
        if line.get("outcome") == "failed":
            line.update(outcome="passed", findings=[])
            count += 1
    footer = lines[-1]["footer"]["dialects"]["openai"]
    outcomes = footer["outcomes"]
    outcomes["passed"] += outcomes.pop("failed")
    footer.update(verdict="conformant", status=0)
    lines[-1]["footer"]["status"] = 0


def retarget(lines):
    lines[0]["facts"]["target"] = "https://api.example.com/v1"


def excuse_nothing(lines):
    lines[-1]["footer"]["dialects"]["openai"].update(verdict="conformant", status=0)


def swap_transcript(lines):
    lines[0]["digests"]["transcript.jsonl"] = "0" * 64


@pytest.mark.parametrize("resign", [False, True], ids=["plain", "with all that follows from it"])
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (whitewash, "usage.total-is-the-sum in "),
        (retarget, "target: expected http://mock/v1, got https://api.example.com/v1"),
        (excuse_nothing, "expected the verdict that follows from its records, got conformant"),
        (swap_transcript, "its digest differs from the one in the report"),
    ],
)
def test_an_edited_report_is_rejected(report_path, tmp_path, change, problem, resign):
    copy = copy_report(report_path, tmp_path)
    rewrite(copy, change, resign=resign)
    verification = verify(copy)
    assert verification.status is Exit.NOT_CONFORMANT
    assert any(problem in line for line in verification.problems)


@pytest.mark.parametrize(
    "name", ["report.html", "summary.md", "badge.svg", "transcript.jsonl", "digests.json"]
)
def test_an_edited_file_is_rejected(report_path, tmp_path, name):
    copy = copy_report(report_path, tmp_path)
    path = copy / name
    path.write_bytes(path.read_bytes().replace(b"o", b"0", 1))
    assert verify(copy).status is Exit.NOT_CONFORMANT


def test_a_page_that_was_edited_together_with_its_digest_is_rejected(report_path, tmp_path):
    copy = copy_report(report_path, tmp_path)
    page = copy / "report.html"
    page.write_text(page.read_text().replace("Not conformant", "Conformant"))
    digests = json.loads((copy / "digests.json").read_text())
    digests["report.html"] = folder.digest(page.read_bytes())
    (copy / "digests.json").write_text(json.dumps(digests))
    assert verify(copy).problems == ("report.html: expected the rendering of report.jsonl, got another text",)


def test_rules_that_are_newer_than_a_report_are_left_aside(report_path, tmp_path):
    copy = copy_report(report_path, tmp_path)
    rewrite(copy, forget_a_rule, resign=True)
    verification = verify(copy)
    assert verification.title == "verified"
    assert "1 rule is newer or older than the report, and ignored" in verification.notes


def forget_a_rule(lines):
    removal = [line for line in lines if line.get("rule") == "usage.counts-are-not-negative"]
    lines[:] = [line for line in lines if line not in removal]
    lines[-1]["footer"]["dialects"]["openai"]["outcomes"]["passed"] -= len(removal)


def test_the_command_verifies_a_tree_and_says_the_worst(report_path, tmp_path, capsys):
    for vendor in ("acme", "beta"):
        shutil.copytree(report_path, tmp_path / vendor / "2026-11-28")
    assert run(["report", "--verify", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("verified: ") == 2
    (tmp_path / "beta" / "2026-11-28" / "transcript.jsonl").unlink()
    assert run(["report", "--verify", str(tmp_path)]) == 2
    (tmp_path / "acme" / "2026-11-28" / "summary.md").write_text("100 % compliant")
    assert run(["report", "--verify", str(tmp_path)]) == 1
    assert "rejected: " in capsys.readouterr().out


def test_a_placeholder_of_a_key_breaks_no_transcript(tmp_path):
    """A transcript has a long request body in base64, in which every letter occurs."""
    folder.write(tmp_path, compose(judge([run_mutants()]), folder.TRANSCRIPT), [run_mutants()], ["K"])
    assert verify(tmp_path).title == "verified"


KEY = "sk-somebody-else-4711"
EXCHANGE = {
    "id": "one",
    "request": {
        "method": "POST",
        "path": "/v1/responses",
        "headers": {"authorization": f"Bearer {KEY}"},
        "body": {},
    },
    "response": {"status": 401, "headers": {"x-echo": KEY}, "body": {"error": {"message": f"No: {KEY}"}}},
}


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "traffic.jsonl"
    path.write_text(json.dumps(EXCHANGE) + "\n")
    return path


def lint_recording(recording, *more):
    where = recording.parent / "out"
    command = [str(recording), "--dialect", "openai", "--report", str(where), "--vendor", "Acme", *more]
    CliRunner().invoke(lint, command, standalone_mode=False, catch_exceptions=False)
    return where


def test_recordings_become_a_report_that_is_verified_with_them(recording):
    where = lint_recording(recording)
    assert not (where / "transcript.jsonl").exists()
    assert verify(where).status is Exit.NOT_JUDGED
    assert verify(where, recording.parent).title == "verified"
    assert (
        "antiphon lint traffic.jsonl --dialect openai --profile compatible --vendor Acme"
        in (where / "summary.md").read_text()
    )


def test_no_key_of_a_recording_reaches_a_report(recording):
    for path in lint_recording(recording).iterdir():
        assert KEY not in path.read_text(), path.name


def test_without_quotes_no_part_of_a_recording_is_shown(recording):
    report = records.read(lint_recording(recording, "--no-quotes") / "report.jsonl")
    assert (report.excerpts, report.curls) == ({}, {})
    assert records.read(lint_recording(recording) / "report.jsonl").excerpts
