"""`antiphon lint`: judges recorded traffic without the network."""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from pathlib import Path
from shutil import get_terminal_size

import click
import orjson

from antiphon.commands.parameters import Choice, ExistingPath
from antiphon.commands.profile_option import find_profile, profile_option
from antiphon.dialects import dialect_path, find_dialect
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.sse import MOST_EVENTS
from antiphon_conformance.http.text import inert_json, safe
from antiphon_conformance.options.error import OptionError
from antiphon_conformance.options.selection import read_rule
from antiphon_conformance.recordings.allowance import MEMORY, MIB, Allowance
from antiphon_conformance.recordings.jobs import cores
from antiphon_conformance.recordings.lint import dialect_of, digests_of, judge_files
from antiphon_conformance.recordings.reader import RecordingError
from antiphon_conformance.recordings.unjudged import reasons
from antiphon_conformance.report import folder, terminal
from antiphon_conformance.report.model import compose
from antiphon_conformance.report.titles import plural
from antiphon_conformance.rules.rule import rules_for
from antiphon_conformance.verdict.outcome import Outcome, Record
from antiphon_conformance.verdict.result import RunResult
from antiphon_conformance.verdict.verdict import verdict

REST = "--all lists them, --report DIR writes them"
"""Where the causes are that the first screen leaves out."""


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=ExistingPath(exists=True, dir_okay=False, path_type=Path)
)
@dialect_path
@click.option(
    "--dialect",
    "dialect_name",
    metavar="NAME",
    help="The dialect to judge by. Default: that of a transcript or a vendor's host, else openai.",
)
@click.option(
    "--format",
    "form",
    type=Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The format of the output.",
)
@profile_option
@click.option("--rule", "rule_ids", multiple=True, metavar="ID", help="Judge by this rule alone.")
@click.option(
    "--report",
    "report_folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the reports into this folder.",
)
@click.option("--vendor", default="", help="The name of the server's vendor, for the report.")
@click.option("--note", default="", help="Where the recordings come from, for the report.")
@click.option(
    "--quotes/--no-quotes", default=True, show_default=True, help="Show parts of the traffic in the report."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), help="How many processes judge. Default: one a core, where it pays."
)
@click.option(
    "--max-events",
    type=click.IntRange(min=1),
    default=MOST_EVENTS,
    show_default=True,
    metavar="N",
    help="The largest number of events to read of one stream.",
)
@click.option(
    "--max-memory",
    type=click.IntRange(min=1),
    default=MEMORY,
    show_default=True,
    metavar="MIB",
    help="Memory for all answers together, in MiB.",
)
@click.option("--all", "show_all", is_flag=True, help="List every cause, all rules and the curl commands.")
def lint(
    files: tuple[Path, ...],
    dialect_name: str | None,
    form: str,
    profile: str,
    rule_ids: tuple[str, ...],
    report_folder: Path | None,
    vendor: str,
    note: str,
    quotes: bool,
    jobs: int | None,
    max_events: int,
    max_memory: int,
    show_all: bool,
) -> int:
    """Judge recordings: JSON lines, HAR files, VCR cassettes, raw event streams, transcripts of `check`."""
    gc.disable()  # a recording is a million small objects that all live until the end
    if dialect_name is None:
        dialect_name, why = dialect_of(files[0])
        click.echo(f"judged by {dialect_name}, {why}; --dialect NAME judges by another", err=True)
    dialect = find_dialect(dialect_name)
    weights = find_profile(profile)
    rules = rules_for(dialect, weights)
    try:
        named = [read_rule(name, [dialect], weights, "--rule") for name in rule_ids]
    except OptionError as error:
        raise click.UsageError(str(error)) from error
    chosen = {name: rule for name, rule in rules.items() if not named or name in named}
    labels = {"vendor": vendor, "note": note, "quotes": quotes}
    labels |= {"rules": named} if named and report_folder is None else {}
    allowance = Allowance(max_events, max_memory * MIB)
    try:
        # a report holds all rules, whichever rule the output is about
        selection = chosen if report_folder is None else rules
        result = judge_files(files, dialect, selection, labels, weights, jobs or cores(), allowance)
    except RecordingError as error:
        raise click.UsageError(str(error)) from error
    records = [record for record in result.records if not record.rule or record.rule in chosen]
    exchanges = [exchange for trace in result.traces for exchange in trace.exchanges.values()]
    if form == "json":
        found = orjson.dumps([record.as_json() for record in records], option=orjson.OPT_INDENT_2)
        click.echo(inert_json(found))
    else:
        _print(result, records, show_all)
        _sum_up(records, exchanges)
    if report_folder is not None:
        try:
            folder.replace_renderings(report_folder, compose(result, digests=digests_of(files)))
            click.echo(f"report: {report_folder / 'report.html'}", err=True)
        except OSError as error:  # the verdict is known all the same
            click.echo(f"the report could not be written: {error}", err=True)
    return verdict(records, why=result.verdicts[dialect.name].why).status


def _print(result: RunResult, records: list[Record], show_all: bool) -> None:
    """The answer, what to mend first, and what to do next: as `check` prints it."""
    (dialect,) = result.verdicts
    why = result.verdicts[dialect].why
    shown = replace(result, records=tuple(records), verdicts={dialect: verdict(records, why=why)})
    color = False if os.environ.get("NO_COLOR") else None  # None: colours on a terminal only
    for line in terminal.lines(compose(shown), get_terminal_size().columns, REST, verbose=show_all):
        click.echo(line, color=color)
    click.echo()


def _sum_up(records: list[Record], exchanges: list[Exchange]) -> None:
    events = sum(
        len(exchange.reply.stream.events)
        for exchange in exchanges
        if exchange.reply and exchange.reply.stream
    )
    counts = {outcome: sum(record.outcome is outcome for record in records) for outcome in Outcome}
    totals = (
        ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
        or "no rule applies"
    )
    click.echo(f"{plural(len(exchanges), 'exchange')}, {plural(events, 'event')}: {totals}")
    for line in reasons(records):
        click.echo(f"  {safe(line)}")
