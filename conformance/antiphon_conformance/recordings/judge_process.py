"""The process that judges what passes the proxy.

It reads passages from its input, as pickles behind their length, and answers each twice: once it is recorded,
and once it is judged. It ends with its input. The proxy ends it when it takes too long.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import GAVE_UP, Exchange
from antiphon_conformance.http.redaction import redaction_of
from antiphon_conformance.http.text import inert_json, safe
from antiphon_conformance.recordings import transcript
from antiphon_conformance.recordings.keys import hide
from antiphon_conformance.recordings.passage import Passage, exchange_of
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import Dialect, load_concrete
from antiphon_spec.loading.construction import dataclass

LENGTH = struct.Struct(">Q")
"""How a length stands before a message."""
LOUD = (Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN)
"""The outcomes that are shown."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the process is told once: by what it judges, and where it records."""

    dialect: str
    record: Path | None
    most_events: int


@dataclass(frozen=True, slots=True)
class Job:
    """One passage, with the keys that neither file nor screen may show."""

    passage: Passage
    keys: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a job: the lines for people, and how often each outcome was found."""

    lines: tuple[str, ...] = ()
    counts: Mapping[Outcome, int] = field(default_factory=dict)


def frame(message: Any) -> tuple[bytes, bytes]:
    """A message as it is sent: its length, then its content."""
    content = pickle.dumps(message)
    return LENGTH.pack(len(content)), content


def recorded(exchange: Exchange, record: Path | None) -> Decision:
    """Appends an exchange without keys to the file; a disk that is full is named in a line."""
    if record is None:
        return Decision()
    line = inert_json(orjson.dumps(transcript.entry(exchange), option=orjson.OPT_APPEND_NEWLINE))
    try:
        with record.open("ab") as file:
            file.write(line)
    except OSError as error:
        return Decision((f"  not recorded: {safe(str(error))}",))
    return Decision()


def first_line(exchange: Exchange) -> str:
    """What passed, in one line."""
    why = safe(exchange.failure or "")
    end = f"{exchange.reply.status} {why}".rstrip() if exchange.reply else why or "no answer"
    return f"{exchange.id} {safe(exchange.request.method)} {safe(exchange.request.path)} {end}"


def judged(exchange: Exchange, dialect: Dialect, cut: str) -> Decision:
    """The findings about an exchange without keys. `cut` is what our own limits left out of it."""
    records = [record for record in engine.lint([exchange], dialect) if record.outcome in LOUD]
    counts = Counter(record.outcome for record in records)
    lines = [first_line(exchange)]
    if cut:
        counts[Outcome.INCONCLUSIVE] += 1
        lines.append(f"  {Outcome.INCONCLUSIVE.upper()} {safe(cut)}")
    for record in records:
        lines.append(f"  {record.outcome.upper()} {record.rule} ({record.requirement}) {safe(record.note)}")
        lines += (f"    {safe(finding.message)}" for finding in record.findings)
    return Decision(tuple(lines), counts)


def answers(job: Job, work: Work, dialect: Dialect) -> Iterator[Decision]:
    """What became of a job: first its recording, then its judgement. Whatever raises is our bug."""
    passage = job.passage
    try:
        exchange = hide(exchange_of(passage, work.most_events), redaction_of(job.keys))
        first = recorded(exchange, work.record)
    except Exception as error:
        yield from (Decision(), _broken(passage, error))
        return
    yield first
    cut = passage.body_cut or (exchange.failure or "" if GAVE_UP in exchange.traits else "")
    try:
        last = judged(exchange, dialect, cut)
    except Exception as error:
        last = _broken(passage, error)
    yield last


def _broken(passage: Passage, error: Exception) -> Decision:
    line = f"  {Outcome.BROKEN.upper()} {passage.id}: {type(error).__name__} in our judge"
    return Decision((line,), {Outcome.BROKEN: 1})


def _messages(source: BinaryIO) -> Iterator[Any]:
    while head := source.read(LENGTH.size):
        yield pickle.loads(source.read(*LENGTH.unpack(head)))  # noqa: S301 -- the proxy wrote it


def main() -> None:
    """Judges until the input ends. What a library prints goes nowhere: the output holds answers alone."""
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    messages = _messages(sys.stdin.buffer)
    work: Work = next(messages)
    dialect = load_concrete(work.dialect)
    engine.lint([], dialect)  # reads the rules and the document
    output.writelines(frame(Decision()))
    output.flush()
    for job in messages:
        for answer in answers(job, work, dialect):
            output.writelines(frame(answer))
            output.flush()
