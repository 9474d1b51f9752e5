"""Several runs side by side: each vendor's features and requirements, and the changes between two runs of
one vendor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from antiphon_conformance.report.answers import ABSENT, BREAKS, IDLE, PARTLY, UNCLEAR, WORKS, Answer
from antiphon_conformance.report.capability import BROKEN, FLAWED, Capability
from antiphon_conformance.report.features import LACKING, UNSEEN
from antiphon_conformance.report.groups import BAD, TRIED, WORST_FIRST
from antiphon_conformance.report.model import Report, Row, rows, run_summary, title
from antiphon_conformance.report.numbers import Numbers, numbers
from antiphon_conformance.report.overview import Overview
from antiphon_conformance.report.titles import listing, plural, short_of
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_conformance.verdict.verdict import Verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Requirement

UNTESTED = "untested"
MOST_PARTS = 3
"""How many features of a client a cell names."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one run says about one feature, or about one client."""

    state: str
    """`works`, `works but`, `broken`, `ignored`, `not offered`, `not seen`; of a client `works`, `breaks`,
    `unclear`."""
    why: str = ""
    """The fault in a few words; empty without any."""
    who: str = ""
    """The clients that break, or how far a client works."""
    sample: str = ""
    """On how many exchanges it rests."""


@dataclass(frozen=True, slots=True)
class Column:
    """One run, in one dialect."""

    vendor: str
    date: str
    """The day of the run; where another run of the vendor has the same one, with the time."""
    report: Report
    verdict: Verdict
    numbers: Numbers
    profile: str
    """The name of the profile."""
    rows: Mapping[str, Row]
    features: Mapping[str, Capability]
    answers: Mapping[str, Answer]
    """The answer for each client, by its short name."""

    @property
    def size(self) -> int:
        """The number of exchanges that were judged."""
        return int(self.report.metadata.get("requests") or 0)

    @property
    def origin(self) -> str:
        """Where the traffic comes from, and how much there is."""
        return origin_of(self.report)

    @property
    def started(self) -> float:
        """The start of the run as Unix time in seconds, for sorting; 0 when unknown."""
        return float(self.report.metadata.get("started") or 0)

    def outcomes(self, dialect: str) -> dict[str, Outcome]:
        """The worst outcome of each rule, by its id."""
        worst: dict[str, Outcome] = {}
        for record in self.report.of(dialect):  # worst first
            worst.setdefault(record.rule, record.outcome)
        return worst


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """One requirement, and its state in each column."""

    requirement: Requirement
    states: tuple[str, ...]

    @property
    def worst(self) -> str:
        """The state by which the line is filtered."""
        order = [outcome.value for outcome in WORST_FIRST]
        return min(self.states, key=lambda state: order.index(state) if state in order else len(order))


