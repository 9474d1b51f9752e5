"""A mock server for tests, in a thread of the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self, Unpack

from antiphon_mockserver.behaviour.webhooks import check_address
from antiphon_mockserver.server.journal import Journal
from antiphon_mockserver.server.runner import BackgroundServer
from antiphon_mockserver.server.webhooks import Receiver, WebhookLog, Webhooks
from antiphon_mockserver.settings import SettingError, Settings, SettingsOptions, Source, with_options

JOURNAL_LENGTH = 1000
"""How many exchanges the journal of a test keeps."""
Receive = Callable[[Mapping[str, str], bytes], int]
"""(headers of a webhook, its body) -> the status of the answer."""
IN_PROCESS = "http://localhost/"
"""The address of a receiver that is a function."""


class MockServer:
    """A mock server in a thread: its URL, its script and its journal.

    Use it in a `with` or `async with` statement, or call `start` and `stop`. The keyword arguments are the
    fields of `Settings`; an object of `Settings` may come first.
    Raises TypeError for an unknown setting, and ValueError for an invalid value.
    """

    def __init__(self, settings: Settings | None = None, /, **options: Unpack[SettingsOptions]) -> None:
        self.settings = with_options(settings or Settings(journal=JOURNAL_LENGTH), **options)
        self._server = BackgroundServer(self.settings)
        self._sources: list[Source] = list(self.settings.scripts)
        self._answers: list[Mapping[str, Any]] = []

    @property
    def url(self) -> str:
        """The base URL for clients: it ends where `/responses` begins."""
        return self._server.url

    @property
    def journal(self) -> Journal:
        """The latest exchanges, newest last."""
        return self._server.app.sender.journal

    @property
    def webhooks(self) -> WebhookLog:
        """The latest webhooks, newest last; `webhooks.wait()` waits for the next one."""
        return self._webhooks.log

    @property
    def webhook_secret(self) -> str:
        """What signs the webhooks, as `OPENAI_WEBHOOK_SECRET` has it."""
        return self._webhooks.secret

    def send_webhooks_to(self, receiver: str | Receive) -> None:
        """Tells one more receiver how responses in the background end: a URL, or a function in its place.

        A function gets the headers and the body and returns a status; a thread calls it.
        Raises SettingError for a URL of another machine that `allowed_hosts` does not name.
        """
        if isinstance(receiver, str):
            check_address(receiver, self.settings.allowed_hosts)
            self._webhooks.receivers.append(Receiver(receiver))
        else:
            self._webhooks.receivers.append(Receiver(IN_PROCESS, partial(_call, receiver)))

    @property
    def _webhooks(self) -> Webhooks:
        webhooks = self._server.app.webhooks
        if webhooks is None:
            raise SettingError("webhooks", "a dialect with webhooks (openai)", self.settings.dialect)
        return webhooks

    def script(self, *answers: Mapping[str, Any] | Path, strict: bool = False) -> None:
        """Adds entries of a script, or script files; the first entry that matches a request answers it.

        With `strict`, a request that matches no entry gets an error that says why.
        Raises ScriptError when an entry is malformed, and TypeError when one is no mapping and no Path.
        """
        for answer in answers:
            if not isinstance(answer, Mapping | Path):
                hint = f"; did you mean Path({answer!r})?" if isinstance(answer, str) else ""
                hint = "; did you mean script(*answers)?" if isinstance(answer, list) else hint
                raise TypeError(
                    f"script: expected a mapping, or the Path of a script file, got {answer!r}{hint}"
                )
        self._sources += [answer for answer in answers if isinstance(answer, Path)]
        self._answers += [answer for answer in answers if isinstance(answer, Mapping)]
        inline = [{"name": "script", "strict": strict, "answers": self._answers}] if self._answers else []
        self._server.app.play([*inline, *self._sources])

    def reset(self) -> None:
        """Clears the journal and the webhooks, and removes the entries that `script` added."""
        self._answers.clear()
        self._sources = list(self.settings.scripts)
        self._server.app.play(self._sources)
        self.journal.clear()
        if self._server.app.webhooks is not None:
            self.webhooks.clear()

    def start(self) -> None:
        """Starts the server, and returns when it answers requests. A server starts once."""
        self._server.start()

    def stop(self) -> None:
        """Stops the server; open streams get the rest of their events."""
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.stop)


async def _call(receive: Receive, _url: str, headers: Mapping[str, str], body: bytes) -> int:
    return await asyncio.to_thread(receive, dict(headers), body)


class ResponsesMock(MockServer):
    """The mock server of the fixtures `responses_mock` and `responses_mock_server`."""
