"""`antiphon report`: renders results that `check --report` wrote, compares them, and verifies them."""

from __future__ import annotations

from pathlib import Path

import click

from antiphon_conformance.report import folder, records, verification
from antiphon_conformance.report.records import ReportError


@click.command()
@click.argument("results", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "form", type=click.Choice(list(folder.RENDERERS)), help="Render them in this form.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file, instead of the screen."
)
@click.option(
    "--verify",
    "tree",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Judge the transcripts of every report in this folder again, and refuse one that was edited.",
)
@click.option(
    "--transcripts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where transcripts lie that are not beside their report.",
)
def report(
    results: tuple[Path, ...],
    form: str | None,
    output: Path | None,
    tree: Path | None,
    transcripts: Path | None,
) -> int:
    """Render the results of a run, or lay those of several side by side; or verify reports.

    Exit status of --verify: 0 verified, 1 refused, 2 a transcript is not here.
    """
    if tree is not None:
        return _verified(tree, transcripts)
    if not results or form is None:
        raise click.UsageError("expected RESULTS and --to, or --verify FOLDER")
    try:
        read = [records.read(path) for path in results]
    except ReportError as error:
        raise click.UsageError(str(error)) from error
    text = folder.render(form, *read)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    return 0


def _verified(tree: Path, transcripts: Path | None) -> int:
    """Verifies each report below a folder; the worst status of all."""
    found = sorted({path.parent for path in tree.rglob(f"{folder.RECORDS}*")})
    if not found:
        raise click.UsageError(f"--verify {tree}: expected a {folder.RECORDS} in it, got none")
    statuses = []
    for place in found:
        told = verification.verify(place, transcripts)
        click.echo(f"{told.title}: {place}")
        for line in (*told.problems, *told.missing, *told.notes):
            click.echo(f"    {line}")
        statuses.append(int(told.status))
    return 1 if 1 in statuses else max(statuses)
