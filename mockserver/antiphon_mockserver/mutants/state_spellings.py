"""Servers that reject the spelling of Chat Completions, or members that they should ignore."""

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
    """Whether any element of this list of a body meets the condition."""
    return lambda body: isinstance(body.get(name), list) and any(map(condition, body[name]))


REJECTS: tuple[tuple[str, str, str, Callable[[Body], bool]], ...] = (
    (
        "nested_functions",
        "functions nested under `function`",
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
        "`reasoning: true`",
        "accepted.takes-reasoning-true",
        lambda body: body.get("reasoning") is True,
    ),
    (
        "reasoning_false",
        "`reasoning: false`",
        "accepted.takes-reasoning-false",
        lambda body: body.get("reasoning") is False,
    ),
    ("max_tokens", "`max_tokens`", "accepted.takes-max-tokens", lambda body: "max_tokens" in body),
    (
        "modalities",
        "`modalities`",
        "accepted.takes-modalities",
        lambda body: body.get("modalities") == ["text"],
    ),
    (
        "a_null_chain",
        "`previous_response_id: null`",
        "accepted.takes-a-null-chain",
        lambda body: body.get("previous_response_id", "") is None,
    ),
    (
        "members_that_nobody_knows",
        "unknown members",
        "accepted.takes-unknown-members",
        lambda body: "no_such_member" in body,
    ),
)


def _rejecting(words: str, condition: Callable[[Body], bool]) -> Callable[[Conduct], Conduct]:
    def spoil(conduct: Conduct) -> Conduct:
        def respell(body: Body, traits: Traits) -> Body:
            if condition(body):
                raise invalid(f"This server does not accept {words}.")
            return conduct.respell(body, traits)

        return replace(conduct, respell=respell)

    return spoil


for _name, _words, _rule, _condition in REJECTS:
    add(FILE, f"will_not_take_{_name}", f"Rejects {_words}.", _rule, _rejecting(_words, _condition))


@mutant(caught_by="accepted.takes-a-model-in-a-header")
def will_not_take_a_model_in_a_header(conduct: Conduct) -> Conduct:
    """Rejects requests that name their model in a header, too."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        if "x-model-name" in headers:
            raise Denied("Unknown header.")
        return conduct.authenticate(headers, keys)

    return replace(conduct, authenticate=authenticate)


@mutant(caught_by="reasoning.true-shows-reasoning-first")
def thinks_nothing_when_asked_to_reason(conduct: Conduct) -> Conduct:
    """Accepts `reasoning: true` but does not reason."""

    def respell(body: Body, traits: Traits) -> Body:
        return conduct.respell({name: body[name] for name in body if name != "reasoning"}, traits)

    return replace(conduct, respell=respell)


@mutant(caught_by="echo.max-tokens-comes-back-as-max-output-tokens")
def forgets_max_tokens(conduct: Conduct) -> Conduct:
    """Accepts `max_tokens` but applies no limit."""

    def respell(body: Body, traits: Traits) -> Body:
        return conduct.respell({name: body[name] for name in body if name != "max_tokens"}, traits)

    return replace(conduct, respell=respell)


@mutant(caught_by="refusals.a-large-body-is-refused")
def reads_bodies_of_any_size(conduct: Conduct) -> Conduct:
    """Accepts bodies that are larger than the gateway allows."""
    return replace(conduct, body_limit=lambda limit, _dialect: limit)
