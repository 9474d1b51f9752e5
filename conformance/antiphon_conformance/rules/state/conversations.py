"""Rules on conversations: the objects, the lists of items, and what a response in one knows and adds.

Of lists and single items no genuine traffic was seen: rules on them rest on the document alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import BlockedError, Exchange, Part
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.requests.test_prompts import FIRST_WORD, SECOND_WORD
from antiphon_conformance.rules.reading.comparison import (
    expect_not_found,
    expect_ok,
    expect_rejection,
    knows,
    says,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import objects, output, text_of
from antiphon_conformance.rules.reading.schema_faults import body_faults
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.input_items import input_text
from antiphon_conformance.rules.views import DocumentReply, ResponseObject, ScenarioTrace

SCENARIO = "conversations"
RIGHT = ("listed", "newest", "item", "item_deleted", "added", "updated", "retrieved", "deleted")
"""The steps that ask for what exists."""
WORDS = (FIRST_WORD, SECOND_WORD)


def answers(*operations: str) -> Callable[[DocumentReply], bool]:
    """For `when=`: the body answers one of these operations."""
    return lambda body: body.operation in operations


@rule(
    "conversations.each-operation-is-answered",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("CNV-02", "CNV-04", "CNV-05", "CNV-06", "CNV-14"),
    when=took_place("listed"),
)
def each_operation_is_answered(trace: ScenarioTrace) -> Iterator[Finding]:
    """A server that creates conversations reads, lists, changes and deletes them, too."""
    for step in RIGHT:
        if step in trace:
            yield from expect_ok(trace[step], "200, since the conversation exists")


@rule(
    "conversations.a-conversation-has-its-members",
    DocumentReply,
    cites=("CNV-01", "CNV-02"),
    when=answers("createConversation", "getConversation", "updateConversation"),
)
def a_conversation_has_its_members(body: DocumentReply) -> Iterator[Finding]:
    """A conversation has `id`, `object: conversation`, `created_at` and `metadata`."""
    yield from body_faults(body)


@rule(
    "conversations.an-update-replaces-the-metadata",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CNV-02",
    when=succeeded("updated"),
)
def an_update_replaces_the_metadata(trace: ScenarioTrace) -> Iterator[Finding]:
    """After an update a conversation has the new `metadata`, and nothing of the old."""
    expected = trace["updated"].request.fields.get("metadata")
    for exchange in (trace[step] for step in ("updated", "retrieved") if succeeded(step)(trace)):
        actual = exchange.answer.fields.get("metadata", ABSENT)
        if actual != expected:
            yield Finding("reply.body/metadata", show(expected), show(actual), exchange.id)


@rule(
    "conversations.a-deletion-is-confirmed",
    DocumentReply,
    cites="CNV-03",
    when=answers("deleteConversation"),
    reads={Part.IDS},
)
def a_deletion_is_confirmed(body: DocumentReply) -> Iterator[Finding]:
    """The answer to a deletion has the id, `object: conversation.deleted` and `deleted: true`."""
    yield from body_faults(body)
    if body.object.get("deleted") is False:
        yield Finding("reply.body/deleted", "true", "false")
    identity = body.request.path.partition("?")[0].rpartition("/")[2]
    if body.object.get("id", identity) != identity:
        yield Finding("reply.body/id", show(identity), show(body.object["id"]))


@rule(
    "conversations.an-unknown-conversation-is-not-found",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CNV-07",
    when=took_place("unknown"),
)
def an_unknown_conversation_is_not_found(trace: ScenarioTrace) -> Iterator[Finding]:
    """Reading an unknown or deleted conversation answers 404."""
    yield from expect_not_found(trace["unknown"])
    if succeeded("deleted")(trace):
        yield from expect_not_found(trace["retrieved_deleted"])


@rule(
    "conversations.too-much-metadata-is-rejected",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CNV-11",
    when=took_place("overfull"),
)
def too_much_metadata_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A conversation with more than 16 entries of `metadata` is rejected."""
    yield from expect_rejection(trace["overfull"], "a 4xx, since `metadata` has at most 16 entries")


@rule(
    "conversations.a-list-of-items-has-its-members",
    DocumentReply,
    cites=("CNV-04", "CNV-05"),
    when=answers("createConversationItems", "listConversationItems"),
)
def a_list_of_items_has_its_members(body: DocumentReply) -> Iterator[Finding]:
    """A list of items has `data`, `first_id`, `last_id` and `has_more`; each item has an id."""
    within = "reply.body/data/"
    yield from (finding for finding in body_faults(body) if not finding.where.startswith(within))
    for index, item in objects(body.object.get("data")):
        if not isinstance(item.get("id"), str):
            yield Finding(f"{within}{index}/id", "the id of an item", show(item.get("id", ABSENT)))


@rule(
    "conversations.the-newest-items-are-listed-first",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CNV-05",
    when=succeeded("listed", "newest"),
)
def the_newest_items_are_listed_first(trace: ScenarioTrace) -> Iterator[Finding]:
    """A list without `order` begins with the newest item, and has at most `limit` items."""
    expected, actual = ids(trace["listed"])[::-1][:2], ids(trace["newest"])
    if actual != expected:
        yield Finding(
            "reply.body/data", f"the two newest: {show(expected)}", named("ids", actual), trace["newest"].id
        )


