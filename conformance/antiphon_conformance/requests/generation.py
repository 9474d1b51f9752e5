"""Requests made from the document: first at each of its limits, then at random, up to the limits of the run.

The deterministic part sends each case of `coverage` once. In the random part Schemathesis makes requests that
follow the document and requests that break it, and Hypothesis shrinks each request that the target gets
wrong: it crashes, does not answer, or accepts what is not allowed. The exchanges become one episode,
`generated`, and the same rules judge it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import Any
from unicodedata import unidata_version

import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET

from antiphon_conformance.http.busy import send_when_free
from antiphon_conformance.http.client import RunOverError, Target
from antiphon_conformance.http.exchange import GAVE_UP, Exchange, Request, Trace, is_stopper
from antiphon_conformance.http.text import safe
from antiphon_conformance.requests.boundaries import Case, cases
from antiphon_conformance.requests.constants import CHAT
from antiphon_conformance.requests.minimal import MissingResourceError, minimal
from antiphon_conformance.requests.mutation import spoilt
from antiphon_conformance.requests.validity import binds, is_valid
from antiphon_conformance.scenarios.endings import INTERRUPTED
from antiphon_spec.dialect import Dialect
from antiphon_spec.document import Operation
from antiphon_spec.json_schema.unknown import close
from antiphon_spec.loading.construction import dataclass

SCENARIO = "generated"
EXAMPLES = 30
"""How many random creates of each kind are sent, when nothing goes wrong."""
FEWER = 4
"""The divisor of that number for every other operation, and for the kind that is slow to make."""
SHRINKS = 60
"""How many more requests may be sent to shrink a failure."""
FREE_MEMBERS = 2
"""The maximum number of members in an object without named members: their names show nothing."""
WIDEST = 2**53 - 1
"""JSON libraries disagree about larger integers (RFC 8259, section 6)."""
UTF_8: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([(0, 0xD7FF), (0xE000, 0x10FFFF)], [])
"""The characters that UTF-8 can encode, and those that it changes, in the form of Hypothesis's cache. A
release with another form computes them again."""
PASSING = frozenset({408, 425, 429, 502, 503, 504})
"""Statuses that are about the moment and not about the request."""

Send = Callable[[Request, str], Exchange]


class GenerationOverError(BaseException):
    """No further request may be sent. Hypothesis would catch a plain Exception and continue."""


class WrongAnswerError(Exception):
    """The target got a generated request wrong; the message says how."""


@dataclass(slots=True)
class _Session:
    """The exchanges so far, by name, and why they ended."""

    exchanges: dict[str, Exchange] = field(default_factory=dict)
    stop_reason: str | None = None
    blame: str = "limit"

    @property
    def trace(self) -> Trace:
        return Trace(SCENARIO, self.exchanges, self.stop_reason, None, self.blame)


@dataclass(frozen=True, slots=True)
class Source:
    """A dialect, and what its target holds, `model` included: the source of requests."""

    dialect: Dialect
    values: Mapping[str, str]


async def generate(
    target: Target,
    sources: Sequence[Source],
    start: int = 0,
    concurrency: int = 8,
    *,
    examples: int = EXAMPLES,
) -> Trace:
    """The generated requests of these dialects. When the run is cancelled, it returns what it has."""
    session = _Session()
    try:
        for source in sources:
            await _send_cases(target, source, session, concurrency)
        for source in sources if examples else ():
            await _random(_Search(source, examples), target, session, start)
    except MissingResourceError as lacking:
        session.stop_reason, session.blame = safe(str(lacking)), "given"
    except RunOverError as end:
        session.stop_reason, session.blame = (
            safe(str(end)),
            "target" if target.bad_credentials else "limit",
        )
    except asyncio.CancelledError:
        session.stop_reason = INTERRUPTED
    return session.trace


async def _send_cases(target: Target, source: Source, session: _Session, concurrency: int) -> None:
    gate = asyncio.Semaphore(concurrency)

    async def ask(case: Case) -> Exchange:
        async with gate:
            request = Request("POST", case.path, body=case.body)
            return await send_when_free(target, request, f"{SCENARIO}/{case.name}")

    new = [case for case in cases(source.dialect, source.values) if case.name not in session.exchanges]
    answers = await asyncio.gather(*map(ask, new), return_exceptions=True)
    for case, answer in zip(new, answers, strict=True):
        if isinstance(answer, Exchange):
            session.exchanges[case.name] = answer
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer


async def _random(search: _Search, target: Target, session: _Session, start: int) -> None:
    """Hypothesis is not asynchronous: it searches in a thread of its own and sends through this loop."""
    loop = asyncio.get_running_loop()

    def send(request: Request, name: str) -> Exchange:
        return asyncio.run_coroutine_threadsafe(send_when_free(target, request, name), loop).result()

    try:
        await asyncio.to_thread(search.run, send, start)
    finally:
        search.is_over = True
        session.exchanges |= search.exchanges
    if search.exhaustion is not None:
        raise search.exhaustion


@dataclass(frozen=True, slots=True)
class _Kind:
    """Random bodies of one kind for one operation, and how many of them to send."""

    operation: Operation
    bodies: SearchStrategy[Any]
    examples: int


class _Search:
    """One search through the random requests of a dialect."""

    def __init__(self, source: Source, examples: int) -> None:
        self.exchanges: dict[str, Exchange] = {}
        self.is_over = False
        self.exhaustion: RunOverError | None = None
        self._dialect = source.dialect
        self._values = source.values
        self._examples = examples
        self._faults: dict[str, str] = {}
        self._worst: dict[str, tuple[int, Exchange]] = {}
        self._reports: set[str] = set()
        self._budget = 0

    def run(self, send: Send, start: int) -> None:
        """Searches every operation with a body, first among right requests, then among wrong requests."""
        self._send = send
        with _no_traces():
            for kind in _kinds(self._dialect, self._examples):
                with suppress(GenerationOverError):
                    self._search(kind, start)
                if self.is_over or self.exhaustion is not None:
                    return

    def _search(self, kind: _Kind, start: int) -> None:
        self._budget, before = kind.examples + SHRINKS, dict(self._worst)

        @seed(start)
        @settings(
            max_examples=kind.examples,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(kind.bodies)
        def attempt(body: Any) -> None:
            self._attempt(kind.operation, body)

        try:
            attempt()
        except Exception as error:  # the target's faults, in the groups of Hypothesis
            if self._worst == before:
                raise RuntimeError(f"no requests could be made for {kind.operation.id}: {error}") from error
        finally:
            self._reports |= self._worst.keys()
            self.exchanges |= {name: exchange for name, (_, exchange) in self._worst.items()}

    def _attempt(self, operation: Operation, body: Any) -> None:
        usual = minimal(self._dialect, operation.id, self._values)
        request = _request(operation.path, _body(body, usual))
        key = operation.path + json.dumps([request.body, str(request.raw)], sort_keys=True)
        if key not in self._faults:
            self._faults[key] = self._try(operation.id, request)
        if self._faults[key] not in ("", *self._reports):
            raise WrongAnswerError(self._faults[key])

    def _try(self, operation: str, request: Request) -> str:
        """Sends a new request; returns the target's fault, or an empty text."""
        if self.is_over or not self._budget:
            raise GenerationOverError
        self._budget -= 1
        name = f"{operation}, random {len(self._faults) + 1} of {self._dialect.name}"
        try:
            exchange = self._send(request, f"{SCENARIO}/{name}")
        except RunOverError as end:
            self.exhaustion = end
            raise GenerationOverError from end
        fault = fault_of(exchange, self._dialect, operation)
        if fault and is_stopper(exchange):  # smaller ones would stop the target again
            self._budget = 0
        if fault:
            return self._remember(f"{operation} of {self._dialect.name}, {fault}, shrunk", exchange)
        self.exchanges[name] = exchange
        return ""

    def _remember(self, name: str, exchange: Exchange) -> str:
        """Keeps the smallest request for each kind of fault; only that one is shrunk."""
        size = len(exchange.request.raw or json.dumps(exchange.request.body))
        if name not in self._worst or size < self._worst[name][0]:
            self._worst[name] = (size, exchange)
        return name


