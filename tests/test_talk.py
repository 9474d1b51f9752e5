"""Scenarios: what ends them, whose fault that is, and what the target is found to lack."""

from __future__ import annotations

import asyncio

import pytest

from answers import Scripted, response
from antiphon_conformance.http.client import Limits, Target
from antiphon_conformance.http.exchange import Headers
from antiphon_conformance.requests.minimal import ResourceMissing
from antiphon_conformance.scenarios import runner
from antiphon_conformance.scenarios.scenario import Scenario, scenarios_for
from antiphon_spec import dialect as dialects

OPENAI = dialects.load("openai")
STREAM = b'data: {"type":"response.created","response":{"id":"resp_1"}}\n\ndata: {"type":"x"}\n\n' * 2


def performed(answer, *runs, features=(), declared=(), limits=None, concurrency=4):
    """The episodes of conversations with a server that answers like the function."""
    scripted = Scripted(answer)
    named = tuple(Scenario(run.__name__, "", run, features) for run in runs)
    plan = runner.Plan(named, (OPENAI,), "m", concurrency, declared)
    target = Target(scripted, "sk-secret", limits or Limits())
    return asyncio.run(runner.run(plan, target)), scripted


def told(answer, run, **how):
    (trace,), _ = performed(answer, run, **how)
    return trace


def works(request):
    return 200, response()


async def retrieves(conversation):
    created = await conversation.create("created", input="hi")
    await conversation.get("retrieved", f"/responses/{conversation.id_of(created)}")


async def creates(conversation):
    await conversation.create("created", input="hi")


def test_a_conversation():
    trace = told(works, retrieves)
    assert list(trace.exchanges) == ["created", "retrieved"]
    assert (trace.stop_reason, trace.missing_feature) == (None, None)
    created, retrieved = trace.exchanges.values()
    assert created.id == "retrieves/created"
    assert created.request.body == {"model": "m", "input": "hi"}
    assert (retrieved.request.method, retrieved.request.path) == ("GET", "/responses/resp_1")


def test_a_refused_create_ends_the_scenario():
    trace = told(lambda request: (400, {"error": {"message": "no such model"}}), retrieves)
    assert trace.stop_reason == "created: answered 400: no such model"
    assert trace.blame == "target"
    assert list(trace.exchanges) == ["created"]


def test_a_create_may_fail():
    async def run(conversation):
        await conversation.create("refused", may_fail=True)
        await conversation.create("again", may_fail=True)

    assert len(told(lambda request: (400, {}), run).exchanges) == 2


@pytest.mark.parametrize("body", [{}, {"id": 7}, {"id": ""}, []])
def test_a_response_without_an_id_ends_the_scenario(body):
    trace = told(lambda request: (200, body), retrieves)
    assert "retrieves/created" in trace.stop_reason
    assert trace.blame == "target"


def test_a_broken_scenario_is_our_fault():
    async def run(conversation):
        raise KeyError("x")

    trace = told(works, run)
    assert (trace.blame, trace.stop_reason) == ("suite", "our scenario broke: KeyError: 'x'")


def test_leaving_a_stream_early():
    async def run(conversation):
        await conversation.create("streamed", stream=True, read_events=2)

    streamed = told(lambda request: (200, STREAM), run)["streamed"]
    assert len(streamed.answer.stream.events) == 2
    assert streamed.traits == {"left-early"}


def counting():
    states = iter(["queued", "in_progress", "completed", "completed"])
    return lambda request: (200, response(status=next(states)))


def test_polling_ends_when_the_status_is_terminal():
    async def run(conversation):
        await conversation.poll("polled", await conversation.create("created", background=True))

    assert list(told(counting(), run).exchanges) == ["created", "polled", "polled-2"]


def test_polling_is_bounded(monkeypatch):
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)

    async def run(conversation):
        await conversation.poll("polled", "resp_1")

    trace = told(lambda request: (200, response(status="queued")), run)
    assert trace.stop_reason == 'polled: status is "queued" after 40 polls'


@pytest.mark.parametrize("status", ["no such status", None, 7, [], "cancelled"])
def test_polling_ends_at_a_status_that_no_other_follows(status):
    async def run(conversation):
        await conversation.poll("polled", "resp_1", until=("completed",))

    trace = told(lambda request: (200, response(status=status)), run)
    assert len(trace.exchanges) == 1
    assert trace.stop_reason.endswith(", which stays")


def test_headers_are_replaced_and_left_out():
    async def run(conversation):
        await conversation.post(
            "created", "/responses", raw=b"{", headers={"Authorization": None, "X-One": "1"}
        )

    _, scripted = performed(works, run)
    (asked,) = scripted.details
    assert asked.headers.get("authorization") is None
    assert asked.headers.get("x-one") == "1"
    assert asked.raw == b"{"


