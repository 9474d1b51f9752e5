"""Reasoning items: when they appear, their content, their position, and their way back as input."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import CLIENT_ERROR, expect_ok, expect_status
from antiphon_conformance.rules.reading.output import (
    includes,
    member,
    number,
    objects,
    value_at,
)
from antiphon_conformance.rules.reading.request import tools_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Item, ResponseObject, ScenarioTrace

ENCRYPTED = "reasoning.encrypted_content"


def _answers_a_create(item: Item) -> bool:
    return item.exchange.operation == item.dialect.create_operation and bool(item.request_fields)


def _is_reasoning(item: Item) -> bool:
    return item.type == "reasoning" and _answers_a_create(item)


def _requests_encryption(item: Item) -> bool:
    """Whether the request includes the content, and the item is whole; a cut one may have none."""
    completed = item.response.get("status") == "completed"
    return _is_reasoning(item) and completed and includes(item.request_fields, ENCRYPTED)


@rule(
    "reasoning.encrypted-content-is-there-on-request",
    Item,
    cites="RSN-08",
    when=_requests_encryption,
    needs=f"reasoning in answer to `include: {ENCRYPTED}`",
)
def encrypted_content_is_there_on_request(item: Item) -> Iterator[Finding]:
    """A reasoning item has `encrypted_content` when the request includes it.

    Without it a client that stores nothing on the server loses the reasoning of earlier turns.
    """
    content = item.object.get("encrypted_content", ABSENT)
    if not isinstance(content, str) or not content:
        yield Finding(f"{item.where}/encrypted_content", "a non-empty string", show(content))


def _counts_reasoning(response: ResponseObject) -> bool:
    """Whether a completed answer counts reasoning and must include it; hosted tools may reason unseen."""
    if not response.creation or not includes(response.request_fields, ENCRYPTED):
        return False
    tools = [*tools_of(response), *(tool for _, tool in objects(response.object.get("tools")))]
    only_client_tools = all(tool.get("type") in ("function", "custom") for tool in tools)
    count = number(member(response.object, "usage", "output_tokens_details", "reasoning_tokens"))
    has_output = response.status == "completed" and "output" in response.content
    return only_client_tools and has_output and bool(count)


@rule(
    "reasoning.counted-reasoning-is-in-the-output",
    ResponseObject,
    cites="RSN-08",
    when=_counts_reasoning,
    needs=f"reasoning tokens in answer to `include: {ENCRYPTED}`",
)
def counted_reasoning_is_in_the_output(response: ResponseObject) -> Iterator[Finding]:
    """A response that counts reasoning tokens has the reasoning item that `include` requests."""
    if not any(response.items_of("reasoning")):
        yield Finding(f"{response.where}/output", "a reasoning item", "no reasoning item")


def _requests_no_summary(item: Item) -> bool:
    """Whether the request asks for no summary, and the server does not report one by its own default."""
    asked = item.request_fields.get("reasoning")
    styles = [member(asked, name) for name in ("summary", "generate_summary")]
    unasked = styles == [None, None] and item.request_fields.get("prompt") is None
    return _is_reasoning(item) and unasked and member(item.response, "reasoning", "summary") is None


@rule(
    "reasoning.no-summary-without-a-request",
    Item,
    cites="RSN-12",
    when=_requests_no_summary,
    needs="reasoning in answer to a request without `reasoning.summary`",
)
def no_summary_without_a_request(item: Item) -> Iterator[Finding]:
    """The `summary` of a reasoning item is empty unless the request has `reasoning.summary`."""
    if item.object.get("summary"):
        yield Finding(f"{item.where}/summary", "an empty array", show(item.object["summary"]))


def _has_reasoning(response: ResponseObject) -> bool:
    return response.is_final and any(response.items_of("reasoning"))


def _is_completed_with_reasoning(response: ResponseObject) -> bool:
    return response.status == "completed" and _has_reasoning(response)


@rule(
    "reasoning.true-puts-reasoning-before-the-message",
    ResponseObject,
    cites="BUD-REQ-13",
    when=lambda response: response.request_fields.get("reasoning") is True and response.status == "completed",
    needs="a completed answer to `reasoning: true`",
)
def true_puts_reasoning_before_the_message(response: ResponseObject) -> Iterator[Finding]:
    """With `reasoning: true` the output has a reasoning item before the message."""
    types = [item.get("type") for _, item in response.items]
    if "reasoning" not in types[: types.index("message") if "message" in types else None]:
        yield Finding(
            f"{response.where}/output",
            "a reasoning item before the message",
            f"items of the types {show(types)}",
        )


@rule(
    "reasoning.precedes-the-item-that-it-leads-to",
    ResponseObject,
    cites="RSN-14",
    when=_is_completed_with_reasoning,
    needs="a completed response with reasoning",
)
def precedes_the_item_that_it_leads_to(response: ResponseObject) -> Iterator[Finding]:
    """In a completed response a reasoning item precedes the message or call that it led to.

    A model may also end after it has only reasoned, or reason once more after a remark or a call.
    """
    items = response.items
    types = [item.get("type") for _, item in items]
    first = types.index("reasoning")
    only_reasoning_follows = all(kind == "reasoning" for kind in types[first:])
    only_messages_precede = first > 0 and all(kind == "message" for kind in types[:first])
    if (
        only_reasoning_follows
        and only_messages_precede
        and not any(item.get("phase") == "commentary" for _, item in items)
    ):
        where = f"{response.where}/output/{items[-1][0]}"
        yield Finding(where, "an item followed by a message or a call", "the last item")


@rule(
    "reasoning.shown-reasoning-is-counted",
    ResponseObject,
    cites="RSN-18",
    when=_is_completed_with_reasoning,
    needs="a completed response with reasoning",
)
def shown_reasoning_is_counted(response: ResponseObject) -> Iterator[Finding]:
    """A response whose reasoning item has text counts `reasoning_tokens`."""
    has_text = any(
        any(objects(item.get(name)))
        for _, item in response.items_of("reasoning")
        for name in ("summary", "content")
    )
    count = member(response.object, "usage", "output_tokens_details", "reasoning_tokens")
    if has_text and number(count) == 0:
        yield Finding(f"{response.where}/usage/output_tokens_details/reasoning_tokens", "more than 0", "0")


def _without_effort(response: ResponseObject) -> bool:
    effort = member(response.request_fields.get("reasoning"), "effort")
    return response.creation and response.is_final and effort == "none"


@rule(
    "reasoning.no-effort-no-reasoning",
    ResponseObject,
    cites="RSN-16",
    when=_without_effort,
    needs="an answer to `reasoning.effort: none`",
)
def no_effort_no_reasoning(response: ResponseObject) -> Iterator[Finding]:
    """With `reasoning.effort: none` the output has no reasoning.

    An empty reasoning item that was not counted holds none.
    """
    count = number(member(response.object, "usage", "output_tokens_details", "reasoning_tokens"))
    for index, item in response.items_of("reasoning"):
        if count == 0 and not item.get("summary") and not item.get("content"):
            continue
        yield Finding(f"{response.where}/output/{index}", "no reasoning item", "a reasoning item")


def _has_context(response: ResponseObject) -> bool:
    if not response.creation or member(response.request_fields, "reasoning", "context") is None:
        return False
    return member(response.object, "reasoning", "context") is not None


@rule(
    "reasoning.context-is-reported-as-in-force",
    ResponseObject,
    cites="RSN-17",
    when=_has_context,
    needs="an answer that reports `reasoning.context` of its request",
)
def context_is_reported_as_in_force(response: ResponseObject) -> Iterator[Finding]:
    """The response shows the `reasoning.context` in force: the requested one, or that of `auto`."""
    asked, actual = (
        value_at(side, "reasoning", "context") for side in (response.request_fields, response.object)
    )
    contexts = ("current_turn", "all_turns") if asked == "auto" else (asked,)
    if actual not in contexts:
        expected = " or ".join(map(show, contexts))
        yield Finding(f"{response.where}/reasoning/context", expected, show(actual))


@rule(
    "reasoning.encrypted-reasoning-is-accepted-back",
    ScenarioTrace,
    scenario="reasoning",
    cites="RSN-10",
    when=lambda trace: "continued" in trace,
)
def encrypted_reasoning_is_accepted_back(trace: ScenarioTrace) -> Iterator[Finding]:
    """A reasoning item with `encrypted_content` is accepted as input without stored state."""
    yield from expect_ok(trace["continued"], "200, since the server itself wrote the item")


@rule(
    "reasoning.altered-reasoning-is-rejected",
    ScenarioTrace,
    scenario="reasoning",
    cites="RSN-11",
    when=lambda trace: "tampered" in trace,
)
def altered_reasoning_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """Altered `encrypted_content` is rejected with the code `invalid_encrypted_content`."""
    exchange = trace["tampered"]
    yield from expect_status(exchange, CLIENT_ERROR, "a 4xx, since the content was altered")
    code = value_at(exchange.answer.fields, "error", "code")
    if exchange.answer.status in CLIENT_ERROR and code != "invalid_encrypted_content":
        yield Finding("reply.body/error/code", "invalid_encrypted_content", show(code), exchange.id)


@rule(
    "reasoning.reasoning-without-its-item-is-rejected",
    ScenarioTrace,
    scenario="reasoning",
    cites="RSN-13",
    when=lambda trace: "orphaned" in trace,
)
def reasoning_without_its_item_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A reasoning item in the input without the item that it led to is rejected."""
    yield from expect_status(
        trace["orphaned"], CLIENT_ERROR, "a 4xx, since the item that the reasoning led to is absent"
    )
