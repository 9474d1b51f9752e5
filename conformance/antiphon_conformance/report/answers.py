"""Whether a client works against a server, feature by feature: what runs of the client have shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from antiphon_conformance.report.families import COMPARISONS, NO_EFFECT, fault, sight
from antiphon_conformance.report.features import (
    FAILING,
    IGNORED,
    LACKING,
    SIGNS_OF_EFFECT,
    TOPICS,
    UNREADABLE,
    UNSEEN,
    FeatureRow,
)
from antiphon_conformance.report.groups import TRIED
from antiphon_conformance.report.harm import CHATS, FEATURES, STREAMED, Wire, feature_title, series, shares_of
from antiphon_conformance.report.sorts import Sorts
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.clients import Client, load_clients
from antiphon_spec.loading.construction import dataclass

WORKS, PARTLY, BREAKS, UNCLEAR, ABSENT = "works", "breaks in part", "breaks", "unclear", "not offered"
IDLE = "without effect"
NEEDS: Mapping[str, str] = {
    "create": "create", "stream": "stream", "stream_helper": "stream", "tools": "tools",
    "streamed_tools": "tools", "parse": "structured", "chain": "chain", "retrieve": "retrieve",
    "background": "background", "chat": "chat", "library": "collections",
    **dict.fromkeys(CHATS, "chat_completions"),
}  # fmt: skip
"""The feature of a server that a feature of a client needs."""
NO_STREAM = (IGNORED, UNREADABLE)
"""The states of a server that answers a request for a stream with something else: no client gets an event."""
GENERAL = ("create", "stream", "stream_helper")
"""The features that need nothing of a server but answers: no missing effect makes them doubtful."""
DOUBTS: Mapping[str, tuple[str, ...]] = {
    "errors": ("requests.rejects-a-temperature-out-of-range",
               "generated-requests.what-the-document-forbids-is-rejected"),
}  # fmt: skip
"""The rules whose breach makes a feature doubtful: no client sees an error where a mistake is accepted; it is
doubtful, too, where the first did not look."""
DIFFERENCES: Mapping[str, tuple[str, ...]] = {"stream": ("stream-text.texts-are-in-their-item",)}
"""The rules that compare what a feature reads with another place: which of both is wrong, nothing tells."""
REJECTED = "status "
"""How the fault begins of a request that is rejected: where streams were not asked for in its way, they are
doubtful, and so are answers that are no streams where only those were."""
SHOWN = (Outcome.FAILED, Outcome.WARNED, Outcome.NOTED)


VERBS: Mapping[str, tuple[str, str]] = {
    BREAKS: ("breaks at", "break at"),
    PARTLY: ("breaks in part", "break in part"),
    WORKS: ("works with", "work with"),
    IDLE: ("without effect", "without effect"),
    UNCLEAR: ("unclear", "unclear"),
    ABSENT: ("not offered", "not offered"),
}
"""What one client, and what several of them, do with the features of a state."""


@dataclass(frozen=True, slots=True)
class FeatureAnswer:
    """The answer for one feature of one client."""

    feature: str
    state: str
    """`works`, `breaks`, `breaks in part` (only at special answers), `without effect` (the server accepts
    what it asks for and does nothing), `not offered`, or `unclear` when the run saw too little of it."""
    faults: tuple[Wire, ...] = ()
    """The rules and faults at which the client broke in a run."""
    share: str = ""
    """In how many answers, where plain ones do not break it: `in 1 of 19 streams, with reasoning`."""

    @property
    def title(self) -> str:
        """The feature for people."""
        title = feature_title(self.feature)
        return f"{title} ({self.share})" if self.share else title


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one client."""

    client: Client
    features: tuple[FeatureAnswer, ...]

    @property
    def title(self) -> str:
        """The client and its version."""
        return f"{self.client.name} {self.client.version}"

    def of(self, state: str) -> tuple[str, ...]:
        """The features in one state."""
        return tuple(row.title for row in self.features if row.state == state)

    @property
    def state(self) -> str:
        """`breaks` or `breaks in part` when a feature does, `works` when all that has an effect on the server
        does, else `unclear`."""
        for state in (BREAKS, PARTLY):
            if self.of(state):
                return state
        return WORKS if self.of(WORKS) and not self.of(UNCLEAR) else UNCLEAR

    @property
    def by_feature(self) -> Mapping[str, str]:
        """The state of each feature."""
        return {row.feature: row.state for row in self.features}

    @property
    def shares(self) -> Mapping[str, str]:
        """In how many answers a feature breaks in part; empty for the others."""
        return {row.feature: row.share for row in self.features}

    @property
    def breaches(self) -> tuple[str, ...]:
        """The rules at whose faults it breaks."""
        return tuple(dict.fromkeys(rule for row in self.features for rule, _ in row.faults))

    @property
    def why(self) -> str:
        """Its features by state, in one line."""
        parts = (f"{one}: {', '.join(self.of(state))}" for state, (one, _) in VERBS.items() if self.of(state))
        return "; ".join(parts)


