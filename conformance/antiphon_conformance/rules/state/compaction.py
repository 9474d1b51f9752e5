"""Rules on `POST /responses/compact` and on its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange, Part
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.requests.test_prompts import FIRST_WORD, SECOND_WORD
from antiphon_conformance.requests.unusual import odd
from antiphon_conformance.rules.reading.comparison import (
    expect_not_found,
    expect_ok,
    expect_rejection,
    input_tokens,
    knows,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import member, number, output, refusals, text_of, value_at
from antiphon_conformance.rules.reading.schema_faults import body_faults
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.state.input_items import roles_and_texts
from antiphon_conformance.rules.views import AnyReply, DocumentReply, ScenarioTrace

WORDS = [FIRST_WORD, SECOND_WORD]


def is_compaction(body: DocumentReply) -> bool:
    """Whether this answers a request to compact."""
    return body.operation == "compactResponse"


@rule("compaction.a-history-can-be-compacted", ScenarioTrace, scenario="chaining", cites=("CMP-18", "CMP-03"))
def a_history_can_be_compacted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A compaction accepts `model`, `input` and the other documented parameters.

    These are `previous_response_id`, `instructions` and `prompt_cache_key`.
    """
    yield from expect_ok(trace["compacted"], "200, since the document has each of these parameters")


@rule("compaction.a-compaction-is-a-compaction-object", DocumentReply, cites="CMP-04", when=is_compaction)
def a_compaction_is_a_compaction_object(body: DocumentReply) -> Iterator[Finding]:
    """A compaction has `id`, `object: response.compaction`, `output`, `created_at` and `usage`."""
    yield from body_faults(body)


def _types(response: Mapping[str, Any]) -> list[Any]:
    return [item.get("type", ABSENT) for _, item in output(response)]


@rule(
    "compaction.a-compaction-holds-a-compaction-item",
    DocumentReply,
    cites=("CMP-05", "CMP-09"),
    when=is_compaction,
)
def a_compaction_holds_a_compaction_item(body: DocumentReply) -> Iterator[Finding]:
    """The output of a compaction contains an item of type `compaction`.

    Clients look for this type; with another one they lose the history.
    """
    types = _types(body.object)
    if "compaction" not in types:
        yield Finding("reply.body/output", "an item of type compaction", named("types", types))


@rule("compaction.a-compaction-item-is-opaque", DocumentReply, cites="CMP-06", when=is_compaction)
def a_compaction_item_is_opaque(body: DocumentReply) -> Iterator[Finding]:
    """A compaction item has `id` and `encrypted_content`.

    More members, such as `status`, are valid.
    """
    for index, item in output(body.object, "compaction"):
        for name in ("id", "encrypted_content"):
            actual = item.get(name, ABSENT)
            if not isinstance(actual, str) or not actual:
                yield Finding(f"reply.body/output/{index}/{name}", "a string that is not empty", show(actual))


@rule(
    "compaction.a-compaction-keeps-the-user-messages",
    DocumentReply,
    cites="CMP-09",
    when=is_compaction,
    reads={Part.TEXTS, Part.IDS},
)
def a_compaction_keeps_the_user_messages(body: DocumentReply) -> Iterator[Finding]:
    """The output of a compaction is the user's messages, followed by one compaction item."""
    types = _types(body.object)
    if types.count("compaction") > 1 or "compaction" in types[:-1]:
        yield Finding("reply.body/output", "one compaction item, at the end", named("types", types))
    messages = roles_and_texts(body.object.get("output"))
    for role, text in roles_and_texts(body.request_fields.get("input")):
        if role == "user" and (role, text) not in messages:
            yield Finding(
                "reply.body/output", f"the user's message {show(text)}", named("messages", messages)
            )


@rule("compaction.compacted-messages-are-in-resource-form", DocumentReply, cites="CMP-16", when=is_compaction)
def compacted_messages_are_in_resource_form(body: DocumentReply) -> Iterator[Finding]:
    """A message in the output of a compaction has an id, a status and a list of content parts."""
    for index, message in output(body.object, "message"):
        for name, kind in (("id", str), ("status", str), ("content", list)):
            if not isinstance(message.get(name), kind):
                actual = show(message.get(name, ABSENT))
                expected = "a string" if kind is str else "an array"
                yield Finding(f"reply.body/output/{index}/{name}", expected, actual)


def compacts_something(body: DocumentReply) -> bool:
    """Whether this compacts a history: an `input`, or a previous response."""
    return is_compaction(body) and bool(
        body.request_fields.get("input") or body.request_fields.get("previous_response_id")
    )


@rule("compaction.a-compaction-counts-its-tokens", DocumentReply, cites="CMP-17", when=compacts_something)
def a_compaction_counts_its_tokens(body: DocumentReply) -> Iterator[Finding]:
    """`usage` of a compaction counts the tokens that the compaction itself read and wrote."""
    names = ("input_tokens", "output_tokens", "total_tokens")
    values = [value_at(body.object, "usage", name) for name in names]
    tokens_in, tokens_out, total = map(number, values)
    if not tokens_in:
        expected = "more than 0, since the model reads the history"
        yield Finding("reply.body/usage/input_tokens", expected, show(values[0]))
    if tokens_in is not None and tokens_out is not None and total != tokens_in + tokens_out:
        expected = f"{tokens_in + tokens_out}, the sum of input and output tokens"
        yield Finding("reply.body/usage/total_tokens", expected, show(values[2]))


