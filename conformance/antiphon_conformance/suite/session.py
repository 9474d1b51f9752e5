"""The state of one pytest session: one run against the target, judged in each dialect."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from antiphon_conformance.http.text import safe
from antiphon_conformance.options.reading import USAGE_ERRORS, Setup, read_options
from antiphon_conformance.options.table import PYTEST, options_of
from antiphon_conformance.recordings import reader, transcript
from antiphon_conformance.report import folder
from antiphon_conformance.report.model import Report, compose
from antiphon_conformance.run import run
from antiphon_conformance.verdict.gate import write_baseline
from antiphon_conformance.verdict.outcome import Record
from antiphon_conformance.verdict.result import PartialRunError, Run, RunResult, judge, with_new_baseline
from antiphon_spec.dialect import PATH_VARIABLE
from antiphon_spec.profile import Profile

NOT_JUDGED = 2
_SETUP = pytest.StashKey[Setup]()
_RESULT = pytest.StashKey[RunResult]()
_REPORT = pytest.StashKey[Report]()
_BY_RULE = pytest.StashKey[Mapping[tuple[str, str], tuple[Record, ...]]]()
_PATCH = pytest.StashKey[pytest.MonkeyPatch]()
_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def check(config: pytest.Config) -> None:
    """Reads the options. Raises UsageError when one cannot be followed."""
    if config.getoption("responses_dialect_path"):
        _look_up_dialects_in(config)
    values = {option.key: config.getoption(f"responses_{option.key}") for option in options_of(PYTEST)}
    try:
        config.stash[_SETUP] = read_options(values, PYTEST)
    except USAGE_ERRORS as error:
        raise pytest.UsageError(str(error)) from error


def _look_up_dialects_in(config: pytest.Config) -> None:
    """Sets where dialects are looked up first, also for the workers of xdist; `clean_up` undoes it."""
    config.stash[_PATCH] = pytest.MonkeyPatch()
    config.stash[_PATCH].setenv(
        PATH_VARIABLE, str(Path(config.getoption("responses_dialect_path")).resolve())
    )


def dialect_names(config: pytest.Config) -> tuple[str, ...]:
    """The names of the dialects in the options; none without a target."""
    return config.stash[_SETUP].config.dialects if _SETUP in config.stash else ()


def profile(config: pytest.Config, dialect: str) -> Profile:
    """The profile by which a dialect is judged."""
    return config.stash[_SETUP].gate.profile_for(dialect)


def is_chosen(config: pytest.Config, rule: str) -> bool:
    """Whether a rule is one of those that the options name; every rule is when they name none."""
    rules = config.stash[_SETUP].config.rules
    return not rules or rule in rules


def result(config: pytest.Config) -> RunResult:
    """The result of this session. A worker of xdist judges the controller's transcripts; otherwise the first
    call runs the scenarios."""
    if _RESULT not in config.stash:
        setup = config.stash[_SETUP]
        paths = getattr(config, "workerinput", {}).get("responses_transcripts")
        runs = [_read(path) for path in paths or ()]
        config.stash[_RESULT] = judge(runs, setup.gate) if runs else _run(setup)
    return config.stash[_RESULT]


def _run(setup: Setup) -> RunResult:
    found = run(setup.config, setup.gate)
    why = next((safe(part.why_not) for part in found.runs if part.why_not), "")
    if why:
        pytest.exit(f"the target could not be judged: {why}", returncode=NOT_JUDGED)
    return found


def _read(path: str) -> Run:
    recording = reader.load(Path(path))
    return Run(recording.traces, recording.run)


def transcripts(config: pytest.Config) -> list[str]:
    """The paths of the transcripts of the runs, for the workers."""
    runs = result(config).runs
    if _FOLDER not in config.stash:
        config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="antiphon-")
    directory = Path(config.stash[_FOLDER].name)
    paths = [directory / folder.transcript_name(number) for number in range(1, len(runs) + 1)]
    for path, part in zip(paths, runs, strict=True):
        path.write_bytes(b"".join(transcript.lines(part.metadata, part.traces, _secrets(config))))
    return [str(path) for path in paths]


def report(config: pytest.Config) -> Report:
    """The report of the result."""
    if _REPORT not in config.stash:
        config.stash[_REPORT] = compose(result(config), folder.TRANSCRIPT)
    return config.stash[_REPORT]


def records(config: pytest.Config, dialect: str, rule: str) -> tuple[Record, ...]:
    """The records of one rule in one dialect."""
    if _BY_RULE not in config.stash:
        by_rule: dict[tuple[str, str], tuple[Record, ...]] = {}
        for record in result(config).records:
            key = record.dialect, record.rule
            by_rule[key] = (*by_rule.get(key, ()), record)
        config.stash[_BY_RULE] = by_rule
    return config.stash[_BY_RULE].get((dialect, rule), ())


def summarise(reporter: Any, config: pytest.Config) -> None:
    """Prints the verdict of each dialect and writes the reports that the options name."""
    if _RESULT not in config.stash or hasattr(config, "workerinput"):
        return
    setup, found = config.stash[_SETUP], config.stash[_RESULT]
    reporter.section("conformance")
    for name, verdict in found.verdicts.items():
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in sorted(verdict.counts.items()))
        why = f" ({safe(verdict.remark)})" if verdict.remark else ""
        reporter.write_line(f"{name}: {verdict.title}{why}: {counts}")
    if setup.report is not None:
        folder.write(setup.report, report(config), found.runs, _secrets(config))
        reporter.write_line(f"report: {setup.report / 'report.html'}")
    if setup.gate.new_baseline is not None:
        reporter.write_line(_update(setup, found, setup.gate.new_baseline))


def _update(setup: Setup, found: RunResult, path: Path) -> str:
    """Writes the baseline; returns a line that says so, or why not."""
    try:
        return write_baseline(with_new_baseline(setup.gate, found), path)
    except PartialRunError as error:
        return str(error)


def _secrets(config: pytest.Config) -> tuple[str, ...]:
    """The texts that must reach no file and no screen."""
    return config.stash[_SETUP].config.credentials.secrets


def clean_up(config: pytest.Config) -> None:
    """Removes the controller's transcripts, and resets the environment."""
    if _PATCH in config.stash:
        config.stash[_PATCH].undo()
    if _FOLDER in config.stash:
        config.stash[_FOLDER].cleanup()
        del config.stash[_FOLDER]