def lacks(method, path, status=404):
    return lambda request: (
        (status, {"error": {"message": "Not Found"}})
        if request.method == method and request.path.startswith(path)
        else works(request)
    )


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_operation_that_nobody_answers_is_not_offered(status):
    trace = told(lacks("GET", "/responses/", status), retrieves, features=("retrieve",))
    assert trace.missing_feature == "retrieve"
    assert trace.stop_reason == f"retrieved: answered {status}: Not Found"


def test_a_feature_that_was_declared_must_work():
    trace = told(lacks("GET", "/responses/"), retrieves, features=("retrieve",), declared=("retrieve",))
    assert (trace.missing_feature, trace.stop_reason) == (None, None)


def test_a_feature_that_was_declared_absent_is_not_asked_for():
    traces, scripted = performed(works, retrieves, features=("retrieve",), declared=("no-retrieve",))
    assert traces[0].missing_feature == "retrieve"
    assert scripted.details == []


async def lists(conversation):
    await conversation.get("listed", "/responses/resp_1/input_items")


async def lists_before_it_deletes(conversation):
    await conversation.create("created")
    await conversation.part("input_items", lists)
    await conversation.delete("deleted", "/responses/resp_1")


def test_a_part_that_the_target_does_not_offer_ends_alone():
    trace = told(lacks("GET", "/responses/resp_1/input_items"), lists_before_it_deletes)
    assert list(trace.exchanges) == ["created", "listed", "deleted"]
    assert (trace.missing_feature, trace.stop_reason) == (
        "input_items",
        "listed: answered 404: Not Found",
    )


def test_a_part_that_was_declared_absent_is_not_asked_for():
    trace = told(works, lists_before_it_deletes, declared=("no-input_items",))
    assert list(trace.exchanges) == ["created", "deleted"]
    assert trace.missing_feature == "input_items"


def test_a_part_that_the_dialect_does_not_know_is_left_out():
    async def run(conversation):
        assert not await conversation.part("levitation", lists)

    trace = told(works, run)
    assert (trace.exchanges, trace.missing_feature) == ({}, None)


async def retrieves_unknown(conversation):
    await conversation.get("unknown", "/responses/resp_unknown")


async def retrieves_unstored(conversation):
    created = await conversation.create("created", store=False)
    await conversation.get("retrieved", f"/responses/{conversation.id_of(created)}")


async def retrieves_deleted(conversation):
    created = await conversation.create("created")
    await conversation.delete("deleted", f"/responses/{conversation.id_of(created)}")
    await conversation.get("retrieved", f"/responses/{conversation.id_of(created)}")


async def retrieves_with_another_key(conversation):
    created = await conversation.create("created")
    await conversation.get(
        "retrieved", f"/responses/{conversation.id_of(created)}", headers={"Authorization": "Bearer x"}
    )


@pytest.mark.parametrize(
    "run", [retrieves_unknown, retrieves_unstored, retrieves_deleted, retrieves_with_another_key]
)
def test_a_404_that_something_else_explains_says_nothing_about_the_feature(run):
    assert told(lacks("GET", "/responses/"), run, features=("retrieve",)).missing_feature is None


def test_what_one_scenario_used_another_cannot_find_missing():
    answers = iter([200, 404])

    def answer(request):
        status = next(answers) if request.method == "GET" else 200
        return status, response()

    async def again(conversation):
        await retrieves(conversation)

    traces, _ = performed(answer, retrieves, again, features=("retrieve",), concurrency=1)
    assert [trace.missing_feature for trace in traces] == [None, None]
    assert traces[1].stop_reason == "retrieved: answered 404"


def test_a_parameter_that_is_refused_is_a_feature_that_is_not_offered():
    async def run(conversation):
        await conversation.create("created", background=True)

    refuses = told(
        lambda request: (400, {"error": {"message": "background?"}}), run, features=("background",)
    )
    assert refuses.missing_feature == "background"
    breaks = told(lambda request: (500, {}), run, features=("background",))
    assert (breaks.missing_feature, breaks.stop_reason) == (None, "created: answered 500")


PATIENT = Headers((("content-type", "application/json"), ("retry-after", "0")))


