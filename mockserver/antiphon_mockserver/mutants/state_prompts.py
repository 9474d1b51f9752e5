"""Servers that fill in prompt templates wrongly, find the wrong ones, or pass over wrong variables."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.conduct import Conduct
from antiphon_mockserver.errors import invalid
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import with_check
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.prompts.template import Registry, Version
from antiphon_mockserver.prompts.variables import Call
from antiphon_mockserver.record import Asked

FILE = "state_prompts"
Body = dict[str, Any]

PASSES_OVER = (
    ("a_missing_variable", "none_is_missing", "a variable that is missing", "a-missing-variable-is-refused"),
    (
        "an_unused_variable",
        "none_is_unused schema_holds",
        "a variable that no text uses",
        "an-unused-variable-is-refused",
    ),
    (
        "a_missing_schema",
        "schema_exists none_is_unused",
        "variables for a template that has none",
        "variables-without-a-schema-are-refused",
    ),
    ("a_mistyped_variable", "schema_holds", "a variable of a wrong type", "a-mistyped-variable-is-refused"),
)


def _without(names: str) -> Callable[[Conduct], Conduct]:
    left_out = names.split()
    return lambda conduct: replace(
        conduct,
        prompt_checks={name: check for name, check in conduct.prompt_checks.items() if name not in left_out},
    )


for _name, _checks, _says, _rule in PASSES_OVER:
    add(FILE, f"passes_over_{_name}", f"Passes over {_says}.", f"prompts.{_rule}", _without(_checks))


def _filling(change: Callable[[Body, Call], object]) -> Callable[[Conduct], Conduct]:
    """The body that a template makes, changed in place."""

    def spoil(conduct: Conduct) -> Conduct:
        def fill(body: Mapping[str, Any], call: Call) -> Mapping[str, Any]:
            made = dict(conduct.fill(body, call))
            change(made, call)
            return made

        return replace(conduct, fill=fill)

    return spoil


def _telling(change: Callable[[str], str]) -> Callable[[Body, Call], object]:
    """Changes what the system is told."""
    return lambda body, _call: body.update(instructions=change(body.get("instructions") or ""))


FILLS = (
    (
        "leaves_templates_as_they_are",
        "Tells the model the text of a template with its braces.",
        "variables-are-filled-in the-default-version-counts",
        lambda body, call: body.update(instructions=call.version.system),
    ),
    (
        "escapes_for_html",
        "Escapes what it fills in as if it were for a page.",
        "blocks-and-filters-work",
        _telling(html.escape),
    ),
    (
        "tells_null_for_a_default",
        "Fills in nothing where a variable is null.",
        "null-takes-the-default",
        _telling(lambda text: text.replace("Use 7 words", "Use  words")),
    ),
    (
        "drops_the_input",
        "Has no ear for the input beside a template.",
        "input-is-the-users-turn",
        lambda body, _call: body.update(input=body["input"][:-1]),
    ),
    (
        "forgets_which_template",
        "Does not say which template it used.",
        "the-template-is-named",
        lambda body, _call: body.pop("prompt"),
    ),
    (
        "has_settings_of_its_own",
        "Uses its own settings, not those of the template.",
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
        "Answers templates in one piece, whatever is stored.",
        "the-stored-setting-decides-on-streaming",
        lambda body, _call: body.update(stream=False),
    ),
)

for _name, _doc, _rules, _change in FILLS:
    add(FILE, _name, _doc, tuple(f"prompts.{rule}" for rule in _rules.split()), _filling(_change))


def _finding(find: Callable[[Registry, Mapping[str, Any], Conduct], Version]) -> Callable[[Conduct], Conduct]:
    return lambda conduct: replace(
        conduct, find_prompt=lambda registry, prompt: find(registry, prompt, conduct)
    )


def _newest(registry: Registry, prompt: Mapping[str, Any], conduct: Conduct) -> Version:
    return conduct.find_prompt(registry, {"id": prompt["id"]})


def _any_version(registry: Registry, prompt: Mapping[str, Any], conduct: Conduct) -> Version:
    try:
        return conduct.find_prompt(registry, prompt)
    except Denied:
        return _newest(registry, prompt, conduct)


def _first_template(registry: Registry, prompt: Mapping[str, Any], conduct: Conduct) -> Version:
    known = prompt["id"] in registry.templates
    return conduct.find_prompt(registry, prompt if known else {"id": next(iter(registry.templates))})


def _missing_version(registry: Registry, prompt: Mapping[str, Any], conduct: Conduct) -> Version:
    if prompt.get("version") is None:
        raise Denied("Prompt template not found.", status=404)
    return conduct.find_prompt(registry, prompt)


FINDS = (
    ("takes_any_version", "Uses the default version for one that does not exist.",
     "an-unknown-version-is-not-found", _any_version),
    ("takes_any_template", "Uses some template for one that does not exist.",
     "an-unknown-template-is-not-found", _first_template),
    ("has_no_default_version", "Finds no template unless the version is named.",
     "a-template-may-stand-alone", _missing_version),
)  # fmt: skip

for _name, _doc, _rule, _find in FINDS:
    add(FILE, _name, _doc, f"prompts.{_rule}", _finding(_find))


@mutant(caught_by="prompts.the-default-version-counts")
def takes_the_oldest_version(conduct: Conduct) -> Conduct:
    """Tells the model something else when no version is named."""
    return _filling(_telling(lambda text: text.replace("briefly", "at length")))(conduct)


@mutant(caught_by="prompts.old-versions-stay-as-they-were")
def answers_old_versions_like_the_default(conduct: Conduct) -> Conduct:
    """Tells the model what the default version says, whichever is named."""

    def fill(body: Body, call: Call) -> None:
        body["instructions"] = f"Greet {call.variables.get('name')} briefly."

    return _filling(fill)(conduct)


@mutant(caught_by="prompts.an-integer-as-version-is-decided")
def breaks_on_an_integer_as_version(conduct: Conduct) -> Conduct:
    """Crashes when the version of a template is an integer."""

    def crash(asked: Asked) -> None:
        version = (asked.body.get("prompt") or {}).get("version")
        if isinstance(version, int):
            raise Denied("The server made a mistake.", status=500)

    return with_check(conduct, crash)


@mutant(caught_by="prompts.a-broken-template-is-a-bad-request")
def breaks_on_a_broken_template(conduct: Conduct) -> Conduct:
    """Crashes when a template cannot be read."""

    def crash(call: Call) -> None:
        try:
            conduct.prompt_checks["texts_are_templates"](call)
        except Denied as denied:
            raise Denied("The server made a mistake.", status=500) from denied

    return replace(conduct, prompt_checks={**conduct.prompt_checks, "texts_are_templates": crash})


@mutant(caught_by="prompts.a-refusal-blames-the-variable")
def blames_no_variable(conduct: Conduct) -> Conduct:
    """Refuses variables without saying which is at fault."""

    def blameless(check: Callable[[Call], None]) -> Callable[[Call], None]:
        def examine(call: Call) -> None:
            try:
                check(call)
            except Denied as denied:
                raise invalid(denied.message) from denied

        return examine

    checks = {name: blameless(check) for name, check in conduct.prompt_checks.items()}
    return replace(conduct, prompt_checks=checks)


@mutant(caught_by="prompts.neither-model-nor-template-is-refused")
def needs_neither_model_nor_template(conduct: Conduct) -> Conduct:
    """Answers requests that name neither a model nor a template."""
    checks = {name: check for name, check in conduct.checks.items() if name != "required"}
    return replace(conduct, checks=checks)
