"""Writes everything about a run into one folder."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import orjson

from antiphon_conformance import transcript
from antiphon_conformance.evidence import Examination
from antiphon_conformance.report import records
from antiphon_conformance.report.model import Report

RECORDS = "report.jsonl"
DIGESTS = "digests.json"
"""The SHA-256 of each file of the folder but the transcripts, whose digests the records hold."""
TRANSCRIPT = "transcript.jsonl"
RENDERERS: Mapping[str, tuple[str, str, str]] = {
    "html": ("html", "render", "report.html"),
    "markdown": ("markdown", "render", "summary.md"),
    "junit": ("junit", "render", "junit.xml"),
    "sarif": ("sarif", "render", "report.sarif"),
    "badge": ("badge", "render", "badge.json"),
    "svg": ("badge", "render_svg", "badge.svg"),
}
"""By form: the module of this package that renders it, its function, and the file's name."""


def transcript_name(number: int) -> str:
    """The file that holds the transcript of one of several runs: the first one has the plain name."""
    return TRANSCRIPT if number == 1 else f"transcript-{number}.jsonl"


def render(form: str, *reports: Report) -> str:
    """One report, or several, in one form. Its module is imported on use: a badge needs no templates."""
    module, function, _ = RENDERERS[form]
    renderer = getattr(importlib.import_module(f"antiphon_conformance.report.{module}"), function)
    text: str = renderer(*reports)
    return text


def write(
    folder: Path,
    report: Report,
    seen: Examination,
    secrets: Iterable[str] = (),
    again: Iterable[Examination] = (),
) -> list[Path]:
    """Writes the transcripts first, then the records, then every rendering; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    hidden = transcript.hideable_secrets(secrets)
    written = [
        _write(folder / transcript_name(number), b"".join(transcript.lines(one.facts, one.episodes, hidden)))
        for number, one in enumerate((seen, *again), 1)
    ]
    digests = {path.name: digest(path.read_bytes()) for path in written}
    return written + write_renderings(folder, replace(report, digests=digests), hidden)


def write_renderings(folder: Path, report: Report, secrets: Iterable[str] = ()) -> list[Path]:
    """Writes the records and every rendering of them, and last the digests of these files."""
    hidden = transcript.hideable_secrets(secrets)
    contents = {name: transcript.scrub(text, hidden) for name, text in renderings(report).items()}
    written = [_write(folder / name, text) for name, text in contents.items()]
    told = {name: digest(text) for name, text in contents.items()}
    listed = orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return [*written, _write(folder / DIGESTS, listed)]


def renderings(report: Report) -> dict[str, bytes]:
    """The files of a report besides its transcripts, by name."""
    found = {RECORDS: b"".join(records.lines(report))}
    for form, (*_, name) in RENDERERS.items():
        found[name] = render(form, report).encode(errors="backslashreplace")
    return found


def digest(content: bytes) -> str:
    """The SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
