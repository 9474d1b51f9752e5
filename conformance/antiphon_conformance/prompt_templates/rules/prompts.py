"""Prompt templates: variables, versions, settings, and requests that the server must reject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.prompt_templates import template as probe
from antiphon_conformance.rules.reading.client_schema import misfits
from antiphon_conformance.rules.reading.comparison import (
    expect_not_found,
    expect_ok,
    expect_status,
    took_place,
)
from antiphon_conformance.rules.reading.output import answered, objects, parse_json, text_of, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace

VALID, INVALID = "prompt_templates", "mistakes_in_prompts"


def _instruction_texts(exchange: Exchange, role: str) -> list[str]:
    """The texts of the messages of a role in the `instructions` of a response."""
    messages = [message for _, message in objects(answered(exchange).get("instructions"))]
    return [
        "".join(str(part.get("text")) for _, part in objects(message.get("content")))
        for message in messages
        if message.get("role") == role
    ]


def _show_messages(texts: list[str]) -> str:
    return named("messages", texts)


def _expect_instruction(exchange: Exchange, role: str, text: str) -> Iterator[Finding]:
    actual = _instruction_texts(exchange, role)
    if text not in actual:
        expected = f"{show(text)} from the {role}"
        yield Finding("reply.body/instructions", expected, _show_messages(actual), exchange.id)


@rule(
    "prompt-templates.a-template-needs-no-other-member",
    ScenarioTrace,
    scenario=VALID,
    cites=("BUD-REQ-02", "BUD-REQ-04"),
    when=took_place("with_a_model"),
)
def a_template_needs_no_other_member(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request with a prompt template works alone, and with a model and input beside it."""
    for step in ("rendered", "by_default", "with_a_model"):
        yield from expect_ok(trace[step], "200, since the template exists")


@rule(
    "prompt-templates.variables-are-filled-in",
    ScenarioTrace,
    scenario=VALID,
    cites=("BUD-PRM-06", "BUD-PRM-12", "BUD-PRM-17", "BUD-RSP-12"),
)
def variables_are_filled_in(trace: ScenarioTrace) -> Iterator[Finding]:
    """The response shows the system prompt and the messages with the variables filled in."""
    yield from _expect_instruction(trace["rendered"], "system", probe.RENDERED)
    yield from _expect_instruction(trace["rendered"], "user", probe.MESSAGE)


@rule("prompt-templates.blocks-and-filters-work", ScenarioTrace, scenario=VALID, cites="BUD-PRM-13")
def blocks_and_filters_work(trace: ScenarioTrace) -> Iterator[Finding]:
    """Templates have conditions, loops and filters, without blank lines or HTML escapes."""
    text = "\n".join(_instruction_texts(trace["rendered"], "system"))
    for piece in (f"{probe.NAME} <Paris>", " loudly.\n- TEA\n- RAIN\nUse"):
        if piece not in text:
            actual = named("text", text)
            yield Finding(
                "reply.body/instructions", f"a text with {show(piece)}", actual, trace["rendered"].id
            )


@rule("prompt-templates.a-null-variable-gets-the-default", ScenarioTrace, scenario=VALID, cites="BUD-PRM-11")
def a_null_variable_gets_the_default(trace: ScenarioTrace) -> Iterator[Finding]:
    """A variable that is null gets the default of the template's schema."""
    text = "\n".join(_instruction_texts(trace["rendered"], "system"))
    if "Use 7 words" not in text:
        actual = named("text", text)
        yield Finding(
            "reply.body/instructions", "a text with the default, 7 words", actual, trace["rendered"].id
        )


@rule("prompt-templates.input-is-the-last-message", ScenarioTrace, scenario=VALID, cites="BUD-PRM-15")
def input_is_the_last_message(trace: ScenarioTrace) -> Iterator[Finding]:
    """`input` beside a template is the user's message after the messages of the template."""
    text = str(trace["rendered"].request.fields["input"])
    actual = _instruction_texts(trace["rendered"], "user")
    if not actual or actual[-1] != text:
        expected = f"{show(text)} as the last message of the user"
        yield Finding("reply.body/instructions", expected, _show_messages(actual), trace["rendered"].id)


