"""`check`, the function of the public API that judges a server or an application."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from antiphon_conformance.http.asgi import URL, AsgiApp, AsgiTransport
from antiphon_conformance.http.sse import MOST_EVENTS
from antiphon_conformance.options.parameters import read_base_path, read_parameters
from antiphon_conformance.run import CONCURRENCY, run
from antiphon_conformance.verdict.result import RunResult
from antiphon_spec.profile import DEFAULT


def check(
    target: str | AsgiApp,
    dialect: str | Iterable[str] = "openresponses",
    *,
    model: str | None = None,
    api_key: str | None = None,
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
) -> RunResult:
    """Judges the server at an address, or an ASGI application in this process, by one dialect or several.

        assert check(app, dialect="openai", properties=False).conformant

    `auth` says where the key goes: `bearer`, `header:NAME`, `query:NAME` or `none`; `headers` go with every
    request. An application serves the API at `base_path`. `features` claims an optional feature, or denies it
    (`no-background`). `resources` names what the target holds (`{"prompt": "pmpt_1"}`). `webhook_port` of
    this machine receives its webhooks, which `webhook_secret` signs. `baseline` is a file of known failures,
    `requirements` are frozen sets. `profile` is `compatible`, `strict`, `identical`, or a file. After
    `timeout` seconds without a byte a request is given up; `exchange_timeout` and `deadline` limit an
    exchange and the run. Of one stream `max_events` are read; all answers take about `max_memory` MiB. The
    command `restart` starts a target that stopped answering, which has `recovery` seconds to come back.
    `properties=False` generates no requests. `rules` and `scenarios` are judged and held alone, `without`
    leaves some out. A coroutine cannot call this.

    Raises TypeError for an argument of a wrong type, OptionError (a ValueError) for one that cannot be
    followed, and BaselineError for a malformed baseline; all before the first request.
    """
    return _check(dict(locals()))  # each argument by its name


def _check(arguments: dict[str, Any]) -> RunResult:
    target, path = arguments["target"], read_base_path(arguments["base_path"])
    if not isinstance(target, str) and not callable(target):
        raise TypeError(f"target: expected a base URL or an ASGI application, got {target!r}")
    if not isinstance(target, str):
        arguments["target"] = URL.removesuffix("/v1") + path
    setup = read_parameters(arguments)
    transport = None if isinstance(target, str) else AsgiTransport(target, setup.config.url)
    return run(setup.config, setup.gate, transport=transport)
