"""`antiphon lint`: judges recorded traffic, without the network."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from pathlib import Path

import click
import orjson

from antiphon_conformance import judge, recordings
from antiphon_conformance.evidence import Examination
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.outcome import Outcome, Record
from antiphon_conformance.recordings import Recording
from antiphon_conformance.report.groups import grouped
from antiphon_conformance.rule import all_rules, rules_for
from antiphon_conformance.text import safe
from antiphon_conformance.verdict import verdict
from antiphon_spec import dialect as dialects
from antiphon_spec.dialect import Dialect, DialectError

LOUD = (Outcome.FAILED, Outcome.BROKEN, Outcome.WARNED, Outcome.INFORMED, Outcome.UNTESTABLE)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--dialect", "named", default="openai", show_default=True, help="Whose norm is applied.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--rule", "only", help="Judge by this rule alone.")
@click.option("--all", "everything", is_flag=True, help="Show what is optional, too.")
def lint(files: tuple[Path, ...], named: str, form: str, only: str | None, everything: bool) -> int:
    """Judge recordings: JSON lines, HAR files, VCR cassettes, raw event streams, transcripts of `check`."""
    gc.disable()  # a recording is a million small objects that all live until the end
    if only is not None and only not in all_rules():
        raise click.UsageError(f"--rule {only}: expected the id of a rule, as `antiphon rules` lists them")
    try:
        dialect = dialects.shipped(named)
        read = [recordings.load(file) for file in files]
    except (DialectError, recordings.RecordingError) as error:
        raise click.UsageError(str(error)) from error
    records = verdicts(read, dialect, only)
    if form == "json":
        click.echo(orjson.dumps([record.as_json() for record in records], option=orjson.OPT_INDENT_2))
    else:
        _print(records, everything)
        _sum_up(records, [exchange for found in read for exchange in _exchanges(found)])
    return int(verdict(records, why=_why_not(read)).status)


def _why_not(read: Iterable[Recording]) -> str:
    """Why the target of a run could not be judged, as the run itself said."""
    runs = (Examination(found.episodes, found.run) for found in read if found.episodes)
    return next((seen.why_not for seen in runs if seen.why_not), "")


def verdicts(read: Iterable[Recording], dialect: Dialect, only: str | None = None) -> list[Record]:
    """The records of what was read: loose exchanges are linted, the episodes of a run judged like the run."""
    rules = rules_for(dialect)
    if only is not None:
        rules = {only: rules[only]} if only in rules else {}
    records: list[Record] = []
    for found in read:
        if found.episodes:
            records += judge.judge(found.episodes, dialect, rules)
        if found.exchanges:
            records += judge.lint(found.exchanges, dialect, rules)
    return records


def _exchanges(found: Recording) -> Iterable[Exchange]:
    yield from found.exchanges
    for episode in found.episodes:
        yield from episode.exchanges.values()


def _print(records: Iterable[Record], everything: bool) -> None:
    known = all_rules()
    loud = LOUD if everything else tuple(outcome for outcome in LOUD if outcome is not Outcome.INFORMED)
    for group in grouped(record for record in records if record.outcome in loud):
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