def fault_of(exchange: Exchange, dialect: Dialect, operation: str) -> str:
    """The target's fault on a generated request, in a few words; empty when it has none."""
    reply = exchange.reply
    if GAVE_UP in exchange.traits:
        return ""
    if reply is None or is_stopper(exchange):
        return "no answer"
    if reply.status >= 500 and reply.status not in PASSING and reply.status != 501:
        return f"answered {reply.status}"
    wrong = exchange.request.raw is not None or not is_valid(dialect, operation, exchange.request.body)
    return "wrong and accepted" if wrong and exchange.ok and binds(dialect) else ""


def _kinds(dialect: Dialect, examples: int) -> Iterator[_Kind]:
    """The kinds of random requests: for each operation those that follow the document, and those that are
    wrong in one place; for creates also those that Schemathesis breaks, with whole schemas and malformed
    JSON.

    Members that the document does not name are omitted: a scenario sends them once, on purpose."""
    head = {key: value for key, value in dialect.document.root.items() if key in ("openapi", "info", "paths")}
    fewer = max(1, examples // FEWER)
    components = dialect.document.root["components"]
    parts = {key: value for key, value in components.items() if key != "securitySchemes"}
    tight = close(parts, maxProperties=FREE_MEMBERS)
    schema = schemathesis.openapi.from_dict({**head, "components": tight, "servers": [{"url": "/"}]})
    for operation in dialect.document.operations.values():
        if operation.request_schema is None or "{" in operation.path or operation.id == CHAT:
            continue
        create = operation.id == dialect.create_operation
        case_maker = schema[operation.path][operation.method]
        right = case_maker.as_strategy(generation_mode=GenerationMode.POSITIVE).map(lambda case: case.body)
        yield _Kind(operation, right, examples if create else fewer)
        yield _Kind(operation, spoilt(right), examples if create else fewer)
        if create:
            negatives = case_maker.as_strategy(generation_mode=GenerationMode.NEGATIVE).map(
                lambda case: case.body
            )
            yield _Kind(operation, negatives, fewer)


def _body(draft: Any, usual: Mapping[str, Any]) -> Any:
    """A body of Schemathesis, completed so that it can succeed: with the plain request's model and input."""
    if draft is NOT_SET:
        return dict(usual)
    if not isinstance(draft, dict):
        return draft if isinstance(draft, bytes) else _tame(draft)
    request = {**usual, **_tame(draft)}
    if "model" not in usual or not isinstance(request.get("model", ""), str):
        return request
    return {**request, "model": usual["model"]}


def _request(path: str, body: Any) -> Request:
    if isinstance(body, bytes):
        return Request("POST", path, raw=body)
    return Request("POST", path, body=body, raw=b"null" if body is None else None)


def _tame(value: Any) -> Any:
    """The value without what JSON libraries disagree about: huge numbers, text that is not Unicode."""
    if isinstance(value, dict):
        return {_tame(key): _tame(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_tame(inner) for inner in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return max(-WIDEST, min(WIDEST, value)) if math.isfinite(value) else 0


@contextmanager
def _no_traces() -> Iterator[None]:
    """Keeps Hypothesis from creating a folder in the working directory, and fills its cache, which saves a
    second.
    """
    with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
        cache = Path(folder, "unicode_data", unidata_version, "codec-v2-utf-8.json.gz")
        cache.parent.mkdir(parents=True)
        cache.write_bytes(gzip.compress(json.dumps(UTF_8).encode()))
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
