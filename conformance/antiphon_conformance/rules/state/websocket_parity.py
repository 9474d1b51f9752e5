"""The same request over WebSocket and over HTTP: the same members of a response, the same errors.

The words of a model may differ from run to run, and are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.http.turns import error_of
from antiphon_conformance.rules.reading.comparison import CLIENT_ERROR, succeeded, took_place
from antiphon_conformance.rules.reading.output import answered, member
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.websocket import SCENARIO, are_texts, has_failed
from antiphon_conformance.rules.views import ScenarioTrace

PAIRS = (("wrong", "wrong_over_http"), ("invented", "invented_over_http"))
"""The same wrong create over WebSocket and over HTTP."""
OF_HTTP = frozenset({"background", "service_tier", "billing"})
"""Members that say how a request was served, and not what was answered."""


@rule(
    "websocket.a-turn-ends-with-the-response-of-http",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-45",
    when=lambda trace: succeeded("told", "told_over_http")(trace) and are_texts(trace),
    needs="a text over WebSocket, and one with items of the same types over HTTP",
)
def a_turn_ends_with_the_response_of_http(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response over WebSocket has every member that the same create has over HTTP.

    A client reads both with the same types. A member may be more; one that is null over HTTP may be absent.
    """
    turn, answer = answered(trace["told"]), answered(trace["told_over_http"])
    for name, value in answer.items():
        if value is not None and name not in OF_HTTP and name not in turn:
            expected = f"{show(value)}, as over HTTP"
            yield Finding(f"final response/{name}", expected, show(ABSENT), trace["told"].id)


@rule(
    "websocket.errors-are-those-of-http",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-35",
    when=lambda trace: any(_is_rejected_over_http(trace, *pair) for pair in PAIRS),
    needs="a wrong create that the target rejects over HTTP",
)
def errors_are_those_of_http(trace: ScenarioTrace) -> Iterator[Finding]:
    """A wrong create over WebSocket gets the status and code that it gets over HTTP.

    The same holds of its type and parameter. A client then handles an error in one way. Where one of the two
    has no code, nothing is compared.
    """
    for turn, control in PAIRS:
        if _is_rejected_over_http(trace, turn, control):
            yield from _differences(trace[turn], trace[control])


def _is_rejected_over_http(trace: ScenarioTrace, turn: str, control: str) -> bool:
    return took_place(turn, control)(trace) and trace[control].answer.status in CLIENT_ERROR


def _differences(turn: Exchange, control: Exchange) -> Iterator[Finding]:
    status, event = control.answer.status, error_of(turn)
    if not has_failed(turn):
        yield Finding("turn", f"an error, as the {status} over HTTP", "a response", turn.id)
        return
    if isinstance(event.get("status"), int) and event["status"] != status:
        yield Finding("error/status", f"{status}, as over HTTP", show(event["status"]), turn.id)
    inner = event.get("error")
    error: Mapping[str, Any] = inner if isinstance(inner, Mapping) else event
    for name in ("type", "code", "param"):
        expected, actual = member(control.answer.body, "error", name), error.get(name)
        is_kind = name == "type" and actual == "error"
        if isinstance(expected, str) and isinstance(actual, str) and expected != actual and not is_kind:
            yield Finding(f"error/error/{name}", f"{show(expected)}, as over HTTP", show(actual), turn.id)
