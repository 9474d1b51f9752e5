"""Judges the transcripts of a report again, and rejects a report that was edited.

It compares the transcripts with their digests, the records with what the rules say about the transcripts
now, the footer with the records, and each rendering with the records. It ignores rules that are newer or
older than the report. Only the sources that made a rendering can make it again; other sources compare its
digest.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import orjson

from antiphon_conformance.http.text import safe
from antiphon_conformance.recordings import reader
from antiphon_conformance.recordings.allowance import MEMORY, MIB, Allowance
from antiphon_conformance.recordings.lint import judge_recordings
from antiphon_conformance.recordings.reader import Recording, RecordingError
from antiphon_conformance.report import folder, records
from antiphon_conformance.report.fingerprint import fingerprint
from antiphon_conformance.report.journal import UNFINISHED
from antiphon_conformance.report.model import Report
from antiphon_conformance.report.records import ReportError
from antiphon_conformance.verdict.outcome import Record
from antiphon_conformance.verdict.result import Run, judge_runs
from antiphon_conformance.verdict.verdict import Exit, Verdict, is_failure
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect
from antiphon_spec.frozen import load_frozen
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Kind

MOST_DIFFERENCES = 5
SUMMARY = folder.RENDERERS["markdown"][-1]
MOST_MEMORY = 2 * MEMORY * MIB
"""Bytes for the exchanges of a report: a run keeps answers of MEMORY MiB, and its requests beside them."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of verifying one report."""

    problems: tuple[str, ...] = ()
    """The reasons to reject the report."""
    missing: tuple[str, ...] = ()
    """The transcripts that are not available."""
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> Exit:
        """0 verified, 1 rejected, 2 not judged again."""
        if self.problems:
            return Exit.NOT_CONFORMANT
        return Exit.NOT_JUDGED if self.missing else Exit.CONFORMANT

    @property
    def title(self) -> str:
        """The status in words."""
        words = {Exit.CONFORMANT: "verified", Exit.NOT_CONFORMANT: "rejected"}
        return words.get(self.status, "not judged again")


def verify(place: Path, transcripts: Path | None = None) -> Verification:
    """Verifies the report in folder `place`. Its transcripts are there, or in `transcripts`."""
    if (place / UNFINISHED).exists():
        return Verification((f"unfinished: a later run into {place} did not end; see {UNFINISHED}",))
    try:
        report = records.read(_file(place, folder.RECORDS))
    except ReportError as error:
        return Verification((str(error),))
    problems = [*_edited_files(place), *_footer_faults(report), *_changed_renderings(place, report)]
    paths, missing, faults = _transcripts(report, (place, *([transcripts] if transcripts else [])))
    problems += faults
    notes = [] if _same_sources(report) else ["other sources made it: pages were compared by their digests"]
    if not missing and not faults:
        try:
            room = Allowance(memory=MOST_MEMORY)
            problems += _differences(report, [reader.load(path, room) for path in paths], notes)
        except RecordingError as error:
            problems.append(str(error))
    return Verification(tuple(problems), tuple(missing), tuple(notes))


def _same_sources(report: Report) -> bool:
    return report.metadata.get("suite") == fingerprint()


