"""`antiphon compare`: two servers or recordings, answer by answer, without rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console

from antiphon.commands.check import click_option
from antiphon.dialects import dialect_path, find_dialect
from antiphon.progress import show_progress
from antiphon_conformance.compare import sides, text
from antiphon_conformance.compare.difference import Contrast, Grade
from antiphon_conformance.compare.sides import Side
from antiphon_conformance.compare.traces import compare as compare_traces
from antiphon_conformance.http.address import shown
from antiphon_conformance.options.reading import USAGE_ERRORS, USUAL, read_options
from antiphon_conformance.options.table import COMMAND, OPTIONS
from antiphon_conformance.recordings.reader import RecordingError
from antiphon_conformance.run import RunConfig, perform, planned
from antiphon_conformance.scenarios.interruption import Interruption, interruption
from antiphon_conformance.verdict.verdict import Exit
from antiphon_spec.dialect import Dialect

ENDING = """\b
Exit status: 0 no difference, or harmless ones only; 1 differences; 2 nothing could be compared; 3 wrong
usage.
"""
NARROWEST, WIDEST = 60, 120
SHARED = ("dialect", "model", "api-key-env", "auth", "header", "ca-file", "insecure", "scenario", "without",
          "resource", "feature", "concurrency", "max-requests", "timeout", "recovery")  # fmt: skip
"""The options of `check` that both targets have."""
OF_B = ("model", "api-key-env", "auth", "header")
"""Those that B may have otherwise, as `--b-model` and so on."""
Values = Mapping[str, Any]
Command = Callable[..., int]


def target_options(command: Command) -> Command:
    """Adds the options of the table that say how to ask a target, and those of B alone."""
    rows = {option.name: option for option in OPTIONS}
    rows["dialect"] = replace(rows["dialect"], help="The dialect of both sides.", metavar="D", default=USUAL)
    rows["model"] = replace(rows["model"], help="The model of every request.")
    own = [replace(rows[name], name=f"b-{name}", help=f"As --{name}, for B alone.") for name in OF_B]
    for option in reversed([*(rows[name] for name in SHARED), *own]):
        command = click_option(option)(command)
    return command


@click.command(epilog=ENDING)
@click.argument("in_a", metavar="A")
@click.argument("in_b", metavar="B")
@dialect_path
@target_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="The format of the output.")  # fmt: skip
def compare(in_a: str, in_b: str, dialect: str, form: str, **values: Any) -> int:
    """Compare what A and B answer in the same conversations: release with release, gateway with origin.

    Each is a URL as `check` has it, module:app, a recording, or the folder of a report. A target A is asked
    twice, and what varies by itself is left out.
    """
    norm = find_dialect(dialect)
    side_a, side_b = _sides(in_a, in_b, norm, values)
    for letter, side in (("A", side_a), ("B", side_b)):
        if side.dialects and dialect not in side.dialects:
            names = " and ".join(side.dialects)
            raise click.UsageError(
                f"{letter}: expected a run in {dialect}, got one in {names}; see --dialect"
            )
        if side.why_not:
            click.echo(f"{letter}  {side.name}: nothing can be compared: {side.why_not}.", err=True)
            return Exit.NOT_JUDGED
    contrast = _contrast(side_a, side_b, norm)
    if not contrast.steps:
        click.echo("Nothing can be compared: A and B share no conversation and no request.", err=True)
        return Exit.NOT_JUDGED
    if form == "json":
        click.echo(orjson.dumps(text.as_json(contrast, side_a, side_b), option=orjson.OPT_INDENT_2))
    else:
        width = min(max(Console().width, NARROWEST), WIDEST)
        click.echo("\n".join(text.lines(contrast, side_a, side_b, width)))
    return _status(contrast)


def _status(contrast: Contrast) -> int:
    is_harmless = all(group.grade is Grade.HARMLESS for group in contrast.groups)
    return Exit.CONFORMANT if is_harmless else Exit.NOT_CONFORMANT


def _sides(in_a: str, in_b: str, dialect: Dialect, values: Values) -> tuple[Side, Side]:
    """Both sides. A target holds the conversations that the recording beside it has."""
    names = {"A": in_a, "B": in_b}
    try:
        recordings = {key: sides.read_side(Path(name)) for key, name in names.items() if Path(name).exists()}
    except RecordingError as error:
        raise click.UsageError(str(error)) from error
    configs = {
        key: _config(name, key, dialect, values) for key, name in names.items() if key not in recordings
    }
    for recording in recordings.values() if configs else ():
        if recording.is_loose or recording.why_not:
            why = "a target is compared with a recording of `check`, whose conversations it can hold"
            raise click.UsageError(f"{recording.name}: {why}")
        configs = {key: _only(config, recording) for key, config in configs.items()}
    with interruption() as signals:
        targets = {key: _ask(config, signals, twice=key == "A") for key, config in configs.items()}
    both = {**recordings, **targets}
    return both["A"], both["B"]


def _config(url: str, key: str, dialect: Dialect, values: Values) -> RunConfig:
    """How to ask a target; options that begin with `b_` are for B, where they are given."""
    options: dict[str, Any] = {option.key: () if option.repeatable else option.default for option in OPTIONS}
    options |= {name: value for name, value in values.items() if not name.startswith("b_")}
    if key == "B":
        options |= {name[2:]: value for name, value in values.items() if name.startswith("b_") and value}
    if len(options["model"]) > 1:
        raise click.UsageError(f"--model: expected one model, got {len(options['model'])}")
    try:
        config = read_options({**options, "target": url, "dialect": dialect.name}, COMMAND).config
    except USAGE_ERRORS as error:
        raise click.UsageError(f"{key}: {error}") from error
    return replace(config, scenarios=tuple(planned(config)))


def _only(config: RunConfig, recording: Side) -> RunConfig:
    """The run with the conversations of a recording."""
    names = {trace.scenario for trace in recording.traces}
    return replace(config, scenarios=tuple(name for name in config.scenarios if name in names))


def _ask(config: RunConfig, signals: Interruption, *, twice: bool) -> Side:
    """Holds the conversations with a target, once or twice."""
    name, runs = shown(config.url), []
    for _ in range(2 if twice else 1):
        console = Console(stderr=True)
        is_silent = not console.is_terminal
        with show_progress(console, len(planned(config)), name, quiet=is_silent) as progress:
            runs.append(perform(config, progress=progress, on_request=progress.count, interruption=signals))
        if runs[-1].why_not:
            break
    return sides.of_runs(name, runs)


def _contrast(side_a: Side, side_b: Side, dialect: Dialect) -> Contrast:
    if not (side_a.is_loose or side_b.is_loose):
        return compare_traces(side_a.traces, side_b.traces, dialect, side_a.again)
    pair = sides.by_request(side_a.traces, side_b.traces, dialect)
    return compare_traces(pair[:1], pair[1:], dialect)
