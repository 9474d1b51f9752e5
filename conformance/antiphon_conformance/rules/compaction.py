"""Rules on `POST /responses/compact` and on what it returns."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import member, number, objects, output, text_of
from antiphon_conformance.faults import body_faults
from antiphon_conformance.oddities import odd
from antiphon_conformance.parity import (
    expect_not_found,
    expect_ok,
    input_tokens,
    refused,
    says,
    succeeded,
    took_place,
)
from antiphon_conformance.prompts import FIRST_WORD, SECOND_WORD
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.input_items import roles_and_texts
from antiphon_conformance.subject import Answered, Body, Scene
from antiphon_conformance.text import ABSENT, show


def is_compaction(body: Body) -> bool:
    """Whether this answers a request to compact."""
    return body.operation == "compactResponse"


@rule(Scene, scenario="chaining", cites=("CMP-01", "CMP-03"))
def a_history_can_be_compacted(scene: Scene) -> Iterator[Finding]:
    """A compaction takes `model`, `input`, `previous_response_id`, `instructions` and `prompt_cache_key`."""
    yield from expect_ok(scene["compacted"], "200, since the document lists each of these parameters")


@rule(Body, cites="CMP-04", when=is_compaction)
def a_compaction_is_a_compaction_object(body: Body) -> Iterator[Finding]:
    """A compaction has `id`, `object: response.compaction`, `output`, `created_at` and `usage`."""
    yield from body_faults(body)


@rule(Body, cites=("CMP-05", "CMP-09"), when=is_compaction)
def a_compaction_holds_a_compaction_item(body: Body) -> Iterator[Finding]:
    """The output of a compaction contains an item of type `compaction`.

    Clients look for it by its type; under another name the history is lost to them.
    """
    types = [item.get("type") for _, item in output(body.object)]
    if "compaction" not in types:
        yield Finding("reply.body/output", "an item of type compaction", show(types))


@rule(Body, cites="CMP-06", when=is_compaction)
def a_compaction_item_is_opaque(body: Body) -> Iterator[Finding]:
    """A compaction item has `id` and `encrypted_content`; more members, such as a `status`, are legal."""
    for index, item in output(body.object, "compaction"):
        yield from _opaque(f"reply.body/output/{index}", item)


def _opaque(where: str, item: object) -> Iterator[Finding]:
    for name in ("id", "encrypted_content"):
        got = member(item, name)
        if not isinstance(got, str) or not got:
            yield Finding(f"{where}/{name}", "a string that is not empty", show(got))


@rule(Body, cites="CMP-09", when=is_compaction)
def a_compaction_keeps_the_user_messages(body: Body) -> Iterator[Finding]:
    """The output of a compaction is the user's messages, followed by one compaction item."""
    types = [item.get("type") for _, item in output(body.object)]
    if types.count("compaction") > 1 or "compaction" in types[:-1]:
        yield Finding("reply.body/output", "one compaction item, at the end", show(types))
    kept = roles_and_texts(body.object.get("output"))
    for role, text in roles_and_texts(body.asked.get("input")):
        if role == "user" and (role, text) not in kept:
            yield Finding("reply.body/output", f"the user's message {show(text)}", show(kept))


@rule(Body, cites="CMP-16", when=is_compaction)
def compacted_messages_are_in_resource_form(body: Body) -> Iterator[Finding]:
    """A message in the output of a compaction has an id, a status and a list of content parts."""
    for index, message in output(body.object, "message"):
        for name, kind in (("id", str), ("status", str), ("content", list)):
            if not isinstance(message.get(name), kind):
                got = show(message.get(name, ABSENT))
                yield Finding(f"reply.body/output/{index}/{name}", f"a {kind.__name__}", got)


def compacts_something(body: Body) -> bool:
    """Whether there was a history: an `input`, or a response to continue."""
    return is_compaction(body) and bool(body.asked.get("input") or body.asked.get("previous_response_id"))


@rule(Body, cites="CMP-17", when=compacts_something)
def a_compaction_counts_its_tokens(body: Body) -> Iterator[Finding]:
    """`usage` of a compaction counts what the compaction itself read and wrote."""
    usage = body.object.get("usage")
    read, written, total = (
        number(member(usage, name)) for name in ("input_tokens", "output_tokens", "total_tokens")
    )
    if not read:
        yield Finding("reply.body/usage/input_tokens", "more than 0, since the history was read", show(read))
    if read is not None and written is not None and total != read + written:
        yield Finding("reply.body/usage/total_tokens", f"{read + written}, the sum", show(total))


