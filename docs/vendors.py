"""Keeps `reports/`, the repository of reports, and `vendors.md`, the matrix of them.

    python docs/vendors.py add FOLDER       takes the report that `--report FOLDER` left, compressed
    python docs/vendors.py refresh [DIR]    judges all again, after rules were added; DIR holds recordings
    python docs/vendors.py matrix           writes vendors.md; `matrix --check` says whether it is up to date

A report is at `reports/VENDOR/DATE/`. Its transcript lies beside it when the traffic was ours; traffic that
others recorded stays theirs, and the report names its digest.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from antiphon_conformance import recordings
from antiphon_conformance.evidence import Examination
from antiphon_conformance.gate import Gate
from antiphon_conformance.report import folder, records
from antiphon_conformance.report.compare_markdown import render
from antiphon_conformance.report.linted import exchanges_of, keys_in, report_recordings
from antiphon_conformance.report.model import Report
from antiphon_spec import dialect as dialects
from antiphon_spec.frozen import load_frozen

DOCS = Path(__file__).parent
REPORTS = DOCS / "reports"
MATRIX = DOCS / "vendors.md"
KEPT = ("report.jsonl", "transcript.jsonl")
"""What is compressed; the other files of a report are short, or follow from it."""
PLAIN = ("summary.md", "badge.svg", folder.DIGESTS)
HEAD = """\
# Vendors and servers, side by side

Written by `python docs/vendors.py matrix` from the reports in [reports/](reports), each of which says how to
get it again. `antiphon report --verify docs/reports` judges their transcripts again and refuses a report that
was edited.

Two kinds of report stand here. Those of *servers that run on one's own machine* come from a whole run of
`antiphon check`. Those of *vendors' services* come from traffic that the test suites of public projects
recorded (`antiphon lint`): only what those happened to ask was seen, years may lie between recording and
report, and most requirements stay untested. All services are judged by the norm of OpenAI's dialect, which
not all of them claim to follow: the figures say how far each is from that norm, not how good it is.

Of OpenAI's own 1,196 exchanges two break something: a stream in which items that list tools are never done,
and one in which a `call_id` changes; the latter was kept by hand, so it may not be OpenAI's doing.

"""


def main(arguments: list[str]) -> int:
    """Does what the first word says."""
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
    """The page."""
    return HEAD + render(records.read(place / "report.jsonl.gz") for place in places())


def add(source: Path) -> None:
    """Takes a report into the repository: VENDOR and DATE are the last two names of its path."""
    target = REPORTS / source.parent.name / source.name
    target.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        if (source / name).exists():
            packed = gzip.compress((source / name).read_bytes(), 9, mtime=0)
            (target / f"{name}.gz").write_bytes(packed)
    for name in PLAIN:
        (target / name).write_bytes((source / name).read_bytes())


def refresh(traffic: Path | None) -> None:
    """Judges what is here again, and writes it anew."""
    for place in places():
        old = records.read(place / "report.jsonl.gz")
        where = place if "files" not in old.facts else traffic
        files = [] if where is None else [_file(where, name) for name in old.digests]
        if not files or not all(file.exists() for file in files):
            print(f"left as it is, because its traffic is not here: {place}")
            continue
        read = [recordings.load(file) for file in files]
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / place.parent.name / place.name
            made.mkdir(parents=True)
            folder.write_renderings(made, _again(old, read), keys_in(exchanges_of(read)))
            add(made)


def _file(where: Path, name: str) -> Path:
    packed = where / f"{name}.gz"
    return packed if packed.exists() else where / name


def _again(old: Report, read: list[recordings.Recording]) -> Report:
    facts = old.facts
    told = {name: facts.get(name, "") for name in ("vendor", "note")}
    if "files" in facts:
        kept = {name: facts[name] for name in ("target", "files", "antiphon", "started")} | told
        dialect = dialects.load(facts["dialects"][0])
        return report_recordings(read, dialect, kept, old.digests, quotes=facts["quotes"])
    runs = [Examination(one.episodes, one.run) for one in read]
    frozen = tuple(load_frozen(name) for name in facts.get("requirements", ()))
    gate = Gate(bool(facts.get("strict")), None, frozen, told["vendor"], told["note"])
    return replace(gate.report(runs, folder.TRANSCRIPT), digests=old.digests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
