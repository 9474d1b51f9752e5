"""Requests are generated from the document: every bound once, then at random; failures are shrunk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import pytest

from antiphon_conformance import engine
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Incoming, Limits, Target, UnreachableError
from antiphon_conformance.http.exchange import Headers, Request, Trace
from antiphon_conformance.requests import generation
from antiphon_conformance.requests.boundaries import Case, cases, is_valid
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import load, names
from antiphon_spec.profile import load_profile
from inprocess import KEY, source

MODEL = "gpt-4o-mini"
IDENTICAL = load_profile("identical")
RESPONSES = ("openai", "openresponses")
"""The dialects of the Responses family, whose members the tables below name."""
Answer = Callable[[Any], int]


class Stub:
    """A server that answers each request with the status that a function of its body returns."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.details: list[bytes] = []

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        self.details.append(request.raw or b"")
        status = self.answer(_parsed(request.raw or b""))
        if status == 0:
            raise UnreachableError("connection reset")
        yield Incoming(status, Headers((("content-type", "application/json"),)), _chunks(b"{}"))

    async def close(self) -> None:
        """Nothing is held open."""


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body


def generate(
    stub: Stub,
    name: str = "openresponses",
    *,
    requests: int | None = None,
    start: int = 0,
    examples: int = 12,
) -> Trace:
    target = Target(stub, limits=Limits(requests=requests))
    sources = (source(name),)
    return asyncio.run(generation.generate(target, sources, start, 1, examples=examples))


@cache
def cases_of(name: str) -> dict[str, Case]:
    origin = source(name)
    return {case.name: case for case in cases(origin.dialect, origin.values)}


def find_outcomes(trace: Trace, name: str) -> dict[str, Outcome]:
    """The outcomes of the rules on generated requests under `identical`, where a breach is no mere note."""
    rules = {
        key: rule
        for key, rule in engine.rules_for(load(name)).items()
        if key.startswith("generated-requests.")
    }
    return {record.rule: record.outcome for record in engine.judge([trace], load(name), rules, IDENTICAL)}


@pytest.mark.parametrize("name", names())
def test_every_case_is_what_its_name_says(name: str) -> None:
    dialect = load(name)
    for case in cases_of(name).values():
        assert is_valid(dialect, case.operation, case.body) == case.name.endswith(": right"), case


@pytest.mark.parametrize("name", names())
def test_every_parameter_of_a_create_is_tried_with_a_wrong_value(name: str) -> None:
    dialect = load(name)
    create = dialect.document.operations["createResponse"]
    parameters = set(dialect.document.pointer(f"{create.request_schema}/properties"))
    parameters_with_cases = {
        _parameter(case) for case in cases_of(name).values() if case.name.endswith("wrong")
    }
    assert parameters <= parameters_with_cases


def _parameter(case: Case) -> str:
    return case.name.partition("/")[2].partition("/")[0].partition(",")[0]


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize(
    ("case", "value"),
    [
        ("max_output_tokens, beyond minimum: wrong", 15),
        ("max_output_tokens, minimum: right", 16),
        ("top_logprobs, beyond maximum: wrong", 21),
        ("safety_identifier, more than maxLength: wrong", "a" * 65),
        ("tool_choice, no word of the list: wrong", "no_such_thing"),
    ],
)
def test_both_sides_of_an_edge_are_tried(name: str, case: str, value: Any) -> None:
    body = cases_of(name)[f"createResponse/{case}"].body
    assert body[case.partition(",")[0]] == value


@pytest.mark.parametrize("name", RESPONSES)
def test_deep_edges_are_tried_too(name: str) -> None:
    wrong = cases_of(name)
    assert len(wrong["createResponse/metadata, more than maxProperties: wrong"].body["metadata"]) == 17
    assert (
        " " in wrong["createResponse/tools/*/name, no match of the pattern: wrong"].body["tools"][0]["name"]
    )
    assert (
        wrong["createResponse/input/*/call_id, more than maxLength: wrong"].body["input"][0]["call_id"]
        == "a" * 65
    )