@rule("prompt-templates.the-response-repeats-the-template", ScenarioTrace, scenario=VALID, cites="BUD-PRM-16")
def the_response_repeats_the_template(trace: ScenarioTrace) -> Iterator[Finding]:
    """The response repeats the id of the template, its version and its variables."""
    asked = trace["rendered"].request.fields
    response = answered(trace["rendered"])
    for name in ("id", "version", "variables"):
        expected, actual = value_at(asked, "prompt", name), value_at(response, "prompt", name)
        if actual != expected:
            yield Finding(f"reply.body/prompt/{name}", show(expected), show(actual), trace["rendered"].id)


@rule("prompt-templates.stored-settings-are-used", ScenarioTrace, scenario=VALID, cites="BUD-PRM-18")
def stored_settings_are_used(trace: ScenarioTrace) -> Iterator[Finding]:
    """The response has the model of the template, and no other temperature, limit or `top_p`."""
    response = answered(trace["rendered"])
    if not str(response.get("model", "")).startswith(probe.MODEL):
        yield Finding(
            "reply.body/model", probe.MODEL, show(response.get("model", ABSENT)), trace["rendered"].id
        )
    for name, value in probe.SETTINGS.items():
        if response.get(name, value) != value:
            yield Finding(f"reply.body/{name}", show(value), show(response[name]), trace["rendered"].id)


