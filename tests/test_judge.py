"""The engine: the outcome of a rule on exchanges and traces."""

from __future__ import annotations

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Request, Trace
from antiphon_conformance.requests.location import locate
from antiphon_conformance.rules.rule import EVERY, Finding, make
from antiphon_conformance.rules.views import (
    AnyReply,
    DocumentReply,
    ErrorReply,
    ResponseObject,
    ScenarioTrace,
    StreamReply,
)
from antiphon_conformance.verdict import rule_run
from antiphon_conformance.verdict.no_verdict import why_missing
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec import dialect as dialects
from antiphon_spec.profile import Weight, load_profile
from scripted_transport import exchange, response

OPENAI = dialects.load("openai")
COMPATIBLE = load_profile("compatible")
FAILS, WARNS, NOTES, OFF = (
    next(row.id for row in OPENAI.requirements.values() if row.tested and COMPATIBLE.weigh(row) is weight)
    for weight in Weight
)


def silent(subject):
    yield from ()


def finds(*wheres, exchange=""):
    def check(subject):
        for where in wheres:
            yield Finding(where, "this", "that", exchange)

    return check


def raises(subject):
    raise KeyError("output")
    yield


def rule(subject=AnyReply, check=silent, cites=FAILS, name="rule", **how):
    return make(f"test.{name}".replace("_", "-"), "A sentence.", subject, check, cites=cites, **how)


def judge(candidate, *traces):
    return engine.judge(traces, OPENAI, {candidate.id: candidate})


def judge_one(candidate, *traces):
    (record,) = judge(candidate, *traces)
    return record


GOOD = Trace("plain", {"created": exchange("plain/created", response(), request_body={"input": "hi"})})
FAILED = b'data: {"type":"response.failed","response":{"id":"r","status":"failed"}}\n\n'
FAILURE = Trace("plain", {"created": exchange("plain/created", FAILED)})
NO_SUCCESS = Trace("plain", {"created": exchange("plain/created", {"error": {}}, status=400)})
REJECTION = Trace("bad", {"refused": exchange("bad/refused", {"error": {"message": "no"}}, status=400)})
STREAM = Trace(
    "streaming", {"streamed": exchange("streaming/streamed", b'data: {"type":"response.created"}\n\n')}
)
NO_ANSWER = Exchange("dead/created", Request("POST", "/responses"), None, failure="refused")


def test_a_rule_that_finds_nothing_passes():
    record = judge_one(rule(), GOOD)
    assert (record.outcome, record.rule, record.scenario) == (Outcome.PASSED, "test.rule", "plain")
    assert (record.requirement, record.authority, record.dialect) == (
        FAILS,
        OPENAI.requirements[FAILS].authority,
        "openai",
    )


@pytest.mark.parametrize(
    ("cites", "outcome"),
    [
        (FAILS, Outcome.FAILED),
        (WARNS, Outcome.WARNED),
        (NOTES, Outcome.NOTED),
        ((NOTES, FAILS), Outcome.FAILED),
        ((OFF, NOTES), Outcome.NOTED),
    ],
)
def test_the_cited_row_that_weighs_most_decides_the_outcome(cites, outcome):
    assert judge_one(rule(check=finds("reply.status"), cites=cites), GOOD).outcome is outcome


def test_a_finding_gets_the_id_of_its_exchange():
    (finding,) = judge_one(rule(check=finds("reply.status")), GOOD).findings
    assert finding.exchange == "plain/created"


def test_a_finding_is_printable_with_hostile_member_names():
    record = judge_one(rule(check=finds("reply.body/\x1b[31m\ud800\n" + "a" * 9999)), GOOD)
    assert record.findings[0].where.isprintable()
    assert len(record.findings[0].where) < 600
    record.findings[0].message.encode()


def test_there_is_one_record_for_each_scenario_in_which_a_rule_applied():
    records = judge(rule(AnyReply), GOOD, REJECTION)
    assert [(record.scenario, record.outcome) for record in records] == [
        ("plain", Outcome.PASSED),
        ("bad", Outcome.PASSED),
    ]


