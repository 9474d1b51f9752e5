"""`antiphon check`: judges the server at a URL."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console

from antiphon.dialects import dialect_path, named
from antiphon.progress import watched
from antiphon_conformance import baseline as baselines
from antiphon_conformance.address import AddressError, base_url
from antiphon_conformance.baseline import Baseline, BaselineError
from antiphon_conformance.examination import Order, examine, scenarios
from antiphon_conformance.given import GivenError, givens, refuse_unknown
from antiphon_conformance.report import folder, terminal
from antiphon_conformance.report.model import compose
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect

ENDING = """\b
Exit status: 0 conformant; 1 a requirement at MUST level failed, or an entry of the baseline is stale;
2 the target could not be judged; 3 wrong usage.
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
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Known failures, with reasons.",
)
@click.option("--strict", is_flag=True, help="A broken SHOULD fails, too.")
@click.option(
    "--report",
    "report_to",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the reports.",
)
@click.option(
    "--concurrency", type=click.IntRange(1), default=8, show_default=True, help="Conversations at a time."
)
@click.option("--max-requests", type=click.IntRange(1), help="Send no more requests than this.")
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
    strict: bool,
    report_to: Path | None,
    concurrency: int,
    max_requests: int | None,
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
        seconds=timeout,
        seed=seed,
        properties=not no_properties,
        given=_given(pairs, names),
    )
    known = _prepared(order, baseline)
    if report_to is not None:
        _made(report_to)
    return run(order, strict=strict, known=known, report_to=report_to)


def run(
    order: Order, *, strict: bool = False, known: Baseline | None = None, report_to: Path | None = None
) -> int:
    """Examines, prints and writes; returns the exit status."""
    console = Console(highlight=False)
    chosen = [dialects.load(name) for name in order.dialects]
    steps = len(scenarios(chosen, order.properties)) + 1  # the generated requests are one more
    with watched(Console(stderr=True), steps, order.url) as progress:
        seen = examine(order, progress)
    report = compose(seen, strict=strict, baseline=known, transcript=folder.TRANSCRIPT)
    page = report_to / "report.html" if report_to else None
    terminal.show(report, console, f"see {page}" if page else "--report DIR writes them down")
    if seen.facts["refused"] and order.api_key is None:
        console.print("no key was sent: --api-key-env names the variable that holds it")
    if seen.unfinished:
        console.print(f"{seen.unfinished}.", markup=False, soft_wrap=True)
    if seen.hint:
        console.print(f"{seen.hint}.", markup=False, soft_wrap=True)
    told = f"{report.facts['requests']} requests, {report.facts['seconds']:.2f} s"
    console.print(told, style="dim", markup=False)
    if report_to is not None:
        folder.write(report_to, report, seen, [order.api_key] if order.api_key else [])
        console.print(f"report: {page}", markup=False, soft_wrap=True)
    return report.status


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


def _prepared(order: Order, baseline: Path | None) -> Baseline | None:
    """Finds wrong usage before the first request is sent."""
    known_features = {name for one in _chosen(order.dialects) for name in one.features}
    try:
        known = baselines.load(baseline) if baseline else None
    except BaselineError as error:
        raise click.UsageError(str(error)) from error
    unknown = [name for name in order.features if name.removeprefix("no-") not in known_features]
    if unknown:
        expected = ", ".join(sorted(known_features))
        raise click.UsageError(f"--feature {', '.join(unknown)}: expected one of {expected}")
    return known
