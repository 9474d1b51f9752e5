"""What the first screen says of features and clients: only what a run has shown, and how to see the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Reply, Request, Trace
from antiphon_conformance.http.reply import headers, read_reply
from antiphon_conformance.report.answers import answers
from antiphon_conformance.report.capability import Capability, capabilities
from antiphon_conformance.report.causes import causes
from antiphon_conformance.report.features import FeatureRow, feature_rows
from antiphon_conformance.report.harm import breakages, faults_of
from antiphon_conformance.report.sorts import Sorts
from antiphon_conformance.report.titles import title_of
from antiphon_conformance.rules.rule import Finding
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_spec.clients import load_clients
from antiphon_spec.dialect import load
from antiphon_spec.requirement import Kind

CLIENT = next(row for row in load_clients() if (row.package, row.registry) == ("openai", "PyPI"))
FORCED = "tool-choice.required-makes-a-call"
IN_WORDS = Finding("reply.body/output", "a tool call", 'items of the types ["message"]', "tool_loop/called")


def record(rule, outcome, *findings, scenario="tool_loop"):
    cites = ("TOOL-32",)
    return Record(rule, "TOOL-32", cites, "DOC", "openai", scenario, outcome, findings, kind=Kind.CONTRACT)


def openai_python(records, *rows, sorts=None):
    """The states of the features of the OpenAI SDK for Python."""
    told = answers(records, "openai", rows, sorts)
    return next(answer for answer in told if answer.client is CLIENT).by_feature


def row(name, state="offered", *, has_effect=False):
    return FeatureRow(name, name, True, state, has_effect=has_effect)


def exchange(identity, method, path, status, body):
    request = Request(method, path, {}, None)
    return Exchange(identity, request, Reply(status, {"content-type": "application/json"}, body))


def states(*exchanges, missing=None):
    trace = Trace("storage", {item.id: item for item in exchanges}, missing_feature=missing)
    return {feature.name: feature.state for feature in feature_rows([trace], load("openai"), [])}


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b'{"detail":"Not Found"}', "not offered"),
        (b'{"error":{"message":"No resp_6a1 here."}}', "failing"),
        (b'{"error":{"message":"Invalid URL (GET /v1/responses/resp_6a1/input_items)"}}', "not offered"),
    ],
)
def test_an_operation_is_not_offered_where_its_path_is_unknown(body, state):
    listing = exchange("storage/listed", "GET", "/responses/resp_6a1/input_items", 404, body)
    assert states(listing)["input_items"] == state


def test_parts_of_a_feature_that_is_not_offered_are_not_offered():
    told = states(missing="websocket")
    assert {told[name] for name in ("websocket", "lanes", "warm_up", "steering")} == {"not offered"}


@pytest.mark.parametrize(("has_effect", "state"), [(True, "unclear"), (False, "breaks")])
def test_a_client_breaks_at_tools_only_where_no_answer_has_a_call(has_effect, state):
    records = [record(FORCED, Outcome.FAILED, IN_WORDS)]
    assert openai_python(records, row("tools", has_effect=has_effect))["tools"] == state
    (cause,) = causes(records)
    hits = breakages(faults_of(cause), "openai", {"tools", "streamed_tools"} if has_effect else ())
    assert bool(hits) is (state == "breaks")


def test_what_a_run_tried_in_vain_is_unclear():
    blind = record("chaining.a-chain-knows-the-whole-history", Outcome.INCONCLUSIVE, scenario="chaining")
    seen = record("chaining.previous-response-id-is-accepted", Outcome.PASSED, scenario="chaining")
    assert openai_python([seen], row("chain"))["chain"] == "works"
    assert openai_python([blind, seen], row("chain"))["chain"] == "unclear"


def test_deltas_that_differ_from_the_end_are_no_proof_that_a_client_streams():
    whole = record("stream-text.texts-are-in-their-item", Outcome.PASSED)
    parts = Finding(
        "event[9]/response/output/0/content/0/text", "the joined deltas", '"a b"', "repeat/streamed"
    )
    broken = replace(whole, outcome=Outcome.FAILED, findings=(parts,), kind=Kind.INTEROP)
    seen = record("stream-text.deltas-add-up-to-the-text", Outcome.PASSED)
    assert openai_python([seen, whole], row("stream"))["stream"] == "works"
    assert openai_python([seen, broken], row("stream"))["stream"] == "unclear"


FOLLOWS = "structured-output.text-follows-a-strict-schema"
IN_PROSE = Finding(
    "reply.body/output", "a text that is JSON", 'the text "Paris is nice."', "structured/asked"
)


@pytest.mark.parametrize(("has_effect", "state"), [(False, "without effect"), (True, "unclear")])
def test_what_a_server_accepts_without_effect_has_none_in_a_client(has_effect, state):
    told = openai_python(
        [record(FOLLOWS, Outcome.FAILED, IN_PROSE)], row("structured", has_effect=has_effect)
    )
    assert told["parse"] == state


@pytest.mark.parametrize(("streamed", "state"), [(False, "unclear"), (True, "breaks")])
def test_a_request_that_is_rejected_without_a_stream_is_no_proof_about_streams(streamed, state):
    rejection = Finding("reply.status", "a 2xx status", "400", "one/asked")
    records = [record("requests.accepts-a-text-as-input", Outcome.FAILED, rejection)]
    sorts = Sorts({"one/asked": ("streams" if streamed else "answers",)})
    told = next(
        answer for answer in answers(records, "openai", [row("stream")], sorts) if answer.client is CLIENT
    )
    assert told.by_feature["stream"] == state


def test_a_feature_that_was_not_seen_says_what_would_show_it():
    assert (
        capabilities([row("reasoning", "not seen")], [], [])[0].hint == "--model names a model that reasons"
    )
    assert Capability(row("reasoning"), "works").hint == ""


LINES = b'{"type": "response.text.delta", "delta": "a"}\n{"type": "response.done"}\n'
EVENTS = b"".join(b"data: %b\n\n" % line for line in LINES.splitlines())


@pytest.mark.parametrize(
    ("kind", "body", "titles"),
    [
        ("application/json", LINES, ['Streams come as "application/json", not as text/event-stream']),
        (
            "text/event-stream",
            EVENTS,
            [
                "Streams have none of the documented events, but response.text.delta, response.done",
                "Stream events lack 1 required member: sequence_number",
            ],
        ),
    ],
    ids=["JSON lines", "events of other names"],
)
def test_a_stream_that_nobody_can_read_is_one_cause(kind, body, titles):
    request = Request("POST", "/responses", body={"input": "Say hello.", "stream": True})
    reply = read_reply(200, headers({"content-type": kind}), body)
    trace = Trace("repeat", {"streamed": Exchange("repeat/streamed", request, reply, "createResponse")})
    found = causes(engine.judge([trace], load("openai")))
    assert [title_of(cause) for cause in found if cause.finding] == titles


def test_no_client_streams_where_no_stream_comes():
    row = FeatureRow("stream", "Streaming", False, "ignored")
    assert openai_python([record(FORCED, Outcome.PASSED)], row)["stream"] == "breaks"
