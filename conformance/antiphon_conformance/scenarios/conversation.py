"""The scenario's client: sends requests, keeps their exchanges by name, and knows when to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, NoReturn

from antiphon_conformance.http.busy import LONGEST_WAIT, MOST_RETRIES, pause_of
from antiphon_conformance.http.client import Target
from antiphon_conformance.http.delivery import Delivery
from antiphon_conformance.http.exchange import (
    BUSY,
    GAVE_UP,
    UNROUTED,
    Exchange,
    Headers,
    MissingStepError,
    Request,
    Trace,
)
from antiphon_conformance.http.text import safe, show
from antiphon_conformance.prompt_templates.template import PROBE
from antiphon_conformance.requests.minimal import MissingResourceError, minimal, needs
from antiphon_conformance.requests.signs import FORMS, WORKING, says_unsupported
from antiphon_conformance.requests.spellings import STRING, spelled
from antiphon_conformance.rules.views import TERMINAL
from antiphon_conformance.scenarios.answers import describe_error, is_in_background, rejects_storage, stores
from antiphon_conformance.scenarios.endings import ScenarioStopError, TargetRestartError, UnsupportedError
from antiphon_conformance.video_library.library import Library, library_of
from antiphon_spec.dialect import Dialect

MISSING_ROUTE = frozenset({404, 405, 501})
FORBIDDEN = 403
BAD_CREDENTIALS = frozenset({401, FORBIDDEN})
MOST_POLLS = 40
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 2.0
MOST_WAITS = 120
"""How often a request is repeated while another one of ours is in flight: a server may have one slot."""


class Conversation:
    """One scenario's side of the conversation, with the webhooks about its responses."""

    def __init__(
        self,
        scenario: str,
        target: Target,
        dialect: Dialect,
        model: str,
        features: Collection[str] = (),
        claims: Collection[str] = (),
        absent: Collection[str] = (),
        resources: Mapping[str, str] | None = None,
    ) -> None:
        self.scenario, self.dialect, self.model = scenario, dialect, model
        self.exchanges: dict[str, Exchange] = {}
        self.available_features: set[str] = set(claims)
        """Features that the target claims: the user declared them, or a request for them succeeded."""
        self.stop_reason: str | None = None
        self.stop_step: str | None = None
        self.missing_feature: str | None = None
        self.blame = "target"
        self.deliveries: tuple[Delivery, ...] = ()
        self.resources: Mapping[str, str] = resources or {}
        """What the target holds, as the user says with `--resource`: the id of a `collection` or `prompt`."""
        self.earlier: Mapping[str, Trace] = {}
        """The episodes of the scenarios that ran before all others, by name."""
        self.are_steps_independent = False
        """Whether the scenario goes on after a step without an answer."""
        self.target = target
        self.restarts = target.survival.restarts
        self._absent = absent
        self.optional = [name for name in features if dialect.features[name].optional]

    @cached_property
    def library(self) -> Library:
        """The target's library, as far as earlier scenarios listed it."""
        return library_of(self.earlier, self.resources)

    @property
    def values(self) -> Mapping[str, str]:
        """The values for names in braces in this dialect's plain requests."""
        return {"model": self.model, **self.library.values}

    def minimal(self, operation: str) -> dict[str, Any]:
        """A request of an operation that any server can answer. Raises NothingGiven, which ends the
        scenario, when the target holds nothing to ask about."""
        return minimal(self.dialect, operation, self.values)

    def known(self, **members: Any) -> dict[str, Any]:
        """The members of a create that responses of this dialect echo; the others are dropped."""
        return {name: value for name, value in members.items() if name in self.dialect.traits.response}

    @property
    def trace(self) -> Trace:
        """The exchanges so far."""
        return Trace(
            self.scenario,
            dict(self.exchanges),
            self.stop_reason,
            self.missing_feature,
            self.blame,
            self.deliveries,
            self.stop_step,
        )

    async def create(
        self,
        name: str,
        /,
        *,
        may_fail: bool = False,
        read_events: int | None = None,
        headers: Mapping[str, str | None] | None = None,
        verbatim: bool = False,
        **body: Any,
    ) -> Exchange:
        """Creates a response. The keywords are the body; `model` and other required members are added. A text
        is spelled as the target takes it, unless it goes `verbatim`. Where `store: true` is rejected, that
        step becomes `NAME-to-store`, and the request is repeated without it.

        Unless it `may_fail`, an answer that is not 2xx ends the scenario.
        """
        members = spelled({**self.required_members(), **body}, STRING if verbatim else self.target.spelling)
        how: dict[str, Any] = {"headers": headers, "read_events": read_events}
        exchange = await self.send(name, "POST", "/responses", body=members, **how)
        if rejects_storage(exchange):
            self.rename(name, f"{name}-to-store")
            del members["store"]
            exchange = await self.send(name, "POST", "/responses", body=members, **how)
        self.target.accepts_credentials |= exchange.ok
        if not exchange.ok and not may_fail:
            self._stop_on_error(name, exchange)
        if exchange.ok and not may_fail and (not body.get("background") or is_in_background(exchange)):
            self.available_features.update(self._features_without_route())
        return exchange

    def expect_background(self, name: str) -> None:
        """Ends the scenario as unsupported when the response of step `name` ended in its own create, and is
        not reported as one in the background: the target does not have this optional feature."""
        if "background" not in self.available_features and not is_in_background(self.exchanges[name]):
            self.missing_feature = "background"
            raise UnsupportedError(f"{name}: the response had ended when the create was answered")

    async def templated(
        self, name: str, version: Any, variables: Mapping[str, Any] | None = None, /, **body: Any
    ) -> Exchange:
        """A create with the target's prompt template, with or without a version; without a model unless
        `body` has one. When the target has no such template and the user named none, this ends the
        scenario, and the step is kept as `NAME-unknown`."""
        prompt: dict[str, Any] = {"id": self.resources.get("prompt", PROBE)}
        prompt |= {"version": version} if version is not None else {}
        prompt |= {"variables": dict(variables)} if variables is not None else {}
        first = not self.exchanges
        exchange = await self.send(name, "POST", "/responses", body={"prompt": prompt, **body})
        if first and exchange.answer.status == 404 and "prompt" not in self.resources:
            self.end_without_resource(name, "prompt")
        return exchange

    def end_without(self, feature: str, name: str) -> NoReturn:
        """Ends the scenario: step `name` showed that the target does not offer the feature. The step becomes
        `NAME-unsupported`."""
        error = describe_error(self.exchanges[name])
        self.rename(name, f"{name}-unsupported")
        self.missing_feature = feature
        raise UnsupportedError(f"{name}: {error}")

    def end_without_resource(self, name: str, resource: str) -> NoReturn:
        """Ends the scenario: the target lacks what the user did not name. The step becomes `NAME-unknown`."""
        self.rename(name, f"{name}-unknown")
        raise MissingResourceError(resource, self.dialect)

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
        payload = {**(body or {}), **fields} if fields else body
        return await self.send(
            name, "POST", path, body=payload, raw=raw, headers=headers, read_events=read_events
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
        """Any request. A header with the value None is not sent, even if every client sends it.

        After a 429 or 503 the request waits and is repeated, often when another request of ours keeps the
        target busy; the 429 is kept as step `NAME-limited-1`.
        """
        if name in self.exchanges:
            raise ValueError(f"scenario {self.scenario} has two steps called {name}")
        pairs = tuple((key.lower(), value or "") for key, value in (headers or {}).items())
        request = Request(method, path, Headers(pairs), body, raw)
        exchange = await self._send_once(name, request, read_events)
        retries = 1
        for turn in range(1, MOST_WAITS + 1):
            pause = pause_of(exchange, retries)
            retries += 0 if self.target.in_flight else 1
            if pause is None or retries > MOST_RETRIES + 1:
                break
            if pause > min(LONGEST_WAIT, self.target.patience.remaining):
                self.blame = "limit"
                raise ScenarioStopError(f"set aside, because the target asks to wait {pause:g} s", name)
            self.rename(name, f"{name}-limited-{turn}")
            await asyncio.sleep(pause)
            exchange = await self._send_once(name, request, read_events)
        if exchange.reply is None:
            return exchange
        if BUSY in exchange.traits:
            self.blame = "limit"
            raise ScenarioStopError(f"the target is too busy: {describe_error(exchange)}", name)
        self._check_feature(name, exchange, usual_headers=not pairs)
        return exchange

    async def _send_once(self, name: str, request: Request, read_events: int | None) -> Exchange:
        """Sends a request as a step; ends the scenario when there is no answer, unless its steps are
        independent. Raises TargetRestartError when the target may have forgotten the earlier steps."""
        exchange = await self.target.send(request, f"{self.scenario}/{name}", read_events=read_events)
        if self.target.survival.restarts != self.restarts and not self.are_steps_independent:
            raise TargetRestartError
        self.exchanges[name] = exchange
        if exchange.reply is None and not self.are_steps_independent:
            self.blame = "limit" if GAVE_UP in exchange.traits else self.blame
            raise ScenarioStopError(str(exchange.failure), name)
        return exchange

    async def poll(
        self,
        name: str,
        identity: str | Exchange,
        /,
        *,
        until: Collection[str] | Callable[[Exchange], bool] = TERMINAL,
    ) -> Exchange:
        """Reads a response repeatedly, as steps `name`, `name-2`..., until its status is one of `until`."""
        path = f"/responses/{identity if isinstance(identity, str) else self.id_of(identity)}"
        pause = FIRST_PAUSE
        for turn in range(1, MOST_POLLS + 1):
            exchange = await self.get(name if turn == 1 else f"{name}-{turn}", path)
            is_final = until(exchange) if callable(until) else exchange.answer.fields.get("status") in until
            if is_final:
                return exchange
            if not exchange.ok:
                raise ScenarioStopError(f"answered {exchange.answer.status}", name)
            if not callable(until) and exchange.answer.fields.get("status") not in WORKING:
                raise ScenarioStopError(
                    f"status is {show(exchange.answer.fields.get('status'))}, which stays", name
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        raise ScenarioStopError(
            f"status is {show(exchange.answer.fields.get('status'))} after {MOST_POLLS} polls", name
        )

    async def part(self, feature: str, steps: Callable[[Conversation], Awaitable[None]]) -> bool:
        """Runs steps that need one more optional feature, if the dialect knows it; returns whether all of
        them ran. A target without the feature ends only these steps, not the scenario, which can have one
        such part."""
        if feature not in self.dialect.features:
            return False
        if feature in self._absent:
            self.missing_feature = feature
            return False
        self.optional.append(feature)
        try:
            await steps(self)
        except UnsupportedError as end:
            self.stop_reason = safe(str(end))
            return False
        return True

    def lacks(self, feature: str | None) -> bool:
        """Whether the user said that the target does not offer a feature."""
        return feature is not None and feature in self._absent

    def expect_rejection(self, name: str, feature: str) -> None:
        """Ends the scenario as unsupported when step `name` succeeded, which happens only on a target
        without the optional `feature`."""
        if self.exchanges[name].ok and feature not in self.available_features:
            self.missing_feature = feature
            raise UnsupportedError(f"{name}: answered {self.exchanges[name].answer.status}")

    def rename(self, name: str, new_name: str) -> None:
        """Gives a step another name, so that the rules about it do not find it."""
        self.exchanges[new_name] = replace(self.exchanges.pop(name), id=f"{self.scenario}/{new_name}")

    def required_members(self) -> Mapping[str, Any]:
        """The members of every create of this dialect, besides its question."""
        return needs(self.dialect, self.dialect.create_operation, self.values)

    def id_of(self, exchange: Exchange) -> str:
        """The id of the response in an exchange; ends the scenario when there is none."""
        try:
            identity = exchange.response.get("id")
        except MissingStepError as missing:
            raise ScenarioStopError(str(missing)) from missing
        if not isinstance(identity, str) or not identity:
            raise ScenarioStopError(f"{exchange.id}: the id of the response is {show(identity)}")
        return identity

    def _stop_on_error(self, name: str, exchange: Exchange) -> None:
        """Ends the scenario because a create failed: as unsupported when an optional feature explains it."""
        if exchange.reply is None:
            raise ScenarioStopError(str(exchange.failure), name)
        status = exchange.answer.status
        error = describe_error(exchange)
        if status in BAD_CREDENTIALS and not (status == FORBIDDEN and self.target.accepts_credentials):
            self.target.stop_for_credentials(f"the target rejected our credentials: {error}")
        candidates = [
            feature for feature in self._features_without_route() if feature not in self.available_features
        ]
        is_rejection = (400 <= status < 500 or status == 501) and status not in {401, 403, 408, 429}
        if candidates and is_rejection and (candidates[0] not in FORMS or says_unsupported(exchange)):
            self.missing_feature = candidates[0]
            raise UnsupportedError(f"{name}: {error}")
        raise ScenarioStopError(error, name)

    def _features_without_route(self) -> list[str]:
        """The optional features of this scenario that concern the create request alone and have no route."""
        return [name for name in self.optional if self.dialect.features[name].operation is None]

    def _check_feature(self, name: str, exchange: Exchange, *, usual_headers: bool) -> None:
        """A missing route shows that the target lacks the feature, unless something else explains the 404."""
        match = self.dialect.document.match(exchange.request.method, exchange.request.path)
        if match is None:
            return
        operation, parameters = match
        for feature in self.optional:
            if self.dialect.features[feature].operation != operation.id:
                continue
            if exchange.ok:
                self.available_features.add(feature)
            elif (
                usual_headers
                and feature not in self.available_features
                and self._no_route(exchange, parameters)
            ):
                self.missing_feature = feature
                raise UnsupportedError(f"{name}: {describe_error(exchange)}")

    def _no_route(self, exchange: Exchange, parameters: Mapping[str, str]) -> bool:
        status = exchange.answer.status
        if UNROUTED in exchange.traits:
            return True
        if status not in MISSING_ROUTE:
            return False
        return status != 404 or all(self._has_response(identity) for identity in parameters.values())

    def _has_response(self, identity: str) -> bool:
        """Whether a response that the target should still have has this id."""
        successes = [exchange for exchange in self.exchanges.values() if exchange.ok]
        if any(
            exchange.request.method == "DELETE" and identity in exchange.request.path
            for exchange in successes
        ):
            return False
        return any(stores(exchange, identity) for exchange in successes)
