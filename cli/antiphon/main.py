"""The command `antiphon`. It imports a subcommand only when called, so that `serve` starts fast."""

from __future__ import annotations

import errno
import gc
import os
import re
import signal
import sys
from importlib import import_module
from io import StringIO
from typing import Any, NoReturn

import click

from antiphon_spec.extras import MissingExtraError, require

COMMANDS = {
    "serve": ("serve", "Start the mock server."),
    "check": ("check", "Judge the server at a URL, one requirement at a time."),
    "lint": ("lint", "Judge recorded traffic."),
    "compare": ("compare", "Compare two servers or recordings, answer by answer."),
    "proxy": ("proxy", "Forward requests to a server; record and judge the traffic."),
    "report": ("report", "Render, compare or verify the results of runs."),
    "rules": ("rules", "List the rules of a dialect."),
    "explain": ("rules", "Explain a rule, a requirement or a mutant."),
    "example": ("example", "Print a right response, stream or error of a dialect."),
    "spec": ("spec", "Compare, bundle and freeze the documents of dialects."),
    "demo": ("demo", "Start the mock server, check it in every dialect, write the reports."),
}
"""The commands in the order of the help: the module in `antiphon.commands`, and the help text."""
JUDGING = {"check", "compare", "proxy", "demo"}
"""The commands that need the extra `check`."""
USAGE_ERROR = 3
NO_ROOM = 2
"""The status of a command that could not write what it found: nobody used it wrongly."""
NO_ROOM_ERRORS = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO}


class LazyGroup(click.Group):
    """A group that imports a command when it is called; the table COMMANDS has the help texts."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            nearest = import_module("antiphon_spec.data").nearest  # late, so that the help is fast
            raise click.UsageError(f"no such command: {nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in JUDGING:
            require("check", f"antiphon {cmd_name}")
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"antiphon.commands.{module}"), cmd_name)
        if not gc.isenabled():
            gc.freeze()  # what was imported stays: no collection has to look at it
            gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="antiphon", prog_name="antiphon")
def antiphon() -> None:
    """Conformance tests and a deterministic mock server for Responses-compatible APIs.

    \b
    antiphon demo                                     see it work
    antiphon serve --dialect openai                   start a server to develop against
    antiphon check http://127.0.0.1:4010/v1           get a verdict on each requirement
    antiphon lint recording.jsonl --dialect openai    get the same verdicts offline
    """


_NO_NUMBER = re.compile(r"is not a valid (integer|float)(?: range)?\b")


def _show(fault: click.ClickException) -> None:
    """Prints what is wrong, in words of people: `'x' is no whole number`."""
    text = StringIO()
    fault.show(text)
    words = {"integer": "is no whole number", "float": "is no number"}
    click.echo(_NO_NUMBER.sub(lambda match: words[match[1]], text.getvalue()), err=True, nl=False)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs the command line and exits; status 3 means wrong usage, so that 2 means only `not judged`."""
    gc.disable()  # until a command is imported: nothing of it can be collected
    ends_at_once = signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    if ends_at_once:  # until here, and from here on
        signal.signal(signal.SIGINT, signal.default_int_handler)
    status = run(arguments)
    if ends_at_once:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(status)


def run(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    try:
        result: Any = antiphon.main(args=arguments, prog_name="antiphon", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return 130
    except click.ClickException as fault:
        _show(fault)
        return USAGE_ERROR
    except BrokenPipeError:  # the reader of our output closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (MissingExtraError, OSError) as fault:
        click.echo(f"Error: {fault}", err=True)
        return NO_ROOM if isinstance(fault, OSError) and fault.errno in NO_ROOM_ERRORS else USAGE_ERROR
    except ValueError as fault:
        data = import_module("antiphon_spec.data")  # imported late, so that `antiphon --help` is fast
        if not isinstance(fault, data.DataError):
            raise
        click.echo(f"Error: {fault}", err=True)
        return USAGE_ERROR
    return result if isinstance(result, int) else 0
