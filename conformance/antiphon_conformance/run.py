"""One run against one target: each scenario of the dialects once, then the verdicts of each dialect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import field, replace
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

from antiphon_conformance.http.address import read_address, shown
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Target, Transport
from antiphon_conformance.http.credentials import BEARER, Credentials, read_place
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.http.mailbox import Mailbox
from antiphon_conformance.http.patience import Limits
from antiphon_conformance.http.proxies import secrets_of
from antiphon_conformance.http.receiver import receiving
from antiphon_conformance.http.redaction import redaction_of
from antiphon_conformance.http.sse import MOST_EVENTS
from antiphon_conformance.http.text import safe
from antiphon_conformance.http.transport import open_transport
from antiphon_conformance.scenarios import runner
from antiphon_conformance.scenarios.endings import INTERRUPTED
from antiphon_conformance.scenarios.fingerprint import look
from antiphon_conformance.scenarios.interruption import Interruption
from antiphon_conformance.scenarios.last_reading import read_cancelled
from antiphon_conformance.scenarios.remainder import end_generation
from antiphon_conformance.scenarios.scenario import GENERATED, Scenario, scenarios_for
from antiphon_conformance.scenarios.selection import generates, selection
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.result import Run, RunResult, judge
from antiphon_conformance.video_library.library import library_of
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

CONCURRENCY = 2
"""How many conversations run at a time: servers with one slot answer the others with 429."""
LONGEST_RUN, SHORTEST_RUN = 3600.0, 600.0
"""The bounds of the deadline that we choose, in seconds."""
NOT_GENERATED = "no requests are generated, because of --no-properties"
NOT_NEEDED = "no requests are generated, because the run is about some rules or conversations only"


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What to run, and how."""

    url: str
    dialects: tuple[str, ...] = ("openresponses",)
    model: str | None = None
    """None for the model that each dialect names."""
    api_key: str | None = field(default=None, repr=False)
    other_key: str = field(default="", repr=False)
    """The key of another account, which may not see what the first one stored; "" to ask with none."""
    other_key_variable: str = ""
    """The environment variable that the other key is from, for the report."""
    key_variable: str = ""
    """The environment variable that the key is from, for the report; empty for a key from elsewhere."""
    auth: str = BEARER
    """Where the key goes: `bearer`, `header:NAME`, `query:NAME` or `none`."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Headers of every request, besides the usual ones; an empty value keeps a usual one from being sent."""
    ca_file: str | None = None
    """The file with the certificates to trust; None for those of the system."""
    insecure: bool = False
    """Whether any certificate is accepted."""
    rules: tuple[str, ...] = ()
    """The rules that the run is about; none means all. Only the conversations that they need are held."""
    scenarios: tuple[str, ...] = ()
    """The conversations that are held; none means all that are needed."""
    features: tuple[str, ...] = ()
    """Optional features that the target claims (`background`), or denies (`no-background`)."""
    concurrency: int = CONCURRENCY
    max_requests: int | None = None
    max_tokens: int | None = None
    max_events: int = MOST_EVENTS
    """How many events of one stream are read."""
    max_body: int = 16
    """MiB of one body that are kept."""
    max_memory: int = 512
    """MiB that all answers together may take."""
    seconds: float = 60.0
    """Seconds without a byte after which a request is given up."""
    exchange_seconds: float | None = None
    """The time limit of a whole exchange; None for ten times `seconds`."""
    deadline: float | None = None
    """The time limit of a run; None for one that follows from the number of conversations and `seconds`."""
    recovery: float = 60.0
    """Seconds in which a target that stopped answering may come back."""
    restart: str | None = None
    """A command that starts the target again when it stopped answering."""
    without: tuple[str, ...] = ()
    """The names of scenarios that do not run."""
    seed: int = 0
    properties: bool = True
    """Whether requests are generated from the document."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """The ids of what the target holds, by the names in its dialect (`collection`, `prompt`)."""
    webhook_port: int | None = None
    """The port of this machine to which the target sends its webhooks; None to receive none."""
    webhook_secret: str = field(default="", repr=False)
    """What signs them: `whsec_` and base64; "" when nobody says."""
    repeat: int = 1
    """How many runs; a verdict that changes from run to run is inconclusive."""

    @property
    def credentials(self) -> Credentials:
        """How requests show who asks. Raises ValueError when `auth` names no place."""
        place, name = read_place(self.auth)
        address = read_address(self.url)
        others = (*address.secrets, *secrets_of(address), *filter(None, (self.webhook_secret,)))
        return Credentials(self.api_key, place, name, self.headers, self.other_key, others)

    def open_mailbox(self) -> AbstractAsyncContextManager[Mailbox | None]:
        """Receives webhooks while the context is open, if the user gave a port. Entering raises OSError when
        the port is in use."""
        if self.webhook_port is None:
            return nullcontext()
        return receiving(self.webhook_port, self.webhook_secret, self.credentials.secrets)

    def open_transport(self) -> Transport:
        """The transport to the target. Raises what `transport.open_transport` raises."""
        return open_transport(self.url, self.ca_file, self.insecure)


def scenarios(
    selection: Iterable[Dialect], with_tables: bool = True, without: Collection[str] = ()
) -> dict[str, Scenario]:
    """Every scenario of these dialects, once, except those `without`; `with_tables` includes those whose
    requests come from a table."""
    by_name: dict[str, Scenario] = {}
    for dialect in selection:
        by_name |= scenarios_for(dialect)
    return {
        name: entry
        for name, entry in sorted(by_name.items())
        if (with_tables or not entry.from_table) and name not in without
    }


def planned(config: RunConfig) -> dict[str, Scenario]:
    """The conversations that a run holds, without the generated requests."""
    norms = [dialects.load(name) for name in config.dialects]
    return selection(scenarios(norms, config.properties, config.without), config.rules, config.scenarios)


def run(
    config: RunConfig,
    gate: Gate | None = None,
    *,
    progress: runner.Progress | None = None,
    on_request: Callable[[], None] | None = None,
    transport: Transport | None = None,
    interruption: Interruption | None = None,
) -> RunResult:
    """Runs all scenarios, `config.repeat` times, and judges what the target did.

    A run that could not be judged, or that was cut short, is not repeated. Ctrl-C ends a run early and keeps
    what it has, and so do the signals of `interruption`. A target's faults raise nothing.
    """
    again = partial(
        perform,
        config,
        progress=progress,
        on_request=on_request,
        transport=transport,
        interruption=interruption,
    )
    runs = [again()]
    while len(runs) < config.repeat and not (runs[-1].why_not or runs[-1].unfinished):
        runs.append(again())
    return judge(runs, gate)


def perform(
    config: RunConfig,
    *,
    progress: runner.Progress | None = None,
    on_request: Callable[[], None] | None = None,
    transport: Transport | None = None,
    interruption: Interruption | None = None,
    mailbox: Mailbox | None = None,
) -> Run:
    """Runs all scenarios once and judges nothing. A `mailbox` stands for the port of the webhooks.

    `progress` is called after each conversation, `on_request` before each request.
    """
    transport = transport or config.open_transport()
    door = nullcontext(mailbox) if mailbox is not None else config.open_mailbox()
    watch = Watch(progress or _ignore, on_request)
    return asyncio.run(_perform(config, watch, transport, interruption or Interruption(), door))


class Watch(NamedTuple):
    """What hears how far a run is."""

    progress: runner.Progress
    """Called after each conversation."""
    on_request: Callable[[], None] | None
    """Called before each request."""


async def _perform(
    config: RunConfig,
    watch: Watch,
    transport: Transport,
    interruption: Interruption,
    door: AbstractAsyncContextManager[Mailbox | None],
) -> Run:
    norms = tuple(dialects.load(name) for name in config.dialects)
    plan = runner.Plan(
        tuple(planned(config).values()),
        norms,
        config.model,
        config.concurrency,
        config.features,
        config.resources,
    )
    started_at, start = time.time(), time.monotonic()
    limits = _limits(config, len(plan.scenarios))
    async with (
        door as mailbox,
        Target(
            transport,
            config.credentials,
            limits,
            config.restart,
            mailbox,
            watch.on_request,
        ) as target,
    ):
        with interruption.stops(_cancellation()):
            traces = await _converse(config, plan, target, watch.progress)
            traces.append(await _generate(config, norms, target, traces))
        watch.progress(traces[-1])
        traces = await read_cancelled(target, traces)
        traces = [_with_stoppers(trace, target.survival.traits) for trace in traces]
        await end_generation(target, traces)
        metadata = _metadata(config, target, started_at, time.monotonic() - start)
    return Run(tuple(traces), metadata)


def _cancellation() -> Callable[[], None]:
    """A function for signal handlers that cancels the current task."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101 - a coroutine runs in a task

    def cancel() -> None:
        loop.call_soon_threadsafe(task.cancel)

    return cancel


