"""`report.jsonl`: a header, a line for each record, and a footer. Without a footer, the run died.

header: `{"report": 1, "facts": {...}, "transcript", "digests": {file: sha256}}`.
record: `{"rule", "requirement", "requirements", "authority", "kind", "profile", "weight", "dialect",
"scenario", "outcome", "note", "findings": [{"exchange", "where", "expected", "got", "message"}], "known"}`;
`known` is the baseline's reason and absent without one.
curl: `{"exchange", "curl"}`, for exchanges with findings.
operation: `{"exchange", "operation"}`, for exchanges with findings about their status.
feature: `{"feature": {"dialect", "name", "title", "optional", "state", "clean", "failed", "warned",
"untestable"}}`. excerpt: `{"excerpt": {...}, "dialect", "exchange", "where"}`; see `excerpt.py`.
footer: `{"footer": {"status", "unfinished", "dialects": {name: {"verdict", "status", "why", "outcomes",
"requirements", "stale"}}}}`.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from antiphon_conformance.http import strict_json
from antiphon_conformance.report.excerpt import Excerpt, Line
from antiphon_conformance.report.features import FeatureRow
from antiphon_conformance.report.model import Report, Spot
from antiphon_conformance.report.timeline import Lane, Step, Timeline
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.verdict.baseline import Entry
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.verdict import Exit, Verdict, is_failure
from antiphon_spec import dialect as dialects
from antiphon_spec.data import DataError, check
from antiphon_spec.profile import Profile, Weight, profile_of_levels
from antiphon_spec.renamed import current_rule
from antiphon_spec.requirement import Kind

FORMAT = 1


MALFORMED = (OSError, EOFError, LookupError, TypeError, AttributeError, ValueError, zlib.error)
"""What reading raises where a file is cut, or a member is of another type."""


class ReportError(ValueError):
    """A file is not a `report.jsonl`, or its run died before the footer."""


def lines(report: Report) -> Iterator[bytes]:
    """The lines of `report.jsonl`."""
    header = {
        "facts": dict(report.metadata),
        "transcript": report.transcript,
        "digests": dict(report.digests),
    }
    yield _line({"report": FORMAT, **header})
    reasons = {
        _key(record): reason for verdict in report.verdicts.values() for record, reason in verdict.excuses
    }
    for record in report.records:
        reason = reasons.get(_key(record))
        yield _line(record.as_json() | ({} if reason is None else {"known": reason}))
    for identity, curl in report.curls.items():
        yield _line({"exchange": identity, "curl": curl})
    for identity, operation in report.operations.items():
        yield _line({"exchange": identity, "operation": operation})
    for identity, sorts in report.sorts.items():
        yield _line({"exchange": identity, "sorts": list(sorts)})
    for name, rows in report.features.items():
        yield from (_line({"feature": {"dialect": name, **asdict(row)}}) for row in rows)
    for (name, exchange, where), part in report.excerpts.items():
        yield _line({"excerpt": asdict(part), "dialect": name, "exchange": exchange, "where": where})
    ending = {"status": report.status, "unfinished": report.metadata.get("unfinished", "")}
    yield _line({"footer": ending | {"dialects": _footers(report.verdicts)}})


def _line(entry: Mapping[str, Any]) -> bytes:
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)


def _key(record: Record) -> tuple[str, str, str]:
    return record.dialect, record.rule, record.scenario


def _footers(verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    return {
        name: {
            "verdict": verdict.title,
            "status": int(verdict.status),
            "why": verdict.why,
            "outcomes": {outcome.value: count for outcome, count in verdict.counts.items()},
            "requirements": requirement_counts(name),
            "stale": [
                {
                    "rule": entry.rule,
                    "scenario": entry.scenario,
                    "dialect": entry.dialect,
                    "reason": entry.reason,
                }
                for entry in verdict.stale
            ],
        }
        for name, verdict in verdicts.items()
    }


def requirement_counts(name: str) -> dict[str, int]:
    """How many requirements of a dialect are tested, excluded and planned; empty for an unknown dialect."""
    try:
        return dict(dialects.load(name).counts)
    except DataError:
        return {}


def read(path: Path) -> Report:
    """Reads a report back, also a gzipped one; ids of earlier versions become the current ones.

    Raises ReportError when the file is not a report, or when its run died.
    """
    try:
        raw = path.read_bytes()
        plain = gzip.decompress(raw) if path.suffix == ".gz" else raw
        entries = [*_entries(plain, path)]
        return _report(entries, path)
    except MALFORMED as error:
        if isinstance(error, ReportError):
            raise
        if isinstance(error, DataError):
            raise ReportError(str(error)) from error
        raise ReportError(f"{path}: expected a report.jsonl, got {type(error).__name__}: {error}") from error


def _entries(plain: bytes, path: Path) -> Iterator[Any]:
    """The lines of a report. Raises ReportError and DataError, which name the line."""
    for number, line in enumerate(plain.splitlines(), 1):
        if not line.strip():
            continue
        reading = strict_json.read(line)
        if not reading.valid:
            raise ReportError(f"{path}:{number}: expected a JSON object, got {reading.faults[0]}")
        if number == 1 and (kind := _other_kind(reading.value)):
            raise ReportError(f"{path}: expected a report.jsonl, got {kind}")
        check(reading.value, "report", f"{path}:{number}")
        yield reading.value


def _other_kind(first: Any) -> str:
    """What the first line of a file is that is no header of a report; empty when it is one."""
    if not isinstance(first, dict):
        return "other JSON"
    if "run" in first:
        return "a transcript; `antiphon lint` judges it"
    if "request" in first or "log" in first:
        return "a recording; `antiphon lint` judges it"
    return "" if "report" in first else "other JSON lines"


def _report(entries: list[Any], path: Path) -> Report:
    if not entries or not isinstance(entries[0], dict) or "report" not in entries[0]:
        raise ReportError(f"{path}: expected a header with `report` in the first line, got none")
    if "footer" not in entries[-1]:
        raise ReportError(f"{path}: expected a footer in the last line, got none: the run died")
    header, footer = entries[0], entries[-1]["footer"]
    verdict_lines = [entry for entry in entries[1:-1] if "rule" in entry]
    levels = profile_of_levels(bool(header["facts"].get("strict")))
    records = tuple(_record(entry, levels) for entry in verdict_lines)
    excuses = [
        (record, entry["known"])
        for record, entry in zip(records, verdict_lines, strict=True)
        if "known" in entry
    ]
    verdicts = {name: _verdict(name, part, records, excuses) for name, part in footer["dialects"].items()}
    curls = {entry["exchange"]: entry["curl"] for entry in entries[1:-1] if "curl" in entry}
    return Report(
        header["facts"],
        records,
        verdicts,
        curls,
        header.get("transcript", ""),
        _features(entries[1:-1], verdicts),
        dict(_excerpt(entry) for entry in entries[1:-1] if "excerpt" in entry),
        header.get("digests", {}),
        {entry["exchange"]: entry["operation"] for entry in entries[1:-1] if "operation" in entry},
        {entry["exchange"]: tuple(entry["sorts"]) for entry in entries[1:-1] if "sorts" in entry},
    )


def _features(
    entries: Iterable[Mapping[str, Any]], names: Iterable[str]
) -> dict[str, tuple[FeatureRow, ...]]:
    by_dialect: dict[str, list[FeatureRow]] = {name: [] for name in names}
    for row in (dict(entry["feature"]) for entry in entries if "feature" in entry):
        by_dialect[row.pop("dialect")].append(FeatureRow(**row))
    return {name: tuple(rows) for name, rows in by_dialect.items()}


def _excerpt(entry: Mapping[str, Any]) -> tuple[Spot, Excerpt]:
    part = entry["excerpt"]
    lines = tuple(Line(**line) for line in part["lines"])
    lanes = None if part["lanes"] is None else _timeline(part["lanes"])
    spot = entry["dialect"], entry["exchange"], entry["where"]
    return spot, Excerpt(part["asked"], part["answered"], lines, lanes)


def _timeline(part: Mapping[str, Any]) -> Timeline:
    lanes = tuple(Lane(**lane) for lane in part["lanes"])
    steps = tuple(Step(**step) for step in part["steps"])
    return Timeline(lanes, steps, part["before"], part["after"])


def _record(entry: Mapping[str, Any], levels: Profile) -> Record:
    """The record of a line; earlier versions wrote a `level`, which alone weighed."""
    authority = entry["authority"] if "authority" in entry else entry["level"]
    kind = Kind(entry.get("kind", Kind.INTEROP))
    return Record(
        current_rule(entry["rule"]),
        entry["requirement"],
        tuple(entry["requirements"]),
        authority,
        entry["dialect"],
        entry["scenario"],
        Outcome.read(entry["outcome"]),
        tuple(
            Finding(
                part["where"],
                part["expected"],
                part["got"],
                part.get("exchange", ""),
                part.get("newer", False),
                part.get("by_model", False),
            )
            for part in entry["findings"]
        ),
        entry["note"],
        kind,
        Weight(entry.get("weight") or levels.weight(kind, authority)),
        entry.get("profile", levels.name),
    )


def _verdict(
    name: str,
    footer: Mapping[str, Any],
    records: Iterable[Record],
    excuses: Iterable[tuple[Record, str]],
) -> Verdict:
    own = tuple((record, reason) for record, reason in excuses if record.dialect == name)
    excuse_keys = {_key(record) for record, _ in own}
    failures = tuple(
        record
        for record in records
        if record.dialect == name and is_failure(record) and _key(record) not in excuse_keys
    )
    return Verdict(
        Exit(footer["status"]),
        {Outcome.read(outcome): count for outcome, count in footer["outcomes"].items()},
        failures,
        own,
        tuple(
            Entry(current_rule(entry["rule"]), entry["reason"], entry["scenario"], entry["dialect"])
            for entry in footer["stale"]
        ),
        footer["why"],
    )
