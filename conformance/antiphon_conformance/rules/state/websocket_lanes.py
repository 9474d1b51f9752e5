"""What OpenAI adds to WebSocket: lanes, turns that only warm up, and steering. All rests on its guide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import GAVE_UP, Exchange, NoEvidenceError, final_response
from antiphon_conformance.http.steering import ACCEPTED
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.http.turns import LANE, STEER, error_of, fields_of, is_of_the_connection
from antiphon_conformance.requests.test_prompts import FIRST_WORD
from antiphon_conformance.rules.reading.comparison import says, succeeded, took_place
from antiphon_conformance.rules.reading.output import member, output, response_or_empty, text_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.websocket import expect_not_lost, has_failed
from antiphon_conformance.rules.views import ScenarioTrace

LANES = {"left": "antiphon.left", "right": "antiphon-right", "failed_fork": "antiphon-right"}
"""The steps with a lane, and its name."""
FAILED = f"{STEER}.failed"
OWN_REASONS = ("max_output_tokens", "content_filter", "max_messages")
"""Why a response may be incomplete, also when somebody steers it."""


def _is_offered(trace: ScenarioTrace) -> bool:
    """Whether the target shows the feature of the scenario, or is said to have it. One that ignores a member
    of the guide is older than the guide: it does not offer the feature, and is not at fault."""
    return trace.trace.missing_feature is None


def _was_answered(trace: ScenarioTrace, name: str) -> bool:
    """Whether a step was answered: a server may close the connection after an error."""
    exchange = trace.trace.exchanges.get(name)
    return exchange is not None and exchange.reply is not None


def _events(exchange: Exchange) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(where, members) of each message of a response that is a JSON object."""
    for index, message in enumerate(exchange.answer.messages):
        if (fields := fields_of(message)) and not is_of_the_connection(fields):
            yield f"message[{index}]", fields


@rule(
    "websocket.events-name-their-lane",
    ScenarioTrace,
    scenario="websocket_lanes",
    cites="WSK-14",
    when=lambda trace: _is_offered(trace) and succeeded("left", "right")(trace),
)
def events_name_their_lane(trace: ScenarioTrace) -> Iterator[Finding]:
    """Each event of a turn has the `stream_id` of its create, an error, too.

    Lanes run side by side: a client cannot tell their events apart otherwise.
    """
    for name, lane in LANES.items():
        exchange = trace.trace.exchanges.get(name)
        if exchange is None or exchange.reply is None:
            continue
        for where, event in _events(exchange):
            if event.get(LANE) != lane:
                yield Finding(f"{where}/{LANE}", show(lane), show(event.get(LANE, ABSENT)), exchange.id)


@rule(
    "websocket.events-without-a-lane-name-none",
    ScenarioTrace,
    scenario="websocket_lanes",
    cites="WSK-16",
    when=succeeded("without_lane"),
)
def events_without_a_lane_name_none(trace: ScenarioTrace) -> Iterator[Finding]:
    """The events of a create without `stream_id` have none."""
    for where, event in _events(trace["without_lane"]):
        if event.get(LANE) is not None:
            yield Finding(f"{where}/{LANE}", "nothing", show(event[LANE]), trace["without_lane"].id)


