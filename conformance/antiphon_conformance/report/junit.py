"""`junit.xml`: one test suite for each dialect, one test case for each record."""

from __future__ import annotations

from xml.etree import ElementTree

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.reproduce import finding_command
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.verdict import Verdict, is_failure

SKIPPED = frozenset({Outcome.NOT_SUPPORTED, Outcome.INCONCLUSIVE, Outcome.UNTESTABLE})


def render(*reports: Report) -> str:
    """One report, or several, as JUnit XML."""
    root = ElementTree.Element("testsuites", name="antiphon")
    for report in reports:
        for name, verdict in report.verdicts.items():
            _suite(root, name, verdict, report)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ElementTree.Element, name: str, verdict: Verdict, report: Report) -> None:
    records = report.of(name)
    failing = {(record.rule, record.scenario) for record in verdict.failures}
    suite = ElementTree.SubElement(root, "testsuite", name=f"antiphon.{name}", tests=str(len(records)))
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="profile", value=safe(report.profile(name).name))
    kinds = {"failure": 0, "error": 0, "skipped": 0}
    for record in records:
        kind = _case(suite, record, report, fails=(record.rule, record.scenario) in failing)
        if kind:
            kinds[kind] += 1
    suite.set("failures", str(kinds["failure"]))
    suite.set("errors", str(kinds["error"]))
    suite.set("skipped", str(kinds["skipped"]))


def _case(suite: ElementTree.Element, record: Record, report: Report, *, fails: bool) -> str | None:
    file, _, name = record.rule.partition(".")
    scenario = f"[{safe(record.scenario)}]" if record.scenario else ""
    case = ElementTree.SubElement(
        suite, "testcase", classname=f"{record.dialect}.{file}", name=f"{name}{scenario}"
    )
    kind = _kind(record, fails=fails)
    if kind:
        text = [safe(finding.message) for finding in record.findings] or [safe(record.note)]
        message = f"{record.requirement} ({record.kind}): {text[0]}"
        result = ElementTree.SubElement(case, kind, message=message)
        ids = (finding.exchange for finding in record.findings)
        curls = [report.curls[identity] for identity in ids if identity in report.curls]
        again = [finding_command(report, record.dialect, record)] if record.findings else []
        result.text = "\n".join([*text, *again, *dict.fromkeys(curls)])
    return kind


def _kind(record: Record, *, fails: bool) -> str | None:
    if record.outcome is Outcome.BROKEN:
        return "error"
    if fails:
        return "failure"
    excuse = is_failure(record)  # a failure that does not fail the run is one that the baseline excuses
    return "skipped" if excuse or record.outcome in SKIPPED else None