@pytest.mark.parametrize(
    ("subject", "scenarios"),
    [
        (AnyReply, {"plain", "bad", "streaming"}),
        (DocumentReply, {"plain"}),
        (ErrorReply, {"bad"}),
        (StreamReply, {"streaming"}),
        (ResponseObject, {"plain"}),
    ],
)
def test_a_rule_sees_only_views_of_its_class(subject, scenarios):
    assert {record.scenario for record in judge(rule(subject), GOOD, REJECTION, STREAM)} == scenarios


def test_a_rule_that_raises_is_broken_and_says_where():
    record = judge_one(rule(check=raises), GOOD)
    assert record.outcome is Outcome.BROKEN
    assert record.note.startswith("KeyError: 'output' (test_judge.py:")


def test_a_rule_whose_condition_raises_is_broken():
    assert judge_one(rule(when=lambda subject: 1 / 0), GOOD).outcome is Outcome.BROKEN


def test_the_number_of_findings_is_bounded():
    record = judge_one(rule(check=finds(*map(str, range(1000)))), GOOD)
    assert len(record.findings) == rule_run.MOST_FINDINGS


def test_a_rule_that_applied_nowhere_is_inconclusive():
    record = judge_one(rule(when=lambda subject: False, needs="a refusal of the model"), GOOD)
    assert (record.outcome, record.scenario) == (Outcome.INCONCLUSIVE, "")
    assert record.note == "not seen: a refusal of the model"


@pytest.mark.parametrize(
    "last", [NO_ANSWER, exchange("dead/created", {"error": {}}, status=500)], ids=["no answer", "500"]
)
def test_a_failure_in_another_scenario_explains_nothing(last):
    dead = Trace("dead", {"created": last}, "created: broke down")
    record = judge_one(rule(when=lambda subject: False, needs="a refusal of the model"), GOOD, dead)
    assert (record.outcome, record.note) == (Outcome.INCONCLUSIVE, "not seen: a refusal of the model")


def test_a_dead_port_passes_nothing():
    dead = Trace("dead", {"created": NO_ANSWER}, "created: refused")
    assert judge_one(rule(), dead).outcome is Outcome.UNTESTABLE


def test_a_rejection_that_ended_a_scenario_makes_no_rule_untestable():
    trace_of_rejection = Trace("tools", {"created": exchange("t", {}, status=400)}, "created: answered 400")
    record = judge_one(rule(when=lambda subject: False), GOOD, trace_of_rejection)
    assert record.outcome is Outcome.INCONCLUSIVE


def test_a_rule_may_see_every_scenario():
    records = judge(rule(ScenarioTrace, silent, name="scene", scenario=EVERY), GOOD, REJECTION)
    assert {record.scenario for record in records} == {"plain", "bad"}


def scenario_trace(check, when=None):
    return rule(ScenarioTrace, check, name="scene", scenario="plain", when=when)


def test_a_rule_over_a_scenario_trace_sees_its_scenario_only():
    assert [record.scenario for record in judge(scenario_trace(silent), GOOD, REJECTION)] == ["plain"]


@pytest.mark.parametrize(
    "finding", [finds("reply.status", exchange="created"), finds("created.reply.status")]
)
def test_a_finding_over_a_scenario_trace_names_a_step(finding):
    (result,) = judge_one(scenario_trace(finding), GOOD).findings
    assert (result.exchange, result.where) == ("plain/created", "reply.status")


def asks_for_a_poll(subject):
    yield Finding("x", "y", str(subject["polled"]))


def trace(**how):
    return Trace("plain", dict(GOOD.exchanges), **how)


