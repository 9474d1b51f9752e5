"""Why a rule has no verdict: what did not take place, and what the target did not show."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon_conformance.http.exchange import Exchange, Trace, final_response
from antiphon_conformance.http.text import safe
from antiphon_conformance.requests.tries import story, tries_for
from antiphon_conformance.rules.rule import EVERY, Rule
from antiphon_conformance.rules.views import AnyReply, DocumentReply, ErrorReply, TurnReply
from antiphon_conformance.scenarios.scenario import all_scenarios
from antiphon_conformance.scenarios.selection import table
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import Dialect


def why_missing(trace: Trace | None, missing: str) -> tuple[Outcome, str]:
    """Why a step that a rule needs did not take place."""
    if trace is not None and trace.missing_feature:
        return Outcome.NOT_SUPPORTED, f"the target does not offer {trace.missing_feature}"
    if trace is None:
        return Outcome.UNTESTABLE, missing
    if _is_of_an_option(trace):
        return Outcome.INCONCLUSIVE, missing
    if not trace.stop_reason:
        outcome = Outcome.INCONCLUSIVE if _is_clean(trace) else Outcome.UNTESTABLE
        return outcome, missing
    by_blame = {"suite": Outcome.BROKEN, "limit": Outcome.INCONCLUSIVE}
    return by_blame.get(trace.blame, Outcome.UNTESTABLE), missing


def _is_clean(trace: Trace) -> bool:
    """Whether every request of a scenario got what it asked for: then the model alone has decided against the
    step that is missing."""
    return all(
        exchange.ok and exchange.answer.fields.get("status") != "failed" and not _failed_in_stream(exchange)
        for exchange in trace.exchanges.values()
    )


def _failed_in_stream(exchange: Exchange) -> bool:
    stream = exchange.answer.stream
    return stream is not None and (
        final_response(stream).get("status") == "failed" or any(stream.of("error", "response.failed"))
    )


def why_not_applied(rule: Rule, traces: Sequence[Trace], dialect: Dialect) -> tuple[Outcome, str]:
    """Why a rule never applied."""
    if rule.scenario not in (None, EVERY):
        return _why_no_scene(rule, traces)
    feature = _missing_feature(rule, traces, dialect)
    if feature:
        return Outcome.NOT_SUPPORTED, f"the target does not offer {feature}"
    if not any(exchange.reply for trace in traces for exchange in trace.exchanges.values()):
        return Outcome.UNTESTABLE, "not reached, because the target answered no request"
    note = _not_seen(rule, traces)
    lacking = _stopped_for_lack(rule, traces)
    if lacking and not _story(rule, traces):
        outcome = Outcome.INCONCLUSIVE if all(map(_is_of_an_option, lacking)) else Outcome.UNTESTABLE
        return outcome, safe(f"{note} ({lacking[0].stop_reason})")
    limit = _first_stop(traces, "limit")
    return Outcome.INCONCLUSIVE, safe(f"{note} ({limit})") if limit else note


def _first_stop(traces: Sequence[Trace], blame: str) -> str:
    """Why the first episode stopped that ended early for this cause; empty when none did."""
    reasons = (trace.stop_reason for trace in traces if trace.blame == blame)
    return next(filter(None, reasons), "")


def _stopped_for_lack(rule: Rule, traces: Sequence[Trace]) -> list[Trace]:
    """The conversations that show the rule, when each stopped for want of what the user may name."""
    names = table().get(rule.id)
    ones = [trace for trace in traces if names is None or trace.scenario in names]
    lacks = [trace for trace in ones if trace.stop_reason and trace.blame == "given"]
    return lacks if len(lacks) == len(ones) else []


def _is_of_an_option(trace: Trace) -> bool:
    """Whether a conversation about an optional feature stopped for want of what the user may name: the target
    has done nothing wrong, and what it must offer is seen elsewhere."""
    scenario = all_scenarios().get(trace.scenario)
    return trace.blame == "given" and scenario is not None and bool(scenario.features)


def _why_no_scene(rule: Rule, traces: Sequence[Trace]) -> tuple[Outcome, str]:
    trace = next((trace for trace in traces if trace.scenario == rule.scenario), None)
    if trace is None:  # the user left it out: the target did nothing that could count against it
        return Outcome.INCONCLUSIVE, f"not seen: the run leaves the scenario {rule.scenario} out"
    if (trace.missing_feature or trace.stop_reason) and not _lacks_only_a_part(rule, trace):
        return why_missing(trace, safe(trace.stop_reason or ""))
    return Outcome.INCONCLUSIVE, _not_seen(rule, traces)


def _not_seen(rule: Rule, traces: Sequence[Trace]) -> str:
    """What a rule needs to see, and which tries were made to show it."""
    return "; ".join(filter(None, (f"not seen: {rule.needs or rule.summary}", _story(rule, traces))))


def _story(rule: Rule, traces: Sequence[Trace]) -> str:
    """Which tries were made so that the rule may apply; empty when none was."""
    exchanges = {exchange.id: exchange for trace in traces for exchange in trace.exchanges.values()}
    return story(tries_for(rule.id), exchanges)


def _lacks_only_a_part(rule: Rule, trace: Trace) -> bool:
    """Whether the target lacks a feature of some last steps only, and the rule says what else it needs."""
    scenario = all_scenarios().get(trace.scenario)
    is_of_a_part = scenario is not None and trace.missing_feature not in (None, *scenario.features)
    return is_of_a_part and bool(rule.needs)


def _missing_feature(rule: Rule, traces: Sequence[Trace], dialect: Dialect) -> str | None:
    """The feature whose absence left a rule without a subject: it would have applied to the probe's error."""
    for trace in traces:
        if rule.view is TurnReply and trace.missing_feature == TurnReply.feature:
            return trace.missing_feature
        probe = probe_of(trace, dialect) if trace.missing_feature else None
        if probe is not None and _would_apply(rule, probe, dialect):
            return trace.missing_feature
    return None


def probe_of(trace: Trace, dialect: Dialect) -> Exchange | None:
    """The request that showed that a feature is missing: one of its operation, else the last of all."""
    feature = dialect.features.get(trace.missing_feature or "")
    exchanges = trace.exchanges.values()
    errors = (exchange for exchange in exchanges if feature and not exchange.ok)
    probe = next(
        (exchange for exchange in errors if feature and exchange.operation == feature.operation), None
    )
    return probe or next(reversed(list(exchanges)), None)


def _would_apply(rule: Rule, probe: Exchange, dialect: Dialect) -> bool:
    if rule.when is None or rule.view not in (AnyReply, DocumentReply, ErrorReply) or probe.reply is None:
        return False
    try:
        return bool(rule.when(rule.view(probe, dialect)))
    except (LookupError, TypeError, ValueError, AttributeError):
        return False
