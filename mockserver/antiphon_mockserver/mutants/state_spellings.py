"""Servers that do not understand the spelling of Chat Completions, or what they should pass over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.conduct import Conduct
from antiphon_mockserver.errors import invalid
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.plan import Denied
from antiphon_spec.dialect import Traits

FILE = "state_spellings"
Body = Mapping[str, Any]


def _any(name: str, condition: Callable[[Any], bool]) -> Callable[[Body], bool]:
    """Whether an element of this list of a body is such."""
    return lambda body: isinstance(body.get(name), list) and any(map(condition, body[name]))


REFUSES: tuple[tuple[str, str, str, Callable[[Body], bool]], ...] = (
    (
        "nested_functions",
        "functions nested as in Chat",
        "accepted.takes-nested-functions",
        _any("tools", lambda tool: "function" in tool),
    ),
    (
        "bare_parts",
        "parts without a message around them",
        "accepted.takes-bare-parts",
        _any("input", lambda item: item.get("type") in ("text", "image_url")),
    ),
    (
        "reasoning_true",
        "reasoning as a boolean",
        "accepted.takes-reasoning-true",
        lambda body: body.get("reasoning") is True,
    ),
    (
        "reasoning_false",
        "reasoning switched off",
        "accepted.takes-reasoning-false",
        lambda body: body.get("reasoning") is False,
    ),
    ("max_tokens", "max_tokens", "accepted.takes-max-tokens", lambda body: "max_tokens" in body),
    (
        "modalities",
        "modalities",
        "accepted.takes-modalities",
        lambda body: body.get("modalities") == ["text"],
    ),
    (
        "a_null_chain",
        "a chain that is null",
        "accepted.takes-a-null-chain",
        lambda body: body.get("previous_response_id", "") is None,
    ),
    (
        "members_that_nobody_knows",
        "members that nobody knows",
        "accepted.takes-unknown-members",
        lambda body: "no_such_member" in body,
    ),
)


def _refusing(says: str, condition: Callable[[Body], bool]) -> Callable[[Conduct], Conduct]:
    def spoil(conduct: Conduct) -> Conduct:
        def respell(body: Body, traits: Traits) -> Body:
            if condition(body):
                raise invalid(f"This server does not take {says}.")
            return conduct.respell(body, traits)

        return replace(conduct, respell=respell)

    return spoil


for _name, _says, _rule, _condition in REFUSES:
    add(FILE, f"will_not_take_{_name}", f"Will not take {_says}.", _rule, _refusing(_says, _condition))


@mutant(caught_by="accepted.takes-a-model-in-a-header")
def will_not_take_a_model_in_a_header(conduct: Conduct) -> Conduct:
    """Refuses requests that name their model in a header, too."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        if "x-model-name" in headers:
            raise Denied("Unknown header.")
        return conduct.authenticate(headers, keys)

    return replace(conduct, authenticate=authenticate)


@mutant(caught_by="reasoning.true-shows-reasoning-first")
def thinks_nothing_when_asked_to_reason(conduct: Conduct) -> Conduct:
    """Takes `reasoning: true`, and does nothing about it."""

    def respell(body: Body, traits: Traits) -> Body:
        return conduct.respell({name: body[name] for name in body if name != "reasoning"}, traits)

    return replace(conduct, respell=respell)


@mutant(caught_by="echo.max-tokens-comes-back-as-max-output-tokens")
def forgets_max_tokens(conduct: Conduct) -> Conduct:
    """Takes `max_tokens`, and knows of no limit."""

    def respell(body: Body, traits: Traits) -> Body:
        return conduct.respell({name: body[name] for name in body if name != "max_tokens"}, traits)

    return replace(conduct, respell=respell)


@mutant(caught_by="refusals.a-large-body-is-refused")
def reads_bodies_of_any_size(conduct: Conduct) -> Conduct:
    """Reads bodies that are larger than the gateway allows."""
    return replace(conduct, body_limit=lambda limit, _dialect: limit)
