"""The second zoo: no rule fails or warns about a right server that differs from the mock in a legal way."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest

from antiphon.main import run
from antiphon_conformance import engine
from antiphon_conformance.http.delivery import Delivery
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.requests import generation
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_mockserver.variations import EVERY, all_variations
from antiphon_spec.dialect import load, names
from closing_server import closing_server
from inprocess import KEY, plain_traces, traces

OBJECTIONS = {Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN, Outcome.UNTESTABLE}
DEAR = {"oversized_count"}
"""One request of ten million letters costs as much as all other scenarios; no variation is about it."""
OVERLONG = {"overlong_input", "overlong_question"}
"""Requests beyond the context, which cost half of a run; only variations of HTTP are about rejections."""
PAIRS = [(variation.id, dialect) for variation in all_variations().values() for dialect in variation.fits]


@pytest.fixture(autouse=True)
def _polls_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antiphon_conformance.scenarios.conversation.FIRST_PAUSE", 0)


@pytest.fixture(autouse=True)
def _in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge measures with the clock of the event loop, which the waits alone move."""
    clock = SimpleNamespace(time=time.time, monotonic=lambda: asyncio.get_running_loop().time())
    monkeypatch.setattr("antiphon_conformance.http.client.time", clock)


@pytest.mark.parametrize(("variation", "dialect"), PAIRS)
def test_no_rule_objects_to_a_right_server(variation: str, dialect: str) -> None:
    left_out = DEAR if all_variations()[variation].seam == "http" else DEAR | OVERLONG
    scenarios = {*scenarios_for(load(dialect))} - left_out
    results = traces(dialect, scenarios, variations=(variation,))
    usual = [trace for trace in plain_traces(dialect) if trace.scenario in scenarios]
    assert _bytes(results) != _bytes(usual), "the variation changes nothing in this dialect"
    objections = {
        f"{record.rule} in {record.scenario}: {record.outcome}: "
        f"{record.note or '; '.join(finding.message for finding in record.findings[:3])}"
        for record in engine.judge(results, load(dialect))
        if record.outcome in OBJECTIONS and record.scenario != generation.SCENARIO
    }
    assert not objections


def test_the_judge_waits_for_a_slow_server() -> None:
    for trace in traces("openai", ("chaining", "text_stream"), variations=("wire.takes-twenty-seconds",)):
        for exchange in trace.exchanges.values():
            if exchange.request.method == "POST":
                assert 20 <= (exchange.answer.seconds or 0) < 21, exchange.id


def test_the_judge_comes_back_to_a_server_with_one_slot() -> None:
    scenarios = tuple(scenarios_for(load("openai")))
    results = traces("openai", scenarios, variations=("wire.answers-one-request-at-a-time",))
    rejections = [
        exchange
        for trace in results
        for exchange in trace.exchanges.values()
        if exchange.answer.status == 429
    ]
    assert rejections, "no create met another one"
    assert all(exchange.answer.headers.get("retry-after") == "1" for exchange in rejections)
    assert not [trace.stop_reason for trace in results if "429" in (trace.stop_reason or "")]


@pytest.mark.parametrize("dialect", ["openai", "openresponses"])
def test_no_rule_objects_to_a_server_that_closes_each_connection(dialect: str) -> None:
    with closing_server(dialect=dialect, api_keys=(KEY,)) as url:
        run = perform(RunConfig(url, (dialect,), api_key=KEY, properties=False))
    answers = [exchange.answer for trace in run.traces for exchange in trace.exchanges.values()]
    records = engine.judge(run.traces, load(dialect))
    assert len(answers) > 40
    assert not [answer for answer in answers if answer.headers.get("content-length")]
    assert not [answer for answer in answers if answer.headers.get("transfer-encoding")]
    assert not {f"{record.rule}: {record.note}" for record in records if record.outcome in OBJECTIONS}


def _bytes(results: list[Trace]) -> dict[str, object]:
    """What came back in each step, and after how many times ten seconds; beside it the webhooks."""
    exchanges = (exchange for trace in results for exchange in trace.exchanges.values())
    webhooks = {trace.scenario: [*map(_content, trace.deliveries)] for trace in results if trace.deliveries}
    return webhooks | {
        exchange.id: (
            exchange.answer.status,
            exchange.answer.headers.pairs,
            exchange.answer.raw,
            (exchange.answer.seconds or 0) // 10,
        )
        for exchange in exchanges
        if exchange.reply
    }


def _content(delivery: Delivery) -> object:
    """What does not depend on the time."""
    signatures = (delivery.headers.get("webhook-signature") or "").split()
    return delivery.headers.get("webhook-id"), delivery.raw, delivery.status, len(signatures)


def test_the_zoo_is_large() -> None:
    assert len(all_variations()) >= 60


def test_variations_fit_dialects_that_ship() -> None:
    assert set(EVERY) == set(names()) - {"azure"}  # the wire format of OpenAI
    assert {dialect for _, dialect in PAIRS} == set(EVERY)


def test_serve_lists_the_variations(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--variations"]) == 0
    output = capsys.readouterr().out
    assert all(variation in output for variation in all_variations())


def test_an_unknown_variation_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"variations: expected the id of a variation, got 'sse\.sings'"):
        make_app(Settings(variations=("sse.sings",)))
