"""What a cause harms, which clients break and at which of their features; and the order of causes by harm."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace

from antiphon_conformance.report.causes import Cause, Occurrence
from antiphon_conformance.report.families import NO_EFFECT, UNTRUE, fault, sight
from antiphon_conformance.report.features import ACCEPTANCE, SIGNS_OF_EFFECT, TOPICS
from antiphon_conformance.report.sorts import SPECIAL, Share, Sorts, rarity
from antiphon_conformance.scenarios.scenario import GENERATED
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.clients import Client, load_clients
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Kind

CHATS = ("chat_completion", "chat_stream", "chat_tools", "chat_streamed_tools", "chat_parse")
"""The features of clients that ask for chat completions."""
FEATURES = (
    "create", "stream", "stream_helper", "tools", "streamed_tools", "parse", "chain", "retrieve",
    "background", "chat", "library", "errors", *CHATS,
)  # fmt: skip
"""The features of clients, those that most programs use first."""
RAISES = "raises "
"""How it begins what a client did at a fault, where it raised an exception."""
STREAMED = ("stream", "stream_helper", "streamed_tools")
"""The features that read a stream."""
TITLES = {
    "stream_helper": "stream helper",
    "streamed_tools": "streamed tools",
    "parse": "parse",
    "chat_completion": "chat",
    "chat_stream": "streamed chat",
    "chat_tools": "tools in a chat",
    "chat_streamed_tools": "streamed tools in a chat",
    "chat_parse": "parse in a chat",
}
PROMISES = ("tools", "structured", "chain")
"""The features of servers on which most programs build; a client cannot see that one has no effect."""
USUAL_FORMS = frozenset({
    "requests.accepts-a-text-as-input", "requests.accepts-a-list-as-input",
    "requests.accepts-messages-without-type",
})  # fmt: skip
"""The rules about the forms in which nearly all programs ask."""
KINDS = (Kind.INTEROP, Kind.CONTRACT, Kind.STRICTNESS, Kind.VENDOR)
AUTHORITIES = ("CLIENT", "MUST", "SCHEMA", "DOC", "TRAFFIC", "SHOULD", "INF", "OBS", "MAY", "SUITE", "OPEN")
OUTCOMES = (
    Outcome.BROKEN,
    Outcome.FAILED,
    Outcome.UNTESTABLE,
    Outcome.WARNED,
    Outcome.NOTED,
)
Wire = tuple[str, str]
"""A rule, and the fault that it tells."""


@dataclass(frozen=True, slots=True)
class Breakage:
    """A client that breaks, and the features at which it does."""

    client: Client
    features: tuple[str, ...]
    shares: Mapping[str, str] = field(default_factory=dict)
    """In how many answers it breaks, by the features that plain answers do not break."""

    @property
    def is_partial(self) -> bool:
        """Whether plain answers break none of the features."""
        return self.shares.keys() == {*self.features}

    @property
    def title(self) -> str:
        """`openai-python (stream, parse in 1 of 60 answers, with a refusal)`."""
        return f"{self.client.short} ({self.where})"

    @property
    def where(self) -> str:
        """The features at which it breaks: `stream, parse in 1 of 60 answers, with a refusal`."""
        return ", ".join(
            f"{feature_title(name)} {self.shares.get(name, '')}".rstrip() for name in self.features
        )


def clients_of(breaks: Iterable[Breakage]) -> str:
    """Who breaks where, clients that break alike together: `openai-python and openai-node (stream)`."""
    by_place: dict[str, list[str]] = {}
    for row in breaks:
        by_place.setdefault(row.where, []).append(row.client.short)
    return ", ".join(f"{series(names)} ({where})" for where, names in by_place.items())


def series(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def feature_title(name: str) -> str:
    """The name of a client's feature for people."""
    return TITLES.get(name, name)


def faults_of(cause: Cause) -> dict[Wire, set[str]]:
    """The faults that a cause shows, its own and those that follow from it, each with the exchanges that show
    it; an effect that is missing because of it harms nobody by itself."""
    faults: dict[Wire, set[str]] = {}
    for place in cause.places:
        if place.look and not place.look.finding.newer:
            faults.setdefault((place.record.rule, fault(place.look)), set()).add(place.exchange)
    for record in cause.follows:
        for finding in record.findings if record.kind is Kind.INTEROP else ():
            if not finding.newer:
                faults.setdefault((record.rule, fault(sight(record, finding))), set()).add(finding.exchange)
    return faults


def breakages_without_streams(dialect: str) -> tuple[Breakage, ...]:
    """The clients of a dialect that stream, where no stream comes: no event reaches them."""
    rows = (
        (client, set(STREAMED).intersection(client.features.get(dialect, ()))) for client in load_clients()
    )
    return tuple(Breakage(client, tuple(sorted(names, key=_use)), {}) for client, names in rows if names)


def breakages(
    faults: Mapping[Wire, Collection[str]],
    dialect: str,
    working: Collection[str] = (),
    sorts: Sorts | None = None,
    absent: Collection[str] = (),
) -> tuple[Breakage, ...]:
    """The clients that break by these faults: only what a run of the client has shown.

    `working` are the clients' features of which an answer has shown the effect: that it cannot be forced
    breaks no client. `sorts` tell which answers are plain, `absent` are the clients' features of which the
    server offers nothing.
    """
    rows = []
    for client in load_clients():
        shares = {
            name: share
            for name in sorted(set(client.features.get(dialect, ())).difference(absent), key=_use)
            if (share := _share(shares_of(client, dialect, name, faults, name in working, sorts or Sorts())))
        }
        if shares:
            special = {name: share.words for name, share in shares.items() if share.special}
            rows.append(Breakage(client, tuple(shares), special))
    return tuple(rows)


