"""The baseline and the verdict: when a run fails, and with which exit status."""

from __future__ import annotations

import pytest

from antiphon_conformance.verdict import baseline
from antiphon_conformance.verdict.baseline import Baseline, BaselineError, Entry
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.verdict import Exit, verdict
from antiphon_spec.profile import Weight


def record(outcome, rule="a.b", scenario="s", weight=Weight.FAIL, dialect="openai"):
    return Record(rule, "R-1", ("R-1",), "MUST", dialect, scenario, outcome, weight=weight)


@pytest.mark.parametrize(
    ("outcome", "weight", "status"),
    [
        (Outcome.PASSED, Weight.FAIL, Exit.CONFORMANT),
        (Outcome.FAILED, Weight.FAIL, Exit.NOT_CONFORMANT),
        (Outcome.WARNED, Weight.WARN, Exit.CONFORMANT),
        (Outcome.NOTED, Weight.NOTE, Exit.CONFORMANT),
        (Outcome.NOTED, Weight.FAIL, Exit.CONFORMANT),
        (Outcome.UNTESTABLE, Weight.FAIL, Exit.NOT_CONFORMANT),
        (Outcome.UNTESTABLE, Weight.WARN, Exit.CONFORMANT),
        (Outcome.UNTESTABLE, Weight.NOTE, Exit.CONFORMANT),
        (Outcome.INCONCLUSIVE, Weight.FAIL, Exit.CONFORMANT),
        (Outcome.NOT_SUPPORTED, Weight.FAIL, Exit.CONFORMANT),
        (Outcome.BROKEN, Weight.FAIL, Exit.NOT_JUDGED),
    ],
)
def test_exit_status(outcome, weight, status):
    assert verdict([record(Outcome.PASSED), record(outcome, weight=weight)]).status is status


def test_a_target_that_could_not_be_judged():
    result = verdict([record(Outcome.UNTESTABLE)], why="it never answered")
    assert (result.status, result.title) == (Exit.NOT_JUDGED, "not judged")


@pytest.mark.parametrize(
    ("entry", "covers"),
    [
        (Entry("a.b", "why"), True),
        (Entry("a.b", "why", "s"), True),
        (Entry("a.b", "why", "s", "openai"), True),
        (Entry("a.c", "why"), False),
        (Entry("a.b", "why", "t"), False),
        (Entry("a.b", "why", dialect="openresponses"), False),
    ],
)
def test_an_entry_excuses_a_failure(entry, covers):
    result = verdict([record(Outcome.FAILED)], baseline=Baseline((entry,)))
    assert (result.status is Exit.CONFORMANT) is covers
    assert (len(result.excuses), len(result.failures)) == ((1, 0) if covers else (0, 1))


def test_an_entry_that_excuses_nothing_is_stale():
    result = verdict([record(Outcome.PASSED)], baseline=Baseline((Entry("a.b", "why"),)))
    assert result.status is Exit.NOT_CONFORMANT
    assert [str(entry) for entry in result.stale] == ["a.b (why)"]


def test_an_entry_for_another_dialect_is_not_stale():
    entries = Baseline((Entry("a.b", "why", dialect="openresponses"),))
    assert verdict([record(Outcome.PASSED)], baseline=entries).status is Exit.CONFORMANT


def test_a_run_that_was_cut_short_makes_nothing_stale():
    entries = Baseline((Entry("a.b", "why"),))
    assert verdict([record(Outcome.PASSED)], baseline=entries, unfinished="interrupted").stale == ()


def test_a_run_that_was_cut_short_shows_breaches_but_no_conformance():
    assert verdict([record(Outcome.PASSED)], unfinished="interrupted").status is Exit.NOT_JUDGED
    assert verdict([record(Outcome.FAILED)], unfinished="interrupted").status is Exit.NOT_CONFORMANT


def test_a_broken_rule_cannot_be_excused():
    result = verdict([record(Outcome.BROKEN)], baseline=Baseline((Entry("a.b", "why"),)))
    assert result.status is Exit.NOT_JUDGED


def loaded(tmp_path, text):
    path = tmp_path / "baseline.yaml"
    path.write_text(text)
    return baseline.load(path)


def test_a_file_is_read(tmp_path):
    result = loaded(
        tmp_path, "- {rule: a.b, reason: soon}\n- {rule: c.d, scenario: s, dialect: openai, reason: x}\n"
    )
    assert result.entries == (Entry("a.b", "soon"), Entry("c.d", "x", "s", "openai"))


def test_an_empty_file_lists_nothing(tmp_path):
    assert loaded(tmp_path, "# none\n") == Baseline()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "expected YAML"),
        ("a: 1", "expected a list of entries, got one entry"),
        ("- 1", "baseline.yaml[0]: expected a mapping of strings"),
        ("- {rule: a.b}", "reason is missing (required)"),
        ("- {reason: x}", "rule is missing (required)"),
        ("- {rule: a.b, reason: x, until: y}", "got 'until'"),
        ("- {rule: a.b, reason: 1}", "expected a mapping of strings"),
    ],
)
def test_a_malformed_file_is_rejected_with_the_place(tmp_path, text, message):
    with pytest.raises(BaselineError) as error:
        loaded(tmp_path, text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("outcome", "entries", "remark"),
    [
        (Outcome.PASSED, [], ""),
        (
            Outcome.FAILED,
            [Entry("a.b", "why")],
            "the baseline accepts 1 failing rule, 1 of them can break clients",
        ),
        (Outcome.PASSED, [Entry("a.b", "why")], "only 1 stale baseline entry"),
        (Outcome.FAILED, [Entry("c.d", "why")], "1 stale baseline entry"),
    ],
)
def test_every_headline_says_what_the_baseline_does(outcome, entries, remark):
    assert verdict([record(outcome)], baseline=Baseline(tuple(entries))).remark == remark


def test_one_rule_is_one_entry_whatever_the_conversations():
    failures = [record(Outcome.FAILED, scenario=name) for name in ("repeat", "chaining", "storage")]
    update = Baseline().updated(failures, failures, "2026-11-28")
    assert [(entry.rule, entry.scenario, entry.dialect) for entry in update.entries] == [("a.b", None, None)]


def test_an_entry_names_its_dialect_where_the_rule_holds_in_another():
    records = [record(Outcome.FAILED), record(Outcome.PASSED, dialect="openresponses")]
    update = Baseline().updated(records, records[:1], "2026-11-28")
    assert [(entry.rule, entry.dialect) for entry in update.entries] == [("a.b", "openai")]