def _edited_files(place: Path) -> Iterator[str]:
    """Files whose digest has changed since the run wrote them."""
    try:
        digests = orjson.loads((place / folder.DIGESTS).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        yield f"{folder.DIGESTS}: expected the digests of this folder's files, got none"
        return
    if not isinstance(digests, dict) or not (place / SUMMARY).exists():
        yield f"{place}: expected {folder.DIGESTS} to be an object, and {SUMMARY} with its section Reproduce"
        return
    for path in (
        place / name for name in (folder.RECORDS, *(name for *_, name in folder.RENDERERS.values()))
    ):
        if path.exists() and folder.digest(path.read_bytes()) != digests.get(path.name):
            yield f"{path.name}: it was edited after the run wrote it"


def _changed_renderings(place: Path, report: Report) -> Iterator[str]:
    """Renderings that differ from what the records render to."""
    if not _same_sources(report):
        return
    for name, text in folder.renderings(report).items():
        path = _file(place, name)
        if path.exists() and _plain(path) != text:
            yield f"{name}: expected the rendering of {folder.RECORDS}, got another text"


def _footer_faults(report: Report) -> Iterator[str]:
    """Verdicts that do not follow from the records."""
    for name, verdict in report.verdicts.items():
        of_dialect = [record for record in report.records if record.dialect == name]
        if Counter(record.outcome for record in of_dialect) != Counter(verdict.counts):
            yield f"{name}: expected the counts of its records, got {dict(verdict.counts)}"
        if not _follows(verdict, of_dialect):
            yield f"{name}: expected the verdict that follows from its records, got {verdict.title}"


def _follows(verdict: Verdict, records: Iterable[Record]) -> bool:
    if verdict.status is Exit.NOT_JUDGED:
        return bool(verdict.why)
    excuses = {id(record) for record, _ in verdict.excuses}
    failures = [record for record in records if is_failure(record) and id(record) not in excuses]
    return bool(failures or verdict.stale) is (verdict.status is Exit.NOT_CONFORMANT)


def _transcripts(report: Report, places: Iterable[Path]) -> tuple[list[Path], list[str], list[str]]:
    """The available transcripts, the missing ones, and the ones whose digest differs from the report's."""
    paths, missing, faults = list[Path](), list[str](), list[str]()
    folders = tuple(places)
    if not report.digests:
        faults.append(f"{folder.RECORDS}: expected the digests of its transcripts, got none")
    for name, expected in report.digests.items():
        plain = Path(name).name
        candidates = (_file(place, plain) for place in folders)
        path = next((candidate for candidate in candidates if candidate.exists()), None)
        if path is None:
            missing.append(f"{name} (sha256 {expected}) is not here")
        elif folder.digest(_plain(path)) != expected:
            faults.append(f"{name}: its digest differs from the one in the report")
        else:
            paths.append(path)
    return paths, missing, faults


def _file(place: Path, name: str) -> Path:
    """A file of a report, compressed or not."""
    archive = place / f"{name}.gz"
    return archive if archive.exists() else place / name


def _plain(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def _differences(report: Report, transcripts: list[Recording], notes: list[str]) -> Iterator[str]:
    """Records and metadata of the report that differ from what the transcripts show now."""
    yield from _changed_metadata(report, transcripts)
    here: dict[tuple[str, str, str], Record] = {}
    for name in report.verdicts:
        here |= {_key(record): record for record in _judge_again(report, name, transcripts)}
    there = {_key(record): record for record in report.records}
    common = {key[:2] for key in here} & {key[:2] for key in there}
    aside = len({key[:2] for key in (*here, *there)} - common)
    if aside:
        words = "rule is" if aside == 1 else "rules are"
        notes.append(f"{aside} {words} newer or older than the report, and ignored")
    changes = [key for key in {**there, **here} if key[:2] in common and here.get(key) != there.get(key)]
    for key in changes[:MOST_DIFFERENCES]:
        where = f"{key[1]} in {safe(key[2]) or 'the run'}"
        yield f"{where}: expected {_summary(here.get(key))}, got {_summary(there.get(key))}"
    if len(changes) > MOST_DIFFERENCES:
        yield f"and {len(changes) - MOST_DIFFERENCES} more records differ"


def _changed_metadata(report: Report, transcripts: Iterable[Recording]) -> Iterator[str]:
    run: Mapping[str, object] = next((recording.run for recording in transcripts if recording.run), {})
    for name, value in run.items():
        if report.metadata.get(name) != value:
            yield f"{name}: expected {safe(str(value), 80)}, got {safe(str(report.metadata.get(name)), 80)}"


def _judge_again(report: Report, name: str, transcripts: list[Recording]) -> list[Record]:
    """The records of its transcripts under its profile. A report without profiles has no kinds."""
    records = _judge(report, dialects.load(name), transcripts)
    has_kinds = "profiles" in report.metadata
    return records if has_kinds else [replace(record, kind=Kind.INTEROP) for record in records]


def _judge(report: Report, dialect: Dialect, transcripts: list[Recording]) -> list[Record]:
    profile = report.profile(dialect.name)
    if "files" in report.metadata:
        return judge_recordings(transcripts, dialect, None, profile)
    sets = [load_frozen(title) for title in report.metadata.get("requirements", ())]
    claim = next((claim for claim in sets if claim.dialect == dialect.name), None)
    runs = [Run(recording.traces, recording.run) for recording in transcripts]
    return judge_runs(runs, dialect, profile, claim)


def _key(record: Record) -> tuple[str, str, str]:
    return record.dialect, record.rule, record.scenario


def _summary(record: Record | None) -> str:
    if record is None:
        return "no record"
    count = f" with {len(record.findings)} findings" if record.findings else ""
    return f"{record.outcome.value}{count}"