@dataclass(frozen=True, slots=True)
class Change:
    """The differences between two runs of one vendor, rule by rule."""

    vendor: str
    before: str
    after: str
    fixes: tuple[str, ...]
    regressions: tuple[str, ...]
    additions: tuple[str, ...]
    """Rules that fail and that the earlier run did not have."""
    removals: tuple[str, ...]
    """Rules that failed and that the later run does not have."""

    @property
    def kinds(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Name and rules of each kind of change that occurred, the regressions first."""
        kinds = (
            ("broken", self.regressions),
            ("fixed", self.fixes),
            ("new", self.additions),
            ("gone", self.removals),
        )
        return tuple(pair for pair in kinds if pair[1])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every run that was judged in one dialect."""

    dialect: Dialect
    columns: tuple[Column, ...]
    lines: tuple[RequirementLine, ...]
    changes: tuple[Change, ...]

    @property
    def states(self) -> list[tuple[str, bool, tuple[Cell, ...]]]:
        """Each feature that some column tells of: its title, whether it is optional, the cells."""
        return [row for row in self._states() if _says_something(row[2])]

    @property
    def clients(self) -> list[tuple[str, tuple[Cell, ...]]]:
        """Each client that some column tells of: its title, and the cells."""
        return [row for row in self._clients() if _says_something(row[1])]

    @property
    def silence(self) -> str:
        """The features and clients that no column says anything about, in one line; empty without any."""
        features = [title for title, _, cells in self._states() if not _says_something(cells)]
        clients = [title for title, cells in self._clients() if not _says_something(cells)]
        parts = [f"No report shows these features: {'; '.join(features)}." if features else ""]
        parts += [f"Nothing was seen that these clients use: {'; '.join(clients)}." if clients else ""]
        return " ".join(filter(None, parts))

    def _states(self) -> Iterator[tuple[str, bool, tuple[Cell, ...]]]:
        for feature in self.dialect.features.values():
            cells = (_cell(column.features.get(feature.name), column.size) for column in self.columns)
            yield feature.title, feature.optional, tuple(cells)

    def _clients(self) -> Iterator[tuple[str, tuple[Cell, ...]]]:
        names = dict.fromkeys(name for column in self.columns for name in column.answers)
        for name in names:
            answers = [column.answers.get(name) for column in self.columns]
            title = next(answer.title for answer in answers if answer)
            yield title, tuple(_client_cell(answer) for answer in answers)

    @property
    def breaches(self) -> list[RequirementLine]:
        """The requirements that some run breaks."""
        loud = {outcome.value for outcome in BAD}
        return [line for line in self.lines if loud.intersection(line.states)]


def compare(reports: Iterable[Report]) -> list[Comparison]:
    """The runs by dialect, each vendor's in order of time."""
    by_dialect: dict[str, list[Report]] = {}
    for report in reports:
        for name in report.verdicts:
            by_dialect.setdefault(name, []).append(report)
    return [_comparison(dialects.load(name), runs) for name, runs in sorted(by_dialect.items())]


def _comparison(dialect: Dialect, reports: Iterable[Report]) -> Comparison:
    columns = [_column(report, dialect) for report in reports]
    columns.sort(key=lambda column: (column.vendor.lower(), column.started))
    columns = _told_apart(columns)
    return Comparison(dialect, tuple(columns), tuple(_lines(columns)), tuple(_changes(columns, dialect.name)))


def origin_of(report: Report) -> str:
    """`63 recorded exchanges` of others' traffic, or `684 requests` of a run."""
    count = int(report.metadata.get("requests") or 0)
    return plural(count, "recorded exchange" if "files" in report.metadata else "request")


def _told_apart(columns: Sequence[Column]) -> list[Column]:
    """Runs of one vendor on one day show the time, and runs of one second a number."""
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        counts = Counter((column.vendor, column.date) for column in columns)
        columns = [
            replace(column, date=f"{datetime.fromtimestamp(column.started, UTC):{form}}")
            if counts[column.vendor, column.date] > 1
            else column
            for column in columns
        ]
    seen: Counter[tuple[str, str]] = Counter()
    rows = []
    for column in columns:
        seen[column.vendor, column.date] += 1
        number = seen[column.vendor, column.date]
        rows.append(replace(column, date=f"{column.date} ({number})") if number > 1 else column)
    return rows


def _column(report: Report, dialect: Dialect) -> Column:
    overview = Overview(report, dialect.name)
    return Column(
        title(report),
        run_summary(report)[0].partition(" ")[0],
        report,
        report.verdicts[dialect.name],
        numbers(report, dialect),
        report.profile(dialect.name).name,
        {row.requirement.id: row for row in rows(report, dialect)},
        {row.row.name: row for row in overview.capabilities},
        {answer.client.short: answer for answer in overview.answers},
    )


def _lines(columns: Sequence[Column]) -> Iterator[RequirementLine]:
    """Every requirement of the dialect that is testable, or about which some run reached a verdict."""
    requirements = {identity: row.requirement for column in columns for identity, row in column.rows.items()}
    for identity, requirement in requirements.items():
        cells = [column.rows.get(identity) for column in columns]
        states = tuple(row.state if row else UNTESTED for row in cells)
        if any(state not in ("excluded", "planned") for state in states):
            yield RequirementLine(requirement, states)


def _cell(capability: Capability | None, size: int) -> Cell:
    if capability is None or capability.state == UNSEEN:
        return Cell(UNSEEN, sample=f"in {plural(size, 'exchange')}")
    row, state = capability.row, capability.state
    if state == LACKING:
        return Cell(state)
    fault = short_of(capability.cause) if capability.cause else ""
    who = capability.why if state == BROKEN else ""
    why = fault or ("" if who else capability.why)
    count = plural(row.exchanges, "exchange")
    is_bad = state in (FLAWED, BROKEN) and row.failed
    return Cell(state, why, who, f"{row.failed:,} of {count}" if is_bad else count if row.exchanges else "")


def _says_something(cells: Iterable[Cell]) -> bool:
    return any(cell.state not in (UNSEEN, UNCLEAR) for cell in cells)


def _client_cell(answer: Answer | None) -> Cell:
    if answer is None:
        return Cell(UNSEEN)
    doubts, idle = answer.of(UNCLEAR), answer.of(IDLE)
    parts = answer.of(BREAKS) or answer.of(PARTLY) or answer.of(WORKS)
    if not parts:
        return Cell(IDLE, f"at {listing(idle, MOST_PARTS)}") if idle else Cell(UNCLEAR if doubts else ABSENT)
    names = listing(parts, MOST_PARTS)
    sample = f"{plural(len(doubts), 'feature')} unclear" if doubts else ""
    without = f"{IDLE}: {listing(idle, MOST_PARTS)}" if idle else ""
    for state in (BREAKS, PARTLY):
        if answer.of(state):
            return Cell(state, f"at {names}", without, sample)
    return Cell(WORKS, f"with {names}", without, sample)


def _changes(columns: Iterable[Column], dialect: str) -> Iterator[Change]:
    by_vendor: dict[str, list[Column]] = {}
    for column in columns:
        by_vendor.setdefault(column.vendor, []).append(column)
    for vendor, runs in by_vendor.items():
        for before, after in pairwise(runs):
            yield _change(vendor, before, after, dialect)


def _change(vendor: str, before: Column, after: Column, dialect: str) -> Change:
    old, new = before.outcomes(dialect), after.outcomes(dialect)
    return Change(
        vendor,
        before.date,
        after.date,
        tuple(rule for rule, outcome in old.items() if outcome in BAD and _holds(new.get(rule))),
        tuple(
            rule for rule, outcome in new.items() if outcome in BAD and rule in old and old[rule] not in BAD
        ),
        tuple(rule for rule, outcome in new.items() if outcome in BAD and rule not in old),
        tuple(rule for rule, outcome in old.items() if outcome in BAD and rule not in new),
    )


def _holds(outcome: Outcome | None) -> bool:
    return outcome in TRIED and outcome not in BAD
