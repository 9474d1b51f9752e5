"""What a conversation excludes: a chain beside it, what is not stored, and a second response at once.

Of a locked conversation one bug report shows the error, and no document speaks of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.rules.reading.comparison import (
    CLIENT_ERROR,
    expect_rejection,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import member, objects
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.input_items import input_text
from antiphon_conformance.rules.views import ScenarioTrace

TWO = ("one", "other")
CONFLICTS = (409, 423, 429)
"""The statuses that say by themselves that something else goes on."""
NAME = "conversation"


@rule(
    "conversations.a-conversation-excludes-a-chain",
    ScenarioTrace,
    scenario="conversations",
    cites="REQ-67",
    when=took_place("with_chain"),
)
def a_conversation_excludes_a_chain(trace: ScenarioTrace) -> Iterator[Finding]:
    """A create with `conversation` and `previous_response_id` is rejected.

    Nobody can say which of the two histories the model then sees.
    """
    yield from expect_rejection(trace["with_chain"], "a 4xx, since the two exclude each other")


@rule(
    "conversations.a-count-excludes-a-chain",
    ScenarioTrace,
    scenario="conversations",
    cites="TOK-06",
    when=took_place("counted_with_chain"),
)
def a_count_excludes_a_chain(trace: ScenarioTrace) -> Iterator[Finding]:
    """A count of tokens with `conversation` and `previous_response_id` is rejected, too."""
    yield from expect_rejection(trace["counted_with_chain"], "a 4xx, since the two exclude each other")


@rule(
    "conversations.an-unstored-response-adds-nothing",
    ScenarioTrace,
    scenario="conversations",
    cites="STA-11",
    when=succeeded("unstored", "listed"),
)
def an_unstored_response_adds_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response with `store: false` adds neither its input nor its output to the conversation."""
    text = input_text(trace["unstored"])
    for place in _places_of(trace["listed"], text):
        expected = "nothing of a response with `store: false`"
        yield Finding(place, expected, show(text), trace["listed"].id)


@rule(
    "conversations.two-responses-at-once-are-answered-or-locked",
    ScenarioTrace,
    scenario="conversation_lock",
    cites="CNV-10",
    when=took_place(*TWO),
)
def two_responses_at_once_are_answered_or_locked(trace: ScenarioTrace) -> Iterator[Finding]:
    """A second response in a conversation is answered, or rejected with an error that says why.

    A client that reads that the conversation is locked waits and asks again.
    """
    for exchange in (trace[name] for name in TWO if not trace[name].ok):
        if exchange.answer.status not in CLIENT_ERROR:
            status = str(exchange.answer.status)
            yield Finding("reply.status", "200, or a 4xx of a locked conversation", status, exchange.id)
        elif any(trace[name].ok for name in TWO) and not _names_the_conversation(exchange):
            actual = show(exchange.answer.fields.get("error", ABSENT))
            yield Finding("reply.body/error", "an error that names the conversation", actual, exchange.id)


@rule(
    "conversations.no-response-of-two-is-lost",
    ScenarioTrace,
    scenario="conversation_lock",
    cites="CNV-13",
    when=lambda trace: succeeded("listed")(trace) and any(_has_completed(trace, name) for name in TWO),
    needs="a completed response in a conversation, and a list of its items",
)
def no_response_of_two_is_lost(trace: ScenarioTrace) -> Iterator[Finding]:
    """A conversation lists the input of each response that it accepted, also of two at once."""
    for name in (name for name in TWO if _has_completed(trace, name)):
        text = input_text(trace[name])
        if not _lists(trace["listed"], text):
            count = len(list(objects(trace["listed"].answer.fields.get("data"))))
            yield Finding("reply.body/data", named("input", text), f"{count} others", trace["listed"].id)


def _names_the_conversation(exchange: Exchange) -> bool:
    """Whether an error says that the conversation is the reason: by its status, code, member or message."""
    error = exchange.answer.fields.get("error")
    members = [member(error, name) for name in ("code", "param", "message", "type")]
    texts = [error, *members] if isinstance(error, str) else members
    return exchange.answer.status in CONFLICTS or any(NAME in str(text).casefold() for text in texts)


def _has_completed(trace: ScenarioTrace, name: str) -> bool:
    """Whether the response of a step has ended well: in its create, or later in the background."""
    if not succeeded(name)(trace):
        return False
    steps = (step for step in trace.trace.exchanges if step == name or step.startswith(f"{name}_polled"))
    ends = (trace[step].answer.fields.get("status") for step in steps)
    return "completed" in ends


def _lists(page: Exchange, text: object) -> bool:
    """Whether a page of items has a message with this text."""
    return any(_places_of(page, text))


def _places_of(page: Exchange, text: object) -> Iterator[str]:
    """Where a page of items has this text."""
    for index, item in objects(page.answer.fields.get("data")):
        content = item.get("content")
        where = f"reply.body/data/{index}/content"
        if content == text:
            yield where
        yield from (f"{where}/{place}/text" for place, part in objects(content) if part.get("text") == text)
