"""The pytest plugin: hooks and options. The suite is imported only when the options name a target."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from antiphon_spec.extras import MissingExtraError, require

SUITE = "antiphon_conformance.suite"
EXPLANATION = f"""the conformance suite needs a target:

    pytest --pyargs {SUITE} --responses-target URL --responses-dialect openai

URL is the base URL that a client uses: it ends where /responses begins.
`antiphon serve` starts a server to try; `antiphon check URL` gives the same verdicts in a friendlier way."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("responses", "conformance of Responses APIs (antiphon)")
    add = group.addoption
    add("--responses-target", metavar="URL", help="base URL of the server to judge")
    add(
        "--responses-dialect",
        default="openresponses",
        metavar="D[,D2]",
        help="dialects to judge the server by",
    )
    add("--responses-dialect-path", metavar="DIR", help="a folder of further dialects")
    add("--responses-model", metavar="M", help="the model in every request")
    add("--responses-api-key-env", metavar="VAR", help="variable with the key; default: the dialect's own")
    add("--responses-given", action="append", default=[], metavar="NAME=VALUE", help="what the target holds")
    add("--responses-feature", action="append", default=[], metavar="F", help="declare F, or no-F")
    add("--responses-baseline", metavar="FILE", help="known failures, with reasons")
    add("--responses-baseline-update", action="store_true", help="write the baseline; needs a complete run")
    add("--responses-requirements", action="append", default=[], metavar="D@RELEASE", help="a frozen set")
    add(
        "--responses-repeat",
        type=int,
        default=1,
        metavar="N",
        help="run N times; a verdict that changes is inconclusive",
    )
    add("--responses-strict", action="store_true", help="a breach of a SHOULD fails, too")
    add("--responses-report", metavar="DIR", help="write report.html and the other reports there")
    add("--responses-vendor", default="", metavar="NAME", help="the vendor of the server, for the report")
    add("--responses-note", default="", metavar="TEXT", help="how the server was started, for the report")
    add("--responses-concurrency", type=int, default=2, metavar="N", help="conversations at a time")
    add("--responses-max-requests", type=int, metavar="N", help="send no more requests than this")
    add("--responses-max-tokens", type=int, metavar="N", help="stop when the answers report this many tokens")
    add("--responses-timeout", type=float, default=60.0, metavar="S", help="seconds for one request")
    add("--responses-seed", type=int, default=0, metavar="N", help="seed of the generated requests")
    add("--responses-no-properties", action="store_true", help="generate no requests")


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
        _session().runs(session.config)


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
