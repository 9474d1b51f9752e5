"""`antiphon check`: judges the server at a URL."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console

from antiphon.dialects import dialect_path, find_dialect
from antiphon.progress import show_progress
from antiphon_conformance.http.address import AddressError, base_url
from antiphon_conformance.report import folder, terminal
from antiphon_conformance.report.model import Report
from antiphon_conformance.requests.resources import ResourceError, parse_resources, reject_unknown
from antiphon_conformance.result import Examination
from antiphon_conformance.run import CONCURRENCY, Order, examine, scenarios
from antiphon_conformance.scenarios.runner import Progress
from antiphon_conformance.verdict.baseline import BaselineError
from antiphon_conformance.verdict.gate import Gate, GateError, gate, write
from antiphon_conformance.verdict.verdict import Exit
from antiphon_spec import dialect as dialects
from antiphon_spec.data import DataError
from antiphon_spec.dialect import Dialect

ENDING = """\b
Exit status: 0 conformant; 1 a requirement at MUST level failed that the baseline does not list, or an entry
of the baseline is stale; 2 the target could not be judged, or only in part; 3 wrong usage.
"""


@click.command(epilog=ENDING)
@click.argument("url")
@dialect_path
@click.option(
    "--dialect",
    "dialect_names",
    default="openresponses",
    show_default=True,
    help="Dialects to judge by: openresponses,openai.",
)
@click.option("--model", help="The model of every request. Default: the dialect's first model.")
@click.option("--api-key-env", help="Environment variable with the API key. Default: by dialect.")
@click.option(
    "--given",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="The id of a resource of the target: collection=ID.",
)
@click.option(
    "--feature",
    "features",
    multiple=True,
    help="Claim an optional feature, or deny it: no-FEATURE.",
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A YAML file of known failures, with reasons.",
)
@click.option(
    "--baseline-update",
    is_flag=True,
    help="Write the current failures of a full run into the baseline.",
)
@click.option(
    "--requirements",
    multiple=True,
    metavar="DIALECT@RELEASE",
    help="Judge by a frozen set of requirements.",
)
@click.option("--strict", is_flag=True, help="Fail on a broken SHOULD as well.")
@click.option(
    "--report",
    "report_folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the reports into this folder.",
)
@click.option("--vendor", default="", help="The name of the server's vendor, for the report.")
@click.option("--note", default="", help="How to start the server, for the report.")
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    default=CONCURRENCY,
    show_default=True,
    help="How many conversations run at once.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Runs; a changing verdict is inconclusive.",
)
@click.option("--max-requests", type=click.IntRange(1), help="The largest number of requests to send.")
@click.option(
    "--max-tokens", type=click.IntRange(1), help="Stop when the answers add up to this many tokens."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.001),
    default=60.0,
    show_default=True,
    help="Time limit of a request, in seconds.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of the generated requests.")
@click.option("--no-properties", is_flag=True, help="Send no generated requests.")
def check(
    url: str,
    dialect_names: str,
    model: str | None,
    api_key_env: str | None,
    pairs: tuple[str, ...],
    features: tuple[str, ...],
    baseline: Path | None,
    baseline_update: bool,
    requirements: tuple[str, ...],
    strict: bool,
    report_folder: Path | None,
    vendor: str,
    note: str,
    concurrency: int,
    repeat: int,
    max_requests: int | None,
    max_tokens: int | None,
    timeout: float,
    seed: int,
    no_properties: bool,
) -> int:
    """Judge the server at URL, the base URL of its clients: the part before /responses."""
    names = tuple(dict.fromkeys(filter(None, dialect_names.split(","))))
    order = Order(
        url=_address(url),
        dialects=names,
        model=model,
        api_key=_key(api_key_env, names),
        features=features,
        concurrency=concurrency,
        max_requests=max_requests,
        max_tokens=max_tokens,
        seconds=timeout,
        seed=seed,
        properties=not no_properties,
        given=_given(pairs, names),
    )
    _require_known_features(order)
    try:
        criteria = gate(
            order.dialects,
            strict=strict,
            baseline=baseline,
            update=baseline_update,
            requirements=requirements,
            vendor=vendor,
            note=note,
        )
    except (GateError, BaselineError, DataError) as error:
        raise click.UsageError(str(error)) from error
    if report_folder is not None:
        _require_writable(report_folder)
    return run(
        order,
        criteria,
        repeat=repeat,
        update=baseline if baseline_update else None,
        report_folder=report_folder,
    )


def run(
    order: Order,
    criteria: Gate | None = None,
    *,
    repeat: int = 1,
    update: Path | None = None,
    report_folder: Path | None = None,
) -> int:
    """Judges the target, prints the verdicts and writes the reports; returns the exit status."""
    console = Console(highlight=False)
    norms = [dialects.load(name) for name in order.dialects]
    steps = len(scenarios(norms, order.properties)) + 1  # the generated requests are one more
    with show_progress(Console(stderr=True), steps * repeat, order.url) as progress:
        runs = _examine(order, repeat, progress)
    criteria = criteria or Gate()
    report = criteria.report(runs, folder.TRANSCRIPT)
    if update is not None:
        try:
            criteria = criteria.updated(report, runs)
        except GateError as error:
            console.print(f"{error}.", markup=False, soft_wrap=True)
            return Exit.NOT_JUDGED
        console.print(write(criteria, update), markup=False, soft_wrap=True)
        report = criteria.report(runs, folder.TRANSCRIPT)
    _print_summary(console, report, runs[0], order, report_folder)
    if report_folder is not None:
        folder.write(report_folder, report, runs[0], [order.api_key] if order.api_key else [], runs[1:])
        console.print(f"report: {report_folder / 'report.html'}", markup=False, soft_wrap=True)
    return report.status


def _examine(order: Order, repeat: int, progress: Progress) -> list[Examination]:
    """`repeat` runs; fewer when the target cannot be judged."""
    runs = [examine(order, progress)]
    while len(runs) < repeat and not (runs[-1].why_not or runs[-1].unfinished):
        runs.append(examine(order, progress))
    return runs


def _print_summary(
    console: Console, report: Report, first: Examination, order: Order, report_folder: Path | None
) -> None:
    """Prints the verdicts, hints, and the size of the run."""
    page = report_folder / "report.html" if report_folder else None
    terminal.show(report, console, f"see {page}" if page else "--report DIR writes all of them")
    if first.facts["refused"] and order.api_key is None:
        console.print("the run sent no API key: name the variable that holds it with --api-key-env")
    for message in filter(None, (first.unfinished, first.hint)):
        console.print(f"{message}.", markup=False, soft_wrap=True)
    facts = report.facts
    tokens = f", {facts['tokens']} tokens" if facts["tokens"] else ""
    size = f"{facts['requests']} requests{tokens}, {facts['seconds']:.2f} s"
    console.print(size, style="dim", markup=False)


def _address(url: str) -> str:
    """The base URL; raises click.UsageError when it is not one."""
    try:
        return base_url(url)
    except AddressError as error:
        raise click.UsageError(str(error)) from error


def _require_writable(folder: Path) -> None:
    """Checks before the run that the folder can hold its report; raises click.UsageError if not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise click.UsageError(f"--report {folder}: expected a writable folder")


