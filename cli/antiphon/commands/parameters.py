"""Types of options and arguments whose errors suggest the nearest right value."""

from __future__ import annotations

import os
from typing import Any

import click

from antiphon_spec.data import hint


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
            if os.path.exists(value):
                raise
            message = error.message.removesuffix(".") + _neighbour(os.fspath(value))
            raise click.BadParameter(message, ctx, param) from error


def _neighbour(path: str) -> str:
    """`; did you mean ...?` for a path whose last part resembles one in the same folder."""
    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return f"; there is no folder {folder!r}"
    return hint(name, names)
