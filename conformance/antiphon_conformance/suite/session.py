"""What the suite keeps for one pytest session: one run against the target, judged in each dialect."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from antiphon_conformance import recordings, transcript
from antiphon_conformance.address import AddressError, base_url
from antiphon_conformance.baseline import BaselineError
from antiphon_conformance.evidence import Examination
from antiphon_conformance.examination import Order, examine
from antiphon_conformance.gate import Gate, GateError, gate, write
from antiphon_conformance.given import GivenError, givens, refuse_unknown
from antiphon_conformance.outcome import Record
from antiphon_conformance.report import folder
from antiphon_conformance.report.model import Report
from antiphon_conformance.text import safe
from antiphon_spec import dialect as dialects
from antiphon_spec.data import DataError
from antiphon_spec.dialect import PATH_VARIABLE, DialectError

NOT_JUDGED = 2
_SEEN = pytest.StashKey[list[Examination]]()
_REPORT = pytest.StashKey[Report]()
_BY_RULE = pytest.StashKey[Mapping[tuple[str, str], tuple[Record, ...]]]()
_PATCH = pytest.StashKey[pytest.MonkeyPatch]()
_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def order(config: pytest.Config) -> Order:
    """What the options ask for."""
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
        given=givens(option("responses_given")),
    )


def key_variable(config: pytest.Config) -> str:
    """The environment variable with the key: the one that was named, or that of the first dialect."""
    named: str | None = config.getoption("responses_api_key_env")
    return named or dialects.load(dialect_names(config)[0]).key_variable


def dialect_names(config: pytest.Config) -> tuple[str, ...]:
    """The names of the dialects to judge by."""
    return tuple(dict.fromkeys(filter(None, config.getoption("responses_dialect").split(","))))


def check(config: pytest.Config) -> None:
    """Raises UsageError when an option cannot be followed."""
    if config.getoption("responses_dialect_path"):
        _look_up_dialects_in(config)
    try:
        chosen = [dialects.shipped(name) for name in dialect_names(config)]
        if not chosen:
            raise DialectError("--responses-dialect", f"one of {', '.join(dialects.names())}", "none")
        asked(config)
        wanted = order(config)
        refuse_unknown(wanted.given, chosen)
    except (DataError, BaselineError, AddressError, GateError, GivenError) as error:
        raise pytest.UsageError(str(error)) from error
    features = {name for dialect in chosen for name in dialect.features}
    unknown = [name for name in wanted.features if name.removeprefix("no-") not in features]
    if unknown:
        expected = ", ".join(sorted(features))
        raise pytest.UsageError(f"--responses-feature {', '.join(unknown)}: expected one of {expected}")
    numbers = wanted.concurrency, wanted.seconds, _limit(wanted.max_requests), _limit(wanted.max_tokens)
    if min(*numbers, config.getoption("responses_repeat")) <= 0:
        raise pytest.UsageError(
            "--responses-concurrency, -timeout, -max-requests, -max-tokens and -repeat: expected more than 0"
        )


def _look_up_dialects_in(config: pytest.Config) -> None:
    """Tells where dialects are looked up first, the workers of xdist as well; undone in `clean_up`."""
    config.stash[_PATCH] = pytest.MonkeyPatch()
    config.stash[_PATCH].setenv(
        PATH_VARIABLE, str(Path(config.getoption("responses_dialect_path")).resolve())
    )


def _limit(wanted: int | None) -> int:
    return 1 if wanted is None else wanted


def examined(config: pytest.Config) -> list[Examination]:
    """The runs of this session, mostly one: read from the controller's transcripts in a worker of xdist, else
    made now."""
    if _SEEN not in config.stash:
        given = getattr(config, "workerinput", {}).get("responses_transcripts")
        config.stash[_SEEN] = [_read(path) for path in given] if given else _run(config)
    return config.stash[_SEEN]


def transcripts(config: pytest.Config) -> list[str]:
    """The paths of the transcripts of the runs, for the workers."""
    if _FOLDER not in config.stash:
        config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="antiphon-")
        for number, seen in enumerate(examined(config), 1):
            lines = transcript.lines(seen.facts, seen.episodes, secrets(config))
            path = Path(config.stash[_FOLDER].name) / folder.transcript_name(number)
            path.write_bytes(b"".join(lines))
    made = range(1, len(examined(config)) + 1)
    return [str(Path(config.stash[_FOLDER].name) / folder.transcript_name(number)) for number in made]


def report(config: pytest.Config) -> Report:
    """The run, judged."""
    if _REPORT not in config.stash:
        config.stash[_REPORT] = asked(config).report(examined(config), folder.TRANSCRIPT)
    return config.stash[_REPORT]


def asked(config: pytest.Config) -> Gate:
    """What decides between red and green, as the options say."""
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
    """What must reach no file and no screen."""
    key = order(config).api_key
    return [key] if key else []


def records(config: pytest.Config, dialect: str, rule: str) -> tuple[Record, ...]:
    """The records of one rule in one dialect."""
    if _BY_RULE not in config.stash:
        kept: dict[tuple[str, str], tuple[Record, ...]] = {}
        for record in report(config).records:
            key = record.dialect, record.rule
            kept[key] = (*kept.get(key, ()), record)
        config.stash[_BY_RULE] = kept
    return config.stash[_BY_RULE].get((dialect, rule), ())


def summarise(reporter: Any, config: pytest.Config) -> None:
    """Prints the verdict of each dialect and writes the reports that were asked for."""
    if _SEEN not in config.stash or hasattr(config, "workerinput"):
        return
    found, where = report(config), config.getoption("responses_report")
    reporter.section("conformance")
    for name, verdict in found.verdicts.items():
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in sorted(verdict.counts.items()))
        why = f" ({safe(verdict.why)})" if verdict.why else ""
        reporter.write_line(f"{name}: {verdict.title}{why}: {counts}")
    if where:
        first, *again = examined(config)
        folder.write(Path(where), found, first, secrets(config), again)
        reporter.write_line(f"report: {Path(where) / 'report.html'}")
    if config.getoption("responses_baseline_update"):
        reporter.write_line(_update(config, found))


def _update(config: pytest.Config, found: Report) -> str:
    """Writes the baseline, and says so, or why not."""
    try:
        updated = asked(config).updated(found, examined(config))
    except GateError as error:
        return str(error)
    return write(updated, Path(config.getoption("responses_baseline")))


def clean_up(config: pytest.Config) -> None:
    """Removes the controller's transcript, and what was set for this run alone."""
    if _PATCH in config.stash:
        config.stash[_PATCH].undo()
    if _FOLDER in config.stash:
        config.stash[_FOLDER].cleanup()
        del config.stash[_FOLDER]


def _run(config: pytest.Config) -> list[Examination]:
    runs: list[Examination] = []
    while len(runs) < config.getoption("responses_repeat"):
        runs.append(examine(order(config)))
        if runs[-1].why_not:
            why = safe(runs[-1].why_not)
            pytest.exit(f"the target could not be judged: {why}", returncode=NOT_JUDGED)
    return runs


def _read(path: str) -> Examination:
    found = recordings.load(Path(path))
    return Examination(found.episodes, found.run)
