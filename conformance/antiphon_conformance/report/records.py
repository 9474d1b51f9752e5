"""`report.jsonl`: a header, a line for each record, and a footer, without which the run died.

header: `{"report": 1, "facts": {...}, "transcript", "digests": {file: sha256}}`.
record: `{"rule", "requirement", "requirements", "level", "dialect", "scenario", "outcome", "note",
"findings": [{"exchange", "where", "expected", "got", "message"}], "known"}`; `known` is the baseline's
reason, where there is one. curl: `{"exchange", "curl"}`, for exchanges in which something was found.
feature: `{"feature": {"dialect", "name", "title", "optional", "state", "clean", "failed", "warned",
"untestable"}}`. excerpt: `{"excerpt": {...}, "dialect", "exchange", "where"}`; see `excerpt.py`.
footer: `{"footer": {"status", "unfinished", "dialects": {name: {"verdict", "status", "why", "outcomes",
"requirements", "stale"}}}}`.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from antiphon_conformance.baseline import Entry
from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.report.excerpt import Excerpt, Line
from antiphon_conformance.report.features import FeatureRow
from antiphon_conformance.report.model import Report, Spot
from antiphon_conformance.report.timeline import Lane, Step, Timeline
from antiphon_conformance.rule import Finding
from antiphon_conformance.verdict import Exit, Verdict, is_failure
from antiphon_spec import dialect as dialects
from antiphon_spec.data import DataError

FORMAT = 1


class ReportError(ValueError):
    """A file is no report of ours, or its run died before the footer."""


def _entry(record: Record, known: str | None) -> dict[str, Any]:
    return record.as_json() | ({} if known is None else {"known": known})


def lines(report: Report) -> Iterator[bytes]:
    """The lines of `report.jsonl`."""
    told = {"facts": dict(report.facts), "transcript": report.transcript, "digests": dict(report.digests)}
    yield _line({"report": FORMAT, **told})
    known = {_key(record): reason for one in report.verdicts.values() for record, reason in one.excused}
    for record in report.records:
        yield _line(_entry(record, known.get(_key(record))))
    for identity, curl in report.curls.items():
        yield _line({"exchange": identity, "curl": curl})
    for name, rows in report.features.items():
        yield from (_line({"feature": {"dialect": name, **asdict(row)}}) for row in rows)
    for (name, exchange, where), part in report.excerpts.items():
        yield _line({"excerpt": asdict(part), "dialect": name, "exchange": exchange, "where": where})
    ending = {"status": report.status, "unfinished": report.facts.get("unfinished", "")}
    yield _line({"footer": ending | {"dialects": _footers(report.verdicts)}})


def _line(entry: Mapping[str, Any]) -> bytes:
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)


def _key(record: Record) -> tuple[str, str, str]:
    return record.dialect, record.rule, record.scenario


def _footers(verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    return {
        name: {
            "verdict": one.title,
            "status": int(one.status),
            "why": one.why,
            "outcomes": {outcome.value: count for outcome, count in one.counts.items()},
            "requirements": requirement_counts(name),
            "stale": [
                {
                    "rule": entry.rule,
                    "scenario": entry.scenario,
                    "dialect": entry.dialect,
                    "reason": entry.reason,
                }
                for entry in one.stale
            ],
        }
        for name, one in verdicts.items()
    }


def requirement_counts(name: str) -> dict[str, int]:
    """How many requirements of a dialect are tested, excluded and planned; empty for one that we do not
    know."""
    try:
        return dict(dialects.load(name).counts)
    except DataError:
        return {}


def read(path: Path) -> Report:
    """Reads a report back. Raises ReportError when it is none, or when its run died."""
    try:
        raw = path.read_bytes()
        plain = gzip.decompress(raw) if path.suffix == ".gz" else raw
        entries = [orjson.loads(line) for line in plain.splitlines() if line.strip()]
        return _report(entries, path)
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(f"{path}: expected a report.jsonl, got {type(error).__name__}: {error}") from error


def _report(entries: list[Any], path: Path) -> Report:
    if not entries or not isinstance(entries[0], dict) or "report" not in entries[0]:
        raise ReportError(f"{path}: expected a header with `report` in the first line, got none")
    if "footer" not in entries[-1]:
        raise ReportError(f"{path}: expected a footer in the last line, got none: the run died")
    header, footer = entries[0], entries[-1]["footer"]
    found = [entry for entry in entries[1:-1] if "rule" in entry]
    records = tuple(_record(entry) for entry in found)
    known = [
        (record, entry["known"]) for record, entry in zip(records, found, strict=True) if "known" in entry
    ]
    strict = bool(header["facts"].get("strict"))
    verdicts = {
        name: _verdict(name, told, records, known, strict) for name, told in footer["dialects"].items()
    }
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
    )


def _features(
    entries: Iterable[Mapping[str, Any]], names: Iterable[str]
) -> dict[str, tuple[FeatureRow, ...]]:
    found: dict[str, list[FeatureRow]] = {name: [] for name in names}
    for told in (dict(entry["feature"]) for entry in entries if "feature" in entry):
        found[told.pop("dialect")].append(FeatureRow(**told))
    return {name: tuple(rows) for name, rows in found.items()}


def _excerpt(entry: Mapping[str, Any]) -> tuple[Spot, Excerpt]:
    told = entry["excerpt"]
    lines = tuple(Line(**line) for line in told["lines"])
    lanes = None if told["lanes"] is None else _timeline(told["lanes"])
    spot = entry["dialect"], entry["exchange"], entry["where"]
    return spot, Excerpt(told["asked"], told["answered"], lines, lanes)


def _timeline(told: Mapping[str, Any]) -> Timeline:
    lanes = tuple(Lane(**lane) for lane in told["lanes"])
    steps = tuple(Step(**step) for step in told["steps"])
    return Timeline(lanes, steps, told["before"], told["after"])


def _record(entry: Mapping[str, Any]) -> Record:
    return Record(
        entry["rule"],
        entry["requirement"],
        tuple(entry["requirements"]),
        entry["level"],
        entry["dialect"],
        entry["scenario"],
        Outcome(entry["outcome"]),
        tuple(
            Finding(told["where"], told["expected"], told["got"], told.get("exchange", ""))
            for told in entry["findings"]
        ),
        entry["note"],
    )


def _verdict(
    name: str,
    told: Mapping[str, Any],
    records: Iterable[Record],
    known: Iterable[tuple[Record, str]],
    strict: bool,
) -> Verdict:
    excused = tuple((record, reason) for record, reason in known if record.dialect == name)
    forgiven = {_key(record) for record, _ in excused}
    failures = tuple(
        record
        for record in records
        if record.dialect == name and is_failure(record, strict=strict) and _key(record) not in forgiven
    )
    return Verdict(
        Exit(told["status"]),
        {Outcome(outcome): count for outcome, count in told["outcomes"].items()},
        failures,
        excused,
        tuple(Entry(one["rule"], one["reason"], one["scenario"], one["dialect"]) for one in told["stale"]),
        told["why"],
    )
