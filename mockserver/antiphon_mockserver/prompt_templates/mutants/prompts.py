"""Servers that fill in prompt templates wrongly, find the wrong ones, or accept wrong variables."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import with_check
from antiphon_mockserver.prompt_templates.template import Registry, Version
from antiphon_mockserver.prompt_templates.variables import PromptRequest
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails

SEAM = "state"
Body = dict[str, Any]

ACCEPTS = (
    ("a_missing_variable", "none_is_missing", "a missing variable", "a-missing-variable-is-rejected"),
    (
        "an_unused_variable",
        "none_is_unused schema_holds",
        "a variable that no text uses",
        "an-unused-variable-is-rejected",
    ),
    (
        "a_missing_schema",
        "schema_exists none_is_unused",
        "variables for a template that has none",
        "variables-without-a-schema-are-rejected",
    ),
    ("a_mistyped_variable", "schema_holds", "a variable of a wrong type", "a-mistyped-variable-is-rejected"),
)


def _without(names: str) -> Callable[[Behaviour], Behaviour]:
    omissions = names.split()
    return lambda behaviour: replace(
        behaviour,
        prompts=replace(
            behaviour.prompts,
            checks={name: check for name, check in behaviour.prompts.checks.items() if name not in omissions},
        ),
    )


for _name, _checks, _words, _rule in ACCEPTS:
    add(SEAM, f"accepts_{_name}", f"Accepts {_words}.", f"prompt-templates.{_rule}", _without(_checks))


def _filling(change: Callable[[Body, PromptRequest], object]) -> Callable[[Behaviour], Behaviour]:
    """Changes the body that a template makes, in place."""

    def mutate(behaviour: Behaviour) -> Behaviour:
        def fill(body: Mapping[str, Any], call: PromptRequest) -> Mapping[str, Any]:
            result = dict(behaviour.prompts.fill(body, call))
            change(result, call)
            return result

        return replace(behaviour, prompts=replace(behaviour.prompts, fill=fill))

    return mutate


def _telling(change: Callable[[str], str]) -> Callable[[Body, PromptRequest], object]:
    """Changes the instructions of the body."""
    return lambda body, _call: body.update(instructions=change(body.get("instructions") or ""))


FILLS = (
    (
        "leaves_templates_as_they_are",
        "Sends the model the template text without filling in its variables.",
        "variables-are-filled-in the-default-version-is-used",
        lambda body, call: body.update(instructions=call.version.system),
    ),
    (
        "escapes_variables_for_html",
        "Escapes the values of prompt variables for HTML.",
        "blocks-and-filters-work",
        _telling(html.escape),
    ),
    (
        "fills_in_nothing_for_null",
        "Fills in nothing when a variable is null.",
        "a-null-variable-gets-the-default",
        _telling(lambda text: text.replace("Use 7 words", "Use  words")),
    ),
    (
        "drops_the_input",
        "Ignores the input when a prompt template is named.",
        "input-is-the-last-message",
        lambda body, _call: body.update(input=body["input"][:-1]),
    ),
    (
        "forgets_which_template",
        "Leaves the template that it used out of the response.",
        "the-response-repeats-the-template",
        lambda body, _call: body.pop("prompt"),
    ),
    (
        "ignores_the_settings_of_a_template",
        "Uses its own settings instead of those of the template.",
        "stored-settings-are-used",
        lambda body, _call: body.update(temperature=1.0, top_p=1.0),
    ),
    (
        "forgets_the_output_schema",
        "Answers in plain text although the template has a schema.",
        "output-follows-the-templates-schema",
        lambda body, _call: body.pop("text", None),
    ),
    (
        "streams_no_template",
        "Does not stream when a template asks for it.",
        "the-stored-stream-setting-applies",
        lambda body, _call: body.update(stream=False),
    ),
)

for _name, _doc, _rules, _change in FILLS:
    add(SEAM, _name, _doc, tuple(f"prompt-templates.{rule}" for rule in _rules.split()), _filling(_change))


def _finding(
    find: Callable[[Registry, Mapping[str, Any], Behaviour], Version],
) -> Callable[[Behaviour], Behaviour]:
    return lambda behaviour: replace(
        behaviour,
        prompts=replace(behaviour.prompts, find=lambda registry, prompt: find(registry, prompt, behaviour)),
    )


def _newest(registry: Registry, prompt: Mapping[str, Any], behaviour: Behaviour) -> Version:
    return behaviour.prompts.find(registry, {"id": prompt["id"]})


def _any_version(registry: Registry, prompt: Mapping[str, Any], behaviour: Behaviour) -> Version:
    try:
        return behaviour.prompts.find(registry, prompt)
    except ApiError:
        return _newest(registry, prompt, behaviour)


def _first_template(registry: Registry, prompt: Mapping[str, Any], behaviour: Behaviour) -> Version:
    exists = prompt["id"] in registry.templates
    return behaviour.prompts.find(registry, prompt if exists else {"id": next(iter(registry.templates))})


def _missing_version(registry: Registry, prompt: Mapping[str, Any], behaviour: Behaviour) -> Version:
    if prompt.get("version") is None:
        raise ApiError("Prompt template not found.", status=404)
    return behaviour.prompts.find(registry, prompt)


FINDS = (
    ("uses_the_default_for_any_version", "Uses the default version in place of one that does not exist.",
     "an-unknown-version-is-not-found", _any_version),
    ("uses_any_template", "Uses another template for one that does not exist.",
     "an-unknown-template-is-not-found", _first_template),
    ("has_no_default_version", "Finds no template unless the request names the version.",
     "a-template-needs-no-other-member", _missing_version),
)  # fmt: skip

for _name, _doc, _rule, _find in FINDS:
    add(SEAM, _name, _doc, f"prompt-templates.{_rule}", _finding(_find))


@mutant("state.uses-the-oldest-version", caught_by="prompt-templates.the-default-version-is-used")
def uses_the_oldest_version(behaviour: Behaviour) -> Behaviour:
    """Sends the model the oldest version when the request names none."""
    return _filling(_telling(lambda text: text.replace("briefly", "at length")))(behaviour)


@mutant(
    "state.answers-old-versions-like-the-default", caught_by="prompt-templates.an-old-version-stays-unchanged"
)
def answers_old_versions_like_the_default(behaviour: Behaviour) -> Behaviour:
    """Sends the model the default version of a prompt, whatever version is named."""

    def fill(body: Body, call: PromptRequest) -> None:
        body["instructions"] = f"Greet {call.variables.get('name')} briefly."

    return _filling(fill)(behaviour)


@mutant(
    "state.breaks-on-an-integer-as-version",
    caught_by="prompt-templates.an-integer-as-version-is-accepted-or-rejected",
)
def breaks_on_an_integer_as_version(behaviour: Behaviour) -> Behaviour:
    """Answers 500 when the version of a template is an integer."""

    def crash(details: RequestDetails) -> None:
        version = (details.body.get("prompt") or {}).get("version")
        if isinstance(version, int):
            raise ApiError("The server had an error.", status=500)

    return with_check(behaviour, crash)


@mutant(
    "state.breaks-on-a-broken-template", caught_by="prompt-templates.a-template-with-wrong-syntax-is-rejected"
)
def breaks_on_a_broken_template(behaviour: Behaviour) -> Behaviour:
    """Answers 500 when a template cannot be read."""

    def crash(call: PromptRequest) -> None:
        try:
            behaviour.prompts.checks["texts_are_templates"](call)
        except ApiError as error:
            raise ApiError("The server had an error.", status=500) from error

    return replace(
        behaviour,
        prompts=replace(behaviour.prompts, checks={**behaviour.prompts.checks, "texts_are_templates": crash}),
    )


@mutant("state.names-no-variable", caught_by="prompt-templates.an-error-names-the-variable-in-param")
def names_no_variable(behaviour: Behaviour) -> Behaviour:
    """Rejects prompt variables without naming the wrong one."""

    def blameless(check: Callable[[PromptRequest], None]) -> Callable[[PromptRequest], None]:
        def examine(call: PromptRequest) -> None:
            try:
                check(call)
            except ApiError as error:
                raise invalid(error.message) from error

        return examine

    checks = {name: blameless(check) for name, check in behaviour.prompts.checks.items()}
    return replace(behaviour, prompts=replace(behaviour.prompts, checks=checks))


@mutant(
    "state.needs-neither-model-nor-template",
    caught_by="prompt-templates.a-request-without-model-and-template-is-rejected",
)
def needs_neither_model_nor_template(behaviour: Behaviour) -> Behaviour:
    """Accepts requests that name neither a model nor a template."""
    checks = {name: check for name, check in behaviour.requests.checks.items() if name != "required"}
    return replace(behaviour, requests=replace(behaviour.requests, checks=checks))
