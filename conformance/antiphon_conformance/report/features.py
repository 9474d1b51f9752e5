"""What a target offers: each feature of a dialect, whether it was seen, and how it came out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from antiphon_conformance import judge
from antiphon_conformance.exchange import Episode, Exchange, StepMissing
from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.runner import ABSENT
from antiphon_conformance.scenario import all_scenarios
from antiphon_spec.dialect import Dialect, Feature

OFFERED, LACKING, FAILING, UNSEEN = "offered", "not offered", "failing", "not seen"


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One feature: whether the target offers it, and how the exchanges that show it came out."""

    name: str
    title: str
    optional: bool
    state: str
    """`offered`, `not offered`, `failing` (asked for and never answered with success) or `not seen`."""
    clean: int = 0
    """How many exchanges nothing was found in."""
    failed: int = 0
    warned: int = 0
    untestable: int = 0
    """How many rules could not be tried, because something before them failed."""

    @property
    def exchanges(self) -> int:
        """How many exchanges show it."""
        return self.clean + self.failed + self.warned


def _kinds(entries: Any) -> set[Any]:
    found = entries if isinstance(entries, list) else []
    return {entry.get("type") for entry in found if isinstance(entry, dict) and _is_name(entry.get("type"))}


def _is_name(value: Any) -> bool:
    return isinstance(value, str)


def _asked_format(exchange: Exchange) -> Any:
    text = exchange.request.fields.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    return wanted.get("type") if isinstance(wanted, dict) else None


def _answered_kinds(exchange: Exchange) -> set[Any]:
    try:
        return _kinds(exchange.response.get("output"))
    except StepMissing:
        return set()


SIGNS: Mapping[str, Callable[[Exchange], bool]] = {
    "stream": lambda one: bool(one.reply and one.reply.stream) or one.request.fields.get("stream") is True,
    "tools": lambda one: "function" in _kinds(one.request.fields.get("tools")),
    "custom_tools": lambda one: "custom" in _kinds(one.request.fields.get("tools")),
    "structured": lambda one: _asked_format(one) == "json_schema",
    "chain": lambda one: isinstance(one.request.fields.get("previous_response_id"), str),
    "background": lambda one: one.request.fields.get("background") is True,
    "reasoning": lambda one: "reasoning" in _answered_kinds(one),
    "logprobs": lambda one: bool(one.request.fields.get("top_logprobs")),
    "resume": lambda one: "starting_after=" in one.request.path,
}
"""By which sign an exchange shows a feature that is no operation of its own."""
REFUSALS = {"keys": frozenset({401, 403})}
"""Features that a target offers by refusing, and the statuses that say so."""


def feature_rows(
    episodes: Iterable[Episode], dialect: Dialect, records: Iterable[Record], declared: Iterable[str] = ()
) -> tuple[FeatureRow, ...]:
    """Every feature of the dialect, in its order."""
    kept, told = tuple(episodes), tuple(records)
    shown = _shown(kept, dialect)
    lacking = {episode.missing_feature for episode in kept} | {
        name.removeprefix(ABSENT) for name in declared if name.startswith(ABSENT)
    }
    outcomes = _by_exchange(told)
    return tuple(
        _row(feature, shown.get(feature.name, ()), feature.name in lacking, outcomes, told)
        for feature in dialect.features.values()
    )


def _row(
    feature: Feature,
    shown: Iterable[Exchange],
    lacking: bool,
    outcomes: Mapping[str, Outcome],
    records: Iterable[Record],
) -> FeatureRow:
    kept = tuple(shown)
    found = [outcomes.get(exchange.id) for exchange in kept]
    failed, warned = found.count(Outcome.FAILED), found.count(Outcome.WARNED)
    return FeatureRow(
        feature.name,
        feature.title,
        feature.optional,
        _state(feature.name, kept, lacking),
        len(kept) - failed - warned,
        failed,
        warned,
        sum(one.outcome is Outcome.UNTESTABLE and _is_about(one, feature) for one in records),
    )


def _state(name: str, shown: tuple[Exchange, ...], lacking: bool) -> str:
    if lacking:
        return LACKING
    if any(_offers(name, exchange) for exchange in shown):
        return OFFERED
    return FAILING if shown else UNSEEN


def _offers(name: str, exchange: Exchange) -> bool:
    if name not in REFUSALS:
        return exchange.ok
    return exchange.reply is not None and exchange.reply.status in REFUSALS[name]


def _is_about(record: Record, feature: Feature) -> bool:
    known = all_scenarios().get(record.scenario)
    return known is not None and feature.name in (known.features or ("create",))


def _shown(episodes: Iterable[Episode], dialect: Dialect) -> dict[str, list[Exchange]]:
    scenarios = all_scenarios()
    found: dict[str, list[Exchange]] = {}
    for episode in episodes:
        known = scenarios.get(episode.scenario)
        for exchange in episode.exchanges.values():
            for name in _features(exchange, dialect, known.features if known else ()):
                found.setdefault(name, []).append(exchange)
    return found


def _features(exchange: Exchange, dialect: Dialect, told: Iterable[str]) -> Iterable[str]:
    placed = judge.locate(exchange, dialect)
    for feature in dialect.features.values():
        sign = SIGNS.get(feature.name)
        if sign is not None:
            shows = sign(placed)
        elif feature.operation is not None:
            shows = placed.operation == feature.operation
        else:  # only the conversation says what it is about
            shows = feature.name in told
        if shows:
            yield feature.name


def _by_exchange(records: Iterable[Record]) -> dict[str, Outcome]:
    """The worse of failed and warned for each exchange in which something was found."""
    found: dict[str, Outcome] = {}
    for record in records:
        if record.outcome in (Outcome.FAILED, Outcome.WARNED):
            for finding in record.findings:
                if found.get(finding.exchange) is not Outcome.FAILED:
                    found[finding.exchange] = record.outcome
    return found
