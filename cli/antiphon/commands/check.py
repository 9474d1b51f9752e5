"""`antiphon check`: judges the server at a URL."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from antiphon.commands.clean import without
from antiphon.commands.parameters import Choice
from antiphon.commands.watch import TooManyFilesError, changes, snapshot, wait_for_change, wait_for_server
from antiphon.dialects import dialect_path
from antiphon.progress import RunProgress, show_progress
from antiphon_conformance.http.address import AddressError, is_application, read_address, shown
from antiphon_conformance.http.credentials import NONE
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.http.receiver import HOST
from antiphon_conformance.http.text import safe
from antiphon_conformance.options.models import setups_by_model
from antiphon_conformance.options.reach import SECRET_VARIABLE
from antiphon_conformance.options.reading import USAGE_ERRORS, Setup, read_options
from antiphon_conformance.options.table import COMMAND, PREFIX, Kind, Option, options_of
from antiphon_conformance.report import as_json, folder, models, terminal
from antiphon_conformance.report.journal import Journal
from antiphon_conformance.report.model import Report, compose
from antiphon_conformance.report.overview import overviews
from antiphon_conformance.run import RunConfig, planned
from antiphon_conformance.run import run as run_scenarios
from antiphon_conformance.scenarios.interruption import Interruption, interruption
from antiphon_conformance.verdict.flakiness import flapping
from antiphon_conformance.verdict.gate import write_baseline
from antiphon_conformance.verdict.result import PartialRunError, RunResult, judge, with_new_baseline
from antiphon_conformance.verdict.verdict import Exit
from antiphon_spec import dialect as dialects

ENDING = """\b
Exit status: 0 conformant; 1 a rule failed that the baseline does not list, or an entry of the baseline is
stale; 2 the target could not be judged, or only in part; 3 wrong usage; 130 interrupted three times.
"""
TEXT, VERBOSE, QUIET, JSON = "text", "verbose", "quiet", "json"
"""The forms of the output."""
TYPES: dict[Kind, click.Path | type] = {
    Kind.TEXT: str,
    Kind.FLAG: bool,
    Kind.INTEGER: int,
    Kind.COUNT: int,
    Kind.SECONDS: float,
    Kind.FILE: click.Path(dir_okay=False),
    Kind.FOLDER: click.Path(file_okay=False),
}
Command = Callable[..., int]


def run_options(command: Command) -> Command:
    """Adds the options of the table, in its order."""
    for option in reversed(options_of(COMMAND)):
        command = click_option(option)(command)
    return command


def click_option(option: Option) -> Callable[[Command], Command]:
    """A row of the table as an option of a command."""
    return click.option(
        f"{PREFIX[COMMAND]}{option.name}",
        option.key,
        type=TYPES[option.kind],
        is_flag=option.kind is Kind.FLAG,
        multiple=option.repeatable,
        default=() if option.repeatable else option.default,
        show_default=option.default not in (None, ""),
        metavar=option.metavar,
        help=option.help,
    )


@click.command(epilog=ENDING)
@click.argument("url")
@dialect_path
@run_options
@click.option("--verbose", "-v", is_flag=True, help="Show every cause, with its rules and a curl command.")
@click.option("--quiet", "-q", is_flag=True, help="Show one line for each dialect, and no progress.")
@click.option(
    "--format",
    "form",
    type=Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The format of the output.",
)
@click.option("--watch", is_flag=True, help="Run again at each Enter, until the input ends.")
@click.option(
    "--watch-path",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Run again when this file changes, or one below this folder.",
)
def check(
    url: str, watch: bool, watch_path: tuple[Path, ...], verbose: bool, quiet: bool, form: str, **values: Any
) -> int:
    """Judge the server at URL, the base URL of its clients: the part before /responses.

    URL may also be http+unix://%2Fpath.sock/v1, or module:app for an ASGI application in this process.
    """
    try:
        setup = read_options({"target": url, **values}, COMMAND)
    except USAGE_ERRORS as error:
        raise click.UsageError(str(error)) from error
    form = JSON if form == JSON else QUIET if quiet else VERBOSE if verbose else TEXT
    if not (watch or watch_path):
        return run(setup, form)
    return _watch_files(setup, form, watch_path) if watch_path else _watch(setup, form)


def _run_anew(setup: Setup, form: str) -> int:
    """One run of those that follow one another. An application is judged in a new process, which imports it
    as it is now."""
    if not is_application(setup.config.url):
        return run(setup, form)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_run_application, setup, form).result()


def _run_application(setup: Setup, form: str) -> int:
    try:
        return run(setup, form)
    except AddressError as error:  # a change broke it
        click.echo(f"Error: URL: {error}", err=True)
        return Exit.NOT_JUDGED


def _watch(setup: Setup, form: str) -> int:
    """Judges the target at once and again at each line of the input; returns the last exit status."""
    status = _run_anew(setup, form)
    click.echo("Enter runs it again; Ctrl-D ends.", err=True)
    for _ in sys.stdin:
        status = _run_anew(setup, form)
        click.echo("Enter runs it again; Ctrl-D ends.", err=True)
    return status


def _watch_files(setup: Setup, form: str, paths: tuple[Path, ...]) -> int:
    """Judges the target at once and again whenever a file changed, until Ctrl-C; returns the last status."""
    without, address = [setup.report] if setup.report else [], read_address(setup.config.url)
    try:
        before = snapshot(paths, without)
    except TooManyFilesError as error:
        raise click.UsageError(f"--watch-path: {error}") from error
    while True:
        status = _run_anew(setup, form)
        click.echo("A change runs it again; Ctrl-C ends.", err=True)
        try:
            now = wait_for_change(paths, without, before)
            names, before = changes(before, now), now
            more = f", and {len(names) - 1} more" if len(names) > 1 else ""
            click.echo(f"{safe(names[0])} changed{more}", err=True)
            if not address.application:
                wait_for_server(address, setup.config.recovery)
        except KeyboardInterrupt:
            return status


def run(setup: Setup, form: str = TEXT) -> int:
    """Judges the target with each model, writes the reports and prints the verdicts; returns the worst exit
    status.

    A signal ends the sending of requests; what was seen is judged and written all the same.
    """
    with without(setup.config.credentials.secrets), interruption() as signals:
        return _run(setup, Screen(form), signals)


class Screen(Console):
    """A console whose reader may leave: the rest is not printed, and the run goes on."""

    def __init__(self, form: str) -> None:
        super().__init__(highlight=False, stderr=form == JSON, quiet=form == QUIET)
        self.form = form

    def show(self, report: Report, rest: str) -> None:
        """Prints the result; `rest` says where to find what the screen leaves out."""
        if self.form == JSON:
            click.echo(as_json.render(report), nl=False)
        elif self.form == QUIET:
            for overview in overviews(report):
                click.echo(terminal.answer_line(overview))
        else:
            for line in terminal.lines(report, self.width, rest, verbose=self.form == VERBOSE):
                self.print(Text.from_ansi(line), soft_wrap=True)

    def on_broken_pipe(self) -> None:
        """Sends the rest nowhere."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class ProgressConsole(Console):
    """A console for the progress, whose reader may leave, too."""

    def on_broken_pipe(self) -> None:
        """Sends the rest nowhere."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _run(setup: Setup, console: Screen, signals: Interruption) -> int:
    if setup.why_dialect:
        line = f"judged by {setup.config.dialects[0]}, {setup.why_dialect}; --dialect NAME judges by another"
        console.print(line, style="dim", markup=False, soft_wrap=True)
    for line in filter(None, (_key_line(setup.config), _webhook_line(setup.config))):
        console.print(line, style="dim", markup=False, soft_wrap=True)
    if len(setup.models) < 2:
        status, _ = _judge(setup, console, signals)
        return status
    return _compare(setup, console, signals)


def _compare(setup: Setup, console: Screen, signals: Interruption) -> int:
    """Judges the target with several models, and shows them side by side."""
    reports: dict[str, Report] = {}
    for model, part in setups_by_model(setup).items():
        console.print(f"model {model}", style="bold", markup=False)
        _, reports[model] = _judge(part, console, signals)
    for line in terminal.table(models.lines(reports), tuple(reports)):
        console.print(line, markup=False, soft_wrap=True)
    if setup.report is not None:
        page = models.write(setup.report, reports)
        console.print(f"report: {page}", markup=False, soft_wrap=True)
    return max(report.status for report in reports.values())


def _judge(setup: Setup, console: Screen, signals: Interruption) -> tuple[int, Report]:
    """Judges the target with one model; returns the exit status and the report."""
    config, gate = setup.config, setup.gate
    steps = len(planned(config)) + 1  # the generated requests are one more
    quiet, size = console.form == QUIET, steps * config.repeat
    with show_progress(ProgressConsole(stderr=True), size, shown(config.url), quiet=quiet) as progress:
        result = _send(setup, progress, signals)
    if setup.gate.new_baseline is not None:
        try:
            gate = with_new_baseline(gate, result)
        except PartialRunError as error:
            console.print(f"{error}.", markup=False, soft_wrap=True)
            return Exit.NOT_JUDGED, compose(result)
        console.print(write_baseline(gate, setup.gate.new_baseline), markup=False, soft_wrap=True)
        result = judge(result.runs, gate)
    report = compose(result, folder.TRANSCRIPT)
    page = setup.report / "report.html" if setup.report else None
    written = _write(setup, report, result)
    for line in _outages(result):
        console.print(line, markup=False, soft_wrap=True, style="bold yellow")
    console.show(report, f"see {page}" if page else "--verbose shows them, --report DIR writes them")
    _print_size(console, result, setup.config.repeat)
    if setup.report is not None:
        console.print(written or f"report: {page}", markup=False, soft_wrap=True)
    return result.status, report


def _send(setup: Setup, progress: RunProgress, signals: Interruption) -> RunResult:
    """The result of the run; meanwhile its folder holds what was seen so far."""
    config = setup.config
    header = {"target": shown(config.url), "dialects": list(config.dialects), "unfinished": True}
    journal = Journal(setup.report, header, config.credentials.secrets)

    def note(trace: Trace) -> None:
        journal.add(trace)
        progress(trace)

    try:
        return run_scenarios(
            config, setup.gate, progress=note, on_request=progress.count, interruption=signals
        )
    finally:
        journal.close()


def _write(setup: Setup, report: Report, result: RunResult) -> str:
    """Writes the reports; returns why that failed. The verdict is known all the same."""
    if setup.report is None:
        return ""
    try:
        folder.write(setup.report, report, result.runs, setup.config.credentials.secrets)
    except OSError as error:
        return f"the report could not be written: {error}"
    return ""


def _outages(result: RunResult) -> Iterator[str]:
    """A line for each time at which the target stopped answering: after what, and what became of it."""
    for outage in result.runs[0].metadata.get("outages", ()):
        end = "it came back after" if outage["back"] else "it did not come back within"
        line = f"the target stopped answering at {outage['suspects'][0]} ({outage['failure']}); {end}"
        line += f" {outage['seconds']:g} s; "
        if outage["killer"]:
            yield safe(f"{line}{outage['killer']} stops it", 400)
        else:
            yield safe(f"{line}before it: {', '.join(outage['suspects'][1:]) or 'nothing'}", 400)


def _key_line(config: RunConfig) -> str:
    """The first line: which key goes to the target, or how to send one. Empty when the user knows."""
    credentials = config.credentials
    if credentials.place == NONE or "authorization" in dict(credentials.headers):
        return ""
    if config.key_variable:
        return f"the API key of {config.key_variable} goes to {shown(config.url)}"
    if config.api_key:
        return ""
    name = dialects.load(config.dialects[0]).key_variable
    return f"no API key is sent; --api-key-env {name} sends the one in that variable"


def _webhook_line(config: RunConfig) -> str:
    """Where webhooks arrive, and whether signatures are judged. Empty without a port."""
    if config.webhook_port is None:
        return ""
    secret = "" if config.webhook_secret else f"; without {SECRET_VARIABLE} signatures are not judged"
    return f"webhooks are received at http://{HOST}:{config.webhook_port}/{secret}"


def _print_size(console: Console, result: RunResult, repeat: int) -> None:
    """Prints hints, and the size of the first run."""
    first, metadata = result.runs[0], result.metadata
    is_known = first.why_not or all(verdict.status is Exit.NOT_JUDGED for verdict in result.verdicts.values())
    for message in filter(None, ("" if is_known else first.unfinished, first.hint)):
        console.print(f"{message}.", markup=False, soft_wrap=True)
    tokens = f", {metadata['tokens']:,} tokens" if metadata["tokens"] else ""
    size = f"{metadata['requests']:,} requests{tokens}, {metadata['seconds']:.2f} s"
    console.print(size, style="dim", markup=False)
    if repeat > 1:
        console.print(_repetition(result, repeat), style="dim", markup=False, soft_wrap=True)


def _repetition(result: RunResult, repeat: int) -> str:
    """What `--repeat` repeated, and whether the runs agree."""
    count = len(result.runs)
    if count < repeat:
        why = result.runs[-1].why_not or result.runs[-1].unfinished
        return f"--repeat {repeat}: {count} of {repeat} runs, because the last one is partial: {safe(why)}"
    changes = len(list(flapping(result.records)))
    verdicts = f"{changes} verdicts differ between them and are inconclusive" if changes else "all agree"
    total = sum(int(run.metadata.get("requests") or 0) for run in result.runs)
    return f"--repeat {repeat}: the whole run was held {count} times, with {total} requests; {verdicts}"
