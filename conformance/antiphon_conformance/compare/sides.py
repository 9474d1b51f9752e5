"""The two sides of a comparison: the conversations with a target, or those of a recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from antiphon_conformance.compare.members import Content, content_of
from antiphon_conformance.http.exchange import Exchange, Trace
from antiphon_conformance.recordings.reader import RecordingError, load
from antiphon_conformance.report.folder import TRANSCRIPT, transcript_name
from antiphon_conformance.requests.location import at_operation
from antiphon_conformance.verdict.result import Run
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

RECORDING = "recording"
"""The name of the conversation that holds exchanges of no conversation of ours."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one side answered."""

    name: str
    traces: tuple[Trace, ...]
    again: tuple[Trace, ...] | None = None
    """A second run, from which the floor comes; None when there is none."""
    dialects: tuple[str, ...] = ()
    """The dialects of the run, where the side says them."""
    why_not: str = ""
    """Why nothing can be compared with it; empty when something can."""
    unfinished: str = ""
    """Why not every conversation ran to its end; empty when all did."""

    @property
    def is_loose(self) -> bool:
        """Whether it has exchanges of no conversation of ours."""
        return any(trace.scenario == RECORDING for trace in self.traces)

    @property
    def requests(self) -> int:
        """How many exchanges it has."""
        return sum(len(trace.exchanges) for trace in self.traces)


def of_runs(name: str, runs: Sequence[Run]) -> Side:
    """The side of one or two runs against a target."""
    first, *rest = runs
    again = rest[0].traces if rest and not rest[0].why_not else None
    why = first.why_not or first.hint
    return Side(name, first.traces, again, tuple(first.metadata["dialects"]), why, first.unfinished)


def read_side(path: Path) -> Side:
    """The side of a recording: a file, or the folder of a report. Raises RecordingError."""
    if not path.is_dir():
        return _of_file(path)
    files = [_transcript(path, number) for number in (1, 2)]
    if files[0] is None:
        raise RecordingError(str(path), f"the folder of a report, with {TRANSCRIPT}", "another folder")
    again = load(files[1]).traces if files[1] else None
    return replace(_of_file(files[0]), name=str(path), again=again)


def _transcript(folder: Path, number: int) -> Path | None:
    """The transcript of a run in a folder, compressed or not; None when there is none."""
    paths = (folder / f"{transcript_name(number)}{suffix}" for suffix in ("", ".gz"))
    return next((path for path in paths if path.exists()), None)


def _of_file(path: Path) -> Side:
    recording = load(path)
    loose = {exchange.id: exchange for exchange in recording.exchanges}
    traces = (*recording.traces, *([Trace(RECORDING, loose)] if loose else []))
    why = "" if traces else "it holds no exchange"
    return Side(str(path), traces, None, tuple(recording.run.get("dialects", ())), why)


def by_request(in_a: Iterable[Trace], in_b: Iterable[Trace], dialect: Dialect) -> tuple[Trace, Trace]:
    """The exchanges of both sides whose requests are equal, as one conversation.

    Ids and the model do not count; of equal requests the first goes with the first.
    """
    side_a, side_b = dict(_keyed(in_a, dialect)), dict(_keyed(in_b, dialect))
    keys = [key for key in side_a if key in side_b]
    names = {key: _title(side_a[key]) for key in keys}
    return (
        Trace(RECORDING, {names[key]: side_a[key] for key in keys}),
        Trace(RECORDING, {names[key]: side_b[key] for key in keys}),
    )


def _title(exchange: Exchange) -> str:
    return f"{exchange.id} ({exchange.request.method} {exchange.request.path})"


def _keyed(traces: Iterable[Trace], dialect: Dialect) -> Iterator[tuple[tuple[bytes, int], Exchange]]:
    """Each exchange with its request in a form that equal ones share, and its number among them."""
    counts: dict[bytes, int] = {}
    for exchange in (exchange for trace in traces for exchange in trace.exchanges.values()):
        key = _request(at_operation(exchange, dialect))
        counts[key] = counts.get(key, 0) + 1
        yield (key, counts[key]), exchange


def _request(exchange: Exchange) -> bytes:
    request = exchange.request
    path = exchange.operation or request.path.partition("?")[0]
    query = request.path.partition("?")[2]
    content = [request.method, path, query if "after=" not in query else "", _anonymous(request.body)]
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS, default=str)


def _anonymous(value: Any, name: str = "", holder: Mapping[str, Any] | None = None) -> Any:
    """A body without its ids and its model."""
    if isinstance(value, dict):
        return {key: _anonymous(member, key, value) for key, member in value.items()}
    if isinstance(value, list):
        return [_anonymous(element) for element in value]
    return None if content_of(name, value, holder, "") in (Content.ID, Content.MODEL) else value
