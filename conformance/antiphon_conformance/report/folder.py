"""Writes the records, the transcripts and the renderings of a run into one folder."""

from __future__ import annotations

import hashlib
import importlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson

from antiphon_conformance.http.redaction import redaction_of
from antiphon_conformance.http.text import inert_json
from antiphon_conformance.recordings import transcript
from antiphon_conformance.report import records
from antiphon_conformance.report.journal import UNFINISHED
from antiphon_conformance.report.model import Report
from antiphon_conformance.verdict.result import Run
from antiphon_spec.extras import require

RECORDS = "report.jsonl"
DIGESTS = "digests.json"
"""The SHA-256 of each file of the folder, except the transcripts: the records hold their digests."""
TRANSCRIPT = "transcript.jsonl"
JSON_FILES = (RECORDS, "report.sarif", "badge.json")
"""The files of JSON besides the transcripts."""
RENDERERS: Mapping[str, tuple[str, str, str]] = {
    "html": ("html", "render", "report.html"),
    "markdown": ("markdown", "render", "summary.md"),
    "junit": ("junit", "render", "junit.xml"),
    "sarif": ("sarif", "render", "report.sarif"),
    "badge": ("badge", "render", "badge.json"),
    "svg": ("badge", "render_svg", "badge.svg"),
}
"""For each format: the module of this package that renders it, its function, and the file's name."""


def transcript_name(number: int) -> str:
    """The name of the transcript of run `number`, from 1; the first run's name has no number."""
    return TRANSCRIPT if number == 1 else f"transcript-{number}.jsonl"


def render(form: str, *reports: Report) -> str:
    """One report, or several, in one format. Its module is imported on use: a badge needs no templates.

    Raises MissingExtraError for HTML without the extra `check`.
    """
    module, function, _ = RENDERERS[form]
    if form == "html":
        require("check", "the HTML report")
    renderer = getattr(importlib.import_module(f"antiphon_conformance.report.{module}"), function)
    text: str = renderer(*reports)
    return text


def write(
    folder: Path,
    report: Report,
    runs: Iterable[Run],
    secrets: Iterable[str] = (),
) -> list[Path]:
    """Writes the transcripts of all runs, then the records, then every rendering; returns the paths.

    All files are made beside the folder's, and then take their places: the files of an earlier report stay
    until then, and none of them stays after it.
    """
    keys = tuple(secrets)
    with _new_files(folder) as (place, finish):
        paths = [
            _write(
                place / transcript_name(number), b"".join(transcript.lines(run.metadata, run.traces, keys))
            )
            for number, run in enumerate(runs, 1)
        ]
        digests = {path.name: digest(path.read_bytes()) for path in paths}
        paths += write_renderings(place, replace(report, digests=digests), keys)
        stale = {*folder.glob("transcript-*.jsonl")} - {folder / path.name for path in paths}
        new = finish(paths)
        for old in stale:
            old.unlink()
        return new


def replace_renderings(folder: Path, report: Report) -> list[Path]:
    """Writes the records and renderings of recordings in place of an earlier report, as `write` does."""
    with _new_files(folder) as (place, finish):
        return finish(write_renderings(place, report))


@contextmanager
def _new_files(folder: Path) -> Iterator[tuple[Path, Callable[[list[Path]], list[Path]]]]:
    """A place for new files, and the function that moves them into the folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".report-", dir=folder) as name:

        def finish(paths: list[Path]) -> list[Path]:
            new = [path.replace(folder / path.name) for path in paths]
            (folder / UNFINISHED).unlink(missing_ok=True)
            return new

        yield Path(name), finish


def write_renderings(folder: Path, report: Report, secrets: Iterable[str] = ()) -> list[Path]:
    """Writes the records, then every rendering of them, then their digests; returns the paths."""
    redaction = redaction_of(tuple(secrets))
    contents = {name: redaction.raw(text) for name, text in renderings(report).items()}
    paths = [_write(folder / name, text) for name, text in contents.items()]
    digests = {name: digest(text) for name, text in contents.items()}
    index = orjson.dumps(digests, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return [*paths, _write(folder / DIGESTS, index)]


def renderings(report: Report) -> dict[str, bytes]:
    """The content of each file of a report, by name, without the transcripts."""
    contents = {RECORDS: b"".join(records.lines(report))}
    for form, (*_, name) in RENDERERS.items():
        contents[name] = render(form, report).encode(errors="backslashreplace")
    for name in JSON_FILES:
        contents[name] = inert_json(contents[name])
    return contents


def digest(content: bytes) -> str:
    """The SHA-256 of `content` as hex digits."""
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
