"""Findings in a report: root causes, differences, excerpts, the lanes of a stream."""

from __future__ import annotations

from dataclasses import replace

import pytest

from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.report.causes import causes
from antiphon_conformance.report.difference import mark_differences
from antiphon_conformance.report.excerpt import excerpt
from antiphon_conformance.report.features import best_rows, feature_rows
from antiphon_conformance.report.harm import by_harm
from antiphon_conformance.report.model import compose
from antiphon_conformance.report.numbers import Ratio, numbers, sentence
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import judge
from antiphon_spec.dialect import load
from antiphon_spec.requirement import Kind
from inprocess import run_suite
from scripted_transport import exchange, response

OPENAI = load("openai")


def record(rule, *findings, outcome=Outcome.FAILED, scenario="repeat", note=""):
    return Record(rule, "R-1", ("R-1",), "MUST", "openai", scenario, outcome, findings, note)


def at(where, actual="absent", of="repeat/first"):
    return Finding(where, "something else", actual, of)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param(
            [record("a.b", at("reply.body/id"), at("reply.body/id", of="repeat/second"))],
            [("a.b", 2, ())],
            id="one rule in two exchanges",
        ),
        pytest.param(
            [record("a.b", at("event[3]/id", '"x1"'), at("event[4]/id", '"x2"'))],
            [("a.b", 2, ())],
            id="other indices and other values are no other cause",
        ),
        pytest.param(
            [record("a.b", at("reply.body/id"), at("reply.body/usage"))],
            [("a.b", 2, ())],
            id="two members that one rule tells are one cause",
        ),
        pytest.param(
            [record("a.b", at("reply.status", "200"), at("reply.status", "500", of="repeat/second"))],
            [("a.b", 1, ()), ("a.b", 1, ())],
            id="two statuses are two causes",
        ),
        pytest.param(
            [
                record("a.b", at("reply.body/id"), at("reply.body/id", of="x/y")),
                record("c.d", at("reply.body/id")),
            ],
            [("a.b", 2, ("c.d",))],
            id="two rules at one place",
        ),
        pytest.param(
            [record("a.b", at("reply.body/usage")), record("c.d", at("reply.body/usage/total_tokens"))],
            [("a.b", 1, ("c.d",))],
            id="what stands in an object that is not there",
        ),
        pytest.param(
            [record("a.b", at("reply.body/usage", "5")), record("c.d", at("reply.body/usage/total_tokens"))],
            [("a.b", 1, ()), ("c.d", 1, ())],
            id="what stands in an object that is there",
        ),
        pytest.param(
            [
                record("a.b", outcome=Outcome.UNTESTABLE, note="created: answered 503"),
                record("c.d", outcome=Outcome.UNTESTABLE, note="created: answered 503", scenario="other"),
            ],
            [("a.b", 2, ("c.d",))],
            id="rules that one failure kept from being tried",
        ),
        pytest.param([record("a.b", outcome=Outcome.PASSED)], [], id="nothing was found"),
    ],
)
def test_findings_of_one_root_cause_are_one(records, expected):
    groups = causes(records)
    assert [(cause.rules[0], len(cause.places), cause.further_rules) for cause in groups] == expected


@pytest.mark.parametrize(
    ("expected", "actual", "differing"),
    [
        ("application/json", "application/problem", ("json", "problem")),
        ("more than 3", "3", ("more than 3", "3")),
        ("an integer", "absent", ("an integer", "absent")),
        ("a b c d", "a b d", ("c ", "")),
    ],
)
def test_differences_are_marked(expected, actual, differing):
    pair = mark_differences(expected, actual)
    assert tuple("".join(piece.text for piece in pieces) for pieces in pair) == (expected, actual)
    assert tuple("".join(piece.text for piece in pieces if piece.differs) for pieces in pair) == differing


BODY = {
    "id": "resp_1",
    "output": [{"type": "message", "content": [{"type": "output_text", "text": 5}]}],
    "x": 1,
}
STREAM = b"".join(
    b'data: {"type": "%s", "sequence_number": %d, "output_index": 0, "item": {"type": "message"}}\n\n'
    % fields
    for fields in (
        (b"response.created", 0),
        (b"response.output_item.added", 2),
        (b"response.output_item.done", 3),
    )
)


@pytest.mark.parametrize(
    ("body", "where", "lines", "hit"),
    [
        (
            BODY,
            "reply.body/output/0/content/0/text",
            ["{", '  "id": "resp_1",', '  "output": [', "    {"],
            '          "text": 5',
        ),
        (BODY, "reply.body/usage", ["{", '  "id": "resp_1",'], '  "usage" is absent'),
        (BODY, "reply.headers/content-type", [], "content-type: application/json"),
        (BODY, "reply.status", [], "HTTP status 200"),
        (
            STREAM,
            "event[1]/sequence_number",
            ['event[0] {"type": "response.created", "sequence_number": 0}', "event[1]"],
            '  "sequence_number": 2',
        ),
        (
            STREAM,
            "end of stream",
            ['event[0] {"type": "response.created", "sequence_number": 0}'],
            "end of stream",
        ),
    ],
)
def test_the_smallest_part_that_shows_a_finding(body, where, lines, hit):
    part = excerpt(exchange("repeat/first", body), where, OPENAI)
    assert part.asked == "POST /responses"
    assert [line.text for line in part.lines][: len(lines)] == lines
    assert [line.text for line in part.lines if line.marked] == [hit]


