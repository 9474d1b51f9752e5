"""`check` and `check_models`, the functions of the public API that judge a server or an application."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from antiphon_conformance.http.asgi import URL, AsgiApp, AsgiTransport
from antiphon_conformance.http.client import Transport
from antiphon_conformance.http.sse import MOST_EVENTS
from antiphon_conformance.options.models import setups_by_model
from antiphon_conformance.options.names import reject_unknown, with_near_names
from antiphon_conformance.options.parameters import read_base_path, read_models, read_parameters
from antiphon_conformance.options.reading import Setup
from antiphon_conformance.report import folder
from antiphon_conformance.report.model import Report, compose
from antiphon_conformance.report.models import write as write_models
from antiphon_conformance.run import CONCURRENCY, run
from antiphon_conformance.verdict.result import RunResult
from antiphon_spec.profile import DEFAULT


@with_near_names
def check(
    target: str | AsgiApp,
    dialect: str | Iterable[str] = "openresponses",
    *,
    model: str | None = None,
    api_key: str | None = None,
    other_api_key: str | None = None,
    auth: str | None = None,
    headers: Mapping[str, str] | None = None,
    ca_file: str | Path | None = None,
    insecure: bool = False,
    base_path: str = "/v1",
    rules: Iterable[str] = (),
    scenarios: Iterable[str] = (),
    features: Iterable[str] = (),
    resources: Mapping[str, str] | None = None,
    webhook_port: int | None = None,
    webhook_secret: str | None = None,
    baseline: str | Path | None = None,
    requirements: Iterable[str] = (),
    profile: str = DEFAULT,
    concurrency: int = CONCURRENCY,
    max_requests: int | None = None,
    max_tokens: int | None = None,
    max_events: int = MOST_EVENTS,
    max_body: int = 16,
    max_memory: int = 512,
    timeout: float = 60.0,
    exchange_timeout: float | None = None,
    deadline: float | None = None,
    recovery: float = 60.0,
    restart: str | None = None,
    without: Iterable[str] = (),
    seed: int = 0,
    properties: bool = True,
    repeat: int = 1,
    report: str | Path | None = None,
) -> RunResult:
    """Judges the server at an address, or an ASGI application in this process, by one dialect or several.

        assert check(app, dialect="openai", properties=False).conformant

    `auth` says where the key goes: `bearer`, `header:NAME`, `query:NAME` or `none`; `headers` go with every
    request. With `other_api_key`, the key of another account, the run tries to see what the first one
    stored. An application serves the API at `base_path`. `features` claims an optional feature, or denies it
    (`no-background`). `resources` names what the target holds (`{"prompt": "pmpt_1"}`). `webhook_port` of
    this machine receives its webhooks, which `webhook_secret` signs. `baseline` is a file of known failures,
    `requirements` are frozen sets. `profile` is `compatible`, `strict`, `identical`, or a file. After
    `timeout` seconds without a byte a request is given up; `exchange_timeout` and `deadline` limit an
    exchange and the run. Of a stream `max_events` are read, of a body `max_body` MiB are kept, of all
    answers about `max_memory` MiB. The command `restart` starts a target that stopped answering, which has
    `recovery` seconds to come back. `properties=False` generates no requests. `rules` and `scenarios` are
    judged and held alone, `without` leaves some out. The folder `report` gets what `antiphon check --report`
    writes. A coroutine cannot call this.

    Raises TypeError for an argument of a wrong type, OptionError (a ValueError) for one that cannot be
    followed, and BaselineError for a malformed baseline; all before the first request.
    """
    setup, transport = _setup(dict(locals()))  # each argument by its name
    return _run(setup, transport)[0]


def check_models(
    target: str | AsgiApp,
    models: Iterable[str],
    dialect: str | Iterable[str] = "openresponses",
    **options: Any,
) -> dict[str, RunResult]:
    """Judges a target with several models, one after the other; returns the result of each model.

        results = check_models(url, ["small-1", "large-1"], dialect="openai", report="reports")
        assert all(result.conformant for result in results.values())

    `options` are those of `check`. In the folder `report` each model has a folder of its own, and
    `report.html`, `summary.md` and `models.json` show all of them side by side.

    Raises what `check` raises, OptionError without a model, and TypeError for an option that `check` does not
    have; all before the first request.
    """
    if "model" in options:
        raise TypeError("model: expected no such option, because `models` names the models")
    reject_unknown(check, options)
    bound = inspect.signature(check).bind(target, dialect, **options)
    bound.apply_defaults()
    setup, transport = _setup(bound.arguments | {"model": read_models(models)})
    results = {name: _run(part, transport) for name, part in setups_by_model(setup).items()}
    if setup.report is not None and len(results) > 1:
        write_models(setup.report, {name: report for name, (_, report) in results.items()})
    return {name: result for name, (result, _) in results.items()}


def _setup(arguments: Mapping[str, Any]) -> tuple[Setup, Transport | None]:
    """What to run, and the transport to an application; None for a target with an address."""
    target, path = arguments["target"], read_base_path(arguments["base_path"])
    if isinstance(target, str):
        return read_parameters(arguments), None
    if not callable(target):
        raise TypeError(f"target: expected a base URL or an ASGI application, got {target!r}")
    setup = read_parameters({**arguments, "target": URL.removesuffix("/v1") + path})
    return setup, AsgiTransport(target, setup.config.url)


def _run(setup: Setup, transport: Transport | None) -> tuple[RunResult, Report]:
    """Judges one model, and writes the report where the caller wants one."""
    result = run(setup.config, setup.gate, transport=transport)
    report = compose(result, folder.TRANSCRIPT)
    if setup.report is not None:
        setup.report.mkdir(exist_ok=True)
        folder.write(setup.report, report, result.runs, setup.config.credentials.secrets)
    return result, report
