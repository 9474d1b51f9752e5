"""What a scenario speaks through: sends requests, keeps their exchanges by name, and knows when to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from antiphon_conformance.exchange import Episode, Exchange, Headers, Request, StepMissing
from antiphon_conformance.library import Library, library_of
from antiphon_conformance.plain import NothingGiven, needs, plain
from antiphon_conformance.prompt_probe import PROBE
from antiphon_conformance.subject import TERMINAL
from antiphon_conformance.target import Target
from antiphon_conformance.text import safe, show
from antiphon_spec.dialect import Dialect

MISSING_ROUTE = frozenset({404, 405, 501})
REFUSED_CREDENTIALS = frozenset({401, 403})
WORKING = ("queued", "in_progress")
"""The statuses that another one will follow."""
MOST_POLLS = 40
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 2.0
MOST_RETRIES = 2
LONGEST_WAIT = 30.0
NO_CREDIT = "insufficient_quota"


class Stop(Exception):  # noqa: N818 - it is no error of ours
    """The scenario cannot go on."""


class Unsupported(Exception):  # noqa: N818 - it is no error of ours
    """The target does not offer the optional feature that the scenario is about."""


class Talk:
    """One scenario's side of the conversation."""

    def __init__(
        self,
        scenario: str,
        target: Target,
        dialect: Dialect,
        model: str,
        features: Collection[str] = (),
        claimed: Collection[str] = (),
        absent: Collection[str] = (),
        given: Mapping[str, str] | None = None,
    ) -> None:
        self.scenario = scenario
        self.dialect = dialect
        self.model = model
        self.exchanges: dict[str, Exchange] = {}
        self.available_features: set[str] = set(claimed)
        """Features that are claimed: they were declared, or the target has answered for them."""
        self.stop_reason: str | None = None
        self.missing_feature: str | None = None
        self.blame = "target"
        self.given: Mapping[str, str] = given or {}
        """What the target holds, as whoever runs the suite says: the id of a `collection`, of a `prompt`."""
        self.earlier: Mapping[str, Episode] = {}
        """What the scenarios found that ran before all others, by name."""
        self._target = target
        self._absent = absent
        self._optional = [name for name in features if dialect.features[name].optional]

    @cached_property
    def library(self) -> Library:
        """The target's library, as far as it was looked at before."""
        return library_of(self.earlier, self.given)

    @property
    def values(self) -> Mapping[str, str]:
        """What names in braces stand for in this dialect's plain requests."""
        return {"model": self.model, **self.library.values}

    def plain(self, operation: str) -> dict[str, Any]:
        """A request of an operation that any server can answer. Raises NothingGiven, which ends the
        scenario, when nothing is known to ask about."""
        return plain(self.dialect, operation, self.values)

    def known(self, **members: Any) -> dict[str, Any]:
        """Those of these members of a create that responses of this dialect echo, and so know."""
        return {name: value for name, value in members.items() if name in self.dialect.traits.response}

    @property
    def episode(self) -> Episode:
        """What has been said so far."""
        return Episode(
            self.scenario, dict(self.exchanges), self.stop_reason, self.missing_feature, self.blame
        )

    async def create(
        self,
        name: str,
        /,
        *,
        may_fail: bool = False,
        read_events: int | None = None,
        headers: Mapping[str, str | None] | None = None,
        **body: Any,
    ) -> Exchange:
        """Creates a response; the keywords are the body, `model` and what else is needed are filled in.

        Unless it `may_fail`, an answer that is not 2xx ends the scenario; a 429 is waited out first, and kept
        as step `NAME-limited-1`.
        """
        asked = {**self._needed(), **body}

        async def attempt(step: str) -> Exchange:
            return await self.send(
                step, "POST", "/responses", body=asked, headers=headers, read_events=read_events
            )

        found = await attempt(name)
        for turn in range(1, MOST_RETRIES + 1):
            pause = None if may_fail else _pause(found)
            if pause is None:
                break
            self._rename(name, f"{name}-limited-{turn}")
            await asyncio.sleep(pause)
            found = await attempt(name)
        if not found.ok and not may_fail:
            self._refused(name, found)
        if found.ok and not may_fail:
            self.available_features.update(self._unrouted())
        return found

    async def templated(
        self, name: str, version: Any, variables: Mapping[str, Any] | None = None, /, **body: Any
    ) -> Exchange:
        """A create that names the prompt template that the target holds, in a version or in none; no model is
        named unless it is given. Ends the scenario when there is no such template, and nobody named one; the
        step is kept as `NAME-unknown` then."""
        prompt: dict[str, Any] = {"id": self.given.get("prompt", PROBE)}
        prompt |= {"version": version} if version is not None else {}
        prompt |= {"variables": dict(variables)} if variables is not None else {}
        first = not self.exchanges
        found = await self.send(name, "POST", "/responses", body={"prompt": prompt, **body})
        if first and found.answer.status == 404 and "prompt" not in self.given:
            self._rename(name, f"{name}-unknown")
            raise NothingGiven("prompt", self.dialect)
        return found

    async def get(self, name: str, path: str, /, **how: Any) -> Exchange:
        """A GET; see `send` for the keywords."""
        return await self.send(name, "GET", path, **how)

    async def delete(self, name: str, path: str, /, **how: Any) -> Exchange:
        """A DELETE; see `send` for the keywords."""
        return await self.send(name, "DELETE", path, **how)

    async def post(
        self,
        name: str,
        path: str,
        /,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        read_events: int | None = None,
        body: Any = None,
        **fields: Any,
    ) -> Exchange:
        """A POST; the body is `body`, or the keywords, or the bytes of `raw`."""
        sent = {**(body or {}), **fields} if fields else body
        return await self.send(
            name, "POST", path, body=sent, raw=raw, headers=headers, read_events=read_events
        )

    async def send(
        self,
        name: str,
        method: str,
        path: str,
        /,
        *,
        body: Any = None,
        raw: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        read_events: int | None = None,
    ) -> Exchange:
        """Any request. A header given as None is not sent, not even where every client sends it."""
        if name in self.exchanges:
            raise ValueError(f"scenario {self.scenario} has two steps called {name}")
        pairs = tuple((key.lower(), value or "") for key, value in (headers or {}).items())
        request = Request(method, path, Headers(pairs), body, raw)
        found = await self._target.send(request, f"{self.scenario}/{name}", read_events=read_events)
        self.exchanges[name] = found
        if found.reply is None:
            raise Stop(f"{name}: {found.failure}")
        self._probe(name, found, plain=not pairs)
        return found

    async def poll(
        self,
        name: str,
        identity: str | Exchange,
        /,
        *,
        until: Collection[str] | Callable[[Exchange], bool] = TERMINAL,
    ) -> Exchange:
        """Reads a response again and again, as steps `name`, `name-2`..., until its status is one of
        `until`."""
        path = f"/responses/{identity if isinstance(identity, str) else self.id_of(identity)}"
        pause = FIRST_PAUSE
        for turn in range(1, MOST_POLLS + 1):
            found = await self.get(name if turn == 1 else f"{name}-{turn}", path)
            reached = until(found) if callable(until) else found.answer.fields.get("status") in until
            if reached:
                return found
            if not found.ok:
                raise Stop(f"{name}: answered {found.answer.status}")
            if not callable(until) and found.answer.fields.get("status") not in WORKING:
                raise Stop(f"{name}: status is {show(found.answer.fields.get('status'))}, which stays")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        raise Stop(f"{name}: status is {show(found.answer.fields.get('status'))} after {MOST_POLLS} polls")

    async def part(self, feature: str, steps: Callable[[Talk], Awaitable[None]]) -> bool:
        """Takes some steps that need one more optional feature, where the dialect knows it; says whether they
        were taken. A target without it ends them alone, not the scenario, which may have one such part."""
        if feature not in self.dialect.features:
            return False
        if feature in self._absent:
            self.missing_feature = feature
            return False
        self._optional.append(feature)
        try:
            await steps(self)
        except Unsupported as end:
            self.stop_reason = safe(str(end))
            return False
        return True

    def expect_refusal(self, name: str, feature: str) -> None:
        """Ends the scenario as unsupported when step `name` was answered with success, where only a target
        that lacks the optional `feature` does so."""
        if self.exchanges[name].ok and feature not in self.available_features:
            self.missing_feature = feature
            raise Unsupported(f"{name}: answered {self.exchanges[name].answer.status}")

    def _rename(self, name: str, kept: str) -> None:
        """Keeps a step under another name: it is not what the rules about it look for."""
        self.exchanges[kept] = replace(self.exchanges.pop(name), id=f"{self.scenario}/{kept}")

    def _needed(self) -> Mapping[str, Any]:
        """What goes into every create of this dialect, whatever it asks."""
        return needs(self.dialect, self.dialect.create_operation, self.values)

    def id_of(self, exchange: Exchange) -> str:
        """The id of the response that an exchange carries; ends the scenario when there is none."""
        try:
            identity = exchange.response.get("id")
        except StepMissing as missing:
            raise Stop(str(missing)) from missing
        if not isinstance(identity, str) or not identity:
            raise Stop(f"{exchange.id}: the id of the response is {show(identity)}")
        return identity

    def _refused(self, name: str, found: Exchange) -> None:
        status = found.answer.status
        told = _told(found)
        if status in REFUSED_CREDENTIALS:
            self._target.stop_for_credentials(f"the target refused our credentials: {told}")
        lacking = [feature for feature in self._unrouted() if feature not in self.available_features]
        if lacking and (400 <= status < 500 or status == 501) and status not in {401, 403, 408, 429}:
            self.missing_feature = lacking[0]
            raise Unsupported(f"{name}: {told}")
        raise Stop(f"{name}: {told}")

    def _unrouted(self) -> list[str]:
        """The optional features of this scenario that are a matter of the create request alone."""
        return [name for name in self._optional if self.dialect.features[name].operation is None]

    def _probe(self, name: str, found: Exchange, *, plain: bool) -> None:
        """A missing route says that the target lacks the feature, unless something else explains the 404."""
        matched = self.dialect.document.match(found.request.method, found.request.path)
        if matched is None:
            return
        operation, parameters = matched
        for feature in self._optional:
            if self.dialect.features[feature].operation != operation.id:
                continue
            if found.ok:
                self.available_features.add(feature)
            elif plain and feature not in self.available_features and self._no_route(found, parameters):
                self.missing_feature = feature
                raise Unsupported(f"{name}: {_told(found)}")

    def _no_route(self, found: Exchange, parameters: Mapping[str, str]) -> bool:
        status = found.answer.status
        if status not in MISSING_ROUTE:
            return False
        return status != 404 or all(self._stored(identity) for identity in parameters.values())

    def _stored(self, identity: str) -> bool:
        """Whether the target has given this id to a response that it should still have."""
        others = [found for found in self.exchanges.values() if found.ok]
        gone = any(found.request.method == "DELETE" and identity in found.request.path for found in others)
        return not gone and any(_keeps(found, identity) for found in others)


def _keeps(found: Exchange, identity: str) -> bool:
    try:
        response = found.response
    except StepMissing:
        return False
    return response.get("id") == identity and found.request.fields.get("store") is not False


def _pause(found: Exchange) -> float | None:
    """How long to wait before asking again, when the answer speaks of our pace and not of our request."""
    error = found.answer.fields.get("error")
    if found.answer.status != 429 or (isinstance(error, dict) and error.get("code") == NO_CREDIT):
        return None
    told = found.answer.headers.get("retry-after") or ""
    return min(float(told), LONGEST_WAIT) if told.isascii() and told.isdigit() else LONGEST_PAUSE


def _told(found: Exchange) -> str:
    error = found.answer.fields.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    told = f"answered {found.answer.status}"
    return f"{told}: {safe(message, 160)}" if isinstance(message, str) else told
