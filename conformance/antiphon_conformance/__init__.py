"""The judge: talks to a URL, or reads a recording, and says what conforms.

    from antiphon_conformance import check

    def test_my_server(my_app):
        result = check(my_app, dialect="openresponses", properties=False)
        assert result.conformant, str(result)

The names in `__all__` are the public API. They are imported on first use, so that importing the package, or
its pytest plugin, costs nothing. `check` needs the extra: pip install 'antiphon[check]'.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from antiphon_conformance.api import check, check_models
    from antiphon_conformance.http.asgi import AsgiTransport
    from antiphon_conformance.recordings.lint import lint
    from antiphon_conformance.rules.rule import Finding, Rule, rule
    from antiphon_conformance.run import RunConfig
    from antiphon_conformance.scenarios.scenario import Scenario, scenario
    from antiphon_conformance.verdict.outcome import Outcome, Record
    from antiphon_conformance.verdict.result import RunResult

__all__ = [
    "AsgiTransport",
    "Finding",
    "Outcome",
    "Record",
    "Rule",
    "RunConfig",
    "RunResult",
    "Scenario",
    "check",
    "check_models",
    "lint",
    "rule",
    "scenario",
]

_HOMES = {
    "AsgiTransport": "http.asgi",
    "Finding": "rules.rule",
    "Outcome": "verdict.outcome",
    "Record": "verdict.outcome",
    "Rule": "rules.rule",
    "RunConfig": "run",
    "RunResult": "verdict.result",
    "Scenario": "scenarios.scenario",
    "check": "api",
    "check_models": "api",
    "lint": "recordings.lint",
    "rule": "rules.rule",
    "scenario": "scenarios.scenario",
}
"""The module of each public name."""
_JUDGING = {"RunConfig", "check", "check_models"}
"""The names that need the extra `check`."""


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _JUDGING:
        extras = import_module("antiphon_spec.extras")  # late, so that importing the package imports nothing
        extras.require("check", f"{__name__}.{name}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