@pytest.mark.parametrize(
    ("answers", "steps", "stopped"),
    [
        ([429, 200], ["created-limited-1", "created"], None),
        ([429, 429, 429], ["created-limited-1", "created-limited-2", "created"], "created: answered 429"),
        ([503], ["created"], "created: answered 503"),
    ],
)
def test_a_target_that_asks_for_patience_is_asked_again(answers, steps, stopped):
    left = iter(answers)
    scripted = Scripted(lambda request: (next(left), response()), PATIENT)
    plan = runner.Plan((Scenario("creates", "", creates),), (OPENAI,), "m")
    (trace,) = asyncio.run(runner.run(plan, Target(scripted)))
    assert (list(trace.exchanges), trace.stop_reason) == (steps, stopped)
    assert [one.id for one in trace.exchanges.values()] == [f"creates/{step}" for step in steps]


def test_a_target_without_credit_is_not_asked_again():
    trace = told(lambda request: (429, {"error": {"code": "insufficient_quota"}}), creates)
    assert list(trace.exchanges) == ["created"]


def test_three_calls_without_an_answer_end_the_run():
    traces, scripted = performed(
        lambda request: None, creates, retrieves, asks_again, retrieves_unknown, concurrency=1
    )
    assert len(scripted.details) == 3
    assert all(trace.stop_reason for trace in traces)


async def asks_again(conversation):
    await conversation.create("first")


def test_refused_credentials_end_the_run():
    traces, scripted = performed(lambda request: (401, {}), creates, retrieves, concurrency=1)
    assert len(scripted.details) == 1
    assert "rejected our credentials" in traces[1].stop_reason


def test_a_limit_is_not_the_fault_of_the_target():
    traces, scripted = performed(works, creates, retrieves, limits=Limits(requests=2), concurrency=1)
    assert len(scripted.details) == 2
    assert [(trace.stop_reason, trace.blame) for trace in traces] == [
        (None, "target"),
        ("the limit of 2 requests is reached", "limit"),
    ]


def test_an_interrupted_run_keeps_what_there_was():
    stop = asyncio.Event()

    async def waits(conversation):
        await conversation.create("created")
        stop.set()
        await asyncio.Event().wait()

    async def interrupted():
        named = tuple(Scenario(run.__name__, "", run) for run in (creates, waits, retrieves))
        plan = runner.Plan(named, (OPENAI,), "m", 1)
        running = asyncio.create_task(runner.run(plan, Target(Scripted(works))))
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


def test_episodes_come_in_the_order_of_their_scenarios_and_progress_in_that_of_their_ends():
    async def slow(conversation):
        await asyncio.sleep(0.01)

    ended = []
    named = (Scenario("slow", "", slow), Scenario("creates", "", creates))
    plan = runner.Plan(named, (OPENAI,), "m", 2)
    traces = asyncio.run(
        runner.run(plan, Target(Scripted(works)), lambda trace: ended.append(trace.scenario))
    )
    assert [trace.scenario for trace in traces] == ["slow", "creates"]
    assert ended == ["creates", "slow"]


def test_what_is_first_ends_before_the_others_begin_and_what_is_last_begins_when_they_have_ended():
    async def looks(conversation):
        await conversation.get("seen", f"/responses/{conversation.scenario}")
        await conversation.get("seen_again", f"/responses/{conversation.scenario}")

    named = (
        Scenario("after", "", looks, last=True),
        Scenario("one", "", looks),
        Scenario("other", "", looks),
        Scenario("before", "", looks, first=True),
    )
    scripted = Scripted(works)
    asyncio.run(runner.run(runner.Plan(named, (OPENAI,), "m"), Target(scripted)))
    asked = [request.path.rpartition("/")[2] for request in scripted.details]
    assert asked[:2] == ["before", "before"]
    assert sorted(asked[2:6]) == ["one", "one", "other", "other"]
    assert asked[6:] == ["after", "after"]


@pytest.mark.parametrize("name", ["entity_knowledge", "chat", "mistakes_in_cloudglue", "background"])
def test_what_a_request_needs_and_nobody_named_ends_a_scenario_and_is_nobodys_fault(name: str) -> None:
    cloudglue = dialects.load("cloudglue")
    plan = runner.Plan((scenarios_for(cloudglue)[name],), (cloudglue,))
    (trace,) = asyncio.run(runner.run(plan, Target(Scripted(lambda _: None))))
    assert (trace.blame, dict(trace.exchanges)) == ("given", {})
    assert "--given collection=VALUE" in (trace.stop_reason or "")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("collection", "name it with --given collection=VALUE"),
        ("entities", "name it with --given entities=VALUE, or declare --feature no-entities"),
    ],
)
def test_what_is_missing_is_said_with_the_ways_out(name: str, advice: str) -> None:
    assert str(ResourceMissing(name, dialects.load("cloudglue"))).endswith(advice)
