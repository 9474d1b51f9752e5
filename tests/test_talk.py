"""Scenarios: what ends them, whose fault that is, and what the target is found to lack."""

from __future__ import annotations

import asyncio

import pytest

from answers import Scripted, response
from antiphon_conformance.http.client import Limits, Target
from antiphon_conformance.http.exchange import Headers
from antiphon_conformance.requests.minimal import NothingGiven
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
    (episode,), _ = performed(answer, run, **how)
    return episode


def works(request):
    return 200, response()


async def retrieves(talk):
    created = await talk.create("created", input="hi")
    await talk.get("retrieved", f"/responses/{talk.id_of(created)}")


async def creates(talk):
    await talk.create("created", input="hi")


def test_a_conversation():
    episode = told(works, retrieves)
    assert list(episode.exchanges) == ["created", "retrieved"]
    assert (episode.stop_reason, episode.missing_feature) == (None, None)
    created, retrieved = episode.exchanges.values()
    assert created.id == "retrieves/created"
    assert created.request.body == {"model": "m", "input": "hi"}
    assert (retrieved.request.method, retrieved.request.path) == ("GET", "/responses/resp_1")


def test_a_refused_create_ends_the_scenario():
    episode = told(lambda request: (400, {"error": {"message": "no such model"}}), retrieves)
    assert episode.stop_reason == "created: answered 400: no such model"
    assert episode.blame == "target"
    assert list(episode.exchanges) == ["created"]


def test_a_create_may_fail():
    async def run(talk):
        await talk.create("refused", may_fail=True)
        await talk.create("again", may_fail=True)

    assert len(told(lambda request: (400, {}), run).exchanges) == 2


@pytest.mark.parametrize("body", [{}, {"id": 7}, {"id": ""}, []])
def test_a_response_without_an_id_ends_the_scenario(body):
    episode = told(lambda request: (200, body), retrieves)
    assert "retrieves/created" in episode.stop_reason
    assert episode.blame == "target"


def test_a_broken_scenario_is_our_fault():
    async def run(talk):
        raise KeyError("x")

    episode = told(works, run)
    assert (episode.blame, episode.stop_reason) == ("suite", "our scenario broke: KeyError: 'x'")


def test_leaving_a_stream_early():
    async def run(talk):
        await talk.create("streamed", stream=True, read_events=2)

    streamed = told(lambda request: (200, STREAM), run)["streamed"]
    assert len(streamed.answer.stream.events) == 2
    assert streamed.traits == {"left-early"}


def counting():
    states = iter(["queued", "in_progress", "completed", "completed"])
    return lambda request: (200, response(status=next(states)))


def test_polling_ends_when_the_status_is_terminal():
    async def run(talk):
        await talk.poll("polled", await talk.create("created", background=True))

    assert list(told(counting(), run).exchanges) == ["created", "polled", "polled-2"]


def test_polling_is_bounded(monkeypatch):
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)

    async def run(talk):
        await talk.poll("polled", "resp_1")

    episode = told(lambda request: (200, response(status="queued")), run)
    assert episode.stop_reason == 'polled: status is "queued" after 40 polls'


@pytest.mark.parametrize("status", ["no such status", None, 7, [], "cancelled"])
def test_polling_ends_at_a_status_that_no_other_follows(status):
    async def run(talk):
        await talk.poll("polled", "resp_1", until=("completed",))

    episode = told(lambda request: (200, response(status=status)), run)
    assert len(episode.exchanges) == 1
    assert episode.stop_reason.endswith(", which stays")


def test_headers_are_replaced_and_left_out():
    async def run(talk):
        await talk.post("created", "/responses", raw=b"{", headers={"Authorization": None, "X-One": "1"})

    _, scripted = performed(works, run)
    (asked,) = scripted.asked
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
    episode = told(lacks("GET", "/responses/", status), retrieves, features=("retrieve",))
    assert episode.missing_feature == "retrieve"
    assert episode.stop_reason == f"retrieved: answered {status}: Not Found"


def test_a_feature_that_was_declared_must_work():
    episode = told(lacks("GET", "/responses/"), retrieves, features=("retrieve",), declared=("retrieve",))
    assert (episode.missing_feature, episode.stop_reason) == (None, None)


def test_a_feature_that_was_declared_absent_is_not_asked_for():
    episodes, scripted = performed(works, retrieves, features=("retrieve",), declared=("no-retrieve",))
    assert episodes[0].missing_feature == "retrieve"
    assert scripted.asked == []


async def lists(talk):
    await talk.get("listed", "/responses/resp_1/input_items")


async def lists_before_it_deletes(talk):
    await talk.create("created")
    await talk.part("input_items", lists)
    await talk.delete("deleted", "/responses/resp_1")


def test_a_part_that_the_target_does_not_offer_ends_alone():
    episode = told(lacks("GET", "/responses/resp_1/input_items"), lists_before_it_deletes)
    assert list(episode.exchanges) == ["created", "listed", "deleted"]
    assert (episode.missing_feature, episode.stop_reason) == (
        "input_items",
        "listed: answered 404: Not Found",
    )


def test_a_part_that_was_declared_absent_is_not_asked_for():
    episode = told(works, lists_before_it_deletes, declared=("no-input_items",))
    assert list(episode.exchanges) == ["created", "deleted"]
    assert episode.missing_feature == "input_items"


def test_a_part_that_the_dialect_does_not_know_is_left_out():
    async def run(talk):
        assert not await talk.part("levitation", lists)

    episode = told(works, run)
    assert (episode.exchanges, episode.missing_feature) == ({}, None)


async def retrieves_unknown(talk):
    await talk.get("unknown", "/responses/resp_unknown")


