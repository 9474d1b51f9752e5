"""`antiphon report`: renders results that `check --report` wrote."""

from __future__ import annotations

from pathlib import Path

import click

from antiphon_conformance.report import folder, records
from antiphon_conformance.report.records import ReportError


@click.command()
@click.argument(
    "results", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--to", "form", type=click.Choice(list(folder.RENDERERS)), required=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file, instead of the screen."
)
def report(results: tuple[Path, ...], form: str, output: Path | None) -> int:
    """Render the results of one or several runs as HTML, Markdown, JUnit XML or a badge."""
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
