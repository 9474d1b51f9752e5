"""`antiphon proxy`: forwards requests to a server, records the traffic, and judges it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from antiphon.dialects import dialect_path, find_dialect
from antiphon_conformance.http.address import AddressError, base_url, is_application
from antiphon_conformance.recordings.beside import JudgingLimits, ProcessEndedError
from antiphon_conformance.recordings.judge_process import LOUD
from antiphon_conformance.recordings.proxy import Proxy, serve
from antiphon_conformance.verdict.outcome import Outcome

USUAL = JudgingLimits()
MIB = 1024 * 1024
NOT_JUDGED = 2


def summary(counts: Mapping[Outcome, int], exchanges: int) -> str:
    """The last line of the output: the number of exchanges and of verdicts that are not passed."""
    kinds = (*LOUD, Outcome.INCONCLUSIVE)
    totals = [f"{counts[outcome]} {outcome.value}" for outcome in kinds if counts.get(outcome)]
    return f"{exchanges} exchanges: {', '.join(totals) or 'nothing found'}"


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """2 when a rule of ours raised, 1 when a requirement failed, else 0."""
    kinds = set(outcomes)
    return 2 if Outcome.BROKEN in kinds else int(Outcome.FAILED in kinds)


@click.command()
@click.option(
    "--target", required=True, metavar="URL", help="The server's base URL: the part before /responses."
)
@dialect_path
@click.option(
    "--dialect", "dialect_name", default="openai", show_default=True, help="The dialect to judge by."
)
@click.option(
    "--record", type=click.Path(dir_okay=False, path_type=Path), help="Append the exchanges to this file."
)
@click.option(
    "--ca-file", type=click.Path(dir_okay=False), help="The certificates to trust, not the system's."
)
@click.option("--insecure", is_flag=True, help="Accept any certificate.")
@click.option(
    "--max-body",
    type=click.IntRange(min=1),
    default=USUAL.body // MIB,
    show_default=True,
    metavar="MIB",
    help="The largest part to keep of one body, in MiB; all of it passes.",
)
@click.option(
    "--max-memory",
    type=click.IntRange(min=1),
    default=USUAL.memory // MIB,
    show_default=True,
    metavar="MIB",
    help="Memory for all bodies that wait for their judgement, in MiB.",
)
@click.option(
    "--max-events",
    type=click.IntRange(min=1),
    default=USUAL.events,
    show_default=True,
    metavar="N",
    help="The largest number of events to read of one stream.",
)
@click.option(
    "--judging-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=USUAL.seconds,
    show_default=True,
    metavar="S",
    help="Seconds in which an exchange must be judged.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4020,
    show_default=True,
    help="The port to listen on; 0 means any free port.",
)
def proxy(
    target: str,
    dialect_name: str,
    record: Path | None,
    ca_file: str | None,
    insecure: bool,
    max_body: int,
    max_memory: int,
    max_events: int,
    judging_timeout: float,
    host: str,
    port: int,
) -> int:
    """Forward requests to a server; record and judge the traffic, and print the verdicts."""
    dialect = find_dialect(dialect_name)
    limits = JudgingLimits(max_memory * MIB, max_body * MIB, events=max_events, seconds=judging_timeout)
    try:
        if is_application(target):
            raise AddressError("a URL", target)
        forwarding = Proxy(base_url(target), dialect, click.echo, record, ca_file, insecure, limits)
    except ValueError as error:
        raise click.UsageError(f"--target: {error}") from error
    except OSError as error:
        raise click.UsageError(f"--ca-file {ca_file}: {error.strerror or error}") from error
    try:
        asyncio.run(serve(forwarding, host, port))
    except OSError as error:
        raise click.ClickException(f"{host}:{port}: {error.strerror or error}") from error
    except ProcessEndedError as error:
        click.echo(f"Error: {error}", err=True)
        return NOT_JUDGED
    click.echo(summary(forwarding.counts, forwarding.count))
    if forwarding.losses:
        click.echo(f"{forwarding.losses} exchanges are not recorded, for want of memory (--max-memory)")
    return exit_code(forwarding.counts)