def shares_of(
    client: Client,
    dialect: str,
    feature: str,
    faults: Mapping[Wire, Collection[str]],
    works: bool,
    sorts: Sorts,
) -> dict[Wire, Share]:
    """In how many answers each of these faults breaks a client at a feature.

    The runs of clients met plain answers. What raised there raises elsewhere; but where a client only got
    something else, no run has shown what it gets in answers with reasoning, refusals and so on.
    """
    known = client.faults(dialect, feature)
    shares: dict[Wire, Share] = {}
    for (rule, what), exchanges in faults.items():
        breaks = known.get(rule, {}).get(what, {}).values()
        share = sorts.share(feature, exchanges) if breaks else None
        if share is None or (works and what.startswith(NO_EFFECT)):
            continue
        if not share.special or any(how.startswith(RAISES) for how in breaks):
            shares[rule, what] = share
    return shares


def _share(shares: Mapping[Wire, Share]) -> Share | None:
    """The plain case where it is among them, else the fault that more answers have."""
    return max(shares.values(), key=lambda share: (not share.special, share.part), default=None)


def worst_place_first(cause: Cause, dialect: str, sorts: Sorts | None = None) -> Cause:
    """The cause with a place in front at which a client broke in a run, when there is one: of several that
    which most programs meet."""
    commonness = (sorts or Sorts()).commonness
    places = sorted(cause.places, key=lambda row: (not _breaks_any(row, dialect), commonness(row.exchange)))
    return replace(cause, places=tuple(places))


def _breaks_any(place: Occurrence, dialect: str) -> bool:
    what = fault(place.look) if place.look else ""
    return any(
        what in client.faults(dialect, name).get(place.record.rule, {})
        for client in load_clients()
        for name in client.features.get(dialect, ())
    )


def by_harm(causes: Iterable[Cause], breaks: Mapping[int, tuple[Breakage, ...]], total: int) -> list[Cause]:
    """The causes in the order in which they hurt.

    First what breaks clients, and of these what breaks more of them at what more programs use; then
    features without effect on which programs build, and what breaks clients at some answers only, those first
    that most programs meet; then by outcome, by whether requests as people write them show it, by kind,
    authority and the share of the run of `total` exchanges; last what kept rules from looking, where nothing
    says why. Never by the count of findings. `breaks` has the breakages by the identity of the cause.
    """

    def rank(cause: Cause) -> tuple[object, ...]:
        harm = [row for row in breaks[id(cause)] if not row.is_partial]
        first = min((_use(name) for row in harm for name in row.features), default=len(FEATURES))
        return (
            cause.outcome is not Outcome.BROKEN,
            cause.outcome is Outcome.NOTED,
            -len(harm),
            first,
            -sum(len(row.features) for row in harm),
            cause.finding is None,
            _promise(cause),
            _rarity(breaks[id(cause)]),
            -len(breaks[id(cause)]),
            OUTCOMES.index(cause.outcome),
            _is_by_chance(cause),
            KINDS.index(cause.record.kind),
            cause.family.name in ("header", "preflight"),
            AUTHORITIES.index(cause.record.authority) if cause.record.authority in AUTHORITIES else 99,
            -round(cause.exchanges / max(total, 1), 2),
            cause.rules[0],
        )

    return sorted(causes, key=rank)


def _rarity(breaks: Iterable[Breakage]) -> int:
    """How rare the answers are at which clients break."""
    return min((rarity(words) for row in breaks for words in row.shares.values()), default=len(SPECIAL))


def _is_by_chance(cause: Cause) -> bool:
    """Whether only generated requests show it, which few programs would send."""
    return all(place.exchange.startswith(f"{GENERATED}/") for place in cause.places)


def _promise(cause: Cause) -> int:
    """The place in PROMISES of the feature that a cause shows without effect, then of one with less
    effect than promised; a usual form of a request that is rejected, and what calls a part of an answer the
    whole, stand before all, the rest behind."""
    if cause.outcome is Outcome.FAILED and UNTRUE.intersection(cause.rules):
        return -1
    if cause.outcome is Outcome.FAILED and USUAL_FORMS.intersection(cause.rules):
        return -2
    broken = [place for place in cause.places if place.record.outcome is Outcome.FAILED]
    rules = {place.record.rule for place in broken}
    topics = {place.look.topic for place in broken if place.look and fault(place.look).startswith(NO_EFFECT)}
    broken_rules = {record.rule for record in (*cause.records, *cause.follows)}
    whole = (
        index
        for index, name in enumerate(PROMISES)
        if rules.intersection(SIGNS_OF_EFFECT[name]) or ACCEPTANCE.get(name) in broken_rules
    )
    part = (index for index, name in enumerate(PROMISES, len(PROMISES)) if topics & TOPICS[name])
    return min((*whole, *part), default=2 * len(PROMISES))


def _use(feature: str) -> int:
    return FEATURES.index(feature) if feature in FEATURES else len(FEATURES)
