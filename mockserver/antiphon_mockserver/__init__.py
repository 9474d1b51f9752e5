"""A deterministic mock server of every Responses-compatible API, for tests.

    with MockServer(dialect="openai") as server:
        client = OpenAI(base_url=server.url, api_key="any")

The pytest fixtures `responses_mock` and `responses_mock_server` yield such a server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from antiphon_mockserver.mock import MockServer, ResponsesMock
    from antiphon_mockserver.script import ScriptError
    from antiphon_mockserver.server.journal import Journal, JournalEntry
    from antiphon_mockserver.settings import Settings, SettingsOptions

__all__ = [
    "Journal",
    "JournalEntry",
    "MockServer",
    "ResponsesMock",
    "ScriptError",
    "Settings",
    "SettingsOptions",
]

_HOMES = {
    "Journal": "server.journal",
    "JournalEntry": "server.journal",
    "MockServer": "mock",
    "ResponsesMock": "mock",
    "ScriptError": "script",
    "Settings": "settings",
    "SettingsOptions": "settings",
}


def __getattr__(name: str) -> Any:
    """Imports a public name on first use, because every pytest run imports this package for its fixtures."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