def _dialects(names: tuple[str, ...]) -> list[Dialect]:
    """The dialects of these names; raises click.UsageError for an unknown name or none."""
    norms = [find_dialect(name) for name in names]
    if not norms:
        raise click.UsageError(f"--dialect: expected one of {', '.join(dialects.names())}")
    return norms


def _key(variable: str | None, names: tuple[str, ...]) -> str | None:
    """The API key; a variable that the user names must be set."""
    key = os.environ.get(variable or _dialects(names)[0].key_variable, "").strip()
    if not key and variable:
        raise click.UsageError(f"--api-key-env {variable}: expected a variable that is set")
    return key or None


def _given(pairs: tuple[str, ...], names: tuple[str, ...]) -> dict[str, str]:
    """The ids of resources that the user names; raises click.UsageError when they are wrong."""
    try:
        resources = parse_resources(pairs)
        reject_unknown(resources, _dialects(names))
    except ResourceError as error:
        raise click.UsageError(f"--given {error}") from error
    return resources


def _require_known_features(order: Order) -> None:
    """Checks before the run that every `--feature` exists; raises click.UsageError if not."""
    features = {name for dialect in _dialects(order.dialects) for name in dialect.features}
    unknown = [name for name in order.features if name.removeprefix("no-") not in features]
    if unknown:
        expected = ", ".join(sorted(features))
        raise click.UsageError(f"--feature {', '.join(unknown)}: expected one of {expected}")
