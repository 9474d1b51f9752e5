"""Rules on chat completions over a library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.exchange import Exchange, Part
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.requests.constants import LIBRARY_CHAT
from antiphon_conformance.requests.invalid.chat import REQUIRED
from antiphon_conformance.rules.reading.comparison import (
    CLIENT_ERROR,
    differences,
    expect_not_found,
    expect_ok,
    expect_rejection,
    expect_status,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import equal_json, objects, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import DocumentReply, ScenarioTrace

ECHOED = ("messages", "temperature", "filter", "collections")
USUAL_TEMPERATURE = 0.7
"""The temperature of a chat whose request has none."""
FIRST_WITH_13_DIGITS, FIRST_WITH_14 = 10**12, 10**13
MOST = 100


def _is_completion(body: DocumentReply) -> bool:
    return body.operation == LIBRARY_CHAT


@rule(
    "chat.created-at-counts-milliseconds",
    DocumentReply,
    cites="CG-CHAT-12",
    when=_is_completion,
    needs="a chat completion",
    reads={Part.TIMES},
)
def created_at_counts_milliseconds(body: DocumentReply) -> Iterator[Finding]:
    """`created_at` of a chat completion counts milliseconds: it has 13 digits.

    A client that reads milliseconds gets a date in 1970 from seconds.
    """
    stamp = body.object.get("created_at")
    if isinstance(stamp, int) and not FIRST_WITH_13_DIGITS <= stamp < FIRST_WITH_14:
        yield Finding("reply.body/created_at", "13 digits", show(stamp))


@rule(
    "chat.the-payload-repeats-the-request",
    DocumentReply,
    cites="CG-CHAT-17",
    when=_is_completion,
    needs="a chat completion",
    reads={Part.TEXTS, Part.IDS},
)
def the_payload_repeats_the_request(body: DocumentReply) -> Iterator[Finding]:
    """A `payload` repeats the messages, temperature, filter and collections of the request."""
    if "payload" not in body.object:
        return
    for name in ECHOED:
        echo = value_at(body.object, "payload", name)
        is_absent_as_null = echo is ABSENT and body.request_fields.get(name) is None
        if name in body.request_fields and not is_absent_as_null:
            for pointer, expected, actual in differences(body.request_fields[name], echo):
                yield Finding(f"reply.body/payload/{name}{pointer}", show(expected), show(actual))


@rule(
    "chat.the-payload-has-the-default-temperature",
    DocumentReply,
    cites="CG-CHAT-25",
    when=lambda body: _is_completion(body) and "temperature" not in body.request_fields,
    needs="a chat completion whose request has no temperature",
    reads={Part.REQUEST},
)
def the_payload_has_the_default_temperature(body: DocumentReply) -> Iterator[Finding]:
    """`payload.temperature` is 0.7 or absent when the request has no temperature."""
    temperature = value_at(body.object, "payload", "temperature")
    if temperature is not ABSENT and not equal_json(temperature, USUAL_TEMPERATURE):
        yield Finding("reply.body/payload/temperature", show(USUAL_TEMPERATURE), show(temperature))


@rule("chat.required-members-are-required", ScenarioTrace, scenario="chat", cites="CG-CHAT-02")
def required_members_are_required(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat without a model, messages or collections is rejected."""
    for name in REQUIRED:
        yield from expect_rejection(trace[f"without_{name}"], f"a 4xx, since `{name}` is missing")


@rule(
    "chat.a-collection-of-entities-is-rejected",
    ScenarioTrace,
    scenario="chat",
    cites="CG-CHAT-06",
    when=took_place("wrong_type"),
    needs="a collection of entities",
)
def a_collection_of_entities_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat about a collection of entities is rejected.

    Such a collection has neither descriptions nor transcripts to answer from.
    """
    yield from expect_rejection(
        trace["wrong_type"], "a 4xx, since a collection of entities has no descriptions"
    )


@rule("chat.an-unknown-collection-is-not-found", ScenarioTrace, scenario="chat", cites="CG-CHAT-07")
def an_unknown_collection_is_not_found(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat about an unknown collection answers 404."""
    yield from expect_not_found(trace["unknown_collection"])


