"""What of a dialect works on a server: its features, each in one of six states.

A feature that is only answered does not work: a server that accepts `background` and answers as without it
ignores the feature, and one that answers in a way that breaks a client has it broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from antiphon_conformance.report.answers import BREAKS, NEEDS, Answer, FeatureAnswer
from antiphon_conformance.report.causes import Cause
from antiphon_conformance.report.features import (
    FAILING,
    IGNORED,
    LACKING,
    OTHER_TOOLS,
    REJECTIONS,
    SIGNS_OF_EFFECT,
    TOPICS,
    UNREADABLE,
    UNSEEN,
    FeatureRow,
)
from antiphon_conformance.scenarios.scenario import all_scenarios
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.loading.construction import dataclass

WORKS, FLAWED, BROKEN = "works", "works but", "broken"
STATES = (WORKS, FLAWED, BROKEN, IGNORED, LACKING, UNSEEN)
"""Every state, in the order of a screen."""
MEANINGS: Mapping[str, str] = {
    FLAWED: "answered, with faults that stop no client that we ran",
    BROKEN: "",
    IGNORED: "accepted, without effect",
}
SHORT: Mapping[str, str] = {
    "stream": "streaming", "tools": "function tools", "structured": "structured output",
    "chain": "continuing", "keys": "API keys", "logprobs": "log probabilities", "compact": "compaction",
    "websocket": "WebSocket", "lanes": "WebSocket lanes", "warm_up": "WebSocket warm-up",
    "steering": "WebSocket steering", "mcp_server": "MCP servers",
    "custom_tools": "custom tools", "input_items": "input items", "input_tokens": "token counts",
    "chat_list": "lists of chats", "chat_spellings": "spellings of Chat", "tool_servers": "tool servers",
}  # fmt: skip
"""The names of features on a screen, where the name in the dialect is no word for people."""
HOW_TO_SEE: Mapping[str, str] = {
    "reasoning": "--model names a model that reasons",
    "mcp_server": "--resource mcp_server=URL names a server that the target can reach",
    "prompts": "--resource prompt=ID names a template",
    "tool_servers": "--resource prompt=ID names a template with tools of servers",
    "entities": "--resource entities=ID names an entity collection",
    "webhooks": "--webhook-port N, and a target that was told http://127.0.0.1:N/",
    "custom_tools": "--model names a model that calls custom tools",
    "hosted_tools": "--model names a model that uses tools of the server",
    "structured": "--model names a model that follows schemas",
    "chain": "--model names a model that repeats what was said before",
    "tools": "--model names a model that calls functions",
    "logprobs": "--model names a model with log probabilities",
    "delete": "needs a stored response",
    "retrieve": "needs a stored response",
    "input_items": "needs a stored response",
    "cancel": "needs a response in the background",
    "resume": "needs a stream in the background",
}
"""What shows a feature that a run did not show."""
BAD = (Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN)


@dataclass(frozen=True, slots=True)
class Capability:
    """One feature of a dialect, and whether it works on the server."""

    row: FeatureRow
    state: str
    """One of STATES."""
    why: str = ""
    """The clients that break, or that nothing succeeds; empty for what works."""
    cause: Cause | None = None
    """The first cause that breaks it or blemishes it; None for what works."""

    @property
    def name(self) -> str:
        """Its name on a screen."""
        return SHORT.get(self.row.name, self.row.name.replace("_", " "))

    @property
    def hint(self) -> str:
        """How to make it visible, for what was not seen; empty for all else."""
        return HOW_TO_SEE.get(self.row.name, "") if self.state == UNSEEN else ""


def capabilities(
    rows: Iterable[FeatureRow], causes: Sequence[Cause], answers: Iterable[Answer]
) -> tuple[Capability, ...]:
    """Every feature with its state; `causes` are those that count, worst first."""
    clients = tuple(answers)
    return tuple(_capability(row, causes, clients) for row in rows)


def _capability(row: FeatureRow, causes: Sequence[Cause], answers: Iterable[Answer]) -> Capability:
    rules = {
        rule for cause in causes if cause.outcome in BAD for rule in (*cause.rules, *cause.further_rules)
    }
    has_no_effect = not row.has_effect and _shows_no_effect(row.name, rules, causes)
    parts = {answer.client.short: _broken_parts(answer, row.name) for answer in answers}
    clients = [name for name, broken in parts.items() if broken]
    breaks_clients = bool(row.exchanges and clients)
    if row.state == LACKING or (row.state == UNSEEN and not has_no_effect and not breaks_clients):
        return Capability(row, row.state)
    if row.state == FAILING:
        why = "no wrong key gets 401 or 403" if row.name in REJECTIONS else "no request succeeds"
        return Capability(row, BROKEN, why)
    if row.state == UNREADABLE:
        return Capability(row, BROKEN, "no answer can be read")
    if row.state == IGNORED or has_no_effect:
        return Capability(row, IGNORED, "accepted, without effect")
    if clients:
        verb = "breaks" if len(clients) == 1 else "break"
        hits = {rule for broken in parts.values() for part in broken for rule, _ in part.faults}
        return Capability(row, BROKEN, f"{' and '.join(clients)} {verb}", _first(causes, hits))
    topics = TOPICS.get(row.name, frozenset())
    flaws = {rule for rule in rules if rule.partition(".")[0] in topics}
    return Capability(row, FLAWED, cause=_first(causes, flaws)) if flaws else Capability(row, WORKS)


def _shows_no_effect(feature: str, rules: set[str], causes: Iterable[Cause]) -> bool:
    signs = rules & set(SIGNS_OF_EFFECT.get(feature, ()))
    if feature not in OTHER_TOOLS:
        return bool(signs)
    places = (place.record for cause in causes for place in cause.places if place.record.rule in signs)
    scenarios = all_scenarios()
    return any(
        record.scenario in scenarios and feature in scenarios[record.scenario].features for record in places
    )


def _broken_parts(answer: Answer, feature: str) -> list[FeatureAnswer]:
    return [part for part in answer.features if part.state == BREAKS and NEEDS.get(part.feature) == feature]


def _first(causes: Iterable[Cause], rules: set[str]) -> Cause | None:
    """The worst cause that one of these rules tells: by itself, else by what follows from it."""
    bad = [cause for cause in causes if cause.outcome in BAD]
    own = (cause for cause in bad if rules.intersection(cause.rules))
    later = (cause for cause in bad if rules.intersection(cause.further_rules))
    return next(own, next(later, None))