@rule(
    "prompt-templates.the-default-version-is-used",
    ScenarioTrace,
    scenario=VALID,
    cites="BUD-PRM-03",
    when=took_place("by_default"),
)
def the_default_version_is_used(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request without a version gets the default version."""
    yield from _expect_instruction(trace["by_default"], "system", probe.BRIEFLY)


@rule(
    "prompt-templates.an-old-version-stays-unchanged",
    ScenarioTrace,
    scenario=VALID,
    cites="BUD-PRM-21",
    when=took_place("by_default"),
)
def an_old_version_stays_unchanged(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request with an old version gets this version, not a newer one and not the default."""
    actual = value_at(answered(trace["rendered"]), "prompt", "version")
    if actual != probe.FULL:
        yield Finding("reply.body/prompt/version", show(probe.FULL), show(actual), trace["rendered"].id)
    texts = _instruction_texts(trace["rendered"], "system")
    if probe.BRIEFLY in texts:
        expected = f"the text of version {probe.FULL}"
        yield Finding("reply.body/instructions", expected, _show_messages(texts), trace["rendered"].id)


@rule(
    "prompt-templates.output-follows-the-templates-schema",
    ScenarioTrace,
    scenario=VALID,
    cites="BUD-PRM-20",
    when=took_place("structured"),
)
def output_follows_the_templates_schema(trace: ScenarioTrace) -> Iterator[Finding]:
    """With an output schema in the template, the text is JSON that matches it.

    A `text.format` of the response shows the schema.
    """
    response = answered(trace["structured"])
    kind = value_at(response, "text", "format", "type")
    if kind not in (ABSENT, "json_schema"):
        yield Finding("reply.body/text/format/type", "json_schema", show(kind), trace["structured"].id)
    try:
        value = parse_json(text_of(response))
    except ValueError:
        actual = named("text", text_of(response))
        yield Finding("reply.body/output", "a JSON text", actual, trace["structured"].id)
        return
    for misfit in misfits(value, probe.SCHEMA):
        yield Finding(
            "reply.body/output", "JSON that matches the schema", show(misfit), trace["structured"].id
        )


@rule(
    "prompt-templates.the-stored-stream-setting-applies",
    ScenarioTrace,
    scenario=VALID,
    cites="BUD-PRM-19",
    when=took_place("streamed", "unstreamed"),
)
def the_stored_stream_setting_applies(trace: ScenarioTrace) -> Iterator[Finding]:
    """The stored `stream` setting of a template overrides the `stream` of the request."""
    for step, expects_stream in (("streamed", True), ("unstreamed", False)):
        exchange = trace[step]
        if exchange.ok and (exchange.answer.stream is not None) is not expects_stream:
            expected = "text/event-stream" if expects_stream else "application/json"
            actual = show(exchange.answer.headers.get("content-type") or ABSENT)
            yield Finding("reply.headers/content-type", expected, actual, exchange.id)


@rule(
    "prompt-templates.an-integer-as-version-is-accepted-or-rejected",
    ScenarioTrace,
    scenario=VALID,
    cites="BUD-PRM-05",
    when=took_place("integer_version"),
)
def an_integer_as_version_is_accepted_or_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A `version` that is an integer is accepted or rejected with 400."""
    yield from expect_status(trace["integer_version"], (200, 400), "200 or 400")


@rule(
    "prompt-templates.an-unknown-template-is-not-found",
    ScenarioTrace,
    scenario=INVALID,
    cites="BUD-PRM-02",
    when=took_place("unknown_prompt"),
)
def an_unknown_template_is_not_found(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request with an unknown template gets 404."""
    yield from expect_not_found(trace["unknown_prompt"])


@rule(
    "prompt-templates.an-unknown-version-is-not-found",
    ScenarioTrace,
    scenario=INVALID,
    cites="BUD-PRM-04",
    when=took_place("unknown_version"),
)
def an_unknown_version_is_not_found(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request with an unknown version gets 404 and a message with the version."""
    exchange = trace["unknown_version"]
    yield from expect_not_found(exchange)
    if exchange.answer.status == 404 and probe.UNKNOWN_VERSION not in str(_error(exchange).get("message")):
        actual = show(_error(exchange).get("message", ABSENT))
        yield Finding("reply.body/error/message", "a text with the version", actual, exchange.id)


def _error(exchange: Exchange) -> Mapping[str, Any]:
    error = exchange.answer.fields.get("error")
    return error if isinstance(error, dict) else {}


def _expect_bad_request(exchange: Exchange, text: str = "") -> Iterator[Finding]:
    """Findings unless the status is 400 and the message of the error has the text."""
    yield from expect_status(exchange, (400,), "400")
    message = _error(exchange).get("message", ABSENT)
    if exchange.answer.status == 400 and text not in str(message):
        yield Finding("reply.body/error/message", f"a text with {show(text)}", show(message), exchange.id)


@rule(
    "prompt-templates.a-missing-variable-is-rejected",
    ScenarioTrace,
    scenario=INVALID,
    cites="BUD-PRM-07",
    when=took_place("missing"),
)
def a_missing_variable_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request that lacks variables of the template gets 400 and a message with their names."""
    yield from _expect_bad_request(trace["missing"], "Missing prompt variables: loud, place, topics, words")


@rule(
    "prompt-templates.an-unused-variable-is-rejected",
    ScenarioTrace,
    scenario=INVALID,
    cites="BUD-PRM-08",
    when=took_place("unused"),
)
def an_unused_variable_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A variable that no text of the template uses is rejected with 400."""
    yield from _expect_bad_request(trace["unused"])


@rule(
    "prompt-templates.variables-without-a-schema-are-rejected",
    ScenarioTrace,
    scenario=INVALID,
    cites="BUD-PRM-09",
    when=took_place("without_schema"),
)
def variables_without_a_schema_are_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """Variables for a template without a schema of variables are rejected with 400."""
    yield from _expect_bad_request(trace["without_schema"])


@rule(
    "prompt-templates.a-mistyped-variable-is-rejected",
    ScenarioTrace,
    scenario=INVALID,
    cites="BUD-PRM-10",
    when=took_place("mistyped"),
)
def a_mistyped_variable_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A variable that breaks the template's schema is rejected with 400."""
    yield from _expect_bad_request(trace["mistyped"])


@rule(
    "prompt-templates.a-template-with-wrong-syntax-is-rejected",
    ScenarioTrace,
    scenario=INVALID,
    cites="BUD-PRM-14",
    when=took_place("broken"),
)
def a_template_with_wrong_syntax_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request with a template of wrong syntax gets 400, not a server error."""
    yield from _expect_bad_request(trace["broken"])


PARAMS = {"missing": "prompt.variables", "mistyped": "prompt.variables.name"}
"""The `param` of the error for each of these steps."""


@rule(
    "prompt-templates.an-error-names-the-variable-in-param",
    ScenarioTrace,
    scenario=INVALID,
    cites=("BUD-ERR-05", "BUD-PRM-07", "BUD-PRM-10"),
    when=took_place(*PARAMS),
)
def an_error_names_the_variable_in_param(trace: ScenarioTrace) -> Iterator[Finding]:
    """An error about variables names the variable, or all of them, in `param`."""
    for step, expected in PARAMS.items():
        actual = _error(trace[step]).get("param", ABSENT)
        if trace[step].answer.status == 400 and actual != expected:
            yield Finding("reply.body/error/param", expected, show(actual), trace[step].id)


@rule(
    "prompt-templates.a-request-without-model-and-template-is-rejected",
    ScenarioTrace,
    scenario=INVALID,
    cites="BUD-REQ-01",
    when=took_place("neither"),
)
def a_request_without_model_and_template_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request with neither a model nor a template is rejected with 400."""
    yield from _expect_bad_request(trace["neither"])
