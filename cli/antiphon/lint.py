"""`antiphon lint`: judges recorded traffic, without the network."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import orjson

from antiphon.dialects import dialect_path, named
from antiphon_conformance import recordings
from antiphon_conformance.evidence import Examination
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.recordings import Recording
from antiphon_conformance.report import folder
from antiphon_conformance.report.groups import group_by_rule
from antiphon_conformance.report.linted import exchanges_of, judge_recordings, keys_in, report_recordings
from antiphon_conformance.rule import Rule, all_rules, rules_for
from antiphon_conformance.text import safe
from antiphon_conformance.verdict import verdict
from antiphon_spec.dialect import Dialect

LOUD = (Outcome.FAILED, Outcome.BROKEN, Outcome.WARNED, Outcome.INFORMED, Outcome.UNTESTABLE)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@dialect_path
@click.option("--dialect", "norm", default="openai", show_default=True, help="Whose norm is applied.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--rule", "only", help="Judge by this rule alone.")
@click.option(
    "--report",
    "report_to",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the reports.",
)
@click.option("--vendor", default="", help="Whose traffic it is, for the report.")
@click.option("--note", default="", help="What a reader must know to get the same, for the report.")
@click.option("--quotes/--no-quotes", default=True, help="Whether the report shows parts of the traffic.")
@click.option("--all", "everything", is_flag=True, help="Show what is optional, too.")
def lint(
    files: tuple[Path, ...],
    norm: str,
    form: str,
    only: str | None,
    report_to: Path | None,
    vendor: str,
    note: str,
    quotes: bool,
    everything: bool,
) -> int:
    """Judge recordings: JSON lines, HAR files, VCR cassettes, raw event streams, transcripts of `check`."""
    gc.disable()  # a recording is a million small objects that all live until the end
    dialect = named(norm)
    try:
        read = [recordings.load(file) for file in files]
    except recordings.RecordingError as error:
        raise click.UsageError(str(error)) from error
    records = judge_recordings(read, dialect, _rules(only, dialect))
    if form == "json":
        click.echo(orjson.dumps([record.as_json() for record in records], option=orjson.OPT_INDENT_2))
    else:
        _print(records, everything)
        _sum_up(records, exchanges_of(read))
    if report_to is not None:
        facts = {"vendor": vendor, "note": note, "files": list(map(str, files)), "quotes": quotes}
        facts["target"] = vendor or files[0].name
        _written(report_to, read, dialect, facts)
    return int(verdict(records, why=_why_not(read)).status)


def _why_not(read: Iterable[Recording]) -> str:
    """Why the target of a run could not be judged, as the run itself said."""
    runs = (Examination(found.episodes, found.run) for found in read if found.episodes)
    return next((seen.why_not for seen in runs if seen.why_not), "")


def _rules(only: str | None, dialect: Dialect) -> dict[str, Rule]:
    """The rules to judge by: those of the dialect, or the one that is named."""
    return {name: rule for name, rule in rules_for(dialect).items() if only in (None, name)}


def _written(where: Path, read: Sequence[Recording], dialect: Dialect, facts: Mapping[str, Any]) -> None:
    """Writes the report of recordings into a folder."""
    where.mkdir(parents=True, exist_ok=True)
    files = [Path(name) for name in facts["files"]]
    digests = {file.name: folder.digest(file.read_bytes()) for file in files}
    told = {**facts, "files": list(digests), "antiphon": version("antiphon"), "started": time.time()}
    quotes = bool(facts["quotes"])
    made = report_recordings(read, dialect, told, digests, why=_why_not(read), quotes=quotes)
    folder.write_renderings(where, made, keys_in(exchanges_of(read)))
    click.echo(f"report: {where / 'report.html'}", err=True)


def _print(records: Iterable[Record], everything: bool) -> None:
    known = all_rules()
    loud = LOUD if everything else tuple(outcome for outcome in LOUD if outcome is not Outcome.INFORMED)
    for group in group_by_rule(record for record in records if record.outcome in loud):
        count = "" if group.exchanges == 1 else f" in {group.exchanges} exchanges"
        click.echo(f"{group.outcome.upper():10} {group.rule} ({safe(group.requirement)}){count}")
        click.echo(f"           {known[group.rule].summary}" if group.rule in known else "")
        for line in group.lines():
            click.echo(f"           {line}")


def _sum_up(records: list[Record], exchanges: list[Exchange]) -> None:
    events = sum(len(one.reply.stream.events) for one in exchanges if one.reply and one.reply.stream)
    counts = {outcome: sum(record.outcome is outcome for record in records) for outcome in Outcome}
    told = (
        ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
        or "no rule applies"
    )
    click.echo(f"{len(exchanges)} exchanges, {events} events: {told}")
