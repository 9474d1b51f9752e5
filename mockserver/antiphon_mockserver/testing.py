"""Pytest fixtures: `responses_mock` is a mock server for each test, `responses_mock_server` one for all.

    def test_my_agent_survives_an_overload(responses_mock):
        responses_mock.script({"when": {"input": "weather"}, "text": "It is mild."})
        agent = Agent(base_url=responses_mock.url, api_key="any")
        assert agent.ask("How is the weather?") == "It is mild."
        assert responses_mock.journal[-1].body["model"] == "gpt-5"

    @pytest.mark.responses_mock(dialect="openresponses", faults=["status=503,first=1"])
    def test_my_agent_tries_again(responses_mock): ...

The marker has the settings of `antiphon serve`: dialect, seed, api_keys, models, clock, mutants, faults...
Those of a class or module hold for each of its tests; a test's own marker changes them.
A fixture `responses_mock_settings` of one's own, which returns a dictionary, has those of every test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from antiphon_mockserver.mock import ResponsesMock
    from antiphon_mockserver.settings import SettingsOptions

MARKER = (
    "responses_mock(**settings): settings of the fixture responses_mock (dialect, seed, faults, mutants, ...)"
)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fails a test whose own marker has no effect, because the test does not use the fixture."""
    own = any(mark.name == "responses_mock" for mark in item.own_markers)
    if own and "responses_mock" not in getattr(item, "fixturenames", ()):
        session = ": one server for all tests has those of the fixture responses_mock_settings"
        why = session if "responses_mock_server" in getattr(item, "fixturenames", ()) else ""
        pytest.fail(
            f"the marker responses_mock has no effect without the fixture responses_mock{why}", pytrace=False
        )


@pytest.fixture(scope="session")
def responses_mock_settings() -> SettingsOptions:
    """The settings of both fixtures; a `conftest.py` may have its own."""
    return {}


@pytest.fixture
def responses_mock(
    request: pytest.FixtureRequest, responses_mock_settings: SettingsOptions
) -> Iterator[ResponsesMock]:
    """A mock server on a free port of this machine; it stops when the test ends."""
    # Every pytest run imports this file once the package is installed; few need a server.
    from antiphon_mockserver.mock import ResponsesMock  # noqa: PLC0415

    settings: SettingsOptions = {**responses_mock_settings}
    for marker in reversed(list(request.node.iter_markers("responses_mock"))):  # the outermost first
        if marker.args:
            raise TypeError(
                f"marker responses_mock: expected keyword arguments alone, got {marker.args[0]!r}"
            )
        settings = {**settings, **marker.kwargs}
    with ResponsesMock(**settings) as mock:
        yield mock


@pytest.fixture(scope="session")
def responses_mock_server(responses_mock_settings: SettingsOptions) -> Iterator[ResponsesMock]:
    """One mock server for all tests of the session; `reset()` clears its script and journal."""
    # See responses_mock.
    from antiphon_mockserver.mock import ResponsesMock  # noqa: PLC0415

    with ResponsesMock(**responses_mock_settings) as mock:
        yield mock
