"""The report of recordings: traffic that was not made for us, judged exchange by exchange."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from antiphon_conformance import judge
from antiphon_conformance.exchange import Episode, Exchange
from antiphon_conformance.outcome import Record
from antiphon_conformance.recordings import Recording
from antiphon_conformance.report.features import feature_rows
from antiphon_conformance.report.fingerprint import fingerprint
from antiphon_conformance.report.model import Report, curls, excerpts
from antiphon_conformance.rule import Rule, rules_for
from antiphon_conformance.transcript import REDACTED, SECRET_HEADERS, hideable_secrets
from antiphon_conformance.verdict import verdict
from antiphon_spec.dialect import Dialect


def linted_records(
    read: Iterable[Recording], dialect: Dialect, rules: Mapping[str, Rule] | None = None
) -> list[Record]:
    """The records of what was read: loose exchanges are linted, the episodes of a run judged like the run."""
    chosen = rules_for(dialect) if rules is None else rules
    found: list[Record] = []
    for one in read:
        if one.episodes:
            found += judge.judge(one.episodes, dialect, chosen)
        if one.exchanges:
            found += judge.lint(one.exchanges, dialect, chosen)
    return found


def exchanges_of(read: Iterable[Recording]) -> list[Exchange]:
    """Every exchange of what was read."""
    found: list[Exchange] = []
    for one in read:
        found += one.exchanges
        found += (exchange for episode in one.episodes for exchange in episode.exchanges.values())
    return found


def linted(
    read: Sequence[Recording],
    dialect: Dialect,
    facts: Mapping[str, Any],
    digests: Mapping[str, str],
    *,
    why: str = "",
    quotes: bool = True,
) -> Report:
    """The report of recordings. Without `quotes` no part of them is shown but what findings quote."""
    exchanges = {one.id: one for one in exchanges_of(read)}
    records = linted_records(read, dialect)
    alone = [Episode(name, {name: exchange}) for name, exchange in exchanges.items()]
    told = {
        "dialects": [dialect.name],
        "requests": len(exchanges),
        "suite": fingerprint(),
        "quotes": quotes,
        **facts,
    }
    return Report(
        told,
        tuple(records),
        {dialect.name: verdict(records, why=why)},
        curls(exchanges, records, "https://api.example.com/v1") if quotes else {},
        "",
        {dialect.name: feature_rows(alone, dialect, records)},
        excerpts(exchanges, records, (dialect.name,)) if quotes else {},
        digests,
    )


def keys_in(exchanges: Iterable[Exchange]) -> list[str]:
    """The credentials that recorded requests carry: they are hidden wherever an answer repeats them."""
    found: dict[str, None] = {}
    for exchange in exchanges:
        for name, value in exchange.request.headers.pairs:
            if name.lower() in SECRET_HEADERS and value != REDACTED:
                found[value.rpartition(" ")[2]] = None
    return [key for key in hideable_secrets(found) if key != REDACTED]