async def _converse(
    config: RunConfig, plan: runner.Plan, target: Target, progress: runner.Progress
) -> list[Trace]:
    """The first look and the conversations; a run about some conversations only looks when none got a
    response."""
    first = partial(
        look, target, plan.dialects[0], config.url, config.model, partial(_open_at, config, target)
    )
    if not (config.rules or config.scenarios):
        return [await first(), *await runner.run(plan, target, progress)]
    traces = await runner.run(plan, target, progress)
    return [*traces, await first()] if Run(tuple(traces), {}).hint else traces


def _open_at(config: RunConfig, target: Target, url: str) -> Transport:
    """A transport to another base URL of the target: to its application, when it is one."""
    if isinstance(target.transport, AsgiTransport):
        return AsgiTransport(target.transport.app, read_address(url).url(""))
    return replace(config, url=url).open_transport()


def _limits(config: RunConfig, conversations: int) -> Limits:
    """The limits of a run. Without a deadline of the user it is a time-out for each conversation."""
    derived = min(LONGEST_RUN, max(SHORTEST_RUN, conversations * config.seconds))
    return Limits(
        config.seconds,
        config.max_requests,
        config.max_tokens,
        whole=config.exchange_seconds,
        deadline=config.deadline or derived,
        recovery=config.recovery,
        events=config.max_events,
        size=config.max_body * 1024 * 1024,
        memory=config.max_memory * 1024 * 1024,
    )


