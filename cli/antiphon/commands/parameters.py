"""Types of options and arguments whose errors suggest the nearest right value."""

from __future__ import annotations

import os
from typing import Any

import click

from antiphon_spec.data import hint, neighbour

FILES_OF_A_REPORT = ("report.jsonl", "transcript.jsonl")
"""The files that people mean when they name the folder of a report."""


class Choice(click.Choice[str]):
    """One of some words."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        return super().get_invalid_choice_message(value, ctx).removesuffix(".") + hint(
            str(value), self.choices
        )


class ExistingPath(click.Path):
    """A path that must exist."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            message = error.message.removesuffix(".") + self._meant(os.fspath(value))
            raise click.BadParameter(message, ctx, param) from error

    def _meant(self, value: str) -> str:
        """What may have been meant: a file in the folder, a server, or a path that resembles this one."""
        if os.path.isdir(value):
            files = (os.path.join(value, name) for name in FILES_OF_A_REPORT)
            names = [name for name in files if os.path.isfile(name)]
            return f"; did you mean {' or '.join(map(repr, names))}?" if names else ""
        if os.path.exists(value):
            return ""
        is_url = value.startswith(("http://", "https://"))
        return f"; `antiphon check {value}` judges a server" if is_url else neighbour(value)
