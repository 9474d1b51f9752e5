"""`antiphon demo`: the whole of Antiphon in half a minute, with nothing to set up."""

from __future__ import annotations

from pathlib import Path

import click

from antiphon import question
from antiphon.check import run
from antiphon_conformance.examination import Order
from antiphon_mockserver.mock import ResponsesMock
from antiphon_spec.dialect import load, names

KEY = "sk-antiphon-demo"


@click.command()
@click.option(
    "--report",
    "report_to",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("antiphon-report"),
    show_default=True,
    help="The folder for the reports; one folder in it for each dialect.",
)
@click.option("--no-properties", is_flag=True, help="Generate no requests: faster, and less is tested.")
def demo(report_to: Path, no_properties: bool) -> int:
    """Start the mock server, check it in every dialect, write the reports, and ask a library of videos."""
    statuses = [_dialect(name, report_to / name, not no_properties) for name in names()]
    question.show()
    click.echo(
        "\nJudge a server of your own:   antiphon check http://127.0.0.1:8000/v1 --dialect openresponses"
    )
    click.echo("See a mistake being noticed:  antiphon serve --mutant events.repeats-a-sequence-number")
    return max(statuses)


def _dialect(name: str, report_to: Path, properties: bool) -> int:
    dialect = load(name)
    with ResponsesMock(dialect=name, api_keys=(KEY,), journal=0) as mock:
        click.echo(f"\n{dialect.title} ({dialect.release}): a mock server at {mock.url} is judged")
        order = Order(mock.url, (name,), api_key=KEY, properties=properties)
        return run(order, report_to=report_to)
