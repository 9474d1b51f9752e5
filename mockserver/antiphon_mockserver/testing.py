"""The pytest fixture `responses_mock`: a mock server for each test.

    def test_my_agent_survives_an_overload(responses_mock):
        responses_mock.script({"when": {"input": "weather"}, "text": "It is mild."})
        agent = Agent(base_url=responses_mock.url, api_key="any")
        assert agent.ask("How is the weather?") == "It is mild."
        assert responses_mock.journal[-1].body["model"] == "gpt-5"

    @pytest.mark.responses_mock(dialect="openresponses", faults=["status=503,first=1"])
    def test_my_agent_tries_again(responses_mock): ...

The marker has the settings of `antiphon serve`: dialect, seed, api_keys, models, clock, mutants, faults...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from antiphon_mockserver.mock import ResponsesMock

MARKER = (
    "responses_mock(**settings): settings of the fixture responses_mock (dialect, seed, faults, mutants, ...)"
)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def responses_mock(request: pytest.FixtureRequest) -> Iterator[ResponsesMock]:
    """A mock server on a free port of this machine; it stops when the test ends."""
    # Every pytest run imports this file once the package is installed; few need a server.
    from antiphon_mockserver.mock import ResponsesMock  # noqa: PLC0415

    marker = request.node.get_closest_marker("responses_mock")
    settings = marker.kwargs if marker is not None else {}
    with ResponsesMock(**settings) as mock:
        yield mock
