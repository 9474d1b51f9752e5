"""The option `--profile` of commands that judge without the table of options."""

from __future__ import annotations

import click

from antiphon_spec.data import DataError
from antiphon_spec.profile import DEFAULT, Profile, load_profile

profile_option = click.option(
    "--profile",
    default=DEFAULT,
    show_default=True,
    metavar="NAME|FILE",
    help="What a breach weighs: compatible, strict, identical, or a file.",
)


def find_profile(name: str) -> Profile:
    """The profile of this name or file. Raises click.UsageError when there is none or it is malformed."""
    try:
        return load_profile(name)
    except DataError as error:
        raise click.UsageError(f"--profile: {str(error).removeprefix('profile: ')}") from error
