"""Several models of one target side by side: a table of verdicts, and the rules in which they differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import orjson

from antiphon_conformance.report import folder
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.numbers import numbers
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec import dialect as dialects

INDEX = "models.json"
SIDE_BY_SIDE = ("html", "markdown")
"""The formats that show several reports on one page."""
Line = tuple[str, tuple[str, ...]]
"""What a line is about, and its cell for each model."""


def lines(reports: Mapping[str, Report]) -> Iterator[Line]:
    """For each dialect the verdict, the demands that hold and the features; then each rule that fails or
    warns with some models and not with others."""
    first = next(iter(reports.values()))
    for name in first.verdicts:
        dialect = dialects.load(name)
        ratios = [numbers(report, dialect) for report in reports.values()]
        yield f"{name}: verdict", tuple(report.verdicts[name].title for report in reports.values())
        yield f"{name}: demands that hold", tuple(str(ratio.demands) for ratio in ratios)
        yield f"{name}: features offered", tuple(str(ratio.capability) for ratio in ratios)
        for rule, outcomes in differences(reports, name):
            yield rule, tuple(outcome.value if outcome else "not judged" for outcome in outcomes)


def differences(
    reports: Mapping[str, Report], dialect: str
) -> Iterator[tuple[str, tuple[Outcome | None, ...]]]:
    """Each rule that fails or warns with some model, and not in the same way with all, worst first."""
    by_model = [_outcomes(report, dialect) for report in reports.values()]
    rules = sorted({rule for outcomes in by_model for rule in outcomes})
    loud = {Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN}
    cells = [(rule, tuple(outcomes.get(rule) for outcomes in by_model)) for rule in rules]
    unequal = [(rule, row) for rule, row in cells if len(set(row)) > 1 and loud.intersection(row)]
    yield from sorted(unequal, key=lambda pair: min(WORST_FIRST.index(cell) for cell in pair[1] if cell))


def _outcomes(report: Report, dialect: str) -> dict[str, Outcome]:
    worst: dict[str, Outcome] = {}
    for record in report.of(dialect):  # worst first
        worst.setdefault(record.rule, record.outcome)
    return worst


def folder_names(models: Iterable[str]) -> dict[str, str]:
    """For each model the name of its folder, which no other model has."""
    names: dict[str, str] = {}
    for number, model in enumerate(models, 1):
        name = re.sub(r"[^\w.-]", "_", model).strip(".") or "model"
        names[model] = name if name not in names.values() else f"{name}-{number}"
    return names


def write(place: Path, reports: Mapping[str, Report]) -> Path:
    """Writes the pages with all models, and `models.json`, beside the folders of the models; returns the path
    of the HTML page."""
    folders = folder_names(reports)
    for form in SIDE_BY_SIDE:
        (place / folder.RENDERERS[form][2]).write_text(folder.render(form, *reports.values()), "utf-8")
    index = {
        model: {
            "report": f"{folders[model]}/{folder.RECORDS}",
            "status": report.status,
            "verdicts": {name: verdict.title for name, verdict in report.verdicts.items()},
        }
        for model, report in reports.items()
    }
    unequal = {
        name: {rule: [cell and cell.value for cell in row] for rule, row in differences(reports, name)}
        for name in next(iter(reports.values())).verdicts
    }
    content = {"models": index, "differences": unequal}
    (place / INDEX).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return place / folder.RENDERERS["html"][2]
