"""`antiphon report`: renders, compares and verifies the results that `check --report` wrote."""

from __future__ import annotations

from pathlib import Path

import click

from antiphon.commands.parameters import Choice, ExistingPath
from antiphon_conformance.report import folder, records
from antiphon_conformance.report.records import ReportError
from antiphon_conformance.verdict import verification


@click.command()
@click.argument("results", nargs=-1, type=ExistingPath(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", "form", type=Choice(list(folder.RENDERERS)), help="The format to render the results in."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, not to stdout.",
)
@click.option(
    "--verify",
    "tree",
    type=ExistingPath(exists=True, file_okay=False, path_type=Path),
    help="Verify every report in this folder by its transcripts.",
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
    transcripts: Path | None,
) -> int:
    """Render the results of a run, compare the results of several runs, or verify reports.

    Exit status of --verify: 0 verified, 1 rejected, 2 a transcript is missing.
    """
    if tree is not None:
        if results or form or output:
            raise click.UsageError("--verify FOLDER: expected no RESULTS, --to or --output beside it")
        return _verify(tree, transcripts)
    if transcripts is not None:
        raise click.UsageError("--transcripts: expected --verify FOLDER beside it, got none")
    if not results or form is None:
        raise click.UsageError("expected RESULTS and --to, or --verify FOLDER")
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


def _verify(tree: Path, transcripts: Path | None) -> int:
    """Verifies each report below a folder; returns the worst status."""
    places = sorted({path.parent for path in tree.rglob(f"{folder.RECORDS}*")})
    if not places:
        raise click.UsageError(f"--verify {tree}: expected a {folder.RECORDS} in it, got none")
    statuses = []
    for place in places:
        result = verification.verify(place, transcripts)
        click.echo(f"{result.title}: {place}")
        for line in (*result.problems, *result.missing, *result.notes):
            click.echo(f"    {line}")
        statuses.append(int(result.status))
    return 1 if 1 in statuses else max(statuses)
