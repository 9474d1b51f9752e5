"""The run of scenarios: what ends one, who is to blame, and which features the target lacks."""

from __future__ import annotations

import asyncio

import pytest

from antiphon_conformance.http.client import Limits, Target
from antiphon_conformance.http.exchange import Headers
from antiphon_conformance.requests.minimal import MissingResourceError
from antiphon_conformance.scenarios import runner
from antiphon_conformance.scenarios.scenario import Scenario, scenarios_for
from antiphon_spec import dialect as dialects
from scripted_transport import ScriptedTransport, response

OPENAI = dialects.load("openai")
STREAM = b'data: {"type":"response.created","response":{"id":"resp_1"}}\n\ndata: {"type":"x"}\n\n' * 2


def run_all(answer, *runs, features=(), declarations=(), limits=None, concurrency=4):
    """The traces of scenarios against a server that answers like the function, and its transport."""
    transport = ScriptedTransport(answer)
    scenarios = tuple(Scenario(run.__name__, "", run, features) for run in runs)
    plan = runner.Plan(scenarios, (OPENAI,), "m", concurrency, declarations)
    target = Target(transport, "sk-secret", limits or Limits())
    return asyncio.run(runner.run(plan, target)), transport


def run_one(answer, run, **how):
    (trace,), _ = run_all(answer, run, **how)
    return trace


def works(request):
    return 200, response()


async def retrieves(conversation):
    creation = await conversation.create("created", input="hi")
    await conversation.get("retrieved", f"/responses/{conversation.id_of(creation)}")


async def creates(conversation):
    await conversation.create("created", input="hi")


def test_a_conversation():
    trace = run_one(works, retrieves)
    assert list(trace.exchanges) == ["created", "retrieved"]
    assert (trace.stop_reason, trace.missing_feature) == (None, None)
    creation, retrieval = trace.exchanges.values()
    assert creation.id == "retrieves/created"
    assert creation.request.body == {"model": "m", "input": "hi"}
    assert (retrieval.request.method, retrieval.request.path) == ("GET", "/responses/resp_1")


def test_a_rejected_create_ends_the_scenario():
    trace = run_one(lambda request: (400, {"error": {"message": "no such model"}}), retrieves)
    assert trace.stop_reason == "created: answered 400: no such model"
    assert trace.blame == "target"
    assert list(trace.exchanges) == ["created"]


def test_a_create_may_fail():
    async def run(conversation):
        await conversation.create("rejected", may_fail=True)
        await conversation.create("again", may_fail=True)

    assert len(run_one(lambda request: (400, {}), run).exchanges) == 2


@pytest.mark.parametrize("body", [{}, {"id": 7}, {"id": ""}, []])
def test_a_response_without_an_id_ends_the_scenario(body):
    trace = run_one(lambda request: (200, body), retrieves)
    assert "retrieves/created" in trace.stop_reason
    assert trace.blame == "target"


def test_a_broken_scenario_is_our_fault():
    async def run(conversation):
        raise KeyError("x")

    trace = run_one(works, run)
    assert (trace.blame, trace.stop_reason) == ("suite", "our scenario broke: KeyError: 'x'")


def test_a_scenario_may_leave_a_stream_early():
    async def run(conversation):
        await conversation.create("streamed", stream=True, read_events=2)

    exchange = run_one(lambda request: (200, STREAM), run)["streamed"]
    assert len(exchange.answer.stream.events) == 2
    assert exchange.traits == {"left-early"}


def counting():
    states = iter(["queued", "in_progress", "completed", "completed"])
    return lambda request: (200, response(status=next(states)))


def test_polling_ends_when_the_status_is_terminal():
    async def run(conversation):
        await conversation.poll("polled", await conversation.create("created", background=True))

    assert list(run_one(counting(), run).exchanges) == ["created", "polled", "polled-2"]


def test_polling_is_bounded(monkeypatch):
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)

    async def run(conversation):
        await conversation.poll("polled", "resp_1")

    trace = run_one(lambda request: (200, response(status="queued")), run)
    assert trace.stop_reason == 'polled: status is "queued" after 40 polls'


@pytest.mark.parametrize("status", ["no such status", None, 7, [], "cancelled"])
def test_polling_ends_at_a_status_that_no_other_follows(status):
    async def run(conversation):
        await conversation.poll("polled", "resp_1", until=("completed",))

    trace = run_one(lambda request: (200, response(status=status)), run)
    assert len(trace.exchanges) == 1
    assert trace.stop_reason.endswith(", which stays")


def test_headers_are_replaced_and_left_out():
    async def run(conversation):
        await conversation.post(
            "created", "/responses", raw=b"{", headers={"Authorization": None, "X-One": "1"}
        )

    _, transport = run_all(works, run)
    (request,) = transport.details
    assert request.headers.get("authorization") is None
    assert request.headers.get("x-one") == "1"
    assert request.raw == b"{"