@rule(
    "websocket.a-failed-fork-leaves-its-parent",
    ScenarioTrace,
    scenario="websocket_lanes",
    cites="WSK-26",
    when=lambda trace: _was_answered(trace, "fork"),
    needs="a continuation in another lane that the target rejects: a tool output without its call",
)
def a_failed_fork_leaves_its_parent(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response can be continued although a continuation of it in another lane failed."""
    yield from expect_not_lost(trace["fork"])


@rule(
    "websocket.a-malformed-lane-is-rejected",
    ScenarioTrace,
    scenario="websocket_lanes",
    cites="WSK-15",
    when=lambda trace: _was_answered(trace, "malformed_lane"),
)
def a_malformed_lane_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A `stream_id` with other than letters, digits, dots, underscores and dashes is rejected."""
    if not has_failed(trace["malformed_lane"]):
        yield Finding("turn", "an error about `stream_id`", "a response", trace["malformed_lane"].id)


@rule(
    "websocket.a-warm-up-has-no-output",
    ScenarioTrace,
    scenario="websocket_warm_up",
    cites="WSK-29",
    when=lambda trace: _is_offered(trace) and succeeded("warm")(trace),
)
def a_warm_up_has_no_output(trace: ScenarioTrace) -> Iterator[Finding]:
    """A create with `generate: false` makes the context known and generates nothing."""
    kinds = [item.get("type") for _, item in output(response_or_empty(trace["warm"]))]
    if kinds:
        yield Finding("turn/output", "no items", named("items", kinds), trace["warm"].id)


@rule(
    "websocket.a-warm-up-can-be-continued",
    ScenarioTrace,
    scenario="websocket_warm_up",
    cites="WSK-29",
    when=lambda trace: (
        _is_offered(trace)
        and succeeded("warm", "told")(trace)
        and took_place("continued")(trace)
        and says(trace["told"], FIRST_WORD)
    ),
    needs="a model that recalls the code word when one request has all",
)
def a_warm_up_can_be_continued(trace: ScenarioTrace) -> Iterator[Finding]:
    """A turn that continues a warm-up knows what that made known."""
    turn = trace["continued"]
    if has_failed(turn):
        yield from expect_not_lost(turn)
    elif not says(turn, FIRST_WORD):
        actual = named("text", text_of(response_or_empty(turn)))
        yield Finding("turn/output", f"the code word {FIRST_WORD}", actual, turn.id)


@rule(
    "websocket.steering-is-answered",
    ScenarioTrace,
    scenario="websocket_steering",
    cites="WSK-38",
    when=lambda trace: took_place("steer")(trace) and not has_failed(trace["steer"]),
)
def steering_is_answered(trace: ScenarioTrace) -> Iterator[Finding]:
    """An answer to steering names the response, and the id of the input or an error."""
    expected = response_or_empty(trace["steered"]).get("id")
    for where, event in _events(trace["steer"]):
        actual = member(event, "steer", "previous_response_id")
        if actual != expected:
            where = f"{where}/steer/previous_response_id"
            yield Finding(where, show(expected), show(actual), trace["steer"].id)
        path = ("error", "code") if event.get("type") == FAILED else ("steer", "id")
        if not isinstance(member(event, *path), str):
            where = f"{where}/{'/'.join(path)}"
            yield Finding(where, "a string", show(member(event, *path)), trace["steer"].id)


@rule(
    "websocket.a-steered-response-has-a-successor",
    ScenarioTrace,
    scenario="websocket_steering",
    cites=("LIF-14", "WSK-38"),
    when=lambda trace: took_place("steer")(trace) and _is_accepted(trace["steer"]),
    needs="input that the target accepts while a response runs",
)
def a_steered_response_has_a_successor(trace: ScenarioTrace) -> Iterator[Finding]:
    """After accepted input a response of its own follows, unless the input waits or is returned."""
    before, successor = trace["steered"], trace.trace.exchanges.get("successor")
    if successor is None or successor.reply is None:
        if GAVE_UP in before.traits | trace["steer"].traits:
            raise NoEvidenceError(f"{before.id}: {trace['steer'].failure or 'we stopped listening'}")
        yield Finding("turn", "a successor", before.failure or "the end of the connection", before.id)
    elif has_failed(successor):
        actual = show(member(error_of(successor), "error", "message") or "an error")
        yield Finding("turn", "a successor", actual, successor.id)


@rule(
    "websocket.a-steered-response-says-so",
    ScenarioTrace,
    scenario="websocket_steering",
    cites="LIF-14",
    when=lambda trace: succeeded("steered", "successor")(trace) and _reason(trace) not in OWN_REASONS,
    needs="a response that ends because it is steered",
)
def a_steered_response_says_so(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response that ends early because it is steered is incomplete, with the reason `steered`."""
    response = _end(trace)
    if response.get("status") == "incomplete" and _reason(trace) != "steered":
        where = "turn/response/incomplete_details/reason"
        yield Finding(where, show("steered"), show(_reason(trace)), trace["steered"].id)


@rule(
    "websocket.steering-of-an-unknown-response-fails",
    ScenarioTrace,
    scenario="websocket_steering",
    cites="WSK-38",
    when=lambda trace: _was_answered(trace, "unknown"),
)
def steering_of_an_unknown_response_fails(trace: ScenarioTrace) -> Iterator[Finding]:
    """Input for a response that the connection does not have is returned, and not accepted."""
    if _is_accepted(trace["unknown"]):
        yield Finding("message[0]/type", show(FAILED), show(ACCEPTED), trace["unknown"].id)


def _is_accepted(steer: Exchange) -> bool:
    """Whether input was accepted, and neither waits nor was returned later."""
    kinds = [event.get("type") for _, event in _events(steer)] if steer.reply is not None else []
    return bool(kinds) and kinds[-1] == ACCEPTED


def _end(trace: ScenarioTrace) -> Mapping[str, Any]:
    stream = trace["steered"].answer.stream
    return final_response(stream) if stream is not None else {}


def _reason(trace: ScenarioTrace) -> Any:
    return member(_end(trace), "incomplete_details", "reason")
