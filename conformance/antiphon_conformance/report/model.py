"""A report: the metadata of a run, its records and verdicts, excerpts of the traffic, and curl commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any

from antiphon_conformance.http.address import is_application
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import safe
from antiphon_conformance.report.causes import causes
from antiphon_conformance.report.curl import command, turn_command
from antiphon_conformance.report.excerpt import Excerpt, excerpt
from antiphon_conformance.report.features import FeatureRow, best_rows, feature_rows
from antiphon_conformance.report.fingerprint import fingerprint
from antiphon_conformance.report.groups import WORST_FIRST
from antiphon_conformance.report.harm import worst_place_first
from antiphon_conformance.report.pace import medians, sentence
from antiphon_conformance.report.sorts import Sorts, counts_of, sorts_of
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import RunResult
from antiphon_conformance.verdict.verdict import Verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.frozen import load_frozen
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.profile import Profile, Weight, profile_of, profile_of_levels
from antiphon_spec.requirement import Requirement

STATUS = "reply.status"
Spot = tuple[str, str, str]
"""Dialect, id of the exchange, and where in it."""
FEW_SECONDS = 10
"""From here on a duration has no decimals."""
MOST_EXCERPTS = 120
"""For how many root causes of one dialect the report has an excerpt; the limit bounds its size."""
SHOWN_EXCHANGES = 1
"""For how many exchanges of one record the report has a curl command."""
RECORDED_TARGET = "https://api.example.com/v1"
"""The base URL of the curl commands for recorded traffic, which names none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement of a dialect and its outcome."""

    requirement: Requirement
    outcome: Outcome | None
    """The worst outcome of its rules; None when no rule tested it."""
    records: tuple[Record, ...] = ()
    weight: Weight = Weight.FAIL
    """What its breach weighs in the profile."""

    @property
    def state(self) -> str:
        """The outcome; without one `excluded`, `planned`, `off` (not in the profile) or `untested`."""
        if self.outcome is not None:
            return self.outcome.value
        if self.requirement.tested and self.weight is Weight.OFF:
            return Weight.OFF.value
        return "untested" if self.requirement.tested else self.requirement.state


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a renderer may show."""

    metadata: Mapping[str, Any]
    records: tuple[Record, ...]
    verdicts: Mapping[str, Verdict]
    """The verdict of each dialect, in the order of the command line."""
    curls: Mapping[str, str] = field(default_factory=dict)
    """The command line that repeats an exchange, by the exchange's id."""
    transcript: str = ""
    """The name of the transcript's file, for the command that judges it again."""
    features: Mapping[str, tuple[FeatureRow, ...]] = field(default_factory=dict)
    """For each dialect, the features and whether the target offers them."""
    excerpts: Mapping[Spot, Excerpt] = field(default_factory=dict)
    """For the first place of each root cause, the part of the traffic that shows it."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each transcript, by its file's name."""
    operations: Mapping[str, str] = field(default_factory=dict)
    """Method and path of each request that a finding names, `POST /responses`, by the exchange's id."""
    sorts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """How each exchange with a finding was answered, and what is special about it; see `sorts.py`."""

    @property
    def status(self) -> int:
        """The exit status: the worst of all dialects."""
        return max((int(verdict.status) for verdict in self.verdicts.values()), default=2)

    def profile(self, dialect: str) -> Profile:
        """The profile by which a dialect was judged; reports of earlier versions weigh by level."""
        content = self.metadata.get("profiles", {}).get(dialect)
        return profile_of(content) if content else profile_of_levels(bool(self.metadata.get("strict")))

    @property
    def kinds_of_answers(self) -> Sorts:
        """The sorts of the run's answers."""
        return Sorts(self.sorts, self.metadata.get("answers", {}))

    def of(self, dialect: str) -> list[Record]:
        """The records of one dialect, worst first."""
        records = [record for record in self.records if record.dialect == dialect]
        return sorted(records, key=lambda record: WORST_FIRST.index(record.outcome))


def compose(result: RunResult, transcript: str = "", digests: Mapping[str, str] | None = None) -> Report:
    """The report of a result. `transcript` names the file with its traffic, `digests` its recordings.

    Without `quotes` in the metadata, a report shows of the traffic only what the findings quote.
    """
    metadata = {**result.metadata, "suite": fingerprint()}
    pace = medians(result.exchanges.values())
    metadata |= {"pace": pace} if pace else {}
    metadata |= {"answers": counts_of(result.exchanges.values())}
    is_recorded = "files" in metadata
    quotes = bool(metadata.get("quotes", True))
    exchanges = result.exchanges if quotes else {}
    base = RECORDED_TARGET if is_recorded else str(metadata.get("target", ""))
    return Report(
        metadata,
        result.records,
        result.verdicts,
        curls(exchanges, result.records, base, bool(metadata.get("insecure"))),
        transcript,
        {name: features(result, dialects.load(name)) for name in result.verdicts},
        excerpts(exchanges, result.records, result.verdicts, Sorts(sorts(result))),
        digests or {},
        operations(result),
        sorts(result),
    )


def sorts(result: RunResult) -> dict[str, tuple[str, ...]]:
    """The sorts of each exchange that a finding names, by its id."""
    exchanges = result.exchanges
    names = {finding.exchange for record in result.records for finding in record.findings}
    return {name: sorts_of(exchanges[name]) for name in sorted(names & exchanges.keys())}


