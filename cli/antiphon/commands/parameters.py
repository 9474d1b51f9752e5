"""Types of options and arguments whose errors suggest the nearest right value."""

from __future__ import annotations

import os
from typing import Any

import click

from antiphon_spec.data import hint, neighbour


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
            message = error.message.removesuffix(".") + neighbour(value)
            raise click.BadParameter(message, ctx, param) from error
