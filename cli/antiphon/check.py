"""`antiphon check`: judges the server at a URL."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console

from antiphon.dialects import dialect_path, named
from antiphon.progress import watched
from antiphon_conformance.address import AddressError, base_url
from antiphon_conformance.baseline import BaselineError
from antiphon_conformance.evidence import Examination
from antiphon_conformance.examination import CONCURRENCY, Order, examine, scenarios
from antiphon_conformance.gate import Gate, GateError, gate, write
from antiphon_conformance.given import GivenError, givens, refuse_unknown
from antiphon_conformance.report import folder, terminal
from antiphon_conformance.report.model import Report
from antiphon_conformance.runner import Progress
from antiphon_conformance.verdict import Exit
from antiphon_spec import dialect as dialects
from antiphon_spec.data import DataError
from antiphon_spec.dialect import Dialect

ENDING = """\b
Exit status: 0 conformant; 1 a requirement at MUST level failed that the baseline does not list, or an entry
of the baseline is stale; 2 the target could not be judged, or not wholly; 3 wrong usage.
"""


@click.command(epilog=ENDING)
@click.argument("url")
@dialect_path
@click.option(
    "--dialect",
    "chosen",
    default="openresponses",
    show_default=True,
    help="One, or several: openresponses,openai.",
)
@click.option("--model", help="What every request asks for. Default: a model that the dialect names.")
@click.option(
    "--api-key-env", help="The variable that holds the key. Default: the one that the dialect's clients use."
)
@click.option(
    "--given",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the target holds, where it cannot be found out: collection=ID.",
)
@click.option(
    "--feature",
    "features",
    multiple=True,
    help="Declare an optional feature as offered, or no-FEATURE as not.",
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Known failures, with reasons.",
)
@click.option(
    "--baseline-update", is_flag=True, help="Write what fails now into the baseline; not after a partial run."
)
@click.option(
    "--requirements",
    multiple=True,
    metavar="DIALECT@RELEASE",
    help="Judge by a frozen set, whatever rules were added since.",
)
@click.option("--strict", is_flag=True, help="A broken SHOULD fails, too.")
@click.option(
    "--report",
    "report_to",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the reports.",
)
@click.option("--vendor", default="", help="Whose server it is, for the report.")
@click.option("--note", default="", help="How it was started, for those who want to get the same report.")
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    default=CONCURRENCY,
    show_default=True,
    help="Conversations at a time.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Run so often; a verdict that changes is inconclusive.",
)
@click.option("--max-requests", type=click.IntRange(1), help="Send no more requests than this.")
@click.option("--max-tokens", type=click.IntRange(1), help="Stop when the answers counted so many tokens.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.001),
    default=60.0,
    show_default=True,
    help="Seconds for one request.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the generated requests.")
@click.option("--no-properties", is_flag=True, help="Generate no requests.")
def check(
    url: str,
    chosen: str,
    model: str | None,
    api_key_env: str | None,
    pairs: tuple[str, ...],
    features: tuple[str, ...],
    baseline: Path | None,
    baseline_update: bool,
    requirements: tuple[str, ...],
    strict: bool,
    report_to: Path | None,
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
    """Judge the server at URL, the base URL that a client would be given: it ends where /responses begins."""
    names = tuple(dict.fromkeys(filter(None, chosen.split(","))))
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
    _prepared(order)
    try:
        asked = gate(
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
    if report_to is not None:
        _made(report_to)
    return run(order, asked, repeat=repeat, update=baseline if baseline_update else None, report_to=report_to)


def run(
    order: Order,
    asked: Gate | None = None,
    *,
    repeat: int = 1,
    update: Path | None = None,
    report_to: Path | None = None,
) -> int:
    """Examines, prints and writes; returns the exit status."""
    console = Console(highlight=False)
    chosen = [dialects.load(name) for name in order.dialects]
    steps = len(scenarios(chosen, order.properties)) + 1  # the generated requests are one more
    with watched(Console(stderr=True), steps * repeat, order.url) as progress:
        runs = _examined(order, repeat, progress)
    asked = asked or Gate()
    report = asked.report(runs, folder.TRANSCRIPT)
    if update is not None:
        try:
            asked = asked.updated(report, runs)
        except GateError as error:
            console.print(f"{error}.", markup=False, soft_wrap=True)
            return Exit.NOT_JUDGED
        console.print(write(asked, update), markup=False, soft_wrap=True)
        report = asked.report(runs, folder.TRANSCRIPT)
    _tell(console, report, runs[0], order, report_to)
    if report_to is not None:
        folder.write(report_to, report, runs[0], [order.api_key] if order.api_key else [], runs[1:])
        console.print(f"report: {report_to / 'report.html'}", markup=False, soft_wrap=True)
    return report.status


def _examined(order: Order, repeat: int, progress: Progress) -> list[Examination]:
    """So many runs; a target that cannot be judged is not asked again."""
    runs = [examine(order, progress)]
    while len(runs) < repeat and not (runs[-1].why_not or runs[-1].unfinished):
        runs.append(examine(order, progress))
    return runs


def _tell(console: Console, report: Report, seen: Examination, order: Order, report_to: Path | None) -> None:
    """Prints the verdicts, and what else is worth knowing."""
    page = report_to / "report.html" if report_to else None
    terminal.show(report, console, f"see {page}" if page else "--report DIR writes them down")
    if seen.facts["refused"] and order.api_key is None:
        console.print("no key was sent: --api-key-env names the variable that holds it")
    for told in filter(None, (seen.unfinished, seen.hint)):
        console.print(f"{told}.", markup=False, soft_wrap=True)
    facts = report.facts
    tokens = f", {facts['tokens']} tokens" if facts["tokens"] else ""
    told = f"{facts['requests']} requests{tokens}, {facts['seconds']:.2f} s"
    console.print(told, style="dim", markup=False)


def _address(url: str) -> str:
    """The base URL that was typed, or wrong usage."""
    try:
        return base_url(url)
    except AddressError as error:
        raise click.UsageError(str(error)) from error


def _made(folder: Path) -> None:
    """Finds out before the run whether its report can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    if not usable:
        raise click.UsageError(f"--report {folder}: expected a folder that can be written to")


def _chosen(names: tuple[str, ...]) -> list[Dialect]:
    """The dialects of these names, or wrong usage."""
    chosen = [named(name) for name in names]
    if not chosen:
        raise click.UsageError(f"--dialect: expected one of {', '.join(dialects.names())}")
    return chosen


def _key(variable: str | None, names: tuple[str, ...]) -> str | None:
    """The key; a variable that was asked for by name must be set."""
    key = os.environ.get(variable or _chosen(names)[0].key_variable, "").strip()
    if not key and variable:
        raise click.UsageError(f"--api-key-env {variable}: expected a variable that is set")
    return key or None


def _given(pairs: tuple[str, ...], names: tuple[str, ...]) -> dict[str, str]:
    """What was named of what the target holds, or wrong usage."""
    try:
        given = givens(pairs)
        refuse_unknown(given, _chosen(names))
    except GivenError as error:
        raise click.UsageError(f"--given {error}") from error
    return given


def _prepared(order: Order) -> None:
    """Finds wrong usage before the first request is sent."""
    known_features = {name for one in _chosen(order.dialects) for name in one.features}
    unknown = [name for name in order.features if name.removeprefix("no-") not in known_features]
    if unknown:
        expected = ", ".join(sorted(known_features))
        raise click.UsageError(f"--feature {', '.join(unknown)}: expected one of {expected}")
