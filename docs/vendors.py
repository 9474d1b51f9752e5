"""Keeps `reports/`, the repository of reports, and `vendors.md`, the matrix of them.

    python docs/vendors.py add FOLDER       adds the report that `--report FOLDER` wrote, compressed
    python docs/vendors.py refresh [DIR]    judges all reports again, after rule changes; DIR has recordings
    python docs/vendors.py matrix           writes vendors.md; `matrix --check` says whether it is up to date

A report is at `reports/VENDOR/DATE/`. Its transcript is next to it when the traffic is ours. Traffic that
others recorded stays with them, and the report names its digest.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from pathlib import Path

from antiphon_conformance.recordings import reader
from antiphon_conformance.recordings.lint import lint_result
from antiphon_conformance.report import folder, records
from antiphon_conformance.report.compare_markdown import render
from antiphon_conformance.report.model import Report, compose
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.result import Run, judge
from antiphon_spec import dialect as dialects
from antiphon_spec.frozen import load_frozen
from antiphon_spec.profile import load_profile

DOCS = Path(__file__).parent
REPORTS = DOCS / "reports"
MATRIX = DOCS / "vendors.md"
COMPRESSED = ("report.jsonl", "transcript.jsonl")
"""The files to compress; the other files of a report are short, or can be rendered from it."""
PLAIN = ("summary.md", "badge.svg", folder.DIGESTS)
HEAD = """\
# Vendors and servers, side by side

`python docs/vendors.py matrix` writes this page from the reports in [reports/](reports). Each report says how
to reproduce it. `antiphon report --verify docs/reports` judges their transcripts again and rejects edited
reports.

There are two kinds of reports. The reports on *servers for one's own machine* come from a whole run of
`antiphon check`. The reports on *vendors' services* come from traffic that the test suites of public projects
recorded (`antiphon lint`). They cover only the requests of those tests, some recordings are years old, and
most requirements stay untested. All services are judged by the norm of OpenAI's dialect, which not all of
them claim to follow: the cells say how far a service is from that norm, not how good it is.

A cell says whether a feature works, why not, and on how many exchanges that rests. `works but`: answered with
faults at which no client broke in our runs. `ignored`: accepted, without visible effect. `not seen`: the
traffic does not show it, which says nothing about the service.
[Contributing a report](contributing-a-report.md)
says how a report comes to stand here.

"""


def main(arguments: list[str]) -> int:
    """Runs the command that the first argument names."""
    words = dict(enumerate(arguments))
    if words.get(0) == "add":
        add(Path(arguments[1]))
    elif words.get(0) == "refresh":
        refresh(Path(arguments[1]) if len(arguments) > 1 else None)
    elif "--check" in arguments:
        return int(MATRIX.read_text("utf-8") != matrix())
    MATRIX.write_text(matrix(), "utf-8")
    return 0


def places() -> list[Path]:
    """The folder of each report."""
    return sorted(path.parent for path in REPORTS.glob("*/*/report.jsonl.gz"))


def matrix() -> str:
    """The text of `vendors.md`."""
    return HEAD + render(records.read(place / "report.jsonl.gz") for place in places())


def add(source: Path) -> None:
    """Adds a report to the repository: VENDOR and DATE are the last two names of its path."""
    target = REPORTS / source.parent.name / source.name
    target.mkdir(parents=True, exist_ok=True)
    for name in COMPRESSED:
        if (source / name).exists():
            archive = gzip.compress((source / name).read_bytes(), 9, mtime=0)
            (target / f"{name}.gz").write_bytes(archive)
    for name in PLAIN:
        (target / name).write_bytes((source / name).read_bytes())


def refresh(traffic: Path | None) -> None:
    """Judges every report with available traffic again, and writes it anew."""
    for place in places():
        old = records.read(place / "report.jsonl.gz")
        where = place if "files" not in old.metadata else traffic
        files = [] if where is None else [_file(where, name) for name in old.digests]
        if not files or not all(file.exists() for file in files):
            print(f"unchanged, because its traffic is missing: {place}")
            continue
        transcripts = [reader.load(file) for file in files]
        with tempfile.TemporaryDirectory() as scratch:
            target = Path(scratch) / place.parent.name / place.name
            target.mkdir(parents=True)
            folder.write_renderings(target, _again(old, transcripts))
            add(target)


def _file(where: Path, name: str) -> Path:
    archive = where / f"{name}.gz"
    return archive if archive.exists() else where / name


def _again(old: Report, transcripts: list[reader.Recording]) -> Report:
    metadata = old.metadata
    labels = {name: metadata.get(name, "") for name in ("vendor", "note")}
    if "files" in metadata:
        header = {name: metadata[name] for name in ("target", "files", "antiphon", "started")} | labels
        dialect = dialects.load(metadata["dialects"][0])
        result = lint_result(transcripts, dialect, header | {"quotes": metadata["quotes"]})
        return compose(result, digests=old.digests)
    runs = [Run(transcript.traces, transcript.run) for transcript in transcripts]
    claims = tuple(load_frozen(name) for name in metadata.get("requirements", ()))
    gate = Gate(load_profile(), None, claims, labels["vendor"], labels["note"])
    return compose(judge(runs, gate), folder.TRANSCRIPT, old.digests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
