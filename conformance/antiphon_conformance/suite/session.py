"""What the suite keeps for one pytest session: one run against the target, judged in each dialect."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from antiphon_conformance import baseline as baselines
from antiphon_conformance import recordings
from antiphon_conformance import transcript as transcripts
from antiphon_conformance.address import AddressError, base_url
from antiphon_conformance.baseline import Baseline, BaselineError
from antiphon_conformance.evidence import Examination
from antiphon_conformance.examination import Order, examine
from antiphon_conformance.given import GivenError, givens, refuse_unknown
from antiphon_conformance.outcome import Record
from antiphon_conformance.report import folder
from antiphon_conformance.report.model import Report, compose
from antiphon_conformance.text import safe
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import DialectError

NOT_JUDGED = 2
_SEEN = pytest.StashKey[Examination]()
_REPORT = pytest.StashKey[Report]()
_BY_RULE = pytest.StashKey[Mapping[tuple[str, str], tuple[Record, ...]]]()
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
    try:
        chosen = [dialects.shipped(name) for name in dialect_names(config)]
        if not chosen:
            raise DialectError("--responses-dialect", f"one of {', '.join(dialects.names())}", "none")
        baseline(config)
        wanted = order(config)
        refuse_unknown(wanted.given, chosen)
    except (DialectError, BaselineError, AddressError, GivenError) as error:
        raise pytest.UsageError(str(error)) from error
    features = {name for dialect in chosen for name in dialect.features}
    unknown = [name for name in wanted.features if name.removeprefix("no-") not in features]
    if unknown:
        expected = ", ".join(sorted(features))
        raise pytest.UsageError(f"--responses-feature {', '.join(unknown)}: expected one of {expected}")
    if min(wanted.concurrency, wanted.seconds, wanted.max_requests or 1) <= 0:
        raise pytest.UsageError("--responses-concurrency, -timeout and -max-requests: expected more than 0")


def examined(config: pytest.Config) -> Examination:
    """The one run of this session: read from the controller's transcript in a worker of xdist, else made
    now."""
    if _SEEN not in config.stash:
        given = getattr(config, "workerinput", {}).get("responses_transcript")
        config.stash[_SEEN] = _read(given) if given else _run(config)
    return config.stash[_SEEN]


def transcript(config: pytest.Config) -> str:
    """The path of a transcript of the run, for the workers."""
    if _FOLDER not in config.stash:
        config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="antiphon-")
        seen = examined(config)
        lines = transcripts.lines(seen.facts, seen.episodes, secrets(config))
        (Path(config.stash[_FOLDER].name) / folder.TRANSCRIPT).write_bytes(b"".join(lines))
    return str(Path(config.stash[_FOLDER].name) / folder.TRANSCRIPT)


def report(config: pytest.Config) -> Report:
    """The run, judged."""
    if _REPORT not in config.stash:
        strict, known = config.getoption("responses_strict"), baseline(config)
        config.stash[_REPORT] = compose(
            examined(config), strict=strict, baseline=known, transcript=folder.TRANSCRIPT
        )
    return config.stash[_REPORT]


def baseline(config: pytest.Config) -> Baseline:
    """The known failures."""
    path = config.getoption("responses_baseline")
    return baselines.load(Path(path)) if path else Baseline()


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
        folder.write(Path(where), found, examined(config), secrets(config))
        reporter.write_line(f"report: {Path(where) / 'report.html'}")


def clean_up(config: pytest.Config) -> None:
    """Removes the controller's transcript."""
    if _FOLDER in config.stash:
        config.stash[_FOLDER].cleanup()
        del config.stash[_FOLDER]


def _run(config: pytest.Config) -> Examination:
    seen = examine(order(config))
    if seen.why_not:
        pytest.exit(f"the target could not be judged: {safe(seen.why_not)}", returncode=NOT_JUDGED)
    return seen


def _read(path: str) -> Examination:
    found = recordings.load(Path(path))
    return Examination(found.episodes, found.run)
