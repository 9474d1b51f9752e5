"""The features of a dialect: whether a target offers each, and the verdicts on the exchanges that show it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_conformance.http.exchange import Exchange, MissingStepError, Reply, Trace
from antiphon_conformance.requests.location import at_operation
from antiphon_conformance.requests.offer import NO_ROUTE
from antiphon_conformance.rules.reading.output import texts
from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.scenarios.runner import ABSENT
from antiphon_conformance.scenarios.scenario import Scenario, all_scenarios
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.dialect import Dialect, Feature
from antiphon_spec.loading.construction import dataclass

OFFERED, LACKING, FAILING, IGNORED, UNSEEN = "offered", "not offered", "failing", "ignored", "not seen"
UNREADABLE = "unreadable"
MOST_SEEN = (OFFERED, IGNORED, UNREADABLE, FAILING, UNSEEN, LACKING)
"""The states, those of a run that saw more of a feature first."""


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One feature: whether the target offers it, and the verdicts on the exchanges that show it."""

    name: str
    title: str
    optional: bool
    state: str
    """`offered`, `not offered`, `failing` (requested, never with success), `unreadable` (each success is no
    answer), `ignored` (accepted, and answered as without it) or `not seen`."""
    clean: int = 0
    """How many exchanges have no finding."""
    failed: int = 0
    warned: int = 0
    untestable: int = 0
    """How many rules could not be tested because something before them failed."""
    has_effect: bool = False
    """Whether an answer shows its effect; False for what no answer shows by itself."""

    @property
    def exchanges(self) -> int:
        """The number of exchanges that show it."""
        return self.clean + self.failed + self.warned


def _kinds(entries: Any) -> set[Any]:
    members = entries if isinstance(entries, list) else []
    types = [entry.get("type") for entry in members if isinstance(entry, dict)]
    return {name for name in types if isinstance(name, str)}


def _text_format(exchange: Exchange) -> Any:
    text = exchange.request.fields.get("text")
    style = text.get("format") if isinstance(text, dict) else None
    return style.get("type") if isinstance(style, dict) else None


def _output_kinds(exchange: Exchange) -> set[Any]:
    try:
        return _kinds(exchange.response.get("output"))
    except MissingStepError:
        return set()


def _has_json_text(exchange: Exchange) -> bool:
    try:
        parts = [str(part.get("text")) for _, part in texts(exchange.response)]
        return all(isinstance(json.loads(text), dict) for text in parts) and bool(parts)
    except (MissingStepError, ValueError):
        return False