def test_a_stream_is_drawn_in_lanes_with_the_event_marked():
    lanes = excerpt(exchange("repeat/first", STREAM), "event[1]/sequence_number", OPENAI).lanes
    assert [(lane.title, lane.depth) for lane in lanes.lanes] == [("response", 0), ("item 0 (message)", 1)]
    assert [(step.lane, step.first, step.marked) for step in lanes.steps] == [
        (0, 0, False),
        (1, 1, True),
        (1, 2, False),
    ]


def test_a_long_stream_is_drawn_around_the_event_and_pieces_are_one_step():
    delta = b'data: {"type": "response.output_text.delta", "output_index": 0, "content_index": 0}\n\n'
    odd = b'data: {"type": "odd.%d"}\n\n'
    stream = delta * 500 + b"".join(odd % number for number in range(100))
    lanes = excerpt(exchange("a/b", stream), "event[550]", OPENAI).lanes
    assert len(lanes.steps) <= 24
    assert (lanes.before, lanes.after) == (536, 40)
    whole = excerpt(exchange("a/b", stream), "event[500]", OPENAI).lanes
    assert (whole.steps[0].first, whole.steps[0].last) == (0, 499)


def test_the_three_numbers_are_kept_apart():
    report = compose(judge([run_suite("openai", properties=False, features=("no-compact",))]))
    summary = numbers(report, OPENAI)
    unseen = {"compact"}  # switched off
    assert summary.capability == Ratio(len(OPENAI.features) - len(unseen), len(OPENAI.features))
    assert summary.demands.part == summary.demands.whole > 100
    assert 0 < summary.coverage.part < summary.coverage.whole < OPENAI.counts["tested"]
    text = sentence(report.verdicts["openai"], summary, 0, report.profile("openai"))
    demands = f"{summary.demands} tested demands of the profile compatible".replace("/", " of ")
    assert text == f"Conformant: {demands} hold."


def test_features_say_what_is_offered_and_where_it_fails():
    mutant = "events.repeats-a-sequence-number"
    result = run_suite("openai", mutant, properties=False, features=("no-background",))
    rows = {
        row.name: row
        for row in feature_rows(result.traces, OPENAI, judge([result]).records, ("no-background",))
    }
    assert rows["background"].state == "not offered"
    assert rows["stream"].state == "offered"
    assert rows["stream"].failed > 5
    assert (rows["delete"].failed, rows["delete"].clean > 0) == (0, True)


def mcp(body):
    tools = [{"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example/mcp"}]
    created = exchange("mcp_server/called", body, request_body={"input": "Call a tool.", "tools": tools})
    return Trace("mcp_server", {"called": created})


LISTED = {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "docs", "tools": []}
STREAMED = {"input": "Say hello.", "stream": True}


@pytest.mark.parametrize(
    ("trace", "feature", "state"),
    [
        (mcp(response(output=[LISTED])), "mcp_server", "offered"),
        (mcp(response()), "mcp_server", "not seen"),
        (mcp(None), "create", "unreadable"),
        (Trace("s", {"a": exchange("s/a", response(), request_body=STREAMED)}), "stream", "ignored"),
    ],
    ids=["an answer shows it", "no answer shows it", "a success says null", "the server does not stream"],
)
def test_a_feature_works_only_where_an_answer_shows_it(trace, feature, state):
    rows = {row.name: row.state for row in feature_rows([trace], OPENAI, [])}
    assert rows[feature] == state


def test_a_feature_that_one_of_several_runs_showed_works():
    plain = Trace("s", {"a": exchange("s/a", response(), request_body=STREAMED)})
    streamed = Trace("s", {"a": exchange("s/a", STREAM, request_body=STREAMED)})
    rows = best_rows([feature_rows([trace], OPENAI, []) for trace in (plain, streamed)])
    assert next(row for row in rows if row.name == "stream").state == "offered"


def test_a_cancel_shows_nothing_where_nothing_runs_in_the_background():
    error = {"error": {"message": "Response resp_1 has ended."}}
    rejection = exchange("background/cancelled", error, status=400, path="/responses/resp_1/cancel")
    trace = Trace("background", {"cancelled": rejection})
    states = [
        {row.name: row.state for row in feature_rows([trace], OPENAI, [], claims)}["cancel"]
        for claims in ((), ("no-background",))
    ]
    assert states == ["failing", "not seen"]


def test_a_feature_without_evidence_is_not_seen():
    continued = {"input": "What is my code word?", "previous_response_id": "resp_0"}
    trace = Trace("chaining", {"a": exchange("chaining/a", response(), request_body=continued)})
    blind = replace(record("chaining.a-chain-knows-the-whole-history"), outcome=Outcome.INCONCLUSIVE)
    states = [
        {row.name: row.state for row in feature_rows([trace], OPENAI, [verdict])}["chain"]
        for verdict in (blind, replace(blind, outcome=Outcome.PASSED))
    ]
    assert states == ["not seen", "offered"]


def test_what_no_client_sees_stands_above_what_no_client_misses():
    cut = "response-status.a-response-at-the-token-limit-is-incomplete"
    chain = "chaining.a-chain-knows-the-whole-history"
    found = causes(
        [
            record("stream-numbers.are-integers-on-every-event", at("event[0]/sequence_number")),
            replace(record(chain, at("reply.body/output", '"I do not know."')), kind=Kind.CONTRACT),
            record(cut, at("reply.body/status", '"completed"')),
        ]
    )
    ordered = by_harm(found, {id(cause): () for cause in found}, 3)
    assert [cause.rules[0] for cause in ordered] == [cut, chain, "stream-numbers.are-integers-on-every-event"]