def lacks(method, path, status=404):
    return lambda request: (
        (status, {"error": {"message": "Not Found"}})
        if request.method == method and request.path.startswith(path)
        else works(request)
    )


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_operation_without_an_answer_is_not_offered(status):
    trace = run_one(lacks("GET", "/responses/", status), retrieves, features=("retrieve",))
    assert trace.missing_feature == "retrieve"
    assert trace.stop_reason == f"retrieved: answered {status}: Not Found"


def test_a_declared_feature_must_work():
    trace = run_one(
        lacks("GET", "/responses/"), retrieves, features=("retrieve",), declarations=("retrieve",)
    )
    assert (trace.missing_feature, trace.stop_reason) == (None, None)


def test_a_feature_declared_absent_is_not_requested():
    traces, transport = run_all(works, retrieves, features=("retrieve",), declarations=("no-retrieve",))
    assert traces[0].missing_feature == "retrieve"
    assert transport.details == []


async def lists(conversation):
    await conversation.get("listed", "/responses/resp_1/input_items")


async def lists_before_it_deletes(conversation):
    await conversation.create("created")
    await conversation.part("input_items", lists)
    await conversation.delete("deleted", "/responses/resp_1")


def test_a_part_that_the_target_does_not_offer_ends_alone():
    trace = run_one(lacks("GET", "/responses/resp_1/input_items"), lists_before_it_deletes)
    assert list(trace.exchanges) == ["created", "listed", "deleted"]
    assert (trace.missing_feature, trace.stop_reason) == (
        "input_items",
        "listed: answered 404: Not Found",
    )


def test_a_part_declared_absent_is_not_requested():
    trace = run_one(works, lists_before_it_deletes, declarations=("no-input_items",))
    assert list(trace.exchanges) == ["created", "deleted"]
    assert trace.missing_feature == "input_items"


def test_a_part_that_the_dialect_does_not_know_is_left_out():
    async def run(conversation):
        assert not await conversation.part("levitation", lists)

    trace = run_one(works, run)
    assert (trace.exchanges, trace.missing_feature) == ({}, None)


async def retrieves_unknown(conversation):
    await conversation.get("unknown", "/responses/resp_unknown")


async def retrieves_unstored(conversation):
    creation = await conversation.create("created", store=False)
    await conversation.get("retrieved", f"/responses/{conversation.id_of(creation)}")


async def retrieves_deleted(conversation):
    creation = await conversation.create("created")
    await conversation.delete("deleted", f"/responses/{conversation.id_of(creation)}")
    await conversation.get("retrieved", f"/responses/{conversation.id_of(creation)}")


async def retrieves_with_another_key(conversation):
    creation = await conversation.create("created")
    await conversation.get(
        "retrieved", f"/responses/{conversation.id_of(creation)}", headers={"Authorization": "Bearer x"}
    )


@pytest.mark.parametrize(
    "run", [retrieves_unknown, retrieves_unstored, retrieves_deleted, retrieves_with_another_key]
)
def test_a_404_with_another_cause_says_nothing_about_the_feature(run):
    assert run_one(lacks("GET", "/responses/"), run, features=("retrieve",)).missing_feature is None


def test_a_feature_that_worked_in_one_scenario_is_not_missing_in_another():
    answers = iter([200, 404])

    def answer(request):
        status = next(answers) if request.method == "GET" else 200
        return status, response()

    async def again(conversation):
        await retrieves(conversation)

    traces, _ = run_all(answer, retrieves, again, features=("retrieve",), concurrency=1)
    assert [trace.missing_feature for trace in traces] == [None, None]
    assert traces[1].stop_reason == "retrieved: answered 404"


def test_a_rejected_parameter_is_a_feature_that_is_not_offered():
    async def run(conversation):
        await conversation.create("created", background=True)

    rejection = run_one(
        lambda request: (400, {"error": {"message": "background?"}}), run, features=("background",)
    )
    assert rejection.missing_feature == "background"
    crash = run_one(lambda request: (500, {}), run, features=("background",))
    assert (crash.missing_feature, crash.stop_reason) == (None, "created: answered 500")


PATIENT = Headers((("content-type", "application/json"), ("retry-after", "0")))


@pytest.mark.parametrize(
    ("answers", "steps", "stop_reason"),
    [
        ([429, 200], ["created-limited-1", "created"], None),
        ([503, 200], ["created-limited-1", "created"], None),
        (
            [429] * 7,
            [*(f"created-limited-{turn}" for turn in range(1, 7)), "created"],
            "created: the target is too busy: answered 429",
        ),
    ],
)
def test_a_request_to_a_busy_target_is_sent_again(answers, steps, stop_reason):
    left = iter(answers)
    transport = ScriptedTransport(lambda request: (next(left), response()), PATIENT)
    plan = runner.Plan((Scenario("creates", "", creates),), (OPENAI,), "m")
    (trace,) = asyncio.run(runner.run(plan, Target(transport)))
    assert (list(trace.exchanges), trace.stop_reason) == (steps, stop_reason)
    assert [exchange.id for exchange in trace.exchanges.values()] == [f"creates/{step}" for step in steps]


