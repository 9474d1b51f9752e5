"""Servers that reject the spelling of Chat Completions, or members that they should ignore."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid

SEAM = "state"
Body = Mapping[str, Any]


def _any(name: str, condition: Callable[[Any], bool]) -> Callable[[Body], bool]:
    """Whether any element of this list of a body meets the condition."""
    return lambda body: isinstance(body.get(name), list) and any(map(condition, body[name]))


REJECTS: tuple[tuple[str, str, str, Callable[[Body], bool]], ...] = (
    (
        "nested_functions",
        "functions nested under `function`",
        "requests.accepts-nested-functions",
        _any("tools", lambda tool: "function" in tool),
    ),
    (
        "parts_outside_a_message",
        "parts without a message around them",
        "requests.accepts-parts-outside-a-message",
        _any("input", lambda item: item.get("type") in ("text", "image_url")),
    ),
    (
        "reasoning_true",
        "`reasoning: true`",
        "requests.accepts-reasoning-true",
        lambda body: body.get("reasoning") is True,
    ),
    (
        "reasoning_false",
        "`reasoning: false`",
        "requests.accepts-reasoning-false",
        lambda body: body.get("reasoning") is False,
    ),
    ("max_tokens", "`max_tokens`", "requests.accepts-max-tokens", lambda body: "max_tokens" in body),
    (
        "modalities",
        "`modalities`",
        "requests.accepts-modalities",
        lambda body: body.get("modalities") == ["text"],
    ),
    (
        "a_null_previous_response_id",
        "`previous_response_id: null`",
        "requests.accepts-a-null-previous-response-id",
        lambda body: body.get("previous_response_id", "") is None,
    ),
    (
        "undocumented_members",
        "unknown members",
        "requests.accepts-unknown-members",
        lambda body: "no_such_member" in body,
    ),
)


def _rejecting(words: str, condition: Callable[[Body], bool]) -> Callable[[Behaviour], Behaviour]:
    def mutate(behaviour: Behaviour) -> Behaviour:
        def read_chat_spelling(body: Body) -> Body:
            if condition(body):
                raise invalid(f"This server does not accept {words}.")
            return behaviour.requests.read_chat_spelling(body)

        return replace(behaviour, requests=replace(behaviour.requests, read_chat_spelling=read_chat_spelling))

    return mutate


for _name, _words, _rule, _condition in REJECTS:
    add(SEAM, f"rejects_{_name}", f"Rejects {_words}.", _rule, _rejecting(_words, _condition))


@mutant("state.rejects-a-model-in-a-header", caught_by="requests.accepts-a-model-in-a-header")
def rejects_a_model_in_a_header(behaviour: Behaviour) -> Behaviour:
    """Rejects requests that name their model in a header, too."""

    def authenticate(headers: Mapping[str, str], keys: Collection[str]) -> str:
        if "x-model-name" in headers:
            raise ApiError("Unknown header.")
        return behaviour.access.authenticate(headers, keys)

    return replace(behaviour, access=replace(behaviour.access, authenticate=authenticate))


@mutant(
    "state.accepts-reasoning-true-but-does-not-reason",
    caught_by="reasoning.true-puts-reasoning-before-the-message",
)
def accepts_reasoning_true_but_does_not_reason(behaviour: Behaviour) -> Behaviour:
    """Accepts `reasoning: true` but does not reason."""

    def read_chat_spelling(body: Body) -> Body:
        return behaviour.requests.read_chat_spelling(
            {name: body[name] for name in body if name != "reasoning"}
        )

    return replace(behaviour, requests=replace(behaviour.requests, read_chat_spelling=read_chat_spelling))


@mutant("state.forgets-max-tokens", caught_by="echo.max-tokens-comes-back-as-max-output-tokens")
def forgets_max_tokens(behaviour: Behaviour) -> Behaviour:
    """Accepts `max_tokens` but applies no limit."""

    def read_chat_spelling(body: Body) -> Body:
        return behaviour.requests.read_chat_spelling(
            {name: body[name] for name in body if name != "max_tokens"}
        )

    return replace(behaviour, requests=replace(behaviour.requests, read_chat_spelling=read_chat_spelling))


@mutant("state.reads-bodies-of-any-size", caught_by="invalid-requests.a-large-body-is-rejected")
def reads_bodies_of_any_size(behaviour: Behaviour) -> Behaviour:
    """Accepts bodies that are larger than the gateway allows."""
    return replace(behaviour, requests=replace(behaviour.requests, body_limit=lambda limit, _dialect: limit))