def _with_stoppers(trace: Trace, traits: Mapping[str, str]) -> Trace:
    """The trace with the traits of exchanges that turned out later to have stopped the target."""
    steps = {
        name: replace(exchange, traits=exchange.traits | {traits[exchange.id]})
        if exchange.id in traits
        else exchange
        for name, exchange in trace.exchanges.items()
    }
    return replace(trace, exchanges=steps)


async def _generate(
    config: RunConfig, norms: Sequence[Dialect], target: Target, traces: Sequence[Trace]
) -> Trace:
    """The requests that are made from the document, unless the user wants none or the run has ended."""
    why = target.stop_reason or ("" if config.properties else NOT_GENERATED)
    why = why or ("" if generates(config.rules, config.scenarios) else NOT_NEEDED)
    if any(trace.stop_reason == INTERRUPTED for trace in traces):
        why = INTERRUPTED
    if why:
        return Trace(GENERATED, {}, why, None, "target" if target.bad_credentials else "limit")
    if Run(tuple(traces), {}).hint:
        return Trace(GENERATED, {}, "no conversation got a response", None, "target")
    properties = import_module("antiphon_conformance.requests.generation")  # Schemathesis takes half a second
    values = library_of({item.scenario: item for item in traces}, config.resources).values
    plans = [properties.Source(item, {"model": config.model or item.models[0], **values}) for item in norms]
    trace: Trace = await properties.generate(target, plans, config.seed, config.concurrency)
    return trace


def _ignore(trace: Trace) -> None:
    """Drops reports of progress."""


def _metadata(config: RunConfig, target: Target, started_at: float, seconds: float) -> dict[str, Any]:
    """The first line of the transcript. Its keys are those that older transcripts have."""
    return {
        "target": safe(redaction_of(config.credentials.secrets).text(shown(config.url))),
        "key": config.key_variable,
        "other_key": config.other_key_variable,
        "auth": config.auth,
        "headers": [name for name, _ in config.headers],
        "ca_file": config.ca_file or "",
        "insecure": config.insecure,
        "dialects": list(config.dialects),
        "model": config.model
        or ", ".join(dict.fromkeys(dialects.load(name).models[0] for name in config.dialects)),
        "features": list(config.features),
        "rules": list(config.rules),
        "scenarios": list(config.scenarios),
        "given": dict(config.resources),
        "webhook_port": config.webhook_port,
        "seed": config.seed,
        "properties": config.properties,
        "started": started_at,
        "seconds": round(seconds, 3),
        "requests": target.request_count,
        "over": target.stop_reason,
        "refused": target.bad_credentials,
        "dead": target.dead,
        "no_api": target.no_api,
        "outages": [outage.as_json() for outage in target.survival.outages],
        "tokens": target.tokens,
        "retried": target.retry_count,
        "antiphon": version("antiphon"),
    }
