"""Re-judges the transcripts of a report, and refuses one that was edited.

What is compared, from the source to the surface: the transcripts with their digests, the records with what
the rules say about the transcripts now, the footer with the records, each rendering with the records. Rules
that are newer or older than the report are left aside. Renderings can be made again only by the sources that
made them; other sources compare their digests.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from antiphon_conformance import recordings
from antiphon_conformance.evidence import Examination
from antiphon_conformance.outcome import Record
from antiphon_conformance.recordings import Recording, RecordingError
from antiphon_conformance.report import folder, records
from antiphon_conformance.report.fingerprint import fingerprint
from antiphon_conformance.report.linted import linted_records
from antiphon_conformance.report.model import Report, judged
from antiphon_conformance.report.records import ReportError
from antiphon_conformance.text import safe
from antiphon_conformance.verdict import Exit, Verdict, is_failure
from antiphon_spec import dialect as dialects
from antiphon_spec.frozen import load_frozen

MOST_DIFFERENCES = 5
SUMMARY = folder.RENDERERS["markdown"][-1]


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of verifying one report."""

    problems: tuple[str, ...] = ()
    """Why it is refused."""
    missing: tuple[str, ...] = ()
    """What could not be looked at."""
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> Exit:
        """0 verified, 1 refused, 2 not re-judged."""
        if self.problems:
            return Exit.NOT_CONFORMANT
        return Exit.NOT_JUDGED if self.missing else Exit.CONFORMANT

    @property
    def title(self) -> str:
        """In one word or two."""
        return {Exit.CONFORMANT: "verified", Exit.NOT_CONFORMANT: "refused"}.get(self.status, "not re-judged")


def verify(place: Path, transcripts: Path | None = None) -> Verification:
    """Verifies the report in a folder. Its transcripts lie there, or in `transcripts`."""
    try:
        report = records.read(_file(place, folder.RECORDS))
    except ReportError as error:
        return Verification((str(error),))
    problems = [*_edited_files(place), *_ending(report), *_rendered(place, report)]
    found, missing, wrong = _transcripts(report, (place, *([transcripts] if transcripts else [])))
    problems += wrong
    notes = [] if _same_sources(report) else ["made by other sources: pages were compared by their digests"]
    if not missing and not wrong:
        try:
            problems += _differences(report, [recordings.load(path) for path in found], notes)
        except RecordingError as error:
            problems.append(str(error))
    return Verification(tuple(problems), tuple(missing), tuple(notes))


def _same_sources(report: Report) -> bool:
    return report.facts.get("suite") == fingerprint()


def _edited_files(place: Path) -> Iterator[str]:
    """Files whose digest is another than when they were written."""
    try:
        told = orjson.loads((place / folder.DIGESTS).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        yield f"{folder.DIGESTS}: expected the digests of this folder's files, got none"
        return
    if not isinstance(told, dict) or not (place / SUMMARY).exists():
        yield f"{place}: expected {folder.DIGESTS} to be an object, and {SUMMARY} with its section Reproduce"
        return
    for path in (
        place / name for name in (folder.RECORDS, *(name for *_, name in folder.RENDERERS.values()))
    ):
        if path.exists() and folder.digest(path.read_bytes()) != told.get(path.name):
            yield f"{path.name}: it was edited after it was written"


def _rendered(place: Path, report: Report) -> Iterator[str]:
    """Renderings that say something else than the records."""
    if not _same_sources(report):
        return
    for name, text in folder.renderings(report).items():
        path = _file(place, name)
        if path.exists() and _plain(path) != text:
            yield f"{name}: expected what {folder.RECORDS} renders to, got something else"


def _ending(report: Report) -> Iterator[str]:
    """Verdicts that do not follow from the records."""
    for name, verdict in report.verdicts.items():
        of_dialect = [record for record in report.records if record.dialect == name]
        if Counter(record.outcome for record in of_dialect) != Counter(verdict.counts):
            yield f"{name}: expected the counts of its records, got {dict(verdict.counts)}"
        if not _follows(verdict, of_dialect, strict=bool(report.facts.get("strict"))):
            yield f"{name}: expected the verdict that follows from its records, got {verdict.title}"


def _follows(verdict: Verdict, found: Iterable[Record], *, strict: bool) -> bool:
    if verdict.status is Exit.NOT_JUDGED:
        return bool(verdict.why)
    known = {id(record) for record, _ in verdict.excused}
    failing = [one for one in found if is_failure(one, strict=strict) and id(one) not in known]
    return bool(failing or verdict.stale) is (verdict.status is Exit.NOT_CONFORMANT)


def _transcripts(report: Report, places: Iterable[Path]) -> tuple[list[Path], list[str], list[str]]:
    """The transcripts, those that are not here, and those that are not what the report says."""
    found, missing, wrong = list[Path](), list[str](), list[str]()
    searched = tuple(places)
    if not report.digests:
        wrong.append(f"{folder.RECORDS}: expected the digests of its transcripts, got none")
    for name, expected in report.digests.items():
        plain = Path(name).name
        path = next((one for one in (_file(place, plain) for place in searched) if one.exists()), None)
        if path is None:
            missing.append(f"{name} (sha256 {expected}) is not here")
        elif folder.digest(_plain(path)) != expected:
            wrong.append(f"{name}: its digest is not the one that the report names")
        else:
            found.append(path)
    return found, missing, wrong


def _file(place: Path, name: str) -> Path:
    """A file of a report, compressed or not."""
    packed = place / f"{name}.gz"
    return packed if packed.exists() else place / name


def _plain(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def _differences(report: Report, read: list[Recording], notes: list[str]) -> Iterator[str]:
    """Records, and facts of the run, that differ from what the transcripts show now."""
    yield from _facts(report, read)
    here: dict[tuple[str, str, str], Record] = {}
    for name in report.verdicts:
        here |= {_key(record): record for record in _again(report, name, read)}
    there = {_key(record): record for record in report.records}
    common = {key[:2] for key in here} & {key[:2] for key in there}
    aside = len({key[:2] for key in (*here, *there)} - common)
    if aside:
        notes.append(f"{aside} rules are newer or older than the report, and were left aside")
    changed = [key for key in {**there, **here} if key[:2] in common and here.get(key) != there.get(key)]
    for key in changed[:MOST_DIFFERENCES]:
        where = f"{key[1]} in {safe(key[2]) or 'the run'}"
        yield f"{where}: expected {_told(here.get(key))}, got {_told(there.get(key))}"
    if len(changed) > MOST_DIFFERENCES:
        yield f"and {len(changed) - MOST_DIFFERENCES} more records differ"


def _facts(report: Report, read: Iterable[Recording]) -> Iterator[str]:
    run: Mapping[str, object] = next((one.run for one in read if one.run), {})
    for name, value in run.items():
        if report.facts.get(name) != value:
            yield f"{name}: expected {safe(str(value), 80)}, got {safe(str(report.facts.get(name)), 80)}"


def _again(report: Report, name: str, read: list[Recording]) -> list[Record]:
    dialect = dialects.load(name)
    if "files" in report.facts:
        return linted_records(read, dialect)
    sets = [load_frozen(one) for one in report.facts.get("requirements", ())]
    frozen = next((one for one in sets if one.dialect == name), None)
    return judged([Examination(one.episodes, one.run) for one in read], dialect, frozen)


def _key(record: Record) -> tuple[str, str, str]:
    return record.dialect, record.rule, record.scenario


def _told(record: Record | None) -> str:
    if record is None:
        return "no record"
    found = f" with {len(record.findings)} findings" if record.findings else ""
    return f"{record.outcome.value}{found}"
