"""Prompt templates: what a version comes to, which version counts, how it answers, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from antiphon_conformance import prompt_probe as probe
from antiphon_conformance.answers import answered, member, objects, parse_json, text_of
from antiphon_conformance.client_schema import misfits
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.parity import expect_not_found, expect_ok, expect_status, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import ABSENT, show

FILLED, REFUSED = "prompt_templates", "mistakes_in_prompts"


def _told(exchange: Exchange, role: str) -> list[str]:
    """The texts of the messages of a role that a response repeats as what the model was told."""
    messages = (one for _, one in objects(answered(exchange).get("instructions")) if one.get("role") == role)
    return ["".join(str(part.get("text")) for _, part in objects(one.get("content"))) for one in messages]


def _says(exchange: Exchange, role: str, text: str) -> Iterator[Finding]:
    got = _told(exchange, role)
    if text not in got:
        yield Finding("reply.body/instructions", f"{show(text)} from the {role}", show(got), exchange.id)


@rule(Scene, scenario=FILLED, cites=("BUD-REQ-02", "BUD-REQ-04"), when=took_place("with_a_model"))
def a_template_may_stand_alone(scene: Scene) -> Iterator[Finding]:
    """A request may name a prompt template and nothing else, or a model and input beside it."""
    for step in ("rendered", "by_default", "with_a_model"):
        yield from expect_ok(scene[step], "200, since the template is there")


@rule(Scene, scenario=FILLED, cites=("BUD-PRM-06", "BUD-PRM-12", "BUD-PRM-17", "BUD-RSP-12"))
def variables_are_filled_in(scene: Scene) -> Iterator[Finding]:
    """Variables of any JSON type are filled into system prompt and messages, which the response repeats."""
    yield from _says(scene["rendered"], "system", probe.RENDERED)
    yield from _says(scene["rendered"], "user", probe.MESSAGE)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-13")
def blocks_and_filters_work(scene: Scene) -> Iterator[Finding]:
    """Conditions, loops and filters work, their lines leave no blank ones, nothing is escaped for HTML."""
    told = "\n".join(_told(scene["rendered"], "system"))
    for wanted in (f"{probe.NAME} <Paris>", " loudly.\n- TEA\n- RAIN\nUse"):
        if wanted not in told:
            got = show(told)
            yield Finding("reply.body/instructions", f"a text with {show(wanted)}", got, scene["rendered"].id)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-11")
def null_takes_the_default(scene: Scene) -> Iterator[Finding]:
    """A variable that is null takes the default of the template's schema."""
    told = "\n".join(_told(scene["rendered"], "system"))
    if "Use 7 words" not in told:
        yield Finding("reply.body/instructions", "the default, 7 words", show(told), scene["rendered"].id)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-15")
def input_is_the_users_turn(scene: Scene) -> Iterator[Finding]:
    """`input` beside a template is what the user says, after the template's own messages."""
    given = str(scene["rendered"].request.fields["input"])
    got = _told(scene["rendered"], "user")
    if not got or got[-1] != given:
        yield Finding("reply.body/instructions", f"{show(given)} last", show(got), scene["rendered"].id)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-16")
def the_template_is_named(scene: Scene) -> Iterator[Finding]:
    """The response repeats the template's id, its variables and the version that was used."""
    sent = scene["rendered"].request.fields["prompt"]
    got = answered(scene["rendered"]).get("prompt")
    for name in ("id", "version", "variables"):
        if member(got, name) != sent[name]:
            where = f"reply.body/prompt/{name}"
            yield Finding(where, show(sent[name]), show(member(got, name)), scene["rendered"].id)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-18")
def stored_settings_are_used(scene: Scene) -> Iterator[Finding]:
    """Model, temperature and the other settings are those of the template."""
    response = answered(scene["rendered"])
    if not str(response.get("model", "")).startswith(probe.MODEL):
        yield Finding(
            "reply.body/model", probe.MODEL, show(response.get("model", ABSENT)), scene["rendered"].id
        )
    for name, value in probe.SETTINGS.items():
        if response.get(name) != value:
            got = show(response.get(name, ABSENT))
            yield Finding(f"reply.body/{name}", show(value), got, scene["rendered"].id)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-03", when=took_place("by_default"))
def the_default_version_counts(scene: Scene) -> Iterator[Finding]:
    """A request without a version gets the default one."""
    yield from _says(scene["by_default"], "system", probe.BRIEFLY)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-21", when=took_place("by_default"))
def old_versions_stay_as_they_were(scene: Scene) -> Iterator[Finding]:
    """Who names an old version gets it, although newer ones exist, one of which is the default."""
    got = member(answered(scene["rendered"]), "prompt", "version")
    if got != probe.FULL or probe.BRIEFLY in _told(scene["rendered"], "system"):
        yield Finding("reply.body/prompt/version", show(probe.FULL), show(got), scene["rendered"].id)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-20", when=took_place("structured"))
def output_follows_the_templates_schema(scene: Scene) -> Iterator[Finding]:
    """Where the template has an output schema, the text is JSON of it, and `text.format` says so."""
    response = answered(scene["structured"])
    kind = member(response, "text", "format", "type")
    if kind != "json_schema":
        yield Finding("reply.body/text/format/type", "json_schema", show(kind), scene["structured"].id)
    try:
        value = parse_json(text_of(response))
    except ValueError:
        yield Finding("reply.body/output", "JSON", show(text_of(response)), scene["structured"].id)
        return
    for misfit in misfits(value, probe.SCHEMA):
        yield Finding("reply.body/output", "what the schema demands", show(misfit), scene["structured"].id)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-19", when=took_place("streamed", "unstreamed"))
