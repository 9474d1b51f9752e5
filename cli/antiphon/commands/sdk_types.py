"""What `antiphon spec diff --sdk` prints."""

from __future__ import annotations

import click

from antiphon_spec.dialect import Dialect
from antiphon_spec.json_schema.sdk_types import (
    PACKAGES,
    SdkMissingError,
    TypeDifference,
    TypeDrift,
    compare_types,
    load_listed_places,
)


def print_type_drift(dialect: Dialect) -> int:
    """Compares the document of `dialect` with the installed SDK; 1 when something is not listed."""
    package = PACKAGES.get(dialect.name)
    if package is None:
        packages = ", ".join(sorted(PACKAGES))
        raise click.UsageError(
            f"{dialect.name} has no SDK whose types can be read; these have one: {packages}"
        )
    try:
        drift = compare_types(dialect.document, package, load_listed_places(dialect.folders[0]))
    except SdkMissingError as error:
        raise click.UsageError(f"{error}; `pip install {package.name}` brings it") from error
    _print(package.name, drift)
    return int(bool(drift.unlisted))


def _print(package: str, drift: TypeDrift) -> None:
    for difference in drift.unlisted:
        _print_difference(difference)
    for entry in drift.stale:
        click.echo(f"listed but not found: {entry.place}: only {entry.side}: {entry.reason}")
    count = len(drift.differences) - len(drift.unlisted)
    click.echo(f"{package} {drift.release}: {count} differences listed, {len(drift.unlisted)} not listed")


def _print_difference(difference: TypeDifference) -> None:
    click.echo(f"not listed: {difference}")
    if difference.candidate:
        click.echo(f"  for the document: {difference.candidate}")
    click.echo(f"  or to list it:    {difference.row}")