def ids(page: Exchange) -> list[Any]:
    """The ids of the items of a page."""
    return [item.get("id") for _, item in objects(page.answer.fields.get("data"))]


@rule(
    "conversations.an-item-is-read-by-its-id",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CNV-14",
    when=succeeded("item"),
)
def an_item_is_read_by_its_id(trace: ScenarioTrace) -> Iterator[Finding]:
    """An item that is read by its id has this id."""
    expected = trace["item"].request.path.rpartition("/")[2]
    actual = trace["item"].answer.fields.get("id", ABSENT)
    if actual != expected:
        yield Finding("reply.body/id", show(expected), show(actual), trace["item"].id)


@rule(
    "conversations.the-deletion-of-an-item-answers-the-conversation",
    DocumentReply,
    cites="CNV-06",
    when=answers("deleteConversationItem"),
)
def the_deletion_of_an_item_answers_the_conversation(body: DocumentReply) -> Iterator[Finding]:
    """Deleting an item answers with the conversation."""
    yield from body_faults(body)


@rule(
    "conversations.a-response-is-created-in-a-conversation",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("CNV-08", "REQ-66"),
    when=took_place("told"),
)
def a_response_is_created_in_a_conversation(trace: ScenarioTrace) -> Iterator[Finding]:
    """A create is accepted with the id of a conversation, as text and in an object."""
    for step in ("told", "asked"):
        if step in trace:
            yield from expect_ok(trace[step], "200, since the conversation exists")


@rule(
    "conversations.a-response-names-its-conversation",
    ResponseObject,
    cites=("CNV-12", "STA-20"),
    when=lambda response: response.creation and response.request_fields.get("conversation") is not None,
    reads={Part.IDS},
)
def a_response_names_its_conversation(response: ResponseObject) -> Iterator[Finding]:
    """A response in a conversation has its id in `conversation`, in the events of a stream, too."""
    param = response.request_fields["conversation"]
    identity = param.get("id") if isinstance(param, dict) else param
    actual = response.object.get("conversation", ABSENT)
    if not isinstance(actual, dict) or actual.get("id") != identity:
        yield Finding(f"{response.where}/conversation", show({"id": identity}), show(actual))


def knows_all(trace: ScenarioTrace) -> bool:
    """Whether the model recalls both code words when it gets the whole history."""
    return succeeded("asked", "resent")(trace) and all(says(trace["resent"], word) for word in WORDS)


@rule(
    "conversations.a-response-remembers-its-conversation",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("CNV-08", "STA-19"),
    when=knows_all,
    needs="a model that recalls the code words when it gets the whole history",
)
def a_response_remembers_its_conversation(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response in a conversation knows what the whole history would tell it.

    The items that the conversation began with, and the turns in it, mean the same as a chain or as the
    history in one request. Where a server ignores `conversation`, the client does not notice.
    """
    question = trace["asked"]
    for word in (word for word in WORDS if not knows(trace, "asked", word)):
        actual = named("text", text_of(question.response))
        yield Finding("reply.body/output", f"the code word {word}", actual, question.id)


def unless_forgotten(trace: ScenarioTrace, *steps: str) -> bool:
    """Whether these steps succeeded. On a conversation that remembers nothing the rule is untestable."""
    if knows_all(trace) and not any(knows(trace, "asked", word) for word in WORDS):
        name = "conversations.a-response-remembers-its-conversation"
        raise BlockedError(f"the conversation remembers nothing, as {name} reports")
    return succeeded(*steps)(trace)


@rule(
    "conversations.input-and-output-are-appended-in-order",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="CNV-13",
    when=lambda trace: unless_forgotten(trace, "told", "asked", "listed"),
)
def input_and_output_are_appended_in_order(trace: ScenarioTrace) -> Iterator[Finding]:
    """The items of a conversation show the input and output of each response, in order."""
    items = list(map(_text, (item for _, item in objects(trace["listed"].answer.fields.get("data")))))
    place = 0
    for text in _history(trace):
        if not isinstance(text, str) or not text:
            continue
        index = next((index for index in range(place, len(items)) if text in items[index]), None)
        if index is None:
            expected = f"{show(text)} at {place} or later"
            yield Finding("reply.body/data", expected, named("texts", items), trace["listed"].id)
            return
        place = index + 1


def _history(trace: ScenarioTrace) -> Iterator[Any]:
    """The texts of the conversation, oldest first."""
    for _, item in objects(trace["created"].request.fields.get("items")):
        yield item.get("content")
    for step in ("told", "asked"):
        yield input_text(trace[step])
        yield from (_text(item) for _, item in output(trace[step].response, "message"))


def _text(item: Mapping[str, Any]) -> str:
    """The text of a message, whether its content is a text or a list of parts."""
    content = item.get("content")
    if isinstance(content, str):
        return content
    parts = (part.get("text") for _, part in objects(content))
    return "".join(text for text in parts if isinstance(text, str))
