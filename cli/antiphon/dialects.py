"""The options that select a dialect: one that ships with Antiphon, or one in a folder of the user's."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from antiphon.commands.parameters import ExistingPath
from antiphon_spec.data import DataError
from antiphon_spec.dialect import PATH_VARIABLE, Dialect, load_concrete

Command = Callable[..., Any]


def find_dialect(name: str) -> Dialect:
    """The dialect of this name with all of its files loaded.

    Raises click.UsageError when there is no such dialect, or when one of its files is malformed.
    """
    try:
        dialect = load_concrete(name)
        for _ in (dialect.document, dialect.grammar, dialect.requirements):
            pass
    except DataError as error:
        raise click.UsageError(str(error)) from error
    return dialect


def check_name(_context: click.Context, _option: click.Parameter, name: str) -> str:
    """A callback for `--dialect`: returns the name; raises click.UsageError for an unknown dialect."""
    return find_dialect(name).name


def _search_first(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    """Looks up dialects in this folder first; the environment passes that on to a server's processes."""
    if folder is not None:
        os.environ[PATH_VARIABLE] = str(folder.resolve())


def dialect_path(command: Command) -> Command:
    """Adds the option `--dialect-path`, which click processes before all others."""
    option = click.option(
        "--dialect-path",
        type=ExistingPath(exists=True, file_okay=False, path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_search_first,
        help="A folder with further dialects, one subfolder for each.",
    )
    return option(command)
