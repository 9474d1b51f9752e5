"""The section `Reproduce` of a report: the command lines that make the same report again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.report.model import Report


def commands(report: Report) -> list[str]:
    """The command lines, in order: make the report, judge its traffic again, check it for edits."""
    facts = report.facts
    lines = (
        [_line(("antiphon", "lint", *facts["files"]), _lint(facts))] if "files" in facts else [_check(facts)]
    )
    if report.transcript:
        lines += [
            _line(("antiphon", "lint", report.transcript), ("--dialect", name)) for name in report.verdicts
        ]
    return [*lines, "antiphon report --verify ." + (" --transcripts FOLDER" if "files" in facts else "")]


def origins(report: Report) -> list[str]:
    """The version, the note and the transcripts behind the report, one line each."""
    facts = report.facts
    lines = [f"antiphon {facts.get('antiphon', '')}, sources {facts.get('suite', 'unknown')}"]
    if facts.get("note"):
        lines.append(str(facts["note"]))
    for name, digest in report.digests.items():
        lines.append(f"{name}: sha256 {digest}")
    return lines


def _check(facts: Mapping[str, Any]) -> str:
    return _line(("antiphon", "check", facts["target"]), _options(facts))


def _lint(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from ("--dialect", facts["dialects"][0])
    for name in ("vendor", "note"):
        if facts.get(name):
            yield from (f"--{name}", facts[name])
    yield from ("--report", ".")
    if not facts.get("quotes", True):
        yield "--no-quotes"


def _options(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from ("--dialect", ",".join(facts["dialects"]), "--model", facts["model"])
    for feature in facts.get("features", ()):
        yield from ("--feature", feature)
    for name, value in facts.get("given", {}).items():
        yield from ("--given", f"{name}={value}")
    for name in facts.get("requirements", ()):
        yield from ("--requirements", name)
    yield from ("--seed", str(facts.get("seed", 0)))
    if facts.get("runs", 1) > 1:
        yield from ("--repeat", str(facts["runs"]))
    if facts.get("strict"):
        yield "--strict"
    if not facts.get("properties", True):
        yield "--no-properties"
    yield from ("--report", ".")


def _line(words: tuple[str, ...], more: Any) -> str:
    return shlex.join([*words, *more])
