"""Reasoning: when it is shown, what it holds, where it stands, and that it can be sent back."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import includes, member, number, objects, output, tools_of
from antiphon_conformance.parity import CLIENT_ERROR, expect_status
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Item, Scene, Snapshot
from antiphon_conformance.text import show

ENCRYPTED = "reasoning.encrypted_content"


def _answers_a_create(item: Item) -> bool:
    return item.exchange.operation == item.dialect.create_operation and bool(item.asked)


def _is_reasoning(item: Item) -> bool:
    return item.type == "reasoning" and _answers_a_create(item)


def _encryption_asked_for(item: Item) -> bool:
    return _is_reasoning(item) and includes(item.asked, ENCRYPTED)


@rule(
    Item, cites="RSN-08", when=_encryption_asked_for, needs=f"reasoning in answer to `include: {ENCRYPTED}`"
)
def encrypted_content_comes_when_asked_for(item: Item) -> Iterator[Finding]:
    """A reasoning item has `encrypted_content` when `include` asks for it.

    Without it a client that stores nothing cannot go on where the model stopped thinking.
    """
    found = item.object.get("encrypted_content")
    if not isinstance(found, str) or not found:
        yield Finding(f"{item.where}/encrypted_content", "a non-empty string", show(found))


def _counts_reasoning(snapshot: Snapshot) -> bool:
    """Whether a completed answer counts reasoning that was to come encrypted; hosted tools reason unseen."""
    plain = all(tool.get("type") in ("function", "custom") for tool in tools_of(snapshot.asked))
    count = number(member(snapshot.object, "usage", "output_tokens_details", "reasoning_tokens"))
    wanted = snapshot.creation and includes(snapshot.asked, ENCRYPTED)
    return wanted and plain and snapshot.status == "completed" and bool(count)


@rule(
    Snapshot, cites="RSN-08", when=_counts_reasoning, needs=f"counted reasoning under `include: {ENCRYPTED}`"
)
def counted_reasoning_comes_along(snapshot: Snapshot) -> Iterator[Finding]:
    """An answer that counts reasoning tokens has a reasoning item when it was asked for, encrypted."""
    if not any(output(snapshot.object, "reasoning")):
        yield Finding(f"{snapshot.where}/output", "a reasoning item", "none")


def _summary_not_asked_for(item: Item) -> bool:
    asked = item.asked.get("reasoning")
    wanted = [member(asked, name) for name in ("summary", "generate_summary")]
    return _is_reasoning(item) and wanted == [None, None] and item.asked.get("prompt") is None


@rule(Item, cites="RSN-12", when=_summary_not_asked_for, needs="reasoning without a summary asked for")
def no_summary_unasked(item: Item) -> Iterator[Finding]:
    """The `summary` of a reasoning item is empty unless the request asks for a summary."""
    if item.object.get("summary"):
        yield Finding(f"{item.where}/summary", "[]", show(item.object["summary"]))


def _has_reasoning(snapshot: Snapshot) -> bool:
    return snapshot.is_final and any(output(snapshot.object, "reasoning"))


def _reasoned_and_completed(snapshot: Snapshot) -> bool:
    return snapshot.status == "completed" and _has_reasoning(snapshot)


@rule(
    Snapshot,
    cites="BUD-REQ-13",
    when=lambda snapshot: snapshot.asked.get("reasoning") is True and snapshot.status == "completed",
    needs="a completed answer to `reasoning: true`",
)
def true_shows_reasoning_first(snapshot: Snapshot) -> Iterator[Finding]:
    """With `reasoning: true` a reasoning item comes before the message."""
    types = [item.get("type") for _, item in output(snapshot.object)]
    if "reasoning" not in types[: types.index("message") if "message" in types else None]:
        yield Finding(f"{snapshot.where}/output", "a reasoning item, then a message", show(types))


@rule(Snapshot, cites="RSN-14", when=_reasoned_and_completed, needs="a completed response with reasoning")
def stands_before_what_it_leads_to(snapshot: Snapshot) -> Iterator[Finding]:
    """In a completed response a reasoning item precedes the message or the call that it belongs to."""
    items = list(output(snapshot.object))
    if items[-1][1].get("type") == "reasoning":
        where = f"{snapshot.where}/output/{items[-1][0]}"
        yield Finding(where, "a message or a call after the reasoning", "the last item")


@rule(Snapshot, cites="RSN-18", when=_reasoned_and_completed, needs="a completed response with reasoning")
def shown_reasoning_is_counted(snapshot: Snapshot) -> Iterator[Finding]:
    """A response whose reasoning item shows text counts `reasoning_tokens`."""
    shown = any(
        any(objects(item.get(name)))
        for _, item in output(snapshot.object, "reasoning")
        for name in ("summary", "content")
    )
    count = member(snapshot.object, "usage", "output_tokens_details", "reasoning_tokens")
    if shown and number(count) == 0:
        yield Finding(f"{snapshot.where}/usage/output_tokens_details/reasoning_tokens", "more than 0", "0")


def _without_effort(snapshot: Snapshot) -> bool:
    none = member(snapshot.asked.get("reasoning"), "effort") == "none"
    return snapshot.creation and snapshot.is_final and none


@rule(Snapshot, cites="RSN-16", when=_without_effort, needs="an answer to `reasoning.effort: none`")
def no_effort_no_reasoning(snapshot: Snapshot) -> Iterator[Finding]:
    """With `reasoning.effort: none` nothing is reasoned before the answer."""
    for index, _ in output(snapshot.object, "reasoning"):
        yield Finding(f"{snapshot.where}/output/{index}", "no reasoning item", "a reasoning item")


def _context_given(snapshot: Snapshot) -> bool:
    return snapshot.creation and member(snapshot.asked.get("reasoning"), "context") is not None


@rule(Snapshot, cites="RSN-17", when=_context_given, needs="an answer to a request with `reasoning.context`")
def context_is_reported_as_in_force(snapshot: Snapshot) -> Iterator[Finding]:
    """`reasoning.context` is reported as it was in force: `auto` has been decided by then."""
    asked, got = (member(side, "reasoning", "context") for side in (snapshot.asked, snapshot.object))
    allowed = ("current_turn", "all_turns") if asked == "auto" else (asked,)
    if got not in allowed:
        yield Finding(f"{snapshot.where}/reasoning/context", show(allowed), show(got))


@rule(Scene, scenario="reasoning", cites="RSN-10", when=lambda scene: "continued" in scene)
def encrypted_reasoning_is_accepted_back(scene: Scene) -> Iterator[Finding]:
    """A reasoning item with `encrypted_content` is accepted as input, without anything stored."""
    yield from expect_status(scene["continued"], (200,), "200, since the server itself wrote the item")


@rule(Scene, scenario="reasoning", cites="RSN-11", when=lambda scene: "tampered" in scene)
def tampered_reasoning_is_refused(scene: Scene) -> Iterator[Finding]:
    """A reasoning item whose `encrypted_content` was changed is refused as `invalid_encrypted_content`."""
    refused = scene["tampered"]
    yield from expect_status(refused, CLIENT_ERROR, "a 4xx, since the content was changed")
    code = member(refused.answer.fields, "error", "code")
    if refused.answer.status in CLIENT_ERROR and code != "invalid_encrypted_content":
        yield Finding("reply.body/error/code", "invalid_encrypted_content", show(code), refused.id)


@rule(Scene, scenario="reasoning", cites="RSN-13", when=lambda scene: "orphaned" in scene)
def reasoning_without_its_item_is_refused(scene: Scene) -> Iterator[Finding]:
    """A reasoning item in the input that is not followed by the item it led to is refused."""
    yield from expect_status(
        scene["orphaned"], CLIENT_ERROR, "a 4xx, since the item that it led to is missing"
    )
