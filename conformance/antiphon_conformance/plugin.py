"""The pytest plugin: hooks and options. The suite is imported only when the options name a target."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from antiphon_conformance.options.table import PREFIX, PYTEST, Kind, Option, options_of
from antiphon_spec.extras import MissingExtraError, require

SUITE = "antiphon_conformance.suite"
EXPLANATION = f"""the conformance suite needs a target:

    pytest --pyargs {SUITE} --responses-target URL --responses-dialect openai

URL is the base URL that a client uses: it ends where /responses begins.
`antiphon serve` starts a server to try; `antiphon check URL` gives the same verdicts in a friendlier way."""
TYPES = {Kind.INTEGER: int, Kind.COUNT: int, Kind.SECONDS: float}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("responses", "conformance of Responses APIs (antiphon)")
    for option in options_of(PYTEST):
        group.addoption(f"{PREFIX[PYTEST]}{option.name}", **_attributes(option))


def _attributes(option: Option) -> dict[str, Any]:
    """The option as `addoption` takes it."""
    default = "" if option.default in (None, "") else f" [default: {option.default}]"
    attributes: dict[str, Any] = {"help": option.help + default}
    if option.kind is Kind.FLAG:
        return attributes | {"action": "store_true"}
    attributes |= {"metavar": option.metavar, "type": TYPES.get(option.kind, str)}
    if option.repeatable:
        return attributes | {"action": "append", "default": []}
    return attributes | {"default": option.default}


def pytest_configure(config: pytest.Config) -> None:
    """Wrong usage is reported before anything is collected or sent."""
    if config.getoption("responses_target"):
        _session().check(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Under xdist the controller alone talks to the target, once, before the first worker starts."""
    if node.config.getoption("responses_target"):
        node.workerinput["responses_transcripts"] = _session().transcripts(node.config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if any(_is_ours(item) for item in items) and not config.getoption("responses_target"):
        raise pytest.UsageError(EXPLANATION)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Without xdist the scenarios run here: after the collection, before the first test."""
    has_suite = any(_is_ours(item) for item in session.items)
    runs_here = session.config.getoption("responses_target") and not session.config.option.collectonly
    if has_suite and runs_here and not hasattr(session.config, "workerinput"):
        _session().results(session.config)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("responses_target"):
        _session().summarise(terminalreporter, config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if config.getoption("responses_target", None):
        _session().clean_up(config)


def _is_ours(item: pytest.Item) -> bool:
    module = getattr(item, "module", None)
    return module is not None and getattr(module, "ANTIPHON_SUITE", False) is True


def _session() -> ModuleType:
    """The session module. It is imported on use: every pytest run loads this plugin, and few judge a
    target."""
    try:
        require("check", "the conformance suite")
    except MissingExtraError as missing:
        raise pytest.UsageError(str(missing)) from missing
    return import_module(f"{SUITE}.session")