@pytest.mark.parametrize("name", names())
def test_the_mock_passes_at_every_edge_and_at_random(name: str) -> None:
    target = Target(AsgiTransport(make_app(Settings(dialect=name, api_keys=(KEY,)))), KEY)
    trace = asyncio.run(generation.generate(target, (source(name),), examples=4))
    wrong = [record for record in engine.judge([trace], load(name)) if record.findings]
    assert wrong == []
    assert trace.stop_reason is None
    assert find_outcomes(trace, name) == dict.fromkeys(find_outcomes(trace, name), Outcome.PASSED)


def test_the_same_seed_makes_the_same_requests() -> None:
    generate(Stub(lambda _: 400))
    first, second, third = Stub(lambda _: 400), Stub(lambda _: 400), Stub(lambda _: 400)
    for stub, start in ((first, 1), (second, 1), (third, 2)):
        generate(stub, start=start)
    assert first.details == second.details != third.details


def test_a_crash_is_shrunk_to_what_causes_it() -> None:
    def crashes_on_many_members(body: Any) -> int:
        return 500 if isinstance(body, dict) and len(body) > 4 else 400

    trace = generate(Stub(crashes_on_many_members), examples=40)
    body = trace["createResponse of openresponses, answered 500, shrunk"].request.body
    assert len(body) == 5
    assert all(
        value in (None, 16, False, "Say hello.", MODEL, []) or len(str(value)) < 12 for value in body.values()
    )
    assert (
        find_outcomes(trace, "openresponses")["generated-requests.no-request-causes-a-server-error"]
        is Outcome.FAILED
    )


def test_a_server_that_accepts_everything_fails() -> None:
    trace = generate(Stub(lambda _: 200))
    assert "createResponse of openresponses, wrong and accepted, shrunk" in trace
    outcome = find_outcomes(trace, "openresponses")[
        "generated-requests.what-the-document-forbids-is-rejected"
    ]
    assert outcome is Outcome.FAILED


def test_generation_skips_what_only_a_chosen_reading_forbids() -> None:
    trace = generate(Stub(lambda _: 200), "cloudglue", examples=4)
    assert not [name for name in trace.exchanges if name.endswith("shrunk")]
    assert set(find_outcomes(trace, "cloudglue").values()) == {Outcome.PASSED}


def test_a_server_that_rejects_everything_fails() -> None:
    outcomes = find_outcomes(generate(Stub(lambda _: 400)), "openresponses")
    assert outcomes["generated-requests.what-the-document-allows-is-accepted"] is Outcome.FAILED
    assert outcomes["generated-requests.what-the-document-forbids-is-rejected"] is Outcome.PASSED


def test_a_request_without_an_answer_fails() -> None:
    trace = generate(Stub(lambda body: 0 if body == {"model": MODEL, "input": True} else 400))
    assert (
        find_outcomes(trace, "openresponses")["generated-requests.every-request-is-answered"]
        is Outcome.FAILED
    )


@pytest.mark.parametrize("most", [0, 1, 40, 260])
def test_the_limit_of_requests_is_kept(most: int) -> None:
    stub = Stub(lambda _: 400)
    trace = generate(stub, requests=most, examples=40)
    assert len(stub.details) == most
    assert (trace.stop_reason, trace.blame) == (f"the limit of {most} requests is reached", "limit")


def test_a_dead_server_ends_the_generation() -> None:
    trace = generate(Stub(lambda _: 0))
    assert trace.blame == "limit"  # a generated request may be lost for many reasons
    assert len(trace.exchanges) < 5


def test_an_interruption_keeps_earlier_requests() -> None:
    sources = (source("openresponses"),)

    async def interrupted() -> Trace:
        stub = Stub(lambda _: 400)
        target = Target(stub)
        task = asyncio.create_task(generation.generate(target, sources, 0, 1))
        while len(stub.details) < 250:
            await asyncio.sleep(0)
        task.cancel()
        return await task

    trace = asyncio.run(interrupted())
    assert (trace.stop_reason, trace.blame) == ("interrupted", "limit")
    assert trace.exchanges


def test_generation_leaves_no_files_in_the_working_directory(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    generate(Stub(lambda _: 400), examples=2)
    assert list(tmp_path.iterdir()) == []
