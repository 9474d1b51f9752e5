"""The pytest plugin: hooks and options. What they start is imported only when a target is given."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

SUITE = "antiphon_conformance.suite"
EXPLANATION = f"""the conformance suite needs a target:

    pytest --pyargs {SUITE} --responses-target URL --responses-dialect openai

URL is the base URL that a client would be given: it ends where /responses begins.
Start `antiphon serve` for one to try; `antiphon check URL` is a friendlier way to the same verdicts."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("responses", "conformance of Responses APIs (antiphon)")
    add = group.addoption
    add("--responses-target", metavar="URL", help="base URL of the server to judge")
    add("--responses-dialect", default="openresponses", metavar="D[,D2]", help="dialects to judge it by")
    add("--responses-dialect-path", metavar="DIR", help="a folder of further dialects")
    add("--responses-model", metavar="M", help="the model that every request asks for")
    add("--responses-api-key-env", metavar="VAR", help="variable with the key; default: the dialect's own")
    add("--responses-given", action="append", default=[], metavar="NAME=VALUE", help="what the target holds")
    add("--responses-feature", action="append", default=[], metavar="F", help="declare F, or no-F")
    add("--responses-baseline", metavar="FILE", help="known failures, with reasons")
    add(
        "--responses-baseline-update", action="store_true", help="write the baseline; refused on partial runs"
    )
    add("--responses-requirements", action="append", default=[], metavar="D@RELEASE", help="a frozen set")
    add("--responses-repeat", type=int, default=1, metavar="N", help="run N times: what changes is unclear")
    add("--responses-strict", action="store_true", help="a broken SHOULD fails, too")
    add("--responses-report", metavar="DIR", help="write report.html and its kin there")
    add("--responses-vendor", default="", metavar="NAME", help="whose server it is, for the report")
    add("--responses-note", default="", metavar="TEXT", help="how it was started, for the report")
    add("--responses-concurrency", type=int, default=2, metavar="N", help="conversations at a time")
    add("--responses-max-requests", type=int, metavar="N", help="send no more requests than this")
    add("--responses-max-tokens", type=int, metavar="N", help="stop when the answers counted so many tokens")
    add("--responses-timeout", type=float, default=60.0, metavar="S", help="seconds for one request")
    add("--responses-seed", type=int, default=0, metavar="N", help="of the generated requests")
    add("--responses-no-properties", action="store_true", help="generate no requests")


def pytest_configure(config: pytest.Config) -> None:
    """Wrong usage is told before anything is collected or sent."""
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
    ours = any(_is_ours(item) for item in session.items)
    wanted = session.config.getoption("responses_target") and not session.config.option.collectonly
    if ours and wanted and not hasattr(session.config, "workerinput"):
        _session().examined(session.config)


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
    """Imported on use: every pytest run of our users loads this plugin, and few of them judge a target."""
    return import_module(f"{SUITE}.session")
