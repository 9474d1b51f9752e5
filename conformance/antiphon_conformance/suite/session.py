"""The state of one pytest session: one run against the target for each model, judged in each dialect."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from antiphon_conformance.http.text import safe
from antiphon_conformance.options.models import setups_by_model
from antiphon_conformance.options.reading import USAGE_ERRORS, Setup, read_options
from antiphon_conformance.options.table import PYTEST, options_of
from antiphon_conformance.recordings import reader, transcript
from antiphon_conformance.report import folder, models, terminal
from antiphon_conformance.report.model import Report, compose
from antiphon_conformance.run import run
from antiphon_conformance.verdict.gate import write_baseline
from antiphon_conformance.verdict.outcome import Record
from antiphon_conformance.verdict.result import PartialRunError, Run, RunResult, judge, with_new_baseline
from antiphon_spec.dialect import PATH_VARIABLE
from antiphon_spec.profile import Profile

NOT_JUDGED = 2
_SETUP = pytest.StashKey[Setup]()
_RESULTS = pytest.StashKey[dict[str, RunResult]]()
"""By model: the only key is "" when no model or one is named."""
_REPORTS = pytest.StashKey[dict[str, Report]]()
_BY_RULE = pytest.StashKey[dict[str, Mapping[tuple[str, str], tuple[Record, ...]]]]()
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


def model_names(config: pytest.Config) -> tuple[str, ...]:
    """The models to judge, in the order of the options; without an option the one of the dialect, as ""."""
    return tuple(setups_by_model(config.stash[_SETUP])) if _SETUP in config.stash else ()


def results(config: pytest.Config) -> dict[str, RunResult]:
    """The results of this session by model. A worker of xdist judges the controller's transcripts; otherwise
    the first call runs the scenarios."""
    if _RESULTS not in config.stash:
        paths = getattr(config, "workerinput", {}).get("responses_transcripts", {})
        by_model: dict[str, RunResult] = {}
        config.stash[_RESULTS] = by_model  # from now on: what was judged is told, also when a model is absent
        for model, setup in setups_by_model(config.stash[_SETUP]).items():
            by_model[model] = judge(map(_read, paths[model]), setup.gate) if model in paths else _run(setup)
    return config.stash[_RESULTS]


def _run(setup: Setup) -> RunResult:
    found = run(setup.config, setup.gate)
    why = next((safe(part.why_not) for part in found.runs if part.why_not), "")
    if why:
        pytest.exit(f"the target could not be judged: {why}", returncode=NOT_JUDGED)
    return found


def _read(path: str) -> Run:
    recording = reader.load(Path(path))
    return Run(recording.traces, recording.run)


def transcripts(config: pytest.Config) -> dict[str, list[str]]:
    """By model the paths of the transcripts of its runs, for the workers."""
    if _FOLDER not in config.stash:
        config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="antiphon-")
    directory = Path(config.stash[_FOLDER].name)
    paths: dict[str, list[str]] = {}
    for place, (model, outcome) in enumerate(results(config).items()):
        (directory / str(place)).mkdir(exist_ok=True)
        for number, part in enumerate(outcome.runs, 1):
            path = directory / str(place) / folder.transcript_name(number)
            path.write_bytes(b"".join(transcript.lines(part.metadata, part.traces, _secrets(config))))
            paths.setdefault(model, []).append(str(path))
    return paths


def report(config: pytest.Config, model: str) -> Report:
    """The report of a model's result."""
    reports = config.stash.setdefault(_REPORTS, {})
    if model not in reports:
        reports[model] = compose(results(config)[model], folder.TRANSCRIPT)
    return reports[model]


def records(config: pytest.Config, model: str, dialect: str, rule: str) -> tuple[Record, ...]:
    """The records of one rule in one dialect, of one model."""
    by_model = config.stash.setdefault(_BY_RULE, {})
    if model not in by_model:
        by_rule: dict[tuple[str, str], tuple[Record, ...]] = {}
        for record in results(config)[model].records:
            key = record.dialect, record.rule
            by_rule[key] = (*by_rule.get(key, ()), record)
        by_model[model] = by_rule
    return by_model[model].get((dialect, rule), ())


def summarise(reporter: Any, config: pytest.Config) -> None:
    """Prints the verdict of each model and dialect, and writes the reports that the options name."""
    if _RESULTS not in config.stash or hasattr(config, "workerinput"):
        return
    reporter.section("conformance")
    setups = setups_by_model(config.stash[_SETUP])
    for model in config.stash[_RESULTS]:
        _summarise(reporter, config, model, setups[model])
    if len(config.stash[_RESULTS]) > 1:
        _compare(reporter, config)


def _summarise(reporter: Any, config: pytest.Config, model: str, setup: Setup) -> None:
    """Prints the verdicts of one model, and writes its report."""
    outcome = config.stash[_RESULTS][model]
    beginning = f"{safe(model)}: " if len(config.stash[_SETUP].models) > 1 else ""
    for name, verdict in outcome.verdicts.items():
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in sorted(verdict.counts.items()))
        why = f" ({safe(verdict.remark)})" if verdict.remark else ""
        reporter.write_line(f"{beginning}{name}: {verdict.title}{why}: {counts}")
    if setup.report is not None:
        setup.report.mkdir(exist_ok=True)
        folder.write(setup.report, report(config, model), outcome.runs, _secrets(config))
        reporter.write_line(f"report: {setup.report / 'report.html'}")
    if setup.gate.new_baseline is not None:
        reporter.write_line(_update(setup, outcome, setup.gate.new_baseline))


def _compare(reporter: Any, config: pytest.Config) -> None:
    """Shows the models side by side, and writes the pages that do."""
    setup = config.stash[_SETUP]
    reports = {model: report(config, model) for model in config.stash[_RESULTS]}
    for line in terminal.table(models.lines(reports), tuple(reports)):
        reporter.write_line(line)
    if setup.report is not None:
        reporter.write_line(f"report: {models.write(setup.report, reports)}")


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
