"""`check`, the function of the public API that judges a server or an application."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from antiphon_conformance.http.address import base_url
from antiphon_conformance.http.asgi import URL, AsgiApp, AsgiTransport
from antiphon_conformance.requests.resources import reject_unknown
from antiphon_conformance.run import CONCURRENCY, RunConfig, run
from antiphon_conformance.verdict import baseline as baselines
from antiphon_conformance.verdict.gate import Gate
from antiphon_conformance.verdict.result import RunResult
from antiphon_spec import dialect as dialects
from antiphon_spec.frozen import load_frozen
from antiphon_spec.profile import DEFAULT, load_profile


def check(
    target: str | AsgiApp,
    dialect: str | Iterable[str] = "openresponses",
    *,
    model: str | None = None,
    api_key: str | None = None,
    base_path: str = "/v1",
    features: Iterable[str] = (),
    resources: Mapping[str, str] | None = None,
    baseline: str | Path | None = None,
    requirements: Iterable[str] = (),
    profile: str = DEFAULT,
    concurrency: int = CONCURRENCY,
    max_requests: int | None = None,
    max_tokens: int | None = None,
    timeout: float = 60.0,
    seed: int = 0,
    properties: bool = True,
    repeat: int = 1,
) -> RunResult:
    """Judges the server at a base URL, or an ASGI application in this process, by one dialect or several.

        result = check(app, dialect="openai", properties=False)
        assert result.conformant, str(result)

    `base_path` is where an application serves the API; a URL has it already. `features` claims an optional
    feature, or denies it (`no-background`). `resources` names what the target holds (`{"prompt": "pmpt_1"}`).
    `baseline` is a file of known failures, `requirements` are frozen sets (`openai@2.3.0`). `profile` says
    what a breach weighs: `compatible`, `strict`, `identical`, or the path of a file of your own. `timeout` is
    the time limit of one request in seconds. `properties=False` sends no generated requests. It has an event
    loop of its own, so it cannot be called from a coroutine.

    Raises AddressError for a text that is no base URL, DataError for an unknown dialect, profile or set,
    ResourceError for an unknown resource, and BaselineError for a malformed baseline.
    """
    names = (dialect,) if isinstance(dialect, str) else tuple(dialect)
    selection = [dialects.load_concrete(name) for name in names]
    reject_unknown(resources or {}, selection)
    url = base_url(target) if isinstance(target, str) else base_url(URL).removesuffix("/v1") + base_path
    config = RunConfig(
        url=url,
        dialects=names,
        model=model,
        api_key=api_key,
        features=tuple(features),
        concurrency=concurrency,
        max_requests=max_requests,
        max_tokens=max_tokens,
        seconds=timeout,
        seed=seed,
        properties=properties,
        resources=resources or {},
        repeat=repeat,
    )
    entries = baselines.load(Path(baseline)) if baseline is not None else None
    gate = Gate(load_profile(profile), entries, tuple(map(load_frozen, requirements)))
    return run(config, gate, transport=None if isinstance(target, str) else AsgiTransport(target, url))