@rule("chat.members-of-earlier-releases-are-ignored", ScenarioTrace, scenario="chat", cites="CG-CHAT-10")
def members_of_earlier_releases_are_ignored(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat ignores members of earlier releases: `include_citations`, `force_search`, `top_p`.

    Older clients still send them.
    """
    yield from expect_ok(trace["with_old_members"], "200, since a server ignores such members")


@rule(
    "chat.a-chat-is-neither-streamed-nor-in-the-background",
    ScenarioTrace,
    scenario="chat",
    cites="CG-CHAT-19",
)
def a_chat_is_neither_streamed_nor_in_the_background(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat ignores or rejects `stream` and `background`; it never answers with a stream."""
    exchange = trace["streamed"]
    yield from expect_status(exchange, {200, *CLIENT_ERROR}, "200 or a 4xx")
    if exchange.answer.stream is not None:
        yield Finding("reply.headers/content-type", "application/json", "a stream", exchange.id)


@rule(
    "chat.a-completion-can-be-read-again",
    ScenarioTrace,
    scenario="chat",
    cites="CG-CHAT-21",
    when=succeeded("created"),
    needs="a chat completion",
)
def a_completion_can_be_read_again(trace: ScenarioTrace) -> Iterator[Finding]:
    """Retrieving a chat completion by its id returns it as the create did."""
    create, retrieval = trace["created"], trace["retrieved"]
    yield from expect_ok(retrieval, "200, since this is the id of a completion")
    if retrieval.ok:
        for pointer, expected, actual in differences(create.answer.fields, retrieval.answer.fields):
            yield Finding(f"reply.body{pointer}", show(expected), show(actual), retrieval.id)


@rule("chat.an-unknown-completion-is-not-found", ScenarioTrace, scenario="chat", cites="CG-CHAT-21")
def an_unknown_completion_is_not_found(trace: ScenarioTrace) -> Iterator[Finding]:
    """Retrieving an unknown chat completion answers 404."""
    yield from expect_not_found(trace["retrieved_unknown"])


def _ids(exchange: Exchange) -> list[Any]:
    return [entry.get("id", ABSENT) for _, entry in objects(exchange.answer.fields.get("data"))]


@rule("chat.a-page-of-completions-has-its-size", ScenarioTrace, scenario="chat", cites="CG-CHAT-22")
def a_page_of_completions_has_its_size(trace: ScenarioTrace) -> Iterator[Finding]:
    """A page holds 20 completions unless the request has a `limit`, and never more than 100."""
    page, large_page = trace["listed"], trace["listed_too_many"]
    limit = page.answer.fields.get("limit", ABSENT)
    if page.ok and not equal_json(limit, 20):
        yield Finding("reply.body/limit", "20", show(limit), page.id)
    limit = large_page.answer.fields.get("limit", ABSENT)
    if large_page.ok and not (isinstance(limit, int) and limit <= MOST):
        expected = f"at most {MOST}, or a 4xx for the request"
        yield Finding("reply.body/limit", expected, show(limit), large_page.id)


@rule(
    "chat.a-completion-is-listed",
    ScenarioTrace,
    scenario="chat",
    cites="CG-CHAT-22",
    when=succeeded("created", "listed"),
    needs="a chat completion",
)
def a_completion_is_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """A new chat completion is in the list of completions."""
    identity = trace["created"].answer.fields.get("id", ABSENT)
    if identity not in _ids(trace["listed"]):
        expected = f"a completion with the id {show(identity)}"
        yield Finding("reply.body/data", expected, "a list without it", trace["listed"].id)


@rule(
    "chat.dates-bound-the-list-of-completions",
    ScenarioTrace,
    scenario="chat",
    cites="CG-CHAT-24",
    when=succeeded("listed_after", "listed_before"),
    needs="lists with `created_after` and `created_before`",
)
def dates_bound_the_list_of_completions(trace: ScenarioTrace) -> Iterator[Finding]:
    """`created_after` and `created_before` select chat completions by their date.

    The lists name a day long past: every completion is newer.
    """
    after, before = trace["listed_after"], trace["listed_before"]
    if not _ids(after):
        yield Finding("reply.body/data", "the completions since that day", "an empty list", after.id)
    if _ids(before):
        expected = "an empty list, since no completion is that old"
        yield Finding("reply.body/data", expected, named("ids", _ids(before)), before.id)