@rule(Scene, scenario="chaining", cites=("CMP-07", "CMP-08"), when=took_place("remembered"))
def compacted_output_is_accepted_as_input(scene: Scene) -> Iterator[Finding]:
    """The output of a compaction, passed back whole and in order, is accepted as `input`."""
    yield from expect_ok(scene["remembered"], "200, since the server gave this output itself")


@rule(Scene, scenario="chaining", cites="CMP-13", when=succeeded("remembered"))
def what_was_compacted_is_remembered(scene: Scene) -> Iterator[Finding]:
    """What was said before a compaction still reaches the model after it."""
    remembered = scene["remembered"]
    for word in (FIRST_WORD, SECOND_WORD):
        if not says(remembered, word):
            got = show(text_of(remembered.response))
            yield Finding("reply.body/output", f"the code word {word}", got, remembered.id)


@rule(Scene, scenario="chaining", cites=("CMP-02", "CMP-01"), when=took_place("compacted_modelless"))
def a_compaction_needs_a_model(scene: Scene) -> Iterator[Finding]:
    """A compaction without `model` is refused."""
    yield from refused(scene["compacted_modelless"], "a 4xx, since `model` is required")


@rule(Scene, scenario="chaining", cites="CMP-10", when=took_place("misused"))
def a_compaction_cannot_be_continued(scene: Scene) -> Iterator[Finding]:
    """The id of a compaction cannot be used as `previous_response_id`: a compaction is no response."""
    yield from refused(scene["misused"], "a 4xx, since a compaction is no response")


@rule(Scene, scenario="chaining", cites="CMP-11", when=took_place("compacted_again"))
def a_compaction_is_not_stored(scene: Scene) -> Iterator[Finding]:
    """Nothing can be retrieved under the id of a compaction."""
    yield from expect_not_found(scene["compacted_again"])


@rule(Scene, scenario="chaining", cites="CMP-12", when=took_place("compacted_unknown"))
def an_unknown_history_cannot_be_compacted(scene: Scene) -> Iterator[Finding]:
    """A compaction of a `previous_response_id` that names nothing is refused, as a create is."""
    yield from refused(scene["compacted_unknown"], "a 4xx, since no response has this id")


def _counts(scene: Scene) -> bool:
    """A compaction that counts nothing at all is reported as such."""
    done = succeeded("compacted", "told")(scene)
    return done and bool(number(member(scene["compacted"].answer.fields, "usage", "input_tokens")))


@rule(Scene, scenario="chaining", cites="CMP-12", when=_counts)
def a_compaction_reads_the_history_it_names(scene: Scene) -> Iterator[Finding]:
    """A compaction of a `previous_response_id` reads that response's input and output too."""
    compacted, told = scene["compacted"], scene["told"]
    read = number(member(compacted.answer.fields, "usage", "input_tokens")) or 0
    before = input_tokens(told)
    if read < before:
        expected = f"at least {before}, the input tokens of the response that it names"
        yield Finding("reply.body/usage/input_tokens", expected, show(read), compacted.id)


@rule(Scene, scenario="context_management", cites="CMP-15", when=succeeded("triggered"))
def a_trigger_makes_a_compaction(scene: Scene) -> Iterator[Finding]:
    """A create whose last input item is a `compaction_trigger` has a compaction item in its output."""
    triggered = scene["triggered"]
    if not any(output(triggered.response, "compaction")):
        types = [item.get("type") for _, item in objects(triggered.response.get("output"))]
        yield Finding("reply.body/output", "an item of type compaction", show(types), triggered.id)


@rule(
    Answered,
    cites="CMP-15",
    when=odd("a_trigger_before_the_end"),
    needs="a `compaction_trigger` that is not the last item",
)
def a_trigger_comes_last(answer: Answered) -> Iterator[Finding]:
    """A `compaction_trigger` that is not the last input item is refused."""
    yield from refused(answer.exchange, "a 4xx, since a trigger must be the last item")


@rule(Scene, scenario="context_management", cites="CMP-14", when=succeeded("managed"))
def a_long_context_is_compacted_on_request(scene: Scene) -> Iterator[Finding]:
    """With `context_management` a compaction item appears in the output once the threshold is passed."""
    managed = scene["managed"]
    if not any(output(managed.response, "compaction")):
        types = [item.get("type") for _, item in objects(managed.response.get("output"))]
        yield Finding("reply.body/output", "an item of type compaction", show(types), managed.id)
