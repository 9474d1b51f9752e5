"""The options that say whose API: a dialect that ships, or one in a folder of one's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from antiphon_spec.data import DataError
from antiphon_spec.dialect import PATH_VARIABLE, Dialect, shipped

Command = Callable[..., Any]


def named(name: str) -> Dialect:
    """The dialect of this name, all of its files read; wrong usage when none is there or one is wrong."""
    try:
        dialect = shipped(name)
        for _ in (dialect.document, dialect.grammar, dialect.requirements):
            pass
    except DataError as error:
        raise click.UsageError(str(error)) from error
    return dialect


def known(_context: click.Context, _option: click.Parameter, name: str) -> str:
    """A callback for `--dialect`: the name of a dialect that there is, or wrong usage."""
    return named(name).name


def _searched(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    """Has dialects looked up in this folder first; the environment tells the processes of a server, too."""
    if folder is not None:
        os.environ[PATH_VARIABLE] = str(folder.resolve())


def dialect_path(command: Command) -> Command:
    """The option `--dialect-path`, which is read before all others."""
    option = click.option(
        "--dialect-path",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_searched,
        help="A folder of further dialects, each a folder in it.",
    )
    return option(command)