SIGNS: Mapping[str, Callable[[Exchange], bool]] = {
    "stream": lambda exchange: (
        bool(exchange.reply and exchange.reply.stream) or exchange.request.fields.get("stream") is True
    ),
    "tools": lambda exchange: "function" in _kinds(exchange.request.fields.get("tools")),
    "custom_tools": lambda exchange: "custom" in _kinds(exchange.request.fields.get("tools")),
    "structured": lambda exchange: _text_format(exchange) == "json_schema",
    "chain": lambda exchange: isinstance(exchange.request.fields.get("previous_response_id"), str),
    "background": lambda exchange: exchange.request.fields.get("background") is True,
    "reasoning": lambda exchange: "reasoning" in _output_kinds(exchange),
    "logprobs": lambda exchange: bool(exchange.request.fields.get("top_logprobs")),
    "resume": lambda exchange: "starting_after=" in exchange.request.path,
}
"""How to recognise an exchange that shows a feature which is no operation of its own."""
TOPICS: Mapping[str, frozenset[str]] = {
    "create": frozenset({
        "response", "response-members", "response-status", "items", "item-members", "usage", "instructions",
        "requests", "errors", "transport", "framing", "echo", "defaults", "truncation",
    }),
    "stream": frozenset({
        "lifecycle", "stream-framing", "stream-items", "stream-text", "stream-numbers", "stream-schema",
        "stream-padding", "stream-parity",
    }),
    "tools": frozenset({"tool-calls", "tool-choice", "tool-outputs", "echo-tools", "stream-calls"}),
    "structured": frozenset({"structured-output"}),
    "chain": frozenset({"chaining", "item-references"}),
    "keys": frozenset({"credentials"}),
    "hosted_tools": frozenset({"hosted-tools"}),
    "background": frozenset({"background"}),
    "reasoning": frozenset({"reasoning", "stream-reasoning"}),
    "compact": frozenset({"compaction"}),
    "retrieve": frozenset({"retrieve", "storage"}),
    "delete": frozenset({"delete"}),
    "cancel": frozenset({"cancel"}),
    "input_items": frozenset({"input-items", "pagination"}),
    "input_tokens": frozenset({"input-tokens"}),
    "resume": frozenset({"resume"}),
    "list": frozenset({"listing", "offset-pages"}),
    "chat": frozenset({"chat"}),
    "chat_completions": frozenset({"chat", "chat-stream"}),
    "stored_chats": frozenset({"stored-chats"}),
    "filters": frozenset({"filters", "filter-laws", "filtered-answers"}),
    "prompts": frozenset({"prompt-templates"}),
    "webhooks": frozenset({"webhooks"}),
}  # fmt: skip
"""The topics of the rules that are about each feature."""
OWN_KINDS = frozenset({"message", "reasoning", "function_call", "custom_tool_call"})
"""The types of items that need no tool of the server."""
EFFECTS: Mapping[str, tuple[Callable[[Exchange], bool], str]] = {
    "stream": (lambda exchange: exchange.answer.stream is not None, IGNORED),
    "resume": (lambda exchange: exchange.answer.stream is not None, IGNORED),
    "structured": (lambda exchange: _has_json_text(exchange), OFFERED),
    "tools": (lambda exchange: "function_call" in _output_kinds(exchange), UNSEEN),
    "custom_tools": (lambda exchange: "custom_tool_call" in _output_kinds(exchange), UNSEEN),
    "hosted_tools": (lambda exchange: bool(_output_kinds(exchange) - OWN_KINDS), UNSEEN),
    "mcp_server": (lambda exchange: any(kind.startswith("mcp_") for kind in _output_kinds(exchange)), UNSEEN),
}
"""Features that an answer shows, and the state of those that no successful answer shows: a server decides
alone whether it streams, and calls a tool only when its model wants to."""
EVIDENCE: Mapping[str, tuple[str, ...]] = {
    "structured": (
        "structured-output.text-follows-a-strict-schema", "structured-output.text-is-a-json-object",
        "structured-output.streams-as-ordinary-text",
    ),
    "chain": (
        "chaining.a-chain-knows-the-whole-history", "chaining.a-second-branch-knows-the-common-past",
        "chaining.a-chain-keeps-the-order-of-its-turns",
    ),
    "background": (
        "background.a-background-create-answers-at-once", "background.status-moves-forward-only",
        "background.polling-reaches-an-end",
    ),
    "logprobs": ("text-parts.logprobs-come-on-request",),
    "filters": (
        "filtered-answers.cited-files-satisfy-the-filter", "filters.an-id-selects-one-file",
        "filters.equal-matches-the-exact-text",
    ),
}  # fmt: skip
"""Features that no success shows, and the rules that see their effect: one of these must have seen it."""
SEEN = {Outcome.PASSED, Outcome.FAILED, Outcome.WARNED}
"""The outcomes of a rule that saw what it looks for: there, or not there."""
OTHER_TOOLS = ("hosted_tools", "mcp_server", "custom_tools")
"""The features about tools that are no functions: one rule looks at each in its own conversation."""
SIGNS_OF_EFFECT: Mapping[str, tuple[str, ...]] = {
    "tools": ("tool-choice.required-makes-a-call",),
    **dict.fromkeys(OTHER_TOOLS, ("hosted-tools.a-forced-tool-is-used",)),
    "structured": ("structured-output.text-follows-a-strict-schema",),
    "filters": ("filtered-answers.a-filter-without-matches-cites-nothing",),
    "chain": ("chaining.a-chain-knows-the-whole-history",),
    "logprobs": ("text-parts.logprobs-come-on-request",),
    "delete": ("delete.a-deleted-response-is-gone", "delete.a-deleted-response-is-not-given-out"),
    "compact": ("compaction.a-long-context-is-compacted-on-request",),
    "background": (
        "background.background-is-used-or-rejected",
        "background.a-background-create-answers-at-once",
    ),
}
"""The rules that see whether a feature has any effect at all."""
SHOWN_EFFECTS: Mapping[str, str] = {"chain": "chaining.a-second-branch-knows-the-common-past"}
"""Features that no answer shows by itself, and the rules that pass only where they have an effect."""
ACCEPTANCE: Mapping[str, str] = {
    "structured": "structured-output.schema-is-accepted",
    "chain": "chaining.previous-response-id-is-accepted",
}
"""The rules that tell whether the first request for a feature is accepted."""
PARENTS: Mapping[str, str] = {
    "lanes": "websocket", "warm_up": "websocket", "steering": "websocket", "resume": "background",
    "webhook_retries": "webhooks", "stored_chats": "chat_completions",
}  # fmt: skip
"""Features that are part of another one: a target without that one does not offer them."""
SHOWN_BY = {"cancel": "background"}
"""Features whose every request may be rejected rightly by a target that lacks another one."""
ID = re.compile(r"(?<![/\w])[a-z]{2,8}[_-]\w*\d")
"""An id in a text: `resp_68a1`; in a path it only repeats the URL of the request."""
REJECTIONS = {"keys": frozenset({401, 403})}
"""Features that a target shows by rejecting a request, and the statuses of the rejection."""


