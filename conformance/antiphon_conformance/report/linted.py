"""The report of recordings: traffic that others recorded, judged exchange by exchange."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Trace
from antiphon_conformance.recordings.reader import Recording
from antiphon_conformance.recordings.transcript import REDACTED, SECRET_HEADERS, hideable_secrets
from antiphon_conformance.report.features import feature_rows
from antiphon_conformance.report.fingerprint import fingerprint
from antiphon_conformance.report.model import Report, curls, excerpts
from antiphon_conformance.rules.rule import Rule, rules_for
from antiphon_conformance.verdict.outcome import Record
from antiphon_conformance.verdict.verdict import verdict
from antiphon_spec.dialect import Dialect


def judge_recordings(
    files: Iterable[Recording], dialect: Dialect, rules: Mapping[str, Rule] | None = None
) -> list[Record]:
    """The records of recordings: loose exchanges are linted, episodes of a run are judged like the run."""
    selection = rules_for(dialect) if rules is None else rules
    records: list[Record] = []
    for recording in files:
        if recording.traces:
            records += engine.judge(recording.traces, dialect, selection)
        if recording.exchanges:
            records += engine.lint(recording.exchanges, dialect, selection)
    return records


def exchanges_of(files: Iterable[Recording]) -> list[Exchange]:
    """Every exchange of these recordings."""
    exchanges: list[Exchange] = []
    for recording in files:
        exchanges += recording.exchanges
        exchanges += (exchange for trace in recording.traces for exchange in trace.exchanges.values())
    return exchanges


def report_recordings(
    files: Sequence[Recording],
    dialect: Dialect,
    facts: Mapping[str, Any],
    digests: Mapping[str, str],
    *,
    why: str = "",
    quotes: bool = True,
) -> Report:
    """The report of recordings. Without `quotes` it shows of the traffic only what the findings quote."""
    exchanges = {exchange.id: exchange for exchange in exchanges_of(files)}
    records = judge_recordings(files, dialect)
    singles = [Trace(name, {name: exchange}) for name, exchange in exchanges.items()]
    header = {
        "dialects": [dialect.name],
        "requests": len(exchanges),
        "suite": fingerprint(),
        "quotes": quotes,
        **facts,
    }
    return Report(
        header,
        tuple(records),
        {dialect.name: verdict(records, why=why)},
        curls(exchanges, records, "https://api.example.com/v1") if quotes else {},
        "",
        {dialect.name: feature_rows(singles, dialect, records)},
        excerpts(exchanges, records, (dialect.name,)) if quotes else {},
        digests,
    )


def keys_in(exchanges: Iterable[Exchange]) -> list[str]:
    """The credentials of recorded requests, so that a report can hide them where an answer repeats them."""
    keys: dict[str, None] = {}
    for exchange in exchanges:
        for name, value in exchange.request.headers.pairs:
            if name.lower() in SECRET_HEADERS and value != REDACTED:
                keys[value.rpartition(" ")[2]] = None
    return [key for key in hideable_secrets(keys) if key != REDACTED]
