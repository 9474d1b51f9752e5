"""The mock server as a transport of the judge: called as a plain ASGI app, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from itertools import groupby
from typing import Any

from antiphon_conformance import engine
from antiphon_conformance.http.client import Incoming, Target, UnreachableError
from antiphon_conformance.http.exchange import Exchange, Headers, Request, Trace
from antiphon_conformance.requests import generation
from antiphon_conformance.result import Examination
from antiphon_conformance.rules.rule import Rule, all_rules, rules_for
from antiphon_conformance.run import Order, examine
from antiphon_conformance.scenarios import runner
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.video_library.library import library_of
from antiphon_mockserver.server.app import MockApp, make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import Dialect, load

KEY = "sk-antiphon-tests"
RED = {Outcome.FAILED, Outcome.WARNED, Outcome.INFORMED}


class AsgiTransport:
    """Carries a request into the app and collects what it sends."""

    def __init__(self, app: MockApp) -> None:
        self.app = app

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Incoming]:
        messages = await self._call(request)
        if not messages:
            raise UnreachableError("the app sent nothing")
        head = messages[0]
        pairs = tuple((name.decode(), value.decode()) for name, value in head["headers"])
        chunks = self._chunks(messages[1:], dict(pairs).get("content-length"))
        yield Incoming(head["status"], Headers(pairs), chunks)

    async def close(self) -> None:
        """Nothing is held open."""

    async def _call(self, request: Request) -> list[Mapping[str, Any]]:
        path, _, query = request.path.partition("?")
        scope = {
            "type": "http",
            "method": request.method,
            "path": "/v1" + path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.pairs],
        }
        messages: list[Mapping[str, Any]] = []

        async def receive() -> Mapping[str, Any]:
            return {"type": "http.request", "body": request.raw or b"", "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        return messages

    @staticmethod
    async def _chunks(messages: list[Mapping[str, Any]], length: str | None) -> AsyncIterator[bytes]:
        for message in messages:
            yield message.get("body", b"")
        size = sum(len(message.get("body", b"")) for message in messages)
        if length is not None and int(length) > size:
            raise UnreachableError("the connection was closed before the body had ended")


def run_suite(dialect: str, *mutants: str, **order: Any) -> Examination:
    """A whole run of the suite against the mock in this process."""
    app = make_app(Settings(dialect=dialect, mutants=mutants, api_keys=(KEY,)))
    config = Order("http://mock/v1", (dialect,), api_key=KEY, **order)
    return examine(config, transport=AsgiTransport(app))


@cache
def verdicts(dialect: str) -> tuple[Record, ...]:
    """The records of the right server."""
    scenarios = (*scenarios_for(load(dialect)), generation.SCENARIO)
    return tuple(engine.judge(traces(dialect, scenarios), load(dialect)))


def traces(dialect_name: str, scenarios: Collection[str], *mutants: str) -> list[Trace]:
    """The traces of these scenarios against a server with these mutants."""
    dialect = load(dialect_name)
    catalogue = scenarios_for(dialect)
    selection = tuple(scenario for name, scenario in catalogue.items() if name in scenarios or scenario.first)
    plan = runner.Plan(selection, (dialect,), features=tuple(dialect.features))
    app = make_app(Settings(dialect=dialect_name, mutants=mutants, api_keys=(KEY,)))
    target = Target(AsgiTransport(app), KEY)
    results = asyncio.run(runner.run(plan, target))
    if generation.SCENARIO in scenarios:
        results.append(asyncio.run(generation.generate(target, (_source(dialect, results),), examples=0)))
    return results


def source(dialect_name: str) -> generation.Source:
    """The dialect and the values from which requests to the right server are generated."""
    return _source(load(dialect_name), traces(dialect_name, ()))


def _source(dialect: Dialect, results: Iterable[Trace]) -> generation.Source:
    values = library_of({trace.scenario: trace for trace in results}, {}).values
    return generation.Source(dialect, {"model": dialect.models[0], **values})


def judge_mutant(
    dialect_name: str, mutant: str, scenarios: Collection[str], rules: Mapping[str, Rule]
) -> list[Record]:
    """The records of these rules on these scenarios against a server with one mutant."""
    return engine.judge(traces(dialect_name, scenarios, mutant), load(dialect_name), rules)


def noticed(mutant: str, rule: str, *dialects: str) -> bool:
    """Whether the rule reports the mutant in one of these dialects to which it applies."""
    return any(
        record.outcome in RED and record.rule == rule
        for dialect in dialects
        if rule in rules_for(load(dialect))
        for batch in _batches(dialect, rule)
        for record in judge_mutant(dialect, mutant, batch, {rule: all_rules()[rule]})
    )


def _batches(dialect: str, rule: str) -> Iterator[list[str]]:
    """The scenarios that exercise the rule, one by one at first: most mutants show in any of them.

    The generated requests are many, and come last.
    """
    names = {record.scenario for record in verdicts(dialect) if record.rule == rule} - {""}
    scenarios = sorted(names - {generation.SCENARIO})
    for name in scenarios[:2]:
        yield [name]
    if len(scenarios) > 2:
        yield scenarios[2:]
    if generation.SCENARIO in names:
        yield [generation.SCENARIO]


@cache
def streams(dialect_name: str) -> tuple[Exchange, ...]:
    """The whole streams of the right server in all scenarios, one for each sequence of event types."""
    results = traces(dialect_name, scenarios_for(load(dialect_name)))
    exchanges: dict[tuple[str, ...], Exchange] = {}
    for exchange in (exchange for trace in results for exchange in trace.exchanges.values()):
        stream = exchange.reply.stream if exchange.reply else None
        if stream is not None and not stream.cut and exchange.request.method == "POST":
            types = (event.type for event in stream.events)
            exchanges.setdefault(tuple(kind for kind, _ in groupby(types)), exchange)
    return tuple(exchanges.values())
