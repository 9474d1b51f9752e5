"""`antiphon serve`: starts the mock server."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import click

from antiphon_conformance.plain import plain
from antiphon_mockserver.knowledge.library import open_library
from antiphon_mockserver.knowledge.objects import DESCRIBING
from antiphon_mockserver.mutants import all_mutants
from antiphon_mockserver.server import address, listen
from antiphon_mockserver.server import serve as run
from antiphon_mockserver.settings import MEBIBYTE, Settings
from antiphon_spec.dialect import load, names

WELCOME = """\
Antiphon serves the dialect {dialect} at {url}
{details}
    curl {url}/responses -H 'content-type: application/json' -H 'authorization: Bearer {key}' \\
        -d '{body}'

Ctrl-C stops it.
"""


def list_mutants(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Prints every mutant with what it does, and ends."""
    if wanted:
        known = all_mutants().values()
        width = max(len(mutant.id) for mutant in known)
        click.echo("\n".join(f"{mutant.id:{width}}  {mutant.summary}" for mutant in known))
        context.exit()


@click.command()
@click.option(
    "--dialect", type=click.Choice(names()), default="openresponses", show_default=True, help="Whose API."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=4010, show_default=True, help="0: any free port."
)
@click.option(
    "--script",
    "scripts",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What to say to which request; a YAML file.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, other ids.")
@click.option(
    "--api-key",
    "api_keys",
    multiple=True,
    envvar="ANTIPHON_API_KEYS",
    help="Accept only this key. Default: any.",
)
@click.option("--model", "models", multiple=True, help="Serve only this model. Default: any.")
@click.option(
    "--world",
    default="",
    metavar="NAME|FILE",
    help="The library of a dialect of videos. Default: all worlds that ship.",
)
@click.option(
    "--reading",
    "readings",
    multiple=True,
    metavar="NAME",
    help="How filters are read where the documents leave it open, for example missing-differs.",
)
@click.option("--store", default="memory", show_default=True, help="memory, sqlite:PATH or redis://...")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--clock", type=click.Choice(["virtual", "real"]), default="virtual", show_default=True)
@click.option("--mutant", "mutants", multiple=True, help="Make this mistake, by its id.")
@click.option(
    "--mutants",
    "list_them",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=list_mutants,
    help="List them.",
)
@click.option(
    "--fault", "faults", multiple=True, help="For example status=503,first=2 or delay=0.5 or cut=5."
)
@click.option(
    "--body-limit", type=click.IntRange(1), default=64, show_default=True, help="The largest request, in MiB."
)
def serve(
    dialect: str,
    host: str,
    port: int,
    scripts: tuple[Path, ...],
    seed: int,
    api_keys: tuple[str, ...],
    models: tuple[str, ...],
    world: str,
    readings: tuple[str, ...],
    store: str,
    workers: int,
    clock: str,
    mutants: tuple[str, ...],
    faults: tuple[str, ...],
    body_limit: int,
) -> None:
    """Starts the mock server: deterministic, on loopback, with any API key unless --api-key names some."""
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # it would complain of every --fault cut
    settings = Settings(
        dialect=dialect,
        seed=seed,
        api_keys=api_keys,
        models=models,
        scripts=scripts,
        world=world,
        readings=readings,
        store=store,
        clock=clock,
        mutants=mutants,
        faults=faults,
        body_limit=body_limit * MEBIBYTE,
    )
    try:
        listener = listen(host, port)
    except OSError as problem:
        raise click.UsageError(
            f"Cannot listen on {host} port {port}: {problem.strerror or problem}."
        ) from problem
    url = f"{address(listener)}/v1"
    try:
        run(settings, listener, workers, ready=lambda: welcome(settings, url))
    except ValueError as problem:
        listener.close()
        raise click.UsageError(str(problem)) from problem
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)


def _plain(settings: Settings) -> str:
    """A request that the server answers, as JSON."""
    dialect = load(settings.dialect)
    values = {"model": dialect.models[0]}
    if dialect.traits.knowledge:
        collections = open_library(settings.world).collections
        values["collection"] = next((one.id for one in collections if one.type in DESCRIBING), "")
    return json.dumps(plain(dialect, dialect.create_operation, values))


def welcome(settings: Settings, url: str) -> None:
    """Says where the server is and how to try it; to stderr, so that nothing else is mixed up with it."""
    listed = load(settings.dialect).traits.listed_models
    models = "the models of its dialect" if listed else "any model (but `no-such-model`)"
    keys = (
        f"It takes any API key (but `wrong-key`), and {models}."
        if not settings.api_keys
        else f"It takes {len(settings.api_keys)} API key(s)."
    )
    wrong = f" It makes mistakes: {', '.join(settings.mutants)}." if settings.mutants else ""
    faults = f" It has faults: {', '.join(settings.faults)}." if settings.faults else ""
    key = "any" if not settings.api_keys else "$KEY"
    text = WELCOME.format(
        dialect=settings.dialect, url=url, details=f"{keys}{wrong}{faults}\n", key=key, body=_plain(settings)
    )
    click.echo(text, err=True)
    sys.stderr.flush()
