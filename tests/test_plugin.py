"""The pytest suite: its output for a person who judges a target, with one worker and with several."""

from __future__ import annotations

import json
import re
import sys

import pytest

from antiphon_conformance.rules.rule import rules_for
from antiphon_spec import dialect as dialects
from antiphon_spec.profile import load_profile

pytest_plugins = ["pytester"]
SUITE = ("--pyargs", "antiphon_conformance.suite", "-p", "no:cacheprovider")
KEY = "sk-planted-4711"
FEW = "--responses-scenario=chaining"
"""For tests that need a run, and not all of one."""


@pytest.fixture
def suite(pytester, responses_mock, monkeypatch):
    """Runs the suite against the mock with more arguments."""
    monkeypatch.setenv("ANTIPHON_TEST_KEY", KEY)

    def run(*arguments):
        return pytester.runpytest_subprocess(
            *SUITE,
            f"--responses-target={responses_mock.url}",
            "--responses-dialect=openai",
            "--responses-no-properties",
            "--responses-api-key-env=ANTIPHON_TEST_KEY",
            *arguments,
            timeout=120,
        )

    return run


def counts(result):
    """The numbers of tests by outcome in the summary line."""
    outcomes = result.parseoutcomes()
    return {
        name: outcomes[name]
        for name in ("passed", "failed", "skipped", "xfailed", "errors")
        if name in outcomes
    }


@pytest.mark.responses_mock(dialect="openai")
def test_one_test_for_each_rule_and_one_run_for_all(suite, responses_mock, tmp_path):
    result = suite(f"--responses-report={tmp_path}", "-rA")
    request_count = len(responses_mock.journal)
    assert sum(counts(result).values()) == len(rules_for(dialects.load("openai"), load_profile())) + 1
    result.stdout.fnmatch_lines(["PASSED *test_rule?openai:usage.total-is-the-sum?"])
    header = json.loads((tmp_path / "report.jsonl").read_text().splitlines()[0])
    # A rejected upgrade to WebSocket may be asked for twice, for its body.
    assert request_count - header["facts"]["requests"] in (0, 1)
    assert all(KEY not in path.read_text() for path in tmp_path.iterdir())
    assert KEY not in result.stdout.str()


@pytest.mark.responses_mock(dialect="openai")
def test_several_workers_make_one_run_and_see_the_same(suite, responses_mock):
    alone = suite(FEW)
    request_count = len(responses_mock.journal)
    together = suite(FEW, "-n", "2")
    assert counts(together) == counts(alone)
    assert len(responses_mock.journal) == 2 * request_count


@pytest.mark.responses_mock(dialect="openai", mutants=["body.forgets-the-input-in-the-total"])
def test_a_failure_says_where_expected_got_norm_and_how_to_repeat_it(suite):
    result = suite(FEW, "-k", "usage.total-is-the-sum", "-q")
    text = result.stdout.str()
    assert counts(result)["failed"] == 1
    assert re.search(r"where +\S+/\S+: reply.body/usage/total_tokens\n +expected +\S.*\n +got +\d+\n", text)
    assert re.search(r"norm +RES-51 \(\w+, \w+\): \S", text)
    assert re.search(r"curl +curl -sS", text)
    assert "Traceback" not in text
    assert not re.search(r"test_conformance\.py:\d", text)


@pytest.mark.responses_mock(dialect="openai", mutants=["body.forgets-the-input-in-the-total"])
def test_a_known_failure_is_expected_and_a_stale_one_fails(suite, tmp_path):
    path = tmp_path / "baseline.yaml"
    path.write_text("- {rule: usage.total-is-the-sum, reason: next week}\n")
    known = f"--responses-baseline={path}"
    result = suite(FEW, "-k", "usage.total-is-the-sum or test_baseline", known, "-rx")
    result.stdout.fnmatch_lines(["XFAIL*usage.total-is-the-sum*next week"])
    path.write_text("- {rule: usage.counts-are-not-negative, reason: next week}\n")
    stale = suite("-k", "test_baseline", known)
    assert counts(stale)["failed"] == 1
    stale.stdout.fnmatch_lines(["*usage.counts-are-not-negative (next week)*"])


def test_without_a_target_the_suite_explains_itself(pytester):
    result = pytester.runpytest_subprocess(*SUITE, timeout=60)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the conformance suite needs a target*", "*--responses-target URL*"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_a_dead_port_passes_nothing(pytester, workers):
    target = "--responses-target=http://127.0.0.1:1"
    result = pytester.runpytest_subprocess(*SUITE, target, *workers, timeout=60)
    assert result.ret == 2
    assert "could not be judged" in result.stdout.str() + result.stderr.str()
    assert "passed" not in result.stdout.str()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--responses-dialect=klingon"], "klingon"),
        (["--responses-baseline=missing.yaml"], "missing.yaml"),
    ],
)
def test_wrong_usage_is_reported_before_the_first_request(suite, responses_mock, arguments, message):
    result = suite(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str() + result.stdout.str()
    assert len(responses_mock.journal) == 0


def test_other_test_sessions_are_unchanged(pytester):
    pytester.makepyfile("import sys\ndef test_light(): assert 'aiohttp' not in sys.modules")
    result = pytester.runpytest_subprocess("-p", "no:schemathesis", "-p", "no:xdist", timeout=60)
    assert result.ret == 0, (result.stdout.str(), sys.executable)
    assert "conformance" not in result.stdout.str()
