"""One test for each rule and dialect, and for each model where there are several:
`test_rule[openai:stream-numbers.increase]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import pytest

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.model import Report
from antiphon_conformance.rules.rule import Rule, all_rules, rules_for
from antiphon_conformance.suite import session
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec import dialect as dialects

ANTIPHON_SUITE = True
MOST_FINDINGS = 5
QUIET = (Outcome.NOT_SUPPORTED, Outcome.INCONCLUSIVE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each model, dialect and rule; the id names the model where there are several."""
    config = metafunc.config
    models, names = session.model_names(config), session.dialect_names(config)
    beginnings = [f"{model}:" if len(models) > 1 else "" for model in models]
    if "rule" not in metafunc.fixturenames:
        ids = [f"{beginning}{name}" for beginning in beginnings for name in names]
        metafunc.parametrize(("model", "dialect"), list(product(models, names)), ids=ids)
        return
    pairs = [
        (name, rule)
        for name in names
        for rule in rules_for(dialects.load(name), session.profile(config, name))
        if session.is_chosen(config, rule)
    ]
    cells = [(model, *pair) for model in models for pair in pairs]
    ids = [f"{beginning}{name}:{rule}" for beginning in beginnings for name, rule in pairs]
    metafunc.parametrize(("model", "dialect", "rule"), cells, ids=ids)


def test_rule(model: str, dialect: str, rule: str, pytestconfig: pytest.Config) -> None:
    """The target obeys the rule wherever the rule applied."""
    verdict = session.results(pytestconfig)[model].verdicts[dialect]
    records = session.records(pytestconfig, model, dialect, rule)
    failures = [record for record in records if record in verdict.failures]
    crashes = [record for record in records if record.outcome is Outcome.BROKEN]
    if crashes or failures:
        text = failure_text(
            all_rules()[rule], dialect, crashes or failures, session.report(pytestconfig, model)
        )
        pytest.fail(text, pytrace=False)
    reasons = [reason for record, reason in verdict.excuses if record.rule == rule]
    if reasons:
        pytest.xfail(safe(reasons[0]))
    if records and all(record.outcome in QUIET for record in records):
        pytest.skip(f"{records[0].outcome.value}: {safe(records[0].note)}")


def test_baseline(model: str, dialect: str, pytestconfig: pytest.Config) -> None:
    """Every entry of the baseline still fails."""
    stale = session.results(pytestconfig)[model].verdicts[dialect].stale
    if stale:
        entries = "\n".join(f"  {entry}" for entry in stale)
        pytest.fail(f"these entries of the baseline excuse nothing any more:\n{entries}", pytrace=False)


def failure_text(rule: Rule, dialect: str, records: Iterable[Record], report: Report) -> str:
    """The text for people: where, expected, got, the norm, and how to reproduce it."""
    return "\n".join(_lines(rule, dialect, list(records), report))


def _lines(rule: Rule, dialect: str, records: list[Record], report: Report) -> Iterator[str]:
    yield rule.summary
    for record in records:
        if record.note:
            yield f"  {record.outcome.value} in {safe(record.scenario) or 'the run'}: {safe(record.note)}"
    findings = [finding for record in records for finding in record.findings]
    for finding in findings[:MOST_FINDINGS]:
        place = f"{finding.exchange}: " if finding.exchange else ""
        yield f"  where     {safe(place + finding.where)}"
        yield f"  expected  {safe(finding.expected)}"
        yield f"  got       {safe(finding.actual)}"
    if len(findings) > MOST_FINDINGS:
        yield f"  and {len(findings) - MOST_FINDINGS} more"
    norm = rule.requirement(dialects.load(dialect), report.profile(dialect))
    if norm is not None:
        yield f"  norm      {norm.id} ({norm.authority}, {norm.kind}): {norm.text} [{norm.source}]"
    curl = next(
        (report.curls[finding.exchange] for finding in findings if finding.exchange in report.curls), None
    )
    if curl:
        yield f"  curl      {safe(curl, 1000)}"