def answers(
    records: Iterable[Record], dialect: str, features: Iterable[FeatureRow] = (), sorts: Sorts | None = None
) -> list[Answer]:
    """The answer for each client that was tested with servers of this dialect; `features` are what the server
    offers, `sorts` tell which answers are plain. What is newer than our document breaks nobody: no run has
    shown it. A client that needs nothing of what the server offers is left out."""
    pool = tuple(records)
    wires: dict[Wire, set[str]] = {}
    for record in pool:
        for finding in record.findings if record.outcome in SHOWN else ():
            if not finding.newer:
                wires.setdefault((record.rule, fault(sight(record, finding))), set()).add(finding.exchange)
    tried = frozenset(record.rule for record in pool if record.outcome in TRIED)
    blind = {record.rule for record in pool if record.outcome is Outcome.INCONCLUSIVE and record.scenario}
    rows = {row.name: row for row in features}
    run = _Run(wires, tried, frozenset(blind - tried), rows, sorts or Sorts())
    clients = (client for client in load_clients() if client.features.get(dialect))
    rows_of_clients = [_answer(client, dialect, run) for client in clients]
    return [row for row in rows_of_clients if any(part.state != ABSENT for part in row.features)]


def in_words(rows: Iterable[Answer]) -> Iterator[str]:
    """What the clients do with what the server offers; those that do alike in one line."""
    by_states: dict[tuple[tuple[str, ...], ...], list[Answer]] = {}
    for row in rows:
        states = tuple(row.of(state) for state in VERBS if state != ABSENT)
        by_states.setdefault(states, []).append(row)
    for states, alike in by_states.items():
        verbs = (verbs[len(alike) > 1] for verbs in VERBS.values())
        parts = (f"{verb}: {', '.join(names)}" for verb, names in zip(verbs, states, strict=False) if names)
        yield f"{series([f'{row.client.short} {row.client.version}' for row in alike])} {'; '.join(parts)}"


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run showed: faults, the rules that reached a verdict and those that tried in vain, features."""

    wires: Mapping[Wire, set[str]]
    """The faults, each with the exchanges that show it."""
    tried: frozenset[str]
    blind: frozenset[str]
    features: Mapping[str, FeatureRow]
    sorts: Sorts

    def state(self, feature: str) -> str:
        return self.features[feature].state if feature in self.features else ""

    def has_effect(self, feature: str) -> bool:
        """Whether an answer showed the effect: then the fault is that it cannot be forced."""
        return feature in self.features and self.features[feature].has_effect

    def without_effect(self, feature: str) -> tuple[Wire, ...]:
        """What shows that a feature of the server is accepted without any effect; empty where it has one."""
        signs = () if self.has_effect(feature) else SIGNS_OF_EFFECT.get(feature, ())
        return tuple(wire for wire in self.wires if wire[0] in signs and wire[1].startswith(NO_EFFECT))


def _answer(client: Client, dialect: str, run: _Run) -> Answer:
    names = sorted(client.features[dialect], key=FEATURES.index)
    return Answer(client, tuple(_feature(client, dialect, name, run) for name in names))


def _feature(client: Client, dialect: str, name: str, run: _Run) -> FeatureAnswer:
    faults = client.faults(dialect, name)
    need = NEEDS.get(name, "")
    state = run.state(need)
    if state == LACKING:
        return FeatureAnswer(name, ABSENT)
    shares = shares_of(client, dialect, name, run.wires, run.has_effect(need), run.sorts)
    plain = {wire: share for wire, share in shares.items() if not share.special}
    if plain:
        return FeatureAnswer(name, BREAKS, tuple(sorted(plain)))
    if name in STREAMED and run.state("stream") in NO_STREAM:
        return FeatureAnswer(name, BREAKS)
    idle = run.without_effect(need) if name not in GENERAL else ()
    if idle:
        return FeatureAnswer(name, IDLE, idle)
    if shares:
        most = max(shares.values(), key=lambda share: share.part)
        return FeatureAnswer(name, PARTLY, tuple(sorted(shares)), most.words)
    topics = TOPICS.get(need, frozenset()) if name not in GENERAL else frozenset()
    doubts = bool(run.blind.intersection(SIGNS_OF_EFFECT.get(need, ()))) or any(
        (what.startswith(NO_EFFECT) and _is_about_effect(rule, topics)) or rule in DOUBTS.get(name, ())
        for rule, what in run.wires
    )
    doubts |= name in DOUBTS and DOUBTS[name][0] not in run.tried
    doubts |= any(rule in DIFFERENCES.get(name, ()) for rule, _ in run.wires)
    doubts |= any(what in faults.get(rule, {}) for rule, what in run.wires if what.startswith(REJECTED))
    is_clear = bool(run.tried & faults.keys()) and state not in (UNSEEN, FAILING) and not doubts
    return FeatureAnswer(name, WORKS if is_clear else UNCLEAR)


def _is_about_effect(rule: str, topics: Collection[str]) -> bool:
    """Whether a rule is about the effect of a feature of these topics; one that compares two views of the
    same response is not."""
    return rule.partition(".")[0] in topics and not rule.startswith(COMPARISONS)
