"""The state of one pytest session: one run against the target, judged in each dialect."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from antiphon_conformance.http.address import AddressError, base_url
from antiphon_conformance.http.text import safe
from antiphon_conformance.recordings import reader, transcript
from antiphon_conformance.report import folder
from antiphon_conformance.report.model import Report
from antiphon_conformance.requests.resources import ResourceError, parse_resources, reject_unknown
from antiphon_conformance.result import Examination
from antiphon_conformance.run import Order, examine
from antiphon_conformance.verdict.baseline import BaselineError
from antiphon_conformance.verdict.gate import Gate, GateError, gate, write
from antiphon_conformance.verdict.outcome import Record
from antiphon_spec import dialect as dialects
from antiphon_spec.data import DataError
from antiphon_spec.dialect import PATH_VARIABLE, DialectError

NOT_JUDGED = 2
_RUNS = pytest.StashKey[list[Examination]]()
_REPORT = pytest.StashKey[Report]()
_BY_RULE = pytest.StashKey[Mapping[tuple[str, str], tuple[Record, ...]]]()
_PATCH = pytest.StashKey[pytest.MonkeyPatch]()
_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def order(config: pytest.Config) -> Order:
    """The order in the options."""
    option = config.getoption
    return Order(
        url=base_url(str(option("responses_target"))),
        dialects=dialect_names(config),
        model=option("responses_model"),
        api_key=os.environ.get(key_variable(config), "").strip() or None,
        features=tuple(option("responses_feature")),
        concurrency=option("responses_concurrency"),
        max_requests=option("responses_max_requests"),
        max_tokens=option("responses_max_tokens"),
        seconds=option("responses_timeout"),
        seed=option("responses_seed"),
        properties=not option("responses_no_properties"),
        given=parse_resources(option("responses_given")),
    )


def key_variable(config: pytest.Config) -> str:
    """The environment variable with the key: from the options, else of the first dialect."""
    option: str | None = config.getoption("responses_api_key_env")
    return option or dialects.load(dialect_names(config)[0]).key_variable


def dialect_names(config: pytest.Config) -> tuple[str, ...]:
    """The names of the dialects in the options."""
    return tuple(dict.fromkeys(filter(None, config.getoption("responses_dialect").split(","))))


def check(config: pytest.Config) -> None:
    """Raises UsageError when an option cannot be followed."""
    if config.getoption("responses_dialect_path"):
        _look_up_dialects_in(config)
    try:
        selection = [dialects.load_concrete(name) for name in dialect_names(config)]
        if not selection:
            raise DialectError("--responses-dialect", f"one of {', '.join(dialects.names())}", "none")
        session_gate(config)
        run_order = order(config)
        reject_unknown(run_order.given, selection)
    except (DataError, BaselineError, AddressError, GateError, ResourceError) as error:
        raise pytest.UsageError(str(error)) from error
    features = {name for dialect in selection for name in dialect.features}
    unknown = [name for name in run_order.features if name.removeprefix("no-") not in features]
    if unknown:
        expected = ", ".join(sorted(features))
        raise pytest.UsageError(f"--responses-feature {', '.join(unknown)}: expected one of {expected}")
    numbers = (
        run_order.concurrency,
        run_order.seconds,
        _limit(run_order.max_requests),
        _limit(run_order.max_tokens),
    )
    if min(*numbers, config.getoption("responses_repeat")) <= 0:
        raise pytest.UsageError(
            "--responses-concurrency, -timeout, -max-requests, -max-tokens and -repeat: expected more than 0"
        )


def _look_up_dialects_in(config: pytest.Config) -> None:
    """Sets where dialects are looked up first, also for the workers of xdist; `clean_up` undoes it."""
    config.stash[_PATCH] = pytest.MonkeyPatch()
    config.stash[_PATCH].setenv(
        PATH_VARIABLE, str(Path(config.getoption("responses_dialect_path")).resolve())
    )


def _limit(value: int | None) -> int:
    return 1 if value is None else value


def runs(config: pytest.Config) -> list[Examination]:
    """The runs of this session, usually one. A worker of xdist reads them from the controller's transcripts;
    otherwise the first call runs the scenarios."""
    if _RUNS not in config.stash:
        paths = getattr(config, "workerinput", {}).get("responses_transcripts")
        config.stash[_RUNS] = [_read(path) for path in paths] if paths else _run(config)
    return config.stash[_RUNS]


def transcripts(config: pytest.Config) -> list[str]:
    """The paths of the transcripts of the runs, for the workers."""
    if _FOLDER not in config.stash:
        config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="antiphon-")
        for number, run in enumerate(runs(config), 1):
            lines = transcript.lines(run.facts, run.traces, secrets(config))
            path = Path(config.stash[_FOLDER].name) / folder.transcript_name(number)
            path.write_bytes(b"".join(lines))
    directory, numbers = Path(config.stash[_FOLDER].name), range(1, len(runs(config)) + 1)
    return [str(directory / folder.transcript_name(number)) for number in numbers]


def report(config: pytest.Config) -> Report:
    """The report of the runs."""
    if _REPORT not in config.stash:
        config.stash[_REPORT] = session_gate(config).report(runs(config), folder.TRANSCRIPT)
    return config.stash[_REPORT]


def session_gate(config: pytest.Config) -> Gate:
    """The gate in the options: it decides between red and green."""
    path = config.getoption("responses_baseline")
    return gate(
        dialect_names(config),
        strict=config.getoption("responses_strict"),
        baseline=Path(path) if path else None,
        update=config.getoption("responses_baseline_update"),
        requirements=config.getoption("responses_requirements"),
        vendor=config.getoption("responses_vendor"),
        note=config.getoption("responses_note"),
    )


def secrets(config: pytest.Config) -> list[str]:
    """The texts that must reach no file and no screen."""
    key = order(config).api_key
    return [key] if key else []


def records(config: pytest.Config, dialect: str, rule: str) -> tuple[Record, ...]:
    """The records of one rule in one dialect."""
    if _BY_RULE not in config.stash:
        by_rule: dict[tuple[str, str], tuple[Record, ...]] = {}
        for record in report(config).records:
            key = record.dialect, record.rule
            by_rule[key] = (*by_rule.get(key, ()), record)
        config.stash[_BY_RULE] = by_rule
    return config.stash[_BY_RULE].get((dialect, rule), ())


def summarise(reporter: Any, config: pytest.Config) -> None:
    """Prints the verdict of each dialect and writes the reports that the options name."""
    if _RUNS not in config.stash or hasattr(config, "workerinput"):
        return
    result, where = report(config), config.getoption("responses_report")
    reporter.section("conformance")
    for name, verdict in result.verdicts.items():
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in sorted(verdict.counts.items()))
        why = f" ({safe(verdict.why)})" if verdict.why else ""
        reporter.write_line(f"{name}: {verdict.title}{why}: {counts}")
    if where:
        first, *again = runs(config)
        folder.write(Path(where), result, first, secrets(config), again)
        reporter.write_line(f"report: {Path(where) / 'report.html'}")
    if config.getoption("responses_baseline_update"):
        reporter.write_line(_update(config, result))


def _update(config: pytest.Config, result: Report) -> str:
    """Writes the baseline; returns a line that says so, or why not."""
    try:
        new_gate = session_gate(config).updated(result, runs(config))
    except GateError as error:
        return str(error)
    return write(new_gate, Path(config.getoption("responses_baseline")))


def clean_up(config: pytest.Config) -> None:
    """Removes the controller's transcripts, and resets the environment."""
    if _PATCH in config.stash:
        config.stash[_PATCH].undo()
    if _FOLDER in config.stash:
        config.stash[_FOLDER].cleanup()
        del config.stash[_FOLDER]


def _run(config: pytest.Config) -> list[Examination]:
    results: list[Examination] = []
    while len(results) < config.getoption("responses_repeat"):
        results.append(examine(order(config)))
        if results[-1].why_not:
            why = safe(results[-1].why_not)
            pytest.exit(f"the target could not be judged: {why}", returncode=NOT_JUDGED)
    return results


def _read(path: str) -> Examination:
    recording = reader.load(Path(path))
    return Examination(recording.traces, recording.run)