def the_stored_setting_decides_on_streaming(scene: Scene) -> Iterator[Finding]:
    """Whether a template's answer is a stream is stored with it, whatever the request says."""
    for step, wanted in (("streamed", True), ("unstreamed", False)):
        exchange = scene[step]
        if exchange.ok and (exchange.answer.stream is not None) is not wanted:
            expected = "a stream" if wanted else "one document"
            got = show(exchange.answer.headers.get("content-type") or ABSENT)
            yield Finding("reply.headers/content-type", f"that of {expected}", got, exchange.id)


@rule(Scene, scenario=FILLED, cites="BUD-PRM-05", when=took_place("integer_version"))
def an_integer_as_version_is_decided(scene: Scene) -> Iterator[Finding]:
    """A `version` that is an integer is accepted, or refused with 400."""
    yield from expect_status(scene["integer_version"], (200, 400), "200 or 400")


@rule(Scene, scenario=REFUSED, cites="BUD-PRM-02", when=took_place("unknown_prompt"))
def an_unknown_template_is_not_found(scene: Scene) -> Iterator[Finding]:
    """A template that does not exist is answered with 404."""
    yield from expect_not_found(scene["unknown_prompt"])


@rule(Scene, scenario=REFUSED, cites="BUD-PRM-04", when=took_place("unknown_version"))
def an_unknown_version_is_not_found(scene: Scene) -> Iterator[Finding]:
    """A version that does not exist is answered with 404, and the message names it."""
    exchange = scene["unknown_version"]
    yield from expect_not_found(exchange)
    if exchange.answer.status == 404 and probe.UNKNOWN_VERSION not in str(_error(exchange).get("message")):
        got = show(_error(exchange).get("message", ABSENT))
        yield Finding("reply.body/error/message", "a text with the version", got, exchange.id)


def _error(exchange: Exchange) -> Mapping[str, Any]:
    error = exchange.answer.fields.get("error")
    return error if isinstance(error, dict) else {}


def _refusal(step: str, says: str = "") -> Callable[[Scene], Iterator[Finding]]:
    def check(scene: Scene) -> Iterator[Finding]:
        exchange = scene[step]
        yield from expect_status(exchange, (400,), "400")
        message = str(_error(exchange).get("message"))
        if exchange.answer.status == 400 and says not in message:
            yield Finding("reply.body/error/message", f"a text with {show(says)}", show(message), exchange.id)

    return check


@rule(Scene, scenario=REFUSED, cites="BUD-PRM-07", when=took_place("missing"))
def a_missing_variable_is_refused(scene: Scene) -> Iterator[Finding]:
    """Variables that the template uses and the request lacks are refused with 400, and named."""
    yield from _refusal("missing", "Missing prompt variables: loud, place, topics, words")(scene)


@rule(Scene, scenario=REFUSED, cites="BUD-PRM-08", when=took_place("unused"))
def an_unused_variable_is_refused(scene: Scene) -> Iterator[Finding]:
    """A variable that no text of the template uses is refused with 400."""
    yield from _refusal("unused")(scene)


@rule(Scene, scenario=REFUSED, cites="BUD-PRM-09", when=took_place("without_schema"))
def variables_without_a_schema_are_refused(scene: Scene) -> Iterator[Finding]:
    """Variables for a template that has no schema of any are refused with 400."""
    yield from _refusal("without_schema")(scene)


@rule(Scene, scenario=REFUSED, cites="BUD-PRM-10", when=took_place("mistyped"))
def a_mistyped_variable_is_refused(scene: Scene) -> Iterator[Finding]:
    """A variable that breaks the template's schema is refused with 400."""
    yield from _refusal("mistyped")(scene)


@rule(Scene, scenario=REFUSED, cites="BUD-PRM-14", when=took_place("broken"))
def a_broken_template_is_a_bad_request(scene: Scene) -> Iterator[Finding]:
    """A template whose syntax is wrong is answered with 400, not with a server error."""
    yield from _refusal("broken")(scene)


PARAMS = {"missing": "prompt.variables", "mistyped": "prompt.variables.name"}
"""Which parameter the refusals of these steps blame."""


@rule(Scene, scenario=REFUSED, cites=("BUD-ERR-05", "BUD-PRM-07", "BUD-PRM-10"), when=took_place(*PARAMS))
def a_refusal_blames_the_variable(scene: Scene) -> Iterator[Finding]:
    """The refusal of variables says in `param` which of them, or all, are at fault."""
    for step, wanted in PARAMS.items():
        got = _error(scene[step]).get("param", ABSENT)
        if scene[step].answer.status == 400 and got != wanted:
            yield Finding("reply.body/error/param", wanted, show(got), scene[step].id)


@rule(Scene, scenario=REFUSED, cites="BUD-REQ-01", when=took_place("neither"))
def neither_model_nor_template_is_refused(scene: Scene) -> Iterator[Finding]:
    """A request that names neither a model nor a template is refused with 400."""
    yield from _refusal("neither")(scene)
