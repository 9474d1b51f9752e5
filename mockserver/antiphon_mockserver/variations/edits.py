"""Changes that many variations make: to responses before they are stored, to plans, and to answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import orjson

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.response.plan import Context, IdSource, Plan
from antiphon_mockserver.server.context import Answer

Json = dict[str, Any]
Vary = Callable[[Behaviour], Behaviour]


def on_final(change: Callable[[Json, Context], Any]) -> Vary:
    """A variation of the final response, before it is stored, so that every view of it agrees."""

    def vary(behaviour: Behaviour) -> Behaviour:
        def compose(plan: Plan, context: Context, identity: IdSource, created_at: int) -> Json:
            response = deepcopy(behaviour.model.compose(plan, context, identity, created_at))
            change(response, context)
            return response

        return replace(behaviour, model=replace(behaviour.model, compose=compose))

    return vary


def on_items(change: Callable[[Json], Any], *kinds: str) -> Vary:
    """A variation of the output items of these types, or of all items."""

    def change_items(response: Json, _context: Context) -> None:
        for item in output(response):
            if not kinds or item["type"] in kinds:
                change(item)

    return on_final(change_items)


def on_plan(change: Callable[[Plan, Context], Plan]) -> Vary:
    """A variation of what the model answers."""

    def vary(behaviour: Behaviour) -> Behaviour:
        def plan(context: Context) -> Plan:
            return change(behaviour.model.plan(context), context)

        return replace(behaviour, model=replace(behaviour.model, plan=plan))

    return vary


def accepting_back(behaviour: Behaviour, clean: Callable[[Json], Json | None]) -> Behaviour:
    """Accepts as input what the variation adds to items: `clean` returns an item without it, or None.

    A server accepts the items that it wrote itself.
    """

    def read_body(headers: Mapping[str, str], content: bytes) -> Json:
        body = behaviour.requests.read_body(headers, content)
        if not isinstance(body.get("input"), list):
            return body
        items = (clean(item) if isinstance(item, dict) else item for item in body["input"])
        return {**body, "input": [item for item in items if item is not None]}

    return replace(behaviour, requests=replace(behaviour.requests, read_body=read_body))


def output(response: Json) -> Iterator[Json]:
    """The output items of a response; none when `output` is null."""
    yield from response.get("output") or ()


def json_of(answer: Answer) -> Any:
    """The JSON in an answer; None when it has none."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return None
    return orjson.loads(answer.body) if isinstance(answer.body, bytes) else answer.body
