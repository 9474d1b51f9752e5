"""Judges recorded traffic, exchange by exchange, without the network."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange, Trace
from antiphon_conformance.options.names import with_near_names
from antiphon_conformance.recordings import reader
from antiphon_conformance.recordings.allowance import Allowance
from antiphon_conformance.recordings.reader import Recording, RecordingError
from antiphon_conformance.recordings.unjudged import reasons
from antiphon_conformance.rules.rule import Rule
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import Run, RunResult
from antiphon_conformance.verdict.verdict import is_failure, verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.profile import DEFAULT, Profile, load_profile

USUAL = "openai"
"""The dialect of recordings that name none."""
LONGEST_HEADER = 1 << 16
"""How many bytes at the beginning of a file may name the dialects of a run, or the host that was asked."""
_HOST = re.compile(rb"""["']?(?:url|uri|path)["']?\s*:\s*["']?https?://([\w.-]+)""")


@with_near_names
def lint(
    files: str | Path | Iterable[str | Path], dialect: str = "openai", *, profile: str = DEFAULT
) -> RunResult:
    """Judges recordings: JSON lines, HAR files, VCR cassettes, raw event streams, transcripts of `check`.

    `profile` is `compatible`, `strict`, `identical`, or the path of a profile of one's own.
    Raises RecordingError for no file and for one that cannot be read, DataError for an unknown dialect or
    profile, and TypeError for what is no path.
    """
    paths = [files] if isinstance(files, str | Path) or not isinstance(files, Iterable) else list(files)
    if not all(isinstance(path, str | Path) for path in paths):
        raise TypeError(f"files: expected a path, or a list of paths, got {files!r}")
    if not paths:
        raise RecordingError("files", "one file or more", "none")
    return judge_files(
        [Path(path) for path in paths], dialects.load_concrete(dialect), profile=load_profile(profile)
    )


def judge_files(
    files: Sequence[Path],
    dialect: Dialect,
    rules: Mapping[str, Rule] | None = None,
    labels: Mapping[str, Any] | None = None,
    profile: Profile | None = None,
    jobs: int = 1,
    allowance: Allowance | None = None,
) -> RunResult:
    """The result of these recordings. `labels` is more metadata: `vendor`, `note`, `quotes`. `jobs` is how
    many processes may share the work, and `allowance` how much of all recordings is kept.

    Raises RecordingError when a file cannot be read.
    """
    labels = labels or {}
    metadata = {
        "target": labels.get("vendor") or files[0].name,
        "files": [file.name for file in files],
        "antiphon": version("antiphon"),
        "started": time.time(),
    }
    allowance = allowance or Allowance()
    recordings = [reader.load(file, allowance) for file in files]
    return lint_result(recordings, dialect, {**metadata, **labels}, rules, profile, jobs)


def lint_result(
    recordings: Sequence[Recording],
    dialect: Dialect,
    metadata: Mapping[str, Any],
    rules: Mapping[str, Rule] | None = None,
    profile: Profile | None = None,
    jobs: int = 1,
) -> RunResult:
    """The result of recordings that were read: `metadata` says where they come from."""
    profile = profile or load_profile()
    records = judge_recordings(recordings, dialect, rules, profile, jobs)
    traces = tuple(Trace(exchange.id, {exchange.id: exchange}) for exchange in exchanges_of(recordings))
    header = {"dialects": [dialect.name], "requests": len(traces), **metadata}
    header["profiles"] = {dialect.name: profile.as_json()}
    why = _why_not(recordings)
    if not why and not any(map(is_failure, records)):
        why = _unjudged(recordings, records)
    verdicts = {dialect.name: verdict(records, why=why)}
    return RunResult(header, tuple(records), verdicts, traces)


def judge_recordings(
    recordings: Iterable[Recording],
    dialect: Dialect,
    rules: Mapping[str, Rule] | None = None,
    profile: Profile | None = None,
    jobs: int = 1,
) -> list[Record]:
    """The records of recordings: loose exchanges are linted, traces of a run are judged like the run."""
    records: list[Record] = []
    for recording in recordings:
        if recording.traces:
            records += engine.judge(recording.traces, dialect, rules, profile)
        if recording.exchanges:
            records += engine.lint(recording.exchanges, dialect, rules, profile, jobs)
    return records


def exchanges_of(recordings: Iterable[Recording]) -> list[Exchange]:
    """Every exchange of these recordings."""
    exchanges: list[Exchange] = []
    for recording in recordings:
        exchanges += recording.exchanges
        exchanges += (exchange for trace in recording.traces for exchange in trace.exchanges.values())
    return exchanges


def digests_of(files: Iterable[Path]) -> dict[str, str]:
    """The SHA-256 of each file as hex digits, by the file's name."""
    return {file.name: _digest(file) for file in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dialect_of(path: Path) -> tuple[str, str]:
    """The dialect of a recording, and why: the first one that a transcript of `check` names, else that of the
    vendor whose host was asked, else the usual one; of what cannot be read the reader says what is wrong.
    """
    opener = gzip.open if path.suffix == ".gz" else Path.open
    try:
        with opener(path, "rb") as file:
            head = file.read(LONGEST_HEADER)
    except (OSError, EOFError, ValueError):
        return USUAL, "the default"
    try:
        name = json.loads(head.partition(b"\n")[0])["run"]["dialects"][0]
        if name in dialects.names():
            return name, "which its transcript names"
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    for host in dict.fromkeys(_HOST.findall(head)):
        if own := dialects.of_host(host.decode()):
            return own, f"whose vendor has the host {host.decode()}"
    return USUAL, "the default"


def _unjudged(recordings: Iterable[Recording], records: Iterable[Record]) -> str:
    """Why a recording was not judged at all; empty when each was judged at least in part."""
    aside = {record.scenario: record for record in records if record.outcome is Outcome.UNJUDGED}
    for recording in recordings:
        notes = [aside[exchange.id] for exchange in recording.exchanges if exchange.id in aside]
        if not recording.traces and len(notes) == len(recording.exchanges):
            return "; ".join(reasons(notes)) or "no exchange was recorded"
    return ""


def _why_not(recordings: Iterable[Recording]) -> str:
    """The reason that a recorded run gives for not having judged its target; empty without one."""
    runs = (Run(recording.traces, recording.run) for recording in recordings if recording.traces)
    return next((run.why_not for run in runs if run.why_not), "")
