"""A mock server for tests, in a thread of the test's own process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from antiphon_mockserver.journal import Journal
from antiphon_mockserver.server import BackgroundServer
from antiphon_mockserver.settings import Settings, Source

ENTRIES = 1000
"""How many exchanges the journal keeps."""


class ResponsesMock:
    """A running mock server: its URL, what it is to say, and what it was asked.

    The settings are those of `Settings`; lists will do where it has tuples.
    """

    def __init__(self, **settings: Any) -> None:
        plain: dict[str, Any] = {"journal": ENTRIES, **settings}
        lists = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        self.settings = Settings(**(plain | lists))
        self._server = BackgroundServer(self.settings)
        self._sources: list[Source] = list(self.settings.scripts)
        self._answers: list[Mapping[str, Any]] = []
        self.url = self._server.url
        """The base URL that a client is given: it ends where `/responses` begins."""

    @property
    def journal(self) -> Journal:
        """What was asked and answered, newest last."""
        return self._server.app.sender.journal

    def script(self, *answers: Mapping[str, Any] | Path, strict: bool = False) -> None:
        """Adds entries of a script, or script files; the first entry that matches a request answers it.

        With `strict`, a request that no entry matches gets an error that says why.
        Raises ScriptError when an entry is malformed.
        """
        self._sources += [answer for answer in answers if isinstance(answer, Path)]
        self._answers += [answer for answer in answers if isinstance(answer, Mapping)]
        own = [{"name": "script", "strict": strict, "answers": self._answers}] if self._answers else []
        self._server.app.play([*own, *self._sources])

    def reset(self) -> None:
        """Forgets the journal and what `script` added."""
        self._answers.clear()
        self._sources = list(self.settings.scripts)
        self._server.app.play(self._sources)
        self.journal.clear()

    def start(self) -> None:
        """Starts, and returns when requests are answered."""
        self._server.start()

    def stop(self) -> None:
        """Stops; open streams get the rest of their events."""
        self._server.stop()

    def __enter__(self) -> ResponsesMock:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