def feature_rows(
    traces: Iterable[Trace], dialect: Dialect, records: Iterable[Record], claims: Iterable[str] = ()
) -> tuple[FeatureRow, ...]:
    """Every feature of the dialect, in its order."""
    scenario_runs, verdicts = tuple(traces), tuple(records)
    by_feature = _by_feature(scenario_runs, dialect)
    lacking = {trace.missing_feature for trace in scenario_runs} | {
        name.removeprefix(ABSENT) for name in claims if name.startswith(ABSENT)
    }
    lacking |= {name for name, parent in PARENTS.items() if parent in lacking}
    lacking |= {name for name, exchanges in by_feature.items() if _has_no_route(dialect, name, exchanges)}
    outcomes = _by_exchange(verdicts)
    effectless = _effectless(verdicts, {trace.scenario for trace in scenario_runs})
    rows = (
        _row(
            feature,
            by_feature.get(feature.name, []),
            _lack(feature.name, lacking),
            effectless,
            outcomes,
            verdicts,
        )
        for feature in dialect.features.values()
    )
    failures = {record.rule for record in verdicts if record.outcome is Outcome.FAILED}
    return tuple(
        replace(row, state=FAILING) if row.state == UNSEEN and ACCEPTANCE.get(row.name) in failures else row
        for row in rows
    )


def _lack(name: str, lacking: Collection[str | None]) -> str:
    """What the target lacks so that a feature does not show: LACKING, UNSEEN, or nothing."""
    if name in lacking:
        return LACKING
    return UNSEEN if SHOWN_BY.get(name, "") in lacking else ""


def best_rows(runs: Sequence[tuple[FeatureRow, ...]]) -> tuple[FeatureRow, ...]:
    """The rows of several runs of one target: a feature is what the run tells of it that saw most of it. The
    counts are those of the first run."""
    return tuple(
        replace(
            rows[0],
            state=min((row.state for row in rows), key=MOST_SEEN.index),
            has_effect=any(row.has_effect for row in rows),
        )
        for rows in zip(*runs, strict=True)
    )


def _has_no_route(dialect: Dialect, name: str, exchanges: Iterable[Exchange]) -> bool:
    """Whether the operation of a feature was answered only as a path or a method that the target lacks."""
    replies = [exchange.reply for exchange in exchanges]
    return dialect.features[name].operation is not None and all(
        reply is not None and reply.status in NO_ROUTE and not _names_an_object(reply) for reply in replies
    )


def _names_an_object(reply: Reply) -> bool:
    """Whether a 404 is about the id in the path: it names one, so that the target knows the path."""
    return ID.search(reply.raw.decode(errors="replace")) is not None


def _row(
    feature: Feature,
    exchanges: list[Exchange],
    lack: str,
    effectless: Collection[str],
    outcomes: Mapping[str, Outcome],
    records: Iterable[Record],
) -> FeatureRow:
    worst = [outcomes.get(exchange.id) for exchange in exchanges]
    failures, warnings = worst.count(Outcome.FAILED), worst.count(Outcome.WARNED)
    return FeatureRow(
        feature.name,
        feature.title,
        feature.optional,
        _state(feature.name, exchanges, lack, effectless),
        len(exchanges) - failures - warnings,
        failures,
        warnings,
        sum(record.outcome is Outcome.UNTESTABLE and _is_about(record, feature) for record in records),
        _has_effect(feature.name, exchanges) or _passed(records, SHOWN_EFFECTS.get(feature.name)),
    )


def _passed(records: Iterable[Record], rule: str | None) -> bool:
    return any(record.rule == rule and record.outcome is Outcome.PASSED for record in records)


