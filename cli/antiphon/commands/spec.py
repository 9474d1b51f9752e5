"""`antiphon spec`: compares, bundles and freezes the documents of dialects."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click
import orjson

from antiphon.commands.parameters import Choice, ExistingPath
from antiphon.commands.profile_option import find_profile, profile_option
from antiphon.commands.sdk_types import print_type_drift
from antiphon_conformance.rules.rule import rules_for
from antiphon_spec import frozen
from antiphon_spec.data import DataError
from antiphon_spec.dialect import load, names
from antiphon_spec.document import Document
from antiphon_spec.frozen import FROZEN
from antiphon_spec.json_schema.drift import Drift, compare, load_differences
from antiphon_spec.json_schema.served import compare_served


def check_day(_context: click.Context, _option: click.Parameter, day: str | None) -> str | None:
    """A callback for `--day`: returns the date; raises click.BadParameter for anything else."""
    try:
        return day and date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise click.BadParameter(f"expected a date as YYYY-MM-DD, got {day!r}") from error


@click.group()
def spec() -> None:
    """Compare, bundle and freeze the documents of dialects."""


@spec.command()
@click.argument("dialect", type=Choice(names()))
@click.argument("file", required=False, type=ExistingPath(exists=True, dir_okay=False, path_type=Path))
@click.option("--sdk", is_flag=True, help="Compare with the types of the vendor's installed SDK.")
@click.option(
    "--published",
    type=ExistingPath(exists=True, dir_okay=False, path_type=Path),
    help="Compare with this document, only where the dialect's operations reach.",
)
def diff(dialect: str, file: Path | None, sdk: bool, published: Path | None) -> int:
    """Compare a dialect's document with the published one, or with the types of the vendor's SDK.

    Both documents validate sample values at the limits of each schema; types are compared member by member.
    Exit status 1 when they disagree and the dialect's differences.yaml does not list it, or when it lists a
    difference from a published document that is gone.
    """
    norm = load(dialect)
    entries = load_differences(norm.folders[0])
    status = 0
    if sdk:
        status |= print_type_drift(norm)
    if published is not None:
        status |= _print(compare_served(norm.document, _read_document(published), entries))
    if file is not None:
        status |= _print(compare(norm.document, _read_document(file), entries))
    if not (sdk or published or file):
        raise click.UsageError("give a FILE, --published FILE or --sdk")
    return status


@spec.command()
@click.argument("dialect", type=Choice(names()))
def bundle(dialect: str) -> None:
    """Print a dialect's whole document as one JSON file, for other OpenAPI tools."""
    root = dict(load(dialect).document.root)
    root.pop("x-components", None)
    click.echo(orjson.dumps(root, option=orjson.OPT_INDENT_2))


@spec.command()
@click.argument("dialect", type=Choice(names()))
@click.option("--day", callback=check_day, help="The date of the set, as YYYY-MM-DD. Default: today.")
@profile_option
@click.option(
    "--to",
    "folder",
    type=ExistingPath(exists=True, file_okay=False, path_type=Path),
    default=FROZEN,
    show_default="the sets that ship",
    help="The folder to write the set into.",
)
def freeze(dialect: str, day: str | None, profile: str, folder: Path) -> None:
    """Freeze a dialect's requirements and rules under its release, for `check --requirements`."""
    norm = load(dialect)
    weights = find_profile(profile)
    heaviest = {key: rule.requirement(norm, weights) for key, rule in rules_for(norm, weights).items()}
    rows = {key: row for key, row in heaviest.items() if row is not None}
    today = day or f"{datetime.now(UTC):%Y-%m-%d}"
    claim = frozen.freeze(dialect, norm.release, today, weights, rows, norm.requirements.values())
    try:
        path = frozen.write_frozen(claim, folder)
    except DataError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{path}: {len(claim.requirements)} requirements, {len(claim.rules)} rules")


def _read_document(path: Path) -> Document:
    try:
        root = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise click.BadParameter(f"{path} is not JSON: {error}", param_hint="PUBLISHED") from error
    if not isinstance(root, dict) or not root.get("components", {}).get("schemas"):
        raise click.BadParameter(f"{path} is not an OpenAPI document with schemas", param_hint="PUBLISHED")
    return Document(root)


def _print(drift: Drift) -> int:
    for difference in drift.unlisted:
        click.echo(f"not listed: {difference}")
    for entry in drift.stale:
        click.echo(f"listed but not found: {entry}")
    count = len(drift.differences) - len(drift.unlisted)
    click.echo(
        f"{drift.probes} probes: {count} differences listed, {len(drift.unlisted)} not listed, "
        f"{len(drift.stale)} entries stale"
    )
    return int(bool(drift.unlisted or drift.stale))
