"""The section `Reproduce` of a report: the command lines that make the same report again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.credentials import BEARER
from antiphon_conformance.report.curl import variable_of
from antiphon_conformance.report.model import Report
from antiphon_conformance.rules.rule import find_rule
from antiphon_conformance.scenarios.scenario import all_scenarios
from antiphon_conformance.scenarios.selection import of_rule
from antiphon_conformance.verdict.outcome import Record
from antiphon_spec import dialect as dialects
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


def finding_command(report: Report, dialect: str, record: Record) -> str:
    """The command that looks at one rule again, in seconds: in the conversations that it needs, or in the one
    of this record where that is another."""
    metadata = report.metadata
    rule = ["--rule", record.rule, "--dialect", dialect]
    profile = report.profile(dialect).name
    rule += [] if profile == DEFAULT else ["--profile", profile]
    if "files" in metadata:
        return _line(("antiphon", "lint", *metadata["files"]), ("--rule", record.rule, "--dialect", dialect))
    if find_rule(record.rule) and record.scenario not in (of_rule(record.rule) or ("",)):
        rule += ["--scenario", record.scenario] if record.scenario in all_scenarios() else []
    for feature in _features_of(record.scenario, dialect):
        rule += ["--feature", feature]
    if record.scenario == "webhooks" and metadata.get("webhook_port"):
        rule += ["--webhook-port", str(metadata["webhook_port"])]
    model = metadata.get("model")
    if model and model != dialects.load(dialect).models[0]:
        rule += ["--model", str(model)]
    return f"{_line(('antiphon', 'check', str(metadata['target'])), rule)}{_reach(metadata)}"


def _features_of(scenario: str, dialect: str) -> list[str]:
    """The optional features of a conversation. Alone it cannot show that the target offers them, although the
    whole run did; without that a rejection would count as a feature that is not offered."""
    known = dialects.load(dialect).features
    entry = all_scenarios().get(scenario)
    return [name for name in (entry.features if entry else ()) if name in known and known[name].optional]


def _check(metadata: Mapping[str, Any]) -> str:
    command = _line(("antiphon", "check", metadata["target"]), _options(metadata))
    return f"{command}{_reach(metadata)} --report ."


def _reach(metadata: Mapping[str, Any]) -> str:
    """The options that say how to reach the target; a header's value, which no file holds, is a variable."""
    first = metadata["dialects"][0]
    words = ["--api-key-env", metadata["key"]] if metadata.get("key") else []
    words += ["--other-api-key-env", metadata["other_key"]] if metadata.get("other_key") else []
    if metadata.get("auth", BEARER) != dialects.load(first).auth:
        words += ["--auth", metadata["auth"]]
    words += ["--ca-file", metadata["ca_file"]] if metadata.get("ca_file") else []
    words += ["--insecure"] if metadata.get("insecure") else []
    headers = [f'--header "{name}: {variable_of(name)}"' for name in metadata.get("headers", ())]
    return "".join(f" {word}" for word in (*map(shlex.quote, words), *headers))


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
    for name in ("rule", "scenario"):
        for value in metadata.get(f"{name}s", ()):
            yield from (f"--{name}", value)
    for feature in metadata.get("features", ()):
        yield from ("--feature", feature)
    for name, value in metadata.get("given", {}).items():
        yield from ("--resource", f"{name}={value}")
    if metadata.get("webhook_port"):
        yield from ("--webhook-port", str(metadata["webhook_port"]))
    for name in metadata.get("requirements", ()):
        yield from ("--requirements", name)
    yield from ("--seed", str(metadata.get("seed", 0)))
    if metadata.get("runs", 1) > 1:
        yield from ("--repeat", str(metadata["runs"]))
    yield from ("--profile", _profile(metadata))
    if not metadata.get("properties", True):
        yield "--no-properties"


def _profile(metadata: Mapping[str, Any]) -> str:
    """The profile of the options: the one that belongs to no frozen set. Reports of earlier versions weighed
    by level, as `identical` does."""
    frozen = {name.partition("@")[0] for name in metadata.get("requirements", ())}
    names = [part["name"] for name, part in metadata.get("profiles", {}).items() if name not in frozen]
    return names[0] if names else DEFAULT if "profiles" in metadata else NOTICES_ALL


def _line(words: tuple[str, ...], more: Any) -> str:
    return shlex.join([*words, *more])
