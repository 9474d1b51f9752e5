"""Stored chats: retrieved, listed, described anew and deleted.

No genuine traffic was seen: the rules rest on the document alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import (
    expect_not_found,
    expect_ok,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import member, objects, value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace

SCENARIO = "stored_chats"


@rule(
    "stored-chats.a-chat-is-retrieved-as-it-was-answered",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-23",
    when=succeeded("created", "retrieved"),
)
def a_chat_is_retrieved_as_it_was_answered(trace: ScenarioTrace) -> Iterator[Finding]:
    """A stored chat is retrieved with the id and the text that its create was answered with."""
    creation, answer = trace["created"].answer.fields, trace["retrieved"].answer.fields
    if answer.get("id", ABSENT) != creation.get("id"):
        expected, actual = show(creation.get("id")), show(answer.get("id", ABSENT))
        yield Finding("reply.body/id", expected, actual, trace["retrieved"].id)
    before, now = _text(creation), _text(answer)
    if now != before:
        where = "reply.body/choices/0/message/content"
        yield Finding(where, show(before), show(now), trace["retrieved"].id)


def _text(completion: Any) -> Any:
    choice = next((choice for _, choice in objects(completion.get("choices"))), {})
    text = value_at(choice, "message", "content")
    return None if text is ABSENT else text


@rule(
    "stored-chats.the-list-has-a-stored-chat",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-24",
    when=took_place("listed"),
)
def the_list_has_a_stored_chat(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list of stored chats has the chat that can be retrieved.

    Nothing is said of a chat on a later page.
    """
    page = trace["listed"]
    yield from expect_ok(page, "200, since a chat is stored")
    if not page.ok:
        return
    rows = page.answer.fields.get("data", ABSENT)
    if not isinstance(rows, list):
        yield Finding("reply.body/data", "an array", show(rows), page.id)
        return
    identity = trace["created"].answer.fields.get("id")
    if page.answer.fields.get("has_more") is not True and identity not in _ids(rows):
        yield Finding("reply.body/data", f"an entry with the id {show(identity)}", show(_ids(rows)), page.id)


def _ids(rows: list[Any]) -> list[Any]:
    return [row.get("id") for _, row in objects(rows)]


@rule(
    "stored-chats.messages-are-those-of-the-request",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-25",
    when=took_place("messages"),
)
def messages_are_those_of_the_request(trace: ScenarioTrace) -> Iterator[Finding]:
    """The messages of a stored chat have the text that its user wrote."""
    page = trace["messages"]
    yield from expect_ok(page, "200, since the chat is stored")
    rows = [row for _, row in objects(page.answer.fields.get("data"))]
    text = member(trace["created"].request.body, "messages")[0]["content"]
    if page.ok and not any(_says(row, text) for row in rows):
        yield Finding("reply.body/data", f"a message with the text {show(text)}", show(rows), page.id)


def _says(message: Any, text: str) -> bool:
    """Whether a message has a text, as `content` or in its parts."""
    parts = (*objects(message.get("content")), *objects(message.get("content_parts")))
    return message.get("content") == text or any(part.get("text") == text for _, part in parts)


@rule(
    "stored-chats.an-update-changes-the-metadata",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-26",
    when=took_place("updated"),
)
def an_update_changes_the_metadata(trace: ScenarioTrace) -> Iterator[Finding]:
    """After an update a stored chat has the metadata that it was given."""
    yield from expect_ok(trace["updated"], "200, since the chat is stored")
    metadata = trace["updated"].request.fields["metadata"]
    for exchange in (trace[step] for step in ("updated", "retrieved_again") if succeeded(step)(trace)):
        actual = exchange.answer.fields.get("metadata", ABSENT)
        if not isinstance(actual, dict) or not metadata.items() <= actual.items():
            yield Finding("reply.body/metadata", show(metadata), show(actual), exchange.id)


@rule(
    "stored-chats.a-deleted-chat-is-gone",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-27",
    when=took_place("deleted"),
)
def a_deleted_chat_is_gone(trace: ScenarioTrace) -> Iterator[Finding]:
    """The deletion of a stored chat is reported, and the chat cannot be retrieved afterwards."""
    deletion = trace["deleted"]
    yield from expect_ok(deletion, "200, since the chat is stored")
    if deletion.ok and deletion.answer.fields.get("deleted", ABSENT) is not True:
        actual = show(deletion.answer.fields.get("deleted", ABSENT))
        yield Finding("reply.body/deleted", "true", actual, deletion.id)
    if deletion.ok and succeeded("retrieved_deleted")(trace):
        later = trace["retrieved_deleted"]
        yield Finding("reply.status", "404, since the chat was deleted", str(later.answer.status), later.id)


@rule(
    "stored-chats.an-unknown-chat-is-not-found",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CHT-28",
    when=took_place("unknown"),
)
def an_unknown_chat_is_not_found(trace: ScenarioTrace) -> Iterator[Finding]:
    """A chat that does not exist is answered with 404."""
    yield from expect_not_found(trace["unknown"])
