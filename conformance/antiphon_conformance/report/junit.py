"""`junit.xml`: a suite for each dialect, with a case for each cause, worst first, then for each other rule.

A cause that fails the run is a failure. A warning, a note and what the baseline accepts are skipped, with the
reason. A rule that a cause explains has no case of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from antiphon_conformance.http.text import safe
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.overview import Fault, Overview, overviews
from antiphon_conformance.report.titles import aftermath_of, evidence_of
from antiphon_conformance.verdict.outcome import Outcome, Record

SKIPPED = frozenset({Outcome.NOT_SUPPORTED, Outcome.INCONCLUSIVE, Outcome.UNTESTABLE, Outcome.UNJUDGED})
LONGEST = 3000
"""How many characters a line has at most."""
MOST_PLACES = 5
"""How many places of a cause its case lists."""
Case = tuple[str, str, str, str, str]
"""Class, name, kind (`failure`, `error`, `skipped` or empty), message and text."""


def render(*reports: Report) -> str:
    """One report, or several, as JUnit XML."""
    root = ElementTree.Element("testsuites", name="antiphon")
    for report in reports:
        for overview in overviews(report):
            _suite(root, overview)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ElementTree.Element, overview: Overview) -> None:
    cases = [*_causes(overview), *_rules(overview)]
    kinds = [kind for _, _, kind, _, _ in cases]
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=f"antiphon.{overview.name}",
        tests=str(len(cases)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("answer", overview.answer), ("profile", overview.profile)):
        ElementTree.SubElement(properties, "property", name=name, value=safe(value, 2000))
    for class_name, name, kind, message, text in cases:
        case = ElementTree.SubElement(suite, "testcase", classname=class_name, name=safe(name, LONGEST))
        if kind:
            lines = (safe(line, LONGEST) for line in text.splitlines())
            ElementTree.SubElement(case, kind, message=safe(message, LONGEST)).text = "\n".join(lines)


def _causes(overview: Overview) -> Iterator[Case]:
    for fault in (*overview.faults, *overview.lenient, *overview.habits, *overview.notes):
        rule = fault.cause.record.rule
        topic, _, _ = rule.partition(".")
        yield f"{overview.name}.{topic}", _name(fault), _kind(fault), _message(fault), _text(fault, overview)


def _name(fault: Fault) -> str:
    """The title, and the rule, by which code hosts recognise the case of an earlier run."""
    return f"{fault.title} [{fault.cause.record.rule}]"


def _kind(fault: Fault) -> str:
    if fault.cause.outcome is Outcome.BROKEN:
        return "error"
    return "failure" if fault.fails else "skipped"


def _message(fault: Fault) -> str:
    record = fault.cause.record
    accepted = f"accepted: {safe(fault.accepted)}; " if fault.accepted else ""
    return f"{accepted}{fault.harm} ({record.requirement}, {record.kind}): {evidence_of(fault.cause, 300)}"


def _text(fault: Fault, overview: Overview) -> str:
    clients = [f"breaks {row.title}" for row in fault.breaks]
    places = [
        safe(f"{place.exchange}: {place.finding.message if place.finding else place.record.note}")
        for place in fault.cause.places[:MOST_PLACES]
    ]
    ids = dict.fromkeys(place.exchange for place in fault.cause.places)
    curl = next((overview.report.curls[name] for name in ids if name in overview.report.curls), "")
    rules = (
        f"rules: {', '.join((*fault.cause.rules, *fault.cause.further_rules[len(fault.cause.rules) - 1 :]))}"
    )
    lines = (
        *clients,
        *places,
        aftermath_of(fault.cause),
        rules,
        overview.check_command(fault.cause.record),
        curl,
    )
    return "\n".join(filter(None, lines))


def _rules(overview: Overview) -> Iterator[Case]:
    """Each rule that no cause names, once, with its worst outcome."""
    named = {record.rule for cause in overview.all_causes for record in cause.records}
    worst: dict[str, Record] = {}
    for record in sorted(
        overview.records, key=lambda record: WORST_FIRST.index(record.outcome), reverse=True
    ):
        if record.rule not in named and (record.outcome not in SKIPPED or record.rule not in worst):
            worst[record.rule] = record
    for rule, record in sorted(worst.items()):
        topic, _, name = rule.partition(".")
        kind = "skipped" if record.outcome in SKIPPED else ""
        note = safe(f"{record.outcome.value}: {record.note}") if kind else ""
        yield f"{overview.name}.{topic or 'recording'}", name or "not judged", kind, note, ""