def _state(name: str, exchanges: list[Exchange], lack: str, effectless: Collection[str]) -> str:
    if lack == LACKING:
        return LACKING
    if any(_offers(name, exchange) for exchange in exchanges):
        if name in EFFECTS and not _has_effect(name, exchanges) and EFFECTS[name][1] is not OFFERED:
            return EFFECTS[name][1]
        return UNSEEN if name in effectless and not _has_effect(name, exchanges) else OFFERED
    if name not in REJECTIONS and any(exchange.ok for exchange in exchanges):
        return UNREADABLE
    is_seen = bool(exchanges) and name not in REJECTIONS  # an error of another kind says nothing of keys
    return lack or (FAILING if is_seen else UNSEEN)


def _effectless(records: Iterable[Record], scenarios: Collection[str]) -> set[str]:
    """The features whose effect no rule saw or missed, though some rule could look at a conversation."""
    outcomes: dict[str, set[Outcome]] = {}
    for record in records:
        outcomes.setdefault(record.rule, set()).add(record.outcome)
    catalogue = all_rules()
    return {
        name
        for name, rules in EVIDENCE.items()
        if any(catalogue[rule].scenario in (None, *scenarios) for rule in rules if rule in outcomes)
        and not any(SEEN & outcomes[rule] for rule in rules if rule in outcomes)
    }


def _has_effect(name: str, exchanges: Iterable[Exchange]) -> bool:
    """Whether a successful answer shows the effect of a feature."""
    if name not in EFFECTS:
        return False
    shows, _ = EFFECTS[name]
    return any(_offers(name, exchange) and shows(exchange) for exchange in exchanges)


def _offers(name: str, exchange: Exchange) -> bool:
    if name not in REJECTIONS:
        return exchange.ok and not _says_nothing(exchange.answer)
    return exchange.reply is not None and exchange.reply.status in REJECTIONS[name]


def _says_nothing(reply: Reply) -> bool:
    """Whether a body came that is JSON's null, or no JSON: such a success answers nothing."""
    return reply.stream is None and reply.body is None and bool(reply.raw)


def _is_about(record: Record, feature: Feature) -> bool:
    scenario = all_scenarios().get(record.scenario)
    return scenario is not None and feature.name in (scenario.features or ("create",))


def _by_feature(traces: Iterable[Trace], dialect: Dialect) -> dict[str, list[Exchange]]:
    """The exchanges about each feature; a create that needs what the user did not name shows none."""
    scenarios = all_scenarios()
    by_feature: dict[str, list[Exchange]] = {}
    for trace in traces:
        topics = _topics(trace, scenarios.get(trace.scenario))
        is_blind = trace.blame == "given"
        for exchange in (step for step in trace.exchanges.values() if step.ok or not is_blind):
            for name in _features(exchange, dialect, topics):
                by_feature.setdefault(name, []).append(exchange)
    return by_feature


def _topics(trace: Trace, scenario: Scenario | None) -> Iterable[str]:
    """The features that the scenario of a trace is about; a target shows webhooks by sending them."""
    features = scenario.features if scenario else ()
    if "webhooks" not in features:
        return features
    has_failure = any(delivery.status >= 300 for delivery in trace.deliveries)
    came_again = has_failure and "not_tried_again" not in trace and len(trace.deliveries) > 1
    signs = {"webhooks": bool(trace.deliveries), "webhook_retries": came_again}
    return [name for name in (*features, "webhook_retries") if signs.get(name, True)]


def _features(exchange: Exchange, dialect: Dialect, topics: Iterable[str]) -> Iterable[str]:
    """The features that an exchange shows; `topics` are the features of its scenario."""
    match = at_operation(exchange, dialect)
    for feature in dialect.features.values():
        sign = SIGNS.get(feature.name)
        if sign is not None:
            shows = sign(match)
        elif feature.operation is not None:
            shows = match.operation == feature.operation
        else:  # nothing in the exchange shows the feature, so the scenario has to name it
            shows = feature.name in topics
        if shows:
            yield feature.name


def _by_exchange(records: Iterable[Record]) -> dict[str, Outcome]:
    """`failed` or `warned`, whichever is worse, for each exchange with such findings."""
    worst: dict[str, Outcome] = {}
    for record in records:
        if record.outcome in (Outcome.FAILED, Outcome.WARNED):
            for finding in record.findings:
                if worst.get(finding.exchange) is not Outcome.FAILED:
                    worst[finding.exchange] = record.outcome
    return worst
