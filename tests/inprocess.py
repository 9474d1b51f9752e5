"""The mock server, judged in this process: the judge calls it as an ASGI application, without sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any

import fast_loop
from antiphon_conformance import engine
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Target
from antiphon_conformance.http.credentials import Credentials
from antiphon_conformance.http.exchange import Exchange, Headers, Trace
from antiphon_conformance.http.mailbox import Mailbox
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.http.sse import SENTINEL
from antiphon_conformance.requests import generation
from antiphon_conformance.rules.rule import Rule, all_rules, rules_for
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.scenarios import runner
from antiphon_conformance.scenarios.last_reading import read_cancelled
from antiphon_conformance.scenarios.scenario import scenarios_for
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import Run
from antiphon_conformance.video_library.library import library_of
from antiphon_mockserver.server.app import MockApp, make_app
from antiphon_mockserver.server.webhooks import Receiver
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import Dialect, load
from antiphon_spec.profile import NOTICES_ALL, load_profile

KEY, OTHER_KEY = "sk-antiphon-tests", "sk-9zqx7wvkj2"
URL = "http://mock/v1"
NOTICES = load_profile(NOTICES_ALL)
DONE = b"data: [DONE]\n\n"
RED = {Outcome.FAILED, Outcome.WARNED, Outcome.NOTED}


def run_suite(dialect: str, *mutants: str, **options: Any) -> Run:
    """A whole run of the suite against the mock in this process."""
    app = make_app(Settings(dialect=dialect, mutants=mutants, api_keys=(KEY, OTHER_KEY)))
    config = RunConfig(URL, (dialect,), api_key=KEY, other_key=OTHER_KEY, **options)
    return perform(config, transport=AsgiTransport(app, URL), mailbox=mailbox_of(app))


def mailbox_of(app: MockApp) -> Mailbox | None:
    """The judge's mailbox, to which the application sends its webhooks without sockets; None where it has
    none."""
    if app.webhooks is None:
        return None
    mailbox = Mailbox(app.webhooks.secret)

    async def post(_url: str, headers: Mapping[str, str], body: bytes) -> int:
        return mailbox.take("/", Headers(tuple(headers.items())), body)

    app.webhooks.receivers.append(Receiver("http://localhost/", post))
    return mailbox


@cache
def verdicts(dialect: str) -> tuple[Record, ...]:
    """The records of the right server under the profile that notices every breach."""
    scenarios = (*scenarios_for(load(dialect)), generation.SCENARIO)
    return tuple(engine.judge(traces(dialect, scenarios), load(dialect), None, NOTICES))


def traces(
    dialect_name: str, scenarios: Collection[str], *mutants: str, variations: tuple[str, ...] = ()
) -> list[Trace]:
    """The traces of these scenarios against a server with these mutants and legal variations."""
    dialect = load(dialect_name)
    catalogue = scenarios_for(dialect)
    selection = tuple(scenario for name, scenario in catalogue.items() if name in scenarios or scenario.first)
    features = () if variations else tuple(dialect.features)
    plan = runner.Plan(selection, (dialect,), features=features)
    settings = Settings(
        dialect=dialect_name, mutants=mutants, variations=variations, api_keys=(KEY, OTHER_KEY)
    )
    app = make_app(settings)
    credentials = Credentials(KEY, other_key=OTHER_KEY)
    target = Target(AsgiTransport(app, URL), credentials, mailbox=mailbox_of(app))
    results = fast_loop.run(runner.run(plan, target))
    if generation.SCENARIO in scenarios:
        results.append(asyncio.run(generation.generate(target, (_source(dialect, results),), examples=0)))
    return fast_loop.run(read_cancelled(target, results))


@cache
def plain_traces(dialect_name: str) -> list[Trace]:
    """The traces of all scenarios against the right server."""
    return traces(dialect_name, tuple(scenarios_for(load(dialect_name))))


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
    return engine.judge(traces(dialect_name, scenarios, mutant), load(dialect_name), rules, NOTICES)


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
    """The whole streams of responses that the right server sends, one for each sequence of event types."""
    results = traces(dialect_name, scenarios_for(load(dialect_name)))
    exchanges: dict[tuple[str, ...], Exchange] = {}
    for exchange in (exchange for trace in results for exchange in trace.exchanges.values()):
        stream = exchange.reply.stream if exchange.reply else None
        if stream is not None and stream.events and not stream.cut and exchange.request.method == "POST":
            types = (event.type for event in stream.events)
            exchanges.setdefault(tuple(kind for kind, _ in groupby(types)), exchange)
    return tuple(exchanges.values())


@cache
def chats(dialect_name: str) -> tuple[Exchange, ...]:
    """The chat completions of the right server, at once and in chunks."""
    results = traces(dialect_name, ("chat_completions",))
    (trace,) = [trace for trace in results if trace.scenario == "chat_completions"]
    return tuple(exchange for exchange in trace.exchanges.values() if exchange.ok)


def documents(exchange: Exchange) -> list[Any]:
    """The completion of a chat, or its chunks."""
    stream = exchange.answer.stream
    if stream is None:
        return [json.loads(exchange.answer.raw)]
    return [json.loads(frame.data) for frame in stream.frames if frame.data != SENTINEL]


def with_documents(exchange: Exchange, values: Sequence[Any]) -> Exchange:
    """The same chat with another completion, or with other chunks."""
    if exchange.answer.stream is None:
        raw = json.dumps(values[0] if values else None).encode()
    else:
        raw = "".join(f"data: {json.dumps(value)}\n\n" for value in values).encode() + DONE
    return replace(exchange, reply=read_reply(200, exchange.answer.headers, raw))
