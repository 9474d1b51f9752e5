"""`antiphon report`: renders, compares and verifies the results that `check --report` wrote."""

from __future__ import annotations

import importlib
import time
from pathlib import Path

import click

from antiphon.commands.parameters import Choice, ExistingPath
from antiphon_conformance.report import folder, records
from antiphon_conformance.report.records import ReportError
from antiphon_conformance.verdict import verification
from antiphon_spec.extras import require


@click.command()
@click.argument("results", nargs=-1, type=ExistingPath(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", "form", type=Choice(list(folder.RENDERERS)), help="The format to render the results in."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write to this file, not to stdout; with --site, into this folder.",
)
@click.option(
    "--verify",
    "tree",
    type=ExistingPath(exists=True, file_okay=False, path_type=Path),
    help="Verify every report in this folder by its transcripts.",
)
@click.option(
    "--site",
    "shelf",
    type=ExistingPath(exists=True, file_okay=False, path_type=Path),
    help="Verify every report in this folder, and make a static site of them in the folder of -o.",
)
@click.option(
    "--transcripts",
    type=ExistingPath(exists=True, file_okay=False, path_type=Path),
    help="A folder with further transcripts.",
)
def report(
    results: tuple[Path, ...],
    form: str | None,
    output: Path | None,
    tree: Path | None,
    shelf: Path | None,
    transcripts: Path | None,
) -> int:
    """Render the results of a run, compare the results of several runs, verify reports, or make a site.

    Exit status of --verify and --site: 0 verified, 1 rejected, 2 a transcript is missing.
    """
    if tree is not None:
        if results or form or output or shelf:
            raise click.UsageError("--verify FOLDER: expected no RESULTS, --to, --site or --output beside it")
        return _verify(tree, "--verify", transcripts)[0]
    if shelf is not None:
        if results or form:
            raise click.UsageError("--site FOLDER: expected no RESULTS or --to beside it")
        return _make_site(shelf, output, transcripts)
    if transcripts is not None:
        raise click.UsageError(
            "--transcripts: expected --verify FOLDER beside it, or --site FOLDER, got none"
        )
    if not results or form is None:
        raise click.UsageError("expected RESULTS and --to, --verify FOLDER, or --site FOLDER")
    if output is not None and output.is_dir():
        raise click.UsageError(f"--output {output}: expected a file, got a folder")
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"--output {output}: expected a file, got one in a folder that does not exist")
    try:
        reports = [records.read(path) for path in results]
    except ReportError as error:
        raise click.UsageError(str(error)) from error
    try:
        text = folder.render(form, *reports)
    except records.MALFORMED as error:  # a report that was edited, or of a dialect that is not here
        names = ", ".join(map(str, results))
        raise click.UsageError(f"{names}: cannot be rendered: {type(error).__name__} {error}") from error
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    return 0


def _make_site(shelf: Path, output: Path | None, transcripts: Path | None) -> int:
    """Verifies every report, then makes the site of those that were not rejected."""
    if output is None or output.is_file():
        raise click.UsageError(f"--site {shelf}: expected -o FOLDER, the place of the site")
    require("check", "the site")
    site = importlib.import_module("antiphon_conformance.report.site")
    status, checks = _verify(shelf, "--site", transcripts)
    try:
        pages = site.write(output, site.read(shelf, checks), time.time())
    except ReportError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{len(pages)} files: {output / 'index.html'}")
    return status


def _verify(tree: Path, option: str, transcripts: Path | None) -> tuple[int, dict[Path, str]]:
    """Verifies each report below a folder; returns the worst status, and what was said of each."""
    places = sorted({path.parent for path in tree.rglob(f"{folder.RECORDS}*")})
    if not places:
        raise click.UsageError(f"{option} {tree}: expected a {folder.RECORDS} in it, got none")
    statuses, checks = [], {}
    for place in places:
        result = verification.verify(place, transcripts)
        click.echo(f"{result.title}: {place}")
        for line in (*result.problems, *result.missing, *result.notes):
            click.echo(f"    {line}")
        statuses.append(int(result.status))
        checks[place] = result.title
    return 1 if 1 in statuses else max(statuses), checks