async def retrieves_unstored(talk):
    created = await talk.create("created", store=False)
    await talk.get("retrieved", f"/responses/{talk.id_of(created)}")


async def retrieves_deleted(talk):
    created = await talk.create("created")
    await talk.delete("deleted", f"/responses/{talk.id_of(created)}")
    await talk.get("retrieved", f"/responses/{talk.id_of(created)}")


async def retrieves_with_another_key(talk):
    created = await talk.create("created")
    await talk.get("retrieved", f"/responses/{talk.id_of(created)}", headers={"Authorization": "Bearer x"})


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

    async def again(talk):
        await retrieves(talk)

    episodes, _ = performed(answer, retrieves, again, features=("retrieve",), concurrency=1)
    assert [episode.missing_feature for episode in episodes] == [None, None]
    assert episodes[1].stop_reason == "retrieved: answered 404"


def test_a_parameter_that_is_refused_is_a_feature_that_is_not_offered():
    async def run(talk):
        await talk.create("created", background=True)

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
    (episode,) = asyncio.run(runner.run(plan, Target(scripted)))
    assert (list(episode.exchanges), episode.stop_reason) == (steps, stopped)
    assert [one.id for one in episode.exchanges.values()] == [f"creates/{step}" for step in steps]


def test_a_target_without_credit_is_not_asked_again():
    episode = told(lambda request: (429, {"error": {"code": "insufficient_quota"}}), creates)
    assert list(episode.exchanges) == ["created"]


def test_three_calls_without_an_answer_end_the_run():
    episodes, scripted = performed(
        lambda request: None, creates, retrieves, asks_again, retrieves_unknown, concurrency=1
    )
    assert len(scripted.asked) == 3
    assert all(episode.stop_reason for episode in episodes)


async def asks_again(talk):
    await talk.create("first")


def test_refused_credentials_end_the_run():
    episodes, scripted = performed(lambda request: (401, {}), creates, retrieves, concurrency=1)
    assert len(scripted.asked) == 1
    assert "rejected our credentials" in episodes[1].stop_reason


def test_a_limit_is_not_the_fault_of_the_target():
    episodes, scripted = performed(works, creates, retrieves, limits=Limits(requests=2), concurrency=1)
    assert len(scripted.asked) == 2
    assert [(episode.stop_reason, episode.blame) for episode in episodes] == [
        (None, "target"),
        ("the limit of 2 requests is reached", "limit"),
    ]


def test_an_interrupted_run_keeps_what_there_was():
    stop = asyncio.Event()

    async def waits(talk):
        await talk.create("created")
        stop.set()
        await asyncio.Event().wait()

    async def interrupted():
        named = tuple(Scenario(run.__name__, "", run) for run in (creates, waits, retrieves))
        plan = runner.Plan(named, (OPENAI,), "m", 1)
        running = asyncio.create_task(runner.run(plan, Target(Scripted(works))))
        await stop.wait()
        running.cancel()
        return await running

    episodes = asyncio.run(interrupted())
    assert [(episode.stop_reason, len(episode.exchanges)) for episode in episodes] == [
        (None, 1),
        ("interrupted", 1),
        ("interrupted", 0),
    ]
    assert [episode.blame for episode in episodes] == ["target", "limit", "limit"]


def test_episodes_come_in_the_order_of_their_scenarios_and_progress_in_that_of_their_ends():
    async def slow(talk):
        await asyncio.sleep(0.01)

    ended = []
    named = (Scenario("slow", "", slow), Scenario("creates", "", creates))
    plan = runner.Plan(named, (OPENAI,), "m", 2)
    episodes = asyncio.run(
        runner.run(plan, Target(Scripted(works)), lambda episode: ended.append(episode.scenario))
    )
    assert [episode.scenario for episode in episodes] == ["slow", "creates"]
    assert ended == ["creates", "slow"]


def test_what_is_first_ends_before_the_others_begin_and_what_is_last_begins_when_they_have_ended():
    async def looks(talk):
        await talk.get("seen", f"/responses/{talk.scenario}")
        await talk.get("seen_again", f"/responses/{talk.scenario}")

    named = (
        Scenario("after", "", looks, last=True),
        Scenario("one", "", looks),
        Scenario("other", "", looks),
        Scenario("before", "", looks, first=True),
    )
    scripted = Scripted(works)
    asyncio.run(runner.run(runner.Plan(named, (OPENAI,), "m"), Target(scripted)))
    asked = [request.path.rpartition("/")[2] for request in scripted.asked]
    assert asked[:2] == ["before", "before"]
    assert sorted(asked[2:6]) == ["one", "one", "other", "other"]
    assert asked[6:] == ["after", "after"]


@pytest.mark.parametrize("name", ["entity_knowledge", "chat", "mistakes_in_cloudglue", "background"])
def test_what_a_request_needs_and_nobody_named_ends_a_scenario_and_is_nobodys_fault(name: str) -> None:
    cloudglue = dialects.load("cloudglue")
    plan = runner.Plan((scenarios_for(cloudglue)[name],), (cloudglue,))
    (episode,) = asyncio.run(runner.run(plan, Target(Scripted(lambda _: None))))
    assert (episode.blame, dict(episode.exchanges)) == ("given", {})
    assert "--given collection=VALUE" in (episode.stop_reason or "")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("collection", "name it with --given collection=VALUE"),
        ("entities", "name it with --given entities=VALUE, or declare --feature no-entities"),
    ],
)
def test_what_is_missing_is_said_with_the_ways_out(name: str, advice: str) -> None:
    assert str(NothingGiven(name, dialects.load("cloudglue"))).endswith(advice)