@pytest.mark.parametrize(
    ("history", "outcome", "note"),
    [
        (trace(), Outcome.INCONCLUSIVE, "step `polled` did not take place: not reached"),
        (NO_SUCCESS, Outcome.UNTESTABLE, "step `polled` did not take place: not reached"),
        (FAILURE, Outcome.UNTESTABLE, "step `polled` did not take place: not reached"),
        (trace(stop_reason="created: answered 500"), Outcome.UNTESTABLE, "created: answered 500"),
        (
            trace(missing_feature="background"),
            Outcome.NOT_SUPPORTED,
            "the target does not offer background",
        ),
        (trace(stop_reason="the limit of 3", blame="limit"), Outcome.INCONCLUSIVE, "the limit of 3"),
        (trace(stop_reason="our scenario broke", blame="suite"), Outcome.BROKEN, "our scenario broke"),
    ],
)
@pytest.mark.parametrize("when", [None, lambda trace: "polled" in trace])
def test_a_step_that_is_missing(history, outcome, note, when):
    record = judge_one(scenario_trace(asks_for_a_poll, when), history)
    if when is None or history.stop_reason or history.missing_feature:
        assert record.outcome is outcome
        assert note in record.note
    else:
        assert record.outcome is Outcome.INCONCLUSIVE


def test_a_scenario_that_the_user_left_out_counts_against_nobody():
    record = judge_one(scenario_trace(silent), REJECTION)
    assert (record.outcome, record.note) == (
        Outcome.INCONCLUSIVE,
        "not seen: the run leaves the scenario plain out",
    )


def test_a_rule_about_an_operation_that_the_target_lacks_is_not_supported():
    probe = exchange("items/listed", {}, status=404, path="/responses/resp_1/input_items", method="GET")
    lacking = Trace("items", {"listed": probe}, "listed: answered 404", "input_items")
    record = judge_one(
        rule(DocumentReply, when=lambda body: body.operation == "listInputItems"), GOOD, lacking
    )
    assert (record.outcome, record.note) == (Outcome.NOT_SUPPORTED, "the target does not offer input_items")


@pytest.mark.parametrize(
    ("path", "operation", "below"),
    [
        ("/responses", "createResponse", "/responses"),
        ("/v1/responses", "createResponse", "/responses"),
        ("https://h/openai/v1/responses?api-version=1", "createResponse", "/responses?api-version=1"),
        ("https://h/models/gpt-5/v1/responses", "createResponse", "/responses"),
        ("/v1/elsewhere", None, "/v1/elsewhere"),
    ],
)
def test_an_exchange_has_a_place_in_the_document(path, operation, below):
    place = locate(exchange("one", {}, path=path), OPENAI)
    assert (place.operation, place.request.path) == (operation, below)


def test_a_resumed_stream_is_marked():
    place = locate(exchange("one", b"", path="/responses/r?starting_after=3", method="GET"), OPENAI)
    assert place.traits == {"resumed"}


def test_lint_lists_findings_and_counts_the_other_records():
    candidate = rule(
        DocumentReply, lambda body: iter([Finding("reply.body", "a", "b")] if "bad" in body.object else [])
    )
    loose = [exchange("one", {"bad": 1}), exchange("two", {}), exchange("three", {})]
    records = engine.lint(loose, OPENAI, {candidate.id: candidate, "test.scene": scenario_trace(silent)})
    assert [(record.scenario, record.outcome, record.note) for record in records] == [
        ("one", Outcome.FAILED, ""),
        ("", Outcome.PASSED, "nothing found in 2 exchanges"),
    ]


def test_an_error_of_a_feature_that_is_not_offered_is_no_failure():
    creation = exchange("storage/created", response(), request_body={"input": "hi"})
    listing = exchange("storage/listed", {"detail": "Not Found"}, status=404)
    trace = Trace("storage", {"created": creation, "listed": listing}, "listed: answered 404", "input_items")
    listing_rule = rule(ScenarioTrace, finds("reply.status", exchange="storage/listed"), scenario="storage")
    record = judge_one(listing_rule, trace)
    assert (record.outcome, record.note) == (Outcome.NOT_SUPPORTED, "the target does not offer input_items")
    assert judge_one(
        rule(ScenarioTrace, finds("reply.status", exchange="storage/created"), scenario="storage"), trace
    ).findings


@pytest.mark.parametrize(
    ("scenario", "outcome"), [("mcp_server", Outcome.INCONCLUSIVE), ("whole_input", Outcome.UNTESTABLE)]
)
def test_what_nobody_named_is_no_fault_where_the_feature_is_optional(scenario, outcome):
    lacking = Trace(scenario, {}, "this needs --resource mcp_server=VALUE", blame="given")
    assert why_missing(lacking, "no step") == (outcome, "no step")
