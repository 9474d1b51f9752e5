"""`antiphon demo`: shows the parts of Antiphon in half a minute, without any setup."""

from __future__ import annotations

from pathlib import Path

import click

from antiphon import question
from antiphon.commands.check import run
from antiphon_conformance.options.reading import Setup
from antiphon_conformance.run import RunConfig
from antiphon_conformance.verdict.gate import Gate
from antiphon_mockserver import ResponsesMock
from antiphon_spec.dialect import load, names

KEY = "sk-antiphon-demo"


@click.command()
@click.option(
    "--report",
    "report_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("antiphon-report"),
    show_default=True,
    help="Write the reports into this folder, one subfolder for each dialect.",
)
@click.option("--no-properties", is_flag=True, help="Send no generated requests: faster, but tests less.")
def demo(report_folder: Path, no_properties: bool) -> int:
    """Start the mock server, check it in every dialect, write the reports, and query a video library."""
    statuses = [_dialect(name, report_folder / name, not no_properties) for name in names()]
    question.show()
    click.echo(
        "\nJudge a server of your own:   antiphon check http://127.0.0.1:8000/v1 --dialect openresponses"
    )
    click.echo("See a bug being found:        antiphon serve --mutant events.repeats-a-sequence-number")
    return max(statuses)


def _dialect(name: str, report_folder: Path, properties: bool) -> int:
    dialect = load(name)
    with ResponsesMock(dialect=name, api_keys=(KEY,), journal=0) as mock:
        click.echo(f"\n{dialect.title} ({dialect.release}): checking a mock server at {mock.url}")
        config = RunConfig(mock.url, (name,), api_key=KEY, properties=properties)
        return run(Setup(config, Gate(), report_folder))
