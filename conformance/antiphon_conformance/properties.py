"""Requests made from the document: at every edge that it draws, then at random, until the budget is spent.

The deterministic part sends each case of `coverage` once. The random part lets Schemathesis make requests
that follow the document and requests that break it, and Hypothesis shrink whatever the target gets wrong: it
crashes, does not answer, or takes what is not allowed. All that is kept becomes one episode, `generated`,
which is judged by the same rules as every other.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import unidata_version

import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET

from antiphon_conformance.coverage import Case, cases
from antiphon_conformance.exchange import Episode, Exchange, Request
from antiphon_conformance.legality import binds, is_right
from antiphon_conformance.plain import NothingGiven, plain
from antiphon_conformance.spoil import spoilt
from antiphon_conformance.target import Exhausted, Target
from antiphon_conformance.text import safe
from antiphon_spec.dialect import Dialect
from antiphon_spec.document import Operation
from antiphon_spec.unknown import close

SCENARIO = "generated"
EXAMPLES = 30
"""How many random creates are made of each kind, when nothing goes wrong."""
FEWER = 4
"""By how much fewer of every other operation, and of the kind that is slow to make."""
SHRINKS = 60
"""How many more may be sent to shrink what went wrong."""
FREE_MEMBERS = 2
"""How many members an object without named ones has at most: what they are tells nothing."""
WIDEST = 2**53 - 1
"""Integers beyond this are no longer the same number in every JSON library (RFC 8259, section 6)."""
UTF_8: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([(0, 0xD7FF), (0xE000, 0x10FFFF)], [])
"""The characters that UTF-8 can say, and those that come back as others, in the form in which Hypothesis
keeps them between its runs. A release that keeps them otherwise works them out again."""
PASSING = frozenset({408, 425, 429, 502, 503, 504})
"""Statuses that speak of the moment and not of the request."""

Send = Callable[[Request, str], Exchange]


class Enough(BaseException):
    """No further request may be sent. Hypothesis would catch a plain Exception and go on."""


class Wrong(Exception):  # noqa: N818 - it names what was found
    """The target got a generated request wrong; the message is the kind of mistake."""


@dataclass(slots=True)
class _Kept:
    """What has been sent so far, by name, and why it ended."""

    exchanges: dict[str, Exchange] = field(default_factory=dict)
    stop_reason: str | None = None
    blame: str = "limit"

    @property
    def episode(self) -> Episode:
        return Episode(SCENARIO, self.exchanges, self.stop_reason, None, self.blame)


@dataclass(frozen=True, slots=True)
class Source:
    """What requests are made from: a dialect, and what its target holds, `model` included."""

    dialect: Dialect
    values: Mapping[str, str]


async def generate(
    target: Target,
    sources: Sequence[Source],
    start: int = 0,
    concurrency: int = 8,
    *,
    examples: int = EXAMPLES,
) -> Episode:
    """The generated requests of these dialects. When it is cancelled, what there is by then is returned."""
    kept = _Kept()
    try:
        for source in sources:
            await _covered(target, source, kept, concurrency)
        for source in sources if examples else ():
            await _random(_Search(source, examples), target, kept, start)
    except NothingGiven as lacking:
        kept.stop_reason, kept.blame = safe(str(lacking)), "given"
    except Exhausted as end:
        kept.stop_reason, kept.blame = (
            safe(str(end)),
            "target" if target.dead or target.bad_credentials else "limit",
        )
    except asyncio.CancelledError:
        kept.stop_reason = "interrupted"
    return kept.episode


async def _covered(target: Target, source: Source, kept: _Kept, concurrency: int) -> None:
    gate = asyncio.Semaphore(concurrency)

    async def ask(case: Case) -> Exchange:
        async with gate:
            return await target.send(Request("POST", case.path, body=case.body), f"{SCENARIO}/{case.name}")

    made = cases(source.dialect, source.values)
    new = [case for case in made if case.name not in kept.exchanges]
    answers = await asyncio.gather(*map(ask, new), return_exceptions=True)
    for case, answer in zip(new, answers, strict=True):
        if isinstance(answer, Exchange):
            kept.exchanges[case.name] = answer
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer


async def _random(search: _Search, target: Target, kept: _Kept, start: int) -> None:
    """Hypothesis is not asynchronous: it searches in a thread of its own and sends through this loop."""
    loop = asyncio.get_running_loop()

    def send(request: Request, name: str) -> Exchange:
        return asyncio.run_coroutine_threadsafe(target.send(request, name), loop).result()

    try:
        await asyncio.to_thread(search.run, send, start)
    finally:
        search.over = True
        kept.exchanges |= search.found
    if search.ended is not None:
        raise search.ended


@dataclass(frozen=True, slots=True)
class _Kind:
    """Random bodies of one kind for one operation, and how many of them to try."""

    operation: Operation
    bodies: SearchStrategy[Any]
    examples: int


class _Search:
    """One search through the random requests of a dialect."""

    def __init__(self, source: Source, examples: int) -> None:
        self.found: dict[str, Exchange] = {}
        self.over = False
        self.ended: Exhausted | None = None
        self._dialect = source.dialect
        self._values = source.values
        self._examples = examples
        self._known: dict[str, str] = {}
        self._worst: dict[str, tuple[int, Exchange]] = {}
        self._shrunk: set[str] = set()
        self._left = 0

    def run(self, send: Send, start: int) -> None:
        """Searches every operation that takes a body, first among right requests, then among wrong ones."""
        self._send = send
        with _no_traces():
            for kind in _kinds(self._dialect, self._examples):
                with suppress(Enough):
                    self._search(kind, start)
                if self.over or self.ended is not None:
                    return

    def _search(self, kind: _Kind, start: int) -> None:
        self._left, before = kind.examples + SHRINKS, dict(self._worst)

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
        def attempt(made: Any) -> None:
            self._attempt(kind.operation, made)

        try:
            attempt()
        except Exception as found:  # what the target got wrong, in whatever group Hypothesis reports it
            if self._worst == before:
                raise RuntimeError(f"no requests could be made for {kind.operation.id}: {found}") from found
        finally:
            self._shrunk |= self._worst.keys()
            self.found |= {name: exchange for name, (_, exchange) in self._worst.items()}

    def _attempt(self, operation: Operation, made: Any) -> None:
        usual = plain(self._dialect, operation.id, self._values)
        request = _request(operation.path, _body(made, usual))
        key = operation.path + json.dumps([request.body, str(request.raw)], sort_keys=True)
        if key not in self._known:
            self._known[key] = self._try(operation.id, request)
        if self._known[key] not in ("", *self._shrunk):
            raise Wrong(self._known[key])

    def _try(self, operation: str, request: Request) -> str:
        """Sends a request that was not sent before, and says what the target got wrong about it."""
        if self.over or not self._left:
            raise Enough
        self._left -= 1
        name = f"{operation}, random {len(self._known) + 1} of {self._dialect.name}"
        try:
            exchange = self._send(request, f"{SCENARIO}/{name}")
        except Exhausted as end:
            self.ended = end
            raise Enough from end
        what = mistaken(exchange, self._dialect, operation)
        if what:
            return self._remember(f"{operation} of {self._dialect.name}, {what}, shrunk", exchange)
        self.found[name] = exchange
        return ""

    def _remember(self, name: str, exchange: Exchange) -> str:
        """Of what goes wrong in the same way only the smallest is kept, and only one is shrunk."""
        size = len(exchange.request.raw or json.dumps(exchange.request.body))
        if name not in self._worst or size < self._worst[name][0]:
            self._worst[name] = (size, exchange)
        return name


def mistaken(exchange: Exchange, dialect: Dialect, operation: str) -> str:
    """What the target got wrong about a generated request, in two or three words; empty when nothing."""
    reply = exchange.reply
    if reply is None:
        return "no answer"
    if reply.status >= 500 and reply.status not in PASSING and reply.status != 501:
        return f"answered {reply.status}"
    wrong = exchange.request.raw is not None or not is_right(dialect, operation, exchange.request.body)
    return "wrong and taken" if wrong and exchange.ok and binds(dialect) else ""


def _kinds(dialect: Dialect, examples: int) -> Iterator[_Kind]:
    """The kinds of random requests: per operation those that follow the document, and those spoilt in one
    place; for creates also such as Schemathesis breaks, by whole schemas and malformed JSON.

    Members that the document does not name are left out: they are tried once, on purpose."""
    kept = {key: value for key, value in dialect.document.root.items() if key in ("openapi", "info", "paths")}
    fewer = max(1, examples // FEWER)
    components = dialect.document.root["components"]
    parts = {key: value for key, value in components.items() if key != "securitySchemes"}
    tight = close(parts, maxProperties=FREE_MEMBERS)
    schema = schemathesis.openapi.from_dict({**kept, "components": tight, "servers": [{"url": "/"}]})
    for operation in dialect.document.operations.values():
        if operation.request_schema is None or "{" in operation.path:
            continue
        create = operation.id == dialect.create_operation
        made = schema[operation.path][operation.method]
        right = made.as_strategy(generation_mode=GenerationMode.POSITIVE).map(lambda case: case.body)
        yield _Kind(operation, right, examples if create else fewer)
        yield _Kind(operation, spoilt(right), examples if create else fewer)
        if create:
            broken = made.as_strategy(generation_mode=GenerationMode.NEGATIVE).map(lambda case: case.body)
            yield _Kind(operation, broken, fewer)


def _body(made: Any, usual: Mapping[str, Any]) -> Any:
    """What Schemathesis made, as a request that has a chance: with a model that there is, and some input."""
    if made is NOT_SET:
        return dict(usual)
    if not isinstance(made, dict):
        return made if isinstance(made, bytes) else _tame(made)
    asked = {**usual, **_tame(made)}
    return {**asked, "model": usual["model"]} if isinstance(asked.get("model", ""), str) else asked


def _request(path: str, body: Any) -> Request:
    if isinstance(body, bytes):
        return Request("POST", path, raw=body)
    return Request("POST", path, body=body, raw=b"null" if body is None else None)


def _tame(value: Any) -> Any:
    """The value without what JSON libraries do not agree upon: huge numbers, text that is no Unicode."""
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
    """Keeps Hypothesis from leaving a folder where the command was called, and tells it what it would find
    out in a second."""
    with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
        known = Path(folder, "unicode_data", unidata_version, "codec-v2-utf-8.json.gz")
        known.parent.mkdir(parents=True)
        known.write_bytes(gzip.compress(json.dumps(UTF_8).encode()))
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