def test_a_request_is_not_sent_again_without_credit():
    trace = run_one(lambda request: (429, {"error": {"code": "insufficient_quota"}}), creates)
    assert list(trace.exchanges) == ["created"]


def test_three_calls_without_an_answer_end_the_run():
    traces, transport = run_all(
        lambda request: None, creates, retrieves, asks_again, retrieves_unknown, concurrency=1
    )
    assert len(transport.details) == 3
    assert all(trace.stop_reason for trace in traces)


async def asks_again(conversation):
    await conversation.create("first")


def test_rejected_credentials_end_the_run():
    traces, transport = run_all(lambda request: (401, {}), creates, retrieves, concurrency=1)
    assert len(transport.details) == 1
    assert "rejected our credentials" in traces[1].stop_reason


def test_a_limit_is_not_the_fault_of_the_target():
    traces, transport = run_all(works, creates, retrieves, limits=Limits(requests=2), concurrency=1)
    assert len(transport.details) == 2
    assert [(trace.stop_reason, trace.blame) for trace in traces] == [
        (None, "target"),
        ("the limit of 2 requests is reached", "limit"),
    ]


def test_an_interrupted_run_keeps_its_traces():
    stop = asyncio.Event()

    async def waits(conversation):
        await conversation.create("created")
        stop.set()
        await asyncio.Event().wait()

    async def interrupted():
        scenarios = tuple(Scenario(run.__name__, "", run) for run in (creates, waits, retrieves))
        plan = runner.Plan(scenarios, (OPENAI,), "m", 1)
        running = asyncio.create_task(runner.run(plan, Target(ScriptedTransport(works))))
        await stop.wait()
        running.cancel()
        return await running

    traces = asyncio.run(interrupted())
    assert [(trace.stop_reason, len(trace.exchanges)) for trace in traces] == [
        (None, 1),
        ("interrupted", 1),
        ("interrupted", 0),
    ]
    assert [trace.blame for trace in traces] == ["target", "limit", "limit"]


def test_traces_come_in_the_order_of_scenarios_and_progress_in_the_order_of_ends():
    async def slow(conversation):
        await asyncio.sleep(0.01)

    progress = []
    scenarios = (Scenario("slow", "", slow), Scenario("creates", "", creates))
    plan = runner.Plan(scenarios, (OPENAI,), "m", 2)
    traces = asyncio.run(
        runner.run(plan, Target(ScriptedTransport(works)), lambda trace: progress.append(trace.scenario))
    )
    assert [trace.scenario for trace in traces] == ["slow", "creates"]
    assert progress == ["creates", "slow"]


def test_first_scenarios_end_before_the_others_and_last_scenarios_begin_after_them():
    async def looks(conversation):
        await conversation.get("seen", f"/responses/{conversation.scenario}")
        await conversation.get("seen_again", f"/responses/{conversation.scenario}")

    scenarios = (
        Scenario("after", "", looks, last=True),
        Scenario("one", "", looks),
        Scenario("other", "", looks),
        Scenario("before", "", looks, first=True),
    )
    transport = ScriptedTransport(works)
    asyncio.run(runner.run(runner.Plan(scenarios, (OPENAI,), "m"), Target(transport)))
    order = [request.path.rpartition("/")[2] for request in transport.details]
    assert order[:2] == ["before", "before"]
    assert sorted(order[2:6]) == ["one", "one", "other", "other"]
    assert order[6:] == ["after", "after"]


@pytest.mark.parametrize("name", ["entity_knowledge", "chat", "mistakes_in_cloudglue", "background"])
def test_a_missing_resource_ends_a_scenario_without_blame(name: str) -> None:
    cloudglue = dialects.load("cloudglue")
    plan = runner.Plan((scenarios_for(cloudglue)[name],), (cloudglue,))
    (trace,) = asyncio.run(runner.run(plan, Target(ScriptedTransport(lambda _: None))))
    assert (trace.blame, dict(trace.exchanges)) == ("given", {})
    assert "--resource collection=VALUE" in (trace.stop_reason or "")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("collection", "--resource collection=VALUE names one"),
        ("entities", "--resource entities=VALUE names one, or declare --feature no-entities"),
    ],
)
def test_the_message_about_a_missing_resource_names_the_options(name: str, advice: str) -> None:
    assert str(MissingResourceError(name, dialects.load("cloudglue"))).endswith(advice)