def operations(result: RunResult) -> dict[str, str]:
    """Method and path of each exchange whose status a finding names, by the exchange's id."""
    ids = {
        finding.exchange: record.dialect
        for record in result.records
        for finding in record.findings
        if finding.where == STATUS
    }
    exchanges = result.exchanges
    return {
        identity: _operation(exchanges[identity], dialects.load(name))
        for identity, name in ids.items()
        if identity in exchanges
    }


def _operation(exchange: Exchange, dialect: Dialect) -> str:
    bare = exchange.request.path.partition("?")[0]
    match = dialect.document.match(exchange.request.method, bare)
    return f"{exchange.request.method} {match[0].path if match else safe(bare, 60)}"


def title(report: Report) -> str:
    """The name of the server: the vendor's name when there is one, else the address."""
    return str(report.metadata.get("vendor") or report.metadata.get("target", ""))


def run_summary(report: Report) -> list[str]:
    """The date, the size and the settings of the run, for the head of a report."""
    metadata = report.metadata
    start = metadata.get("started")
    when = f"{datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M} UTC" if start else "unknown date"
    if "files" in metadata:
        how = [f"{metadata['requests']:,} recorded exchanges"]
    else:
        how = [
            f"model {metadata.get('model', '')}",
            f"{metadata.get('requests', 0):,} requests",
            _duration(float(metadata.get("seconds") or 0)),
        ]
    names = dict.fromkeys(report.profile(name).name for name in report.verdicts)
    sets = [f"profile {name}" for name in names]
    sets += [f"{kind} {name} only" for kind in ("rule", "scenario") for name in metadata.get(f"{kind}s", ())]
    sets += [f"requirements {name}" for name in metadata.get("requirements", ())]
    how += [sentence(metadata["pace"])] if metadata.get("pace") else []
    return [when, *how, *sets, f"antiphon {metadata.get('antiphon', '')}"]


def _duration(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= FEW_SECONDS else f"{seconds:.1f} s"


def features(result: RunResult, dialect: Dialect) -> tuple[FeatureRow, ...]:
    """The features of one dialect as the traffic shows them."""
    own = (record for record in result.records if record.dialect == dialect.name)
    records, claims = tuple(own), result.metadata.get("features", ())
    runs = [run.traces for run in result.runs] or [result.traces]
    return best_rows([feature_rows(traces, dialect, records, claims) for traces in runs])


def excerpts(
    exchanges: Mapping[str, Exchange], records: Iterable[Record], names: Iterable[str], kinds: Sorts
) -> dict[Spot, Excerpt]:
    """An excerpt for the place of each root cause that is shown."""
    pool, parts = tuple(records), dict[Spot, Excerpt]()
    for name in names:
        dialect = dialects.load(name)
        for cause in causes(record for record in pool if record.dialect == name)[:MOST_EXCERPTS]:
            place = worst_place_first(cause, name, kinds).first
            exchange = exchanges.get(place.exchange)
            if exchange is not None and place.finding is not None:
                where = place.finding.where
                parts[name, exchange.id, where] = excerpt(exchange, where, dialect)
    return parts


def rows(report: Report, dialect: Dialect) -> list[Row]:
    """Every requirement of a dialect with its outcome, in order; then the places in its document that rules
    cite."""
    by_id: dict[str, list[Record]] = {}
    for record in report.of(dialect.name):
        for identity in record.requirements:
            by_id.setdefault(identity, []).append(record)
    places = (dialect.resolve(identity) for identity in sorted(by_id.keys() - dialect.requirements.keys()))
    requirements = [*dialect.requirements.values(), *(row for row in places if row is not None)]
    names = [name for name in report.metadata.get("requirements", ()) if name.startswith(f"{dialect.name}@")]
    for frozen_rows in (load_frozen(name).requirements for name in names):
        requirements = [
            replace(row, authority=frozen_rows[row.id].authority, kind=frozen_rows[row.id].kind)
            for row in requirements
            if row.id in frozen_rows
        ]
    profile = report.profile(dialect.name)
    return [_row(requirement, by_id.get(requirement.id, ()), profile) for requirement in requirements]


def _row(requirement: Requirement, records: Iterable[Record], profile: Profile) -> Row:
    weight = profile.weigh(requirement)
    if weight is Weight.OFF:
        return Row(requirement, None, (), weight)
    members = tuple(records)
    outcomes = [_weigh(record, weight) for record in members]
    worst = min(outcomes, key=WORST_FIRST.index, default=None)
    return Row(requirement, worst, members, weight)


def _weigh(record: Record, weight: Weight) -> Outcome:
    """The outcome of a record by the weight of one requirement: a rule may cite several of other weights."""
    if record.findings and record.outcome is not Outcome.BROKEN:
        return Outcome.of_findings(record.findings, weight)
    return record.outcome


def curls(
    exchanges: Mapping[str, Exchange], records: Iterable[Record], base: str, insecure: bool = False
) -> dict[str, str]:
    """The command that repeats an exchange, for the first exchanges of each record; none for an application
    in this process, which curl cannot reach."""
    if is_application(base):
        return {}
    names: dict[str, None] = {}
    for record in records:
        ids = dict.fromkeys(finding.exchange for finding in record.findings if finding.exchange)
        names.update(dict.fromkeys(list(ids)[:SHOWN_EXCHANGES]))
    return {
        name: (turn_command if exchanges[name].is_turn else command)(exchanges[name].request, base, insecure)
        for name in names
        if name in exchanges
    }