@rule(
    "compaction.compacted-output-is-accepted-as-input",
    ScenarioTrace,
    scenario="chaining",
    cites=("CMP-07", "CMP-08"),
    when=took_place("remembered"),
)
def compacted_output_is_accepted_as_input(trace: ScenarioTrace) -> Iterator[Finding]:
    """The whole output of a compaction is accepted as `input`."""
    yield from expect_ok(trace["remembered"], "200, since this is the output of a compaction")


def _recalls_some(trace: ScenarioTrace) -> bool:
    """Whether the model recalls a code word from the whole history, or from the compaction."""
    return any(knows(trace, step, word) for step in ("resent", "remembered") for word in WORDS)


@rule(
    "compaction.the-model-remembers-the-history",
    ScenarioTrace,
    scenario="chaining",
    cites="CMP-13",
    when=lambda trace: succeeded("remembered")(trace) and _recalls_some(trace),
)
def the_model_remembers_the_history(trace: ScenarioTrace) -> Iterator[Finding]:
    """The model knows after a compaction what the history said.

    A model that recalls one code word of the whole history may name either of them after a compaction.
    """
    answer = trace["remembered"]
    if any(refusals(answer.response)) and not text_of(answer.response):
        return  # the model refused: nothing shows what it knows
    misses = [word for word in WORDS if not knows(trace, "remembered", word)]
    if misses and (misses == WORDS or all(knows(trace, "resent", word) for word in WORDS)):
        expected = f"the code word {' and '.join(misses)}"
        yield Finding("reply.body/output", expected, named("text", text_of(answer.response)), answer.id)


@rule(
    "compaction.a-compaction-needs-a-model",
    ScenarioTrace,
    scenario="chaining",
    cites=("CMP-02", "CMP-01"),
    when=took_place("compacted_modelless"),
)
def a_compaction_needs_a_model(trace: ScenarioTrace) -> Iterator[Finding]:
    """A compaction without `model` is rejected."""
    yield from expect_rejection(trace["compacted_modelless"], "a 4xx, since `model` is required")


@rule(
    "compaction.a-compaction-cannot-be-continued",
    ScenarioTrace,
    scenario="chaining",
    cites="CMP-10",
    when=took_place("misused"),
)
def a_compaction_cannot_be_continued(trace: ScenarioTrace) -> Iterator[Finding]:
    """The id of a compaction is rejected as `previous_response_id`: it names no response."""
    yield from expect_rejection(trace["misused"], "a 4xx, since a compaction is no response")


@rule(
    "compaction.a-compaction-is-not-stored",
    ScenarioTrace,
    scenario="chaining",
    cites="CMP-11",
    when=took_place("compacted_again"),
)
def a_compaction_is_not_stored(trace: ScenarioTrace) -> Iterator[Finding]:
    """Retrieving a response by the id of a compaction answers 404."""
    yield from expect_not_found(trace["compacted_again"])


@rule(
    "compaction.an-unknown-history-cannot-be-compacted",
    ScenarioTrace,
    scenario="chaining",
    cites="CMP-12",
    when=took_place("compacted_unknown"),
)
def an_unknown_history_cannot_be_compacted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A compaction with an unknown `previous_response_id` is rejected."""
    yield from expect_rejection(trace["compacted_unknown"], "a 4xx, since no response has this id")


def _counts(trace: ScenarioTrace) -> bool:
    """Whether the compaction has a count of input tokens; another rule reports one that has none."""
    count = number(member(trace["compacted"].answer.fields, "usage", "input_tokens"))
    return succeeded("compacted", "told")(trace) and bool(count)


@rule(
    "compaction.a-compaction-reads-the-history-it-names",
    ScenarioTrace,
    scenario="chaining",
    cites="CMP-12",
    when=_counts,
)
def a_compaction_reads_the_history_it_names(trace: ScenarioTrace) -> Iterator[Finding]:
    """A compaction with `previous_response_id` reads the input and output of that response."""
    compaction, before = trace["compacted"], input_tokens(trace["told"])
    count = number(member(compaction.answer.fields, "usage", "input_tokens")) or 0
    if count < before:
        expected = f"at least {before}, the input tokens of the previous response"
        yield Finding("reply.body/usage/input_tokens", expected, show(count), compaction.id)


@rule(
    "compaction.a-trigger-makes-a-compaction",
    ScenarioTrace,
    scenario="context_management",
    cites="CMP-15",
    when=succeeded("triggered"),
)
def a_trigger_makes_a_compaction(trace: ScenarioTrace) -> Iterator[Finding]:
    """A create that ends with a `compaction_trigger` has a compaction item in its output."""
    yield from _expect_compaction_item(trace["triggered"])


def _expect_compaction_item(exchange: Exchange) -> Iterator[Finding]:
    if not any(output(exchange.response, "compaction")):
        types = named("types", _types(exchange.response))
        yield Finding("reply.body/output", "an item of type compaction", types, exchange.id)


@rule(
    "compaction.a-trigger-comes-last",
    AnyReply,
    cites="CMP-19",
    when=odd("a_trigger_before_the_end"),
    needs="a `compaction_trigger` that is not the last item",
    reads=REJECTION,
)
def a_trigger_comes_last(answer: AnyReply) -> Iterator[Finding]:
    """A `compaction_trigger` that is not the last input item is rejected."""
    yield from expect_rejection(answer.exchange, "a 4xx, since a trigger must be the last item")


@rule(
    "compaction.a-long-context-is-compacted-on-request",
    ScenarioTrace,
    scenario="context_management",
    cites="CMP-14",
    when=succeeded("managed"),
)
def a_long_context_is_compacted_on_request(trace: ScenarioTrace) -> Iterator[Finding]:
    """With `context_management`, input over the threshold makes a compaction item in the output."""
    yield from _expect_compaction_item(trace["managed"])
