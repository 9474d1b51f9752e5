"""The section `Reproduce` of a report: the command lines that make the same report again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.report.model import Report
from antiphon_spec.profile import DEFAULT, NOTICES_ALL


def commands(report: Report) -> list[str]:
    """The command lines, in order: make the report, judge its traffic again, check it for edits."""
    metadata = report.metadata
    lines = (
        [_line(("antiphon", "lint", *metadata["files"]), _lint(metadata))]
        if "files" in metadata
        else [_check(metadata)]
    )
    if report.transcript:
        profile = _profile(metadata)
        lines += [
            _line(("antiphon", "lint", report.transcript), ("--dialect", name, "--profile", profile))
            for name in report.verdicts
        ]
    return [*lines, "antiphon report --verify ." + (" --transcripts FOLDER" if "files" in metadata else "")]


def origins(report: Report) -> list[str]:
    """The version, the note and the transcripts behind the report, one line each."""
    metadata = report.metadata
    lines = [f"antiphon {metadata.get('antiphon', '')}, sources {metadata.get('suite', 'unknown')}"]
    if metadata.get("note"):
        lines.append(str(metadata["note"]))
    for name, digest in report.digests.items():
        lines.append(f"{name}: sha256 {digest}")
    return lines


def _check(metadata: Mapping[str, Any]) -> str:
    return _line(("antiphon", "check", metadata["target"]), _options(metadata))


def _lint(metadata: Mapping[str, Any]) -> Iterator[str]:
    yield from ("--dialect", metadata["dialects"][0], "--profile", _profile(metadata))
    for name in ("vendor", "note"):
        if metadata.get(name):
            yield from (f"--{name}", metadata[name])
    yield from ("--report", ".")
    if not metadata.get("quotes", True):
        yield "--no-quotes"


def _options(metadata: Mapping[str, Any]) -> Iterator[str]:
    yield from ("--dialect", ",".join(metadata["dialects"]), "--model", metadata["model"])
    for feature in metadata.get("features", ()):
        yield from ("--feature", feature)
    for name, value in metadata.get("given", {}).items():
        yield from ("--resource", f"{name}={value}")
    for name in metadata.get("requirements", ()):
        yield from ("--requirements", name)
    yield from ("--seed", str(metadata.get("seed", 0)))
    if metadata.get("runs", 1) > 1:
        yield from ("--repeat", str(metadata["runs"]))
    yield from ("--profile", _profile(metadata))
    if not metadata.get("properties", True):
        yield "--no-properties"
    yield from ("--report", ".")


def _profile(metadata: Mapping[str, Any]) -> str:
    """The profile of the options: the one that belongs to no frozen set. Reports of earlier versions weighed
    by level, as `identical` does."""
    frozen = {name.partition("@")[0] for name in metadata.get("requirements", ())}
    names = [part["name"] for name, part in metadata.get("profiles", {}).items() if name not in frozen]
    return names[0] if names else DEFAULT if "profiles" in metadata else NOTICES_ALL


def _line(words: tuple[str, ...], more: Any) -> str:
    return shlex.join([*words, *more])
