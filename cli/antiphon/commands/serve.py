"""`antiphon serve`: starts the mock server."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from antiphon.commands.parameters import Choice, ExistingPath
from antiphon.dialects import check_name, dialect_path
from antiphon_conformance.requests.minimal import minimal
from antiphon_mockserver.behaviour.webhooks import secret_of
from antiphon_mockserver.mutants import all_mutants
from antiphon_mockserver.script import has_times
from antiphon_mockserver.server.runner import address, listen_apart
from antiphon_mockserver.server.runner import serve as run
from antiphon_mockserver.server.webhooks import shown
from antiphon_mockserver.settings import MEBIBYTE, SettingError, Settings
from antiphon_mockserver.variations import all_variations
from antiphon_mockserver.video_library.library import open_library
from antiphon_mockserver.video_library.objects import DESCRIBING
from antiphon_spec.dialect import load, names

SECRET = "OPENAI_WEBHOOK_SECRET"  # noqa: S105  (the name of a variable, which the vendor's SDKs read, too)
WELCOME = """\
Antiphon serves the dialect {dialect} at {url}
{details}
    curl {url}/responses -H 'content-type: application/json' -H 'authorization: Bearer {key}' \\
        -d '{body}'

Ctrl-C stops it.
"""


def list_mutants(context: click.Context, _option: click.Parameter, flag: bool) -> None:
    """Prints every mutant with its summary, and exits."""
    if flag:
        print_summaries({mutant.id: mutant.summary for mutant in all_mutants().values()})
        context.exit()


def list_variations(context: click.Context, _option: click.Parameter, flag: bool) -> None:
    """Prints every legal variation with its summary, and exits."""
    if flag:
        print_summaries({variation.id: variation.summary for variation in all_variations().values()})
        context.exit()


def print_summaries(summaries: Mapping[str, str]) -> None:
    """Prints ids and summaries in two columns."""
    width = max(map(len, summaries))
    click.echo("\n".join(f"{key:{width}}  {summary}" for key, summary in summaries.items()))


@click.command()
@dialect_path
@click.option(
    "--dialect",
    default="openresponses",
    show_default=True,
    callback=check_name,
    metavar="NAME",
    help=f"The dialect to serve: {', '.join(names())}.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4010,
    show_default=True,
    help="The port to listen on; 0: any free port.",
)
@click.option(
    "--script",
    "scripts",
    multiple=True,
    type=ExistingPath(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file with the answers to certain requests.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of ids and generated texts.")
@click.option(
    "--api-key",
    "api_keys",
    multiple=True,
    envvar="ANTIPHON_API_KEYS",
    help="Accept only this API key. Default: any key.",
)
@click.option("--model", "models", multiple=True, help="Serve only this model. Default: any model.")
@click.option(
    "--world",
    default="",
    metavar="NAME|FILE",
    help="The video library to serve. Default: all that ship.",
)
@click.option(
    "--prompts",
    type=ExistingPath(exists=True, file_okay=False),
    metavar="DIR",
    help="A folder of prompt templates to serve. Default: all that ship.",
)
@click.option(
    "--reading",
    "readings",
    multiple=True,
    metavar="NAME",
    help="How to read unclear filters, for example missing-differs.",
)
@click.option(
    "--store",
    default="memory",
    show_default=True,
    help="Where to store responses: memory, memory:SIZE, sqlite:PATH or redis://...",
)
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="The number of processes."
)
@click.option(
    "--clock",
    type=Choice(["virtual", "real"]),
    default="virtual",
    show_default=True,
    help="Whether waiting takes time.",
)
@click.option("--mutant", "mutants", multiple=True, help="Activate the bug with this id.")
@click.option(
    "--mutants",
    "list_flag",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=list_mutants,
    help="List the ids and summaries of all bugs, and exit.",
)
@click.option(
    "--variation",
    "variations",
    multiple=True,
    help="Differ from the usual answers in the legal way with this id.",
)
@click.option(
    "--variations",
    "variation_list_flag",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=list_variations,
    help="List the ids and summaries of all legal variations, and exit.",
)
@click.option(
    "--fault", "faults", multiple=True, help="A fault to inject: status=503,first=2 or delay=0.5 or cut=5."
)
@click.option(
    "--webhook",
    "webhooks",
    multiple=True,
    metavar="URL",
    help="Tell this address how background responses ended. Secret: OPENAI_WEBHOOK_SECRET.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="A host besides this machine for webhooks and Origin; where tools are real, for Host, too.",
)
@click.option(
    "--body-limit",
    type=click.IntRange(1),
    default=64,
    show_default=True,
    help="The largest request body, in MiB.",
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
    prompts: str | None,
    readings: tuple[str, ...],
    store: str,
    workers: int,
    clock: str,
    mutants: tuple[str, ...],
    variations: tuple[str, ...],
    faults: tuple[str, ...],
    webhooks: tuple[str, ...],
    allowed_hosts: tuple[str, ...],
    body_limit: int,
) -> None:
    """Start the deterministic mock server. It accepts any API key unless --api-key is given."""
    _set_logs()
    settings = Settings(
        dialect=dialect,
        seed=seed,
        api_keys=api_keys,
        models=models,
        scripts=scripts,
        world=world,
        prompts=prompts or "",
        readings=readings,
        store=store,
        clock=clock,
        mutants=mutants,
        variations=variations,
        faults=faults,
        webhooks=webhooks,
        webhook_secret=os.environ.get(SECRET, "").strip() if webhooks else "",
        allowed_hosts=allowed_hosts,
        body_limit=body_limit * MEBIBYTE,
    )
    try:
        listeners = listen_apart(host, port, workers)
    except OSError as problem:
        raise click.UsageError(
            f"Cannot listen on {host} port {port}: {problem.strerror or problem}."
        ) from problem
    url = f"{address(listeners[0])}/v1"
    try:
        run(settings, listeners, ready=lambda: welcome(settings, url))
    except SettingError as problem:
        _close(listeners)
        option = _option(problem.setting)
        raise click.UsageError(str(problem).replace(problem.setting, option, 1)) from problem
    except ValueError as problem:
        _close(listeners)
        raise click.UsageError(str(problem)) from problem
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)


def _close(listeners: Sequence[socket.socket]) -> None:
    for listener in listeners:
        listener.close()


def _set_logs() -> None:
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("antiphon").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # uvicorn logs every --fault cut as an error


def _option(setting: str) -> str:
    """The option of a setting, or the variable that holds it."""
    options = {entry.name: entry.opts[0] for entry in serve.params} | {"webhook_secret": SECRET}
    return options[setting]


def _sample_request(settings: Settings) -> str:
    """A request body that the server accepts, as JSON."""
    dialect = load(settings.dialect)
    values = {"model": dialect.models[0]}
    if dialect.traits.knowledge:
        collections = open_library(settings.world).collections
        ids = (collection.id for collection in collections if collection.type in DESCRIBING)
        values["collection"] = next(ids, "")
    return json.dumps(minimal(dialect, dialect.create_operation, values))


def _signature_line(settings: Settings) -> str:
    """Where webhooks go and what signs them: a secret that the user gave is not repeated."""
    if not settings.webhooks:
        return ""
    secret = f"the secret in {SECRET}" if settings.webhook_secret else f"{SECRET}={secret_of(settings)}"
    return f"\nWebhooks go to {', '.join(map(shown, settings.webhooks))}; {secret} signs them."


def welcome(settings: Settings, url: str) -> None:
    """Prints the server's address and a request to try; to stderr, so that stdout stays free for data."""
    closed = load(settings.dialect).mock.listed_models
    models = "the models of its dialect" if closed else "any model (but `no-such-model`)"
    keys = (
        f"It accepts any API key (but `wrong-key`), and {models}."
        if not settings.api_keys
        else f"It accepts {len(settings.api_keys)} API key(s)."
    )
    wrong = f" It has bugs: {', '.join(settings.mutants)}." if settings.mutants else ""
    legal = f" It differs legally: {', '.join(settings.variations)}." if settings.variations else ""
    faults = f" It has faults: {', '.join(settings.faults)}." if settings.faults else ""
    waits = (
        " The pace and the delays of its scripts take no time without --clock real."
        if settings.clock == "virtual" and has_times(settings.scripts)
        else ""
    )
    signature = _signature_line(settings)
    key = "any" if not settings.api_keys else "$KEY"
    text = WELCOME.format(
        dialect=settings.dialect,
        url=url,
        details=f"{keys}{wrong}{legal}{faults}{waits}{signature}\n",
        key=key,
        body=_sample_request(settings),
    )
    click.echo(text, err=True)
    sys.stderr.flush()
