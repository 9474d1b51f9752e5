"""`antiphon spec`: look after the documents of the dialects."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from antiphon.sdk_types import print_type_drift
from antiphon_conformance.rule import rules_for
from antiphon_spec import frozen
from antiphon_spec.data import DataError
from antiphon_spec.dialect import load, names
from antiphon_spec.document import Document
from antiphon_spec.drift import Drift, compare, load_listed
from antiphon_spec.frozen import FROZEN
from antiphon_spec.served import compare_served


@click.group()
def spec() -> None:
    """Look after the documents of the dialects."""


@spec.command()
@click.argument("dialect", type=click.Choice(names()))
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sdk", is_flag=True, help="Compare with the types of the vendor's installed SDK.")
@click.option(
    "--published",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="As FILE, but look only at what the dialect's own operations reach.",
)
def diff(dialect: str, file: Path | None, sdk: bool, published: Path | None) -> int:
    """Compare a dialect's document with the published one, or with the types of the vendor's SDK.

    Instances of each schema, at each edge that either side draws, are put to both documents; types are
    compared member by member. Exit status 1 when something differs that the dialect's differences.yaml does
    not list, or when it lists what a published document does no more.
    """
    ours = load(dialect)
    status = 0
    if sdk:
        status |= print_type_drift(ours)
    if published is not None:
        status |= _print(compare_served(ours.document, _published(published), load_listed(ours.folders[0])))
    if file is not None:
        status |= _print(compare(ours.document, _published(file), load_listed(ours.folders[0])))
    if not (sdk or published or file):
        raise click.UsageError("give a FILE, --published FILE or --sdk")
    return status


@spec.command()
@click.argument("dialect", type=click.Choice(names()))
def bundle(dialect: str) -> None:
    """Print a dialect's whole document as one JSON file, for other OpenAPI tools."""
    root = dict(load(dialect).document.root)
    root.pop("x-components", None)
    click.echo(orjson.dumps(root, option=orjson.OPT_INDENT_2))


@spec.command()
@click.argument("dialect", type=click.Choice(names()))
@click.option("--day", help="The day that is written down, as YYYY-MM-DD. Default: today.")
@click.option(
    "--to",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=FROZEN,
    help="A folder; by default that of the sets which ship.",
)
def freeze(dialect: str, day: str | None, folder: Path) -> None:
    """Freeze a dialect's requirements and rules under its release, for `check --requirements`."""
    known = load(dialect)
    weighed = {key: found.requirement(known) for key, found in rules_for(known).items()}
    rows = {key: row for key, row in weighed.items() if row is not None}
    today = day or f"{datetime.now(UTC):%Y-%m-%d}"
    found = frozen.freeze(dialect, known.release, today, rows, known.requirements.values())
    try:
        path = frozen.write_frozen(found, folder)
    except DataError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{path}: {len(found.requirements)} requirements, {len(found.rules)} rules")


def _published(path: Path) -> Document:
    try:
        root = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise click.BadParameter(f"{path} is no JSON: {error}", param_hint="PUBLISHED") from error
    if not isinstance(root, dict) or not root.get("components", {}).get("schemas"):
        raise click.BadParameter(f"{path} is no OpenAPI document with schemas", param_hint="PUBLISHED")
    return Document(root)


def _print(drift: Drift) -> int:
    for difference in drift.unlisted:
        click.echo(f"not listed: {difference}")
    for entry in drift.stale:
        click.echo(f"listed but not found: {entry}")
    listed = len(drift.found) - len(drift.unlisted)
    click.echo(
        f"{drift.probes} probes: {listed} differences listed, {len(drift.unlisted)} not listed, "
        f"{len(drift.stale)} entries stale"
    )
    return int(bool(drift.unlisted or drift.stale))
