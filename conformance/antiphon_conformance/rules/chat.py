"""Rules on chat completions over a library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.answers import equal_json, member, objects
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.mistakes_chat import CREATE, REQUIRED
from antiphon_conformance.parity import (
    CLIENT_ERROR,
    differences,
    expect_not_found,
    expect_ok,
    expect_status,
    refused,
    succeeded,
    took_place,
)
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Body, Scene
from antiphon_conformance.text import ABSENT, show

ECHOED = ("messages", "temperature", "filter", "collections")
USUAL_TEMPERATURE = 0.7
"""The temperature of a chat that names none."""
FIRST_WITH_13_DIGITS, FIRST_WITH_14 = 10**12, 10**13
MOST = 100


def _is_completion(body: Body) -> bool:
    return body.operation == CREATE


@rule(Body, cites="CG-CHAT-12", when=_is_completion, needs="a chat completion")
def created_at_counts_milliseconds(body: Body) -> Iterator[Finding]:
    """`created_at` of a chat completion counts milliseconds: it has 13 digits.

    Read as seconds it lies tens of thousands of years ahead; seconds read as milliseconds lie in 1970.
    """
    stamp = body.object.get("created_at")
    if isinstance(stamp, int) and not FIRST_WITH_13_DIGITS <= stamp < FIRST_WITH_14:
        yield Finding("reply.body/created_at", "13 digits", show(stamp))


@rule(Body, cites="CG-CHAT-13", when=_is_completion, needs="a chat completion")
def the_answer_is_the_assistants(body: Body) -> Iterator[Finding]:
    """The first choice has index 0, a text of the assistant, and an array of citations."""
    choice = next((choice for _, choice in objects(body.object.get("choices"))), {})
    wanted = (("index", 0), ("message/role", "assistant"))
    for path, value in wanted:
        got = member(choice, *path.split("/"))
        if not equal_json(got, value):
            yield Finding(f"reply.body/choices/0/{path}", show(value), show(got))
    if not isinstance(choice.get("citations"), list):
        yield Finding("reply.body/choices/0/citations", "an array", show(choice.get("citations", ABSENT)))


@rule(Body, cites="CG-CHAT-17", when=_is_completion, needs="a chat completion")
def the_payload_repeats_the_request(body: Body) -> Iterator[Finding]:
    """`payload` repeats what was asked: messages, temperature, filter and collections."""
    for name in ECHOED:
        if name in body.asked:
            told = member(body.object, "payload", name)
            for pointer, wanted, got in differences(body.asked[name], told):
                yield Finding(f"reply.body/payload/{name}{pointer}", show(wanted), show(got))


@rule(
    Body,
    cites="CG-CHAT-08",
    when=lambda body: _is_completion(body) and "temperature" not in body.asked,
    needs="a chat completion for which no temperature was asked",
)
def the_usual_temperature_is_told(body: Body) -> Iterator[Finding]:
    """`payload.temperature` is 0.7 when the request named none."""
    told = member(body.object, "payload", "temperature")
    if not equal_json(told, USUAL_TEMPERATURE):
        yield Finding("reply.body/payload/temperature", show(USUAL_TEMPERATURE), show(told))


@rule(Scene, scenario="chat", cites="CG-CHAT-02")
def what_is_required_is_required(scene: Scene) -> Iterator[Finding]:
    """A chat without a model, messages or collections is refused."""
    for name in REQUIRED:
        yield from refused(scene[f"without_{name}"], f"a 4xx, since `{name}` is missing")


@rule(
    Scene,
    scenario="chat",
    cites="CG-CHAT-06",
    when=took_place("wrong_type"),
    needs="a collection of entities",
)
def a_collection_of_another_type_is_refused(scene: Scene) -> Iterator[Finding]:
    """A chat about a collection of entities is refused: it has neither descriptions nor transcripts."""
    yield from refused(scene["wrong_type"], "a 4xx, since nothing is described in a collection of entities")


@rule(Scene, scenario="chat", cites="CG-CHAT-07")
def an_unknown_collection_is_not_found(scene: Scene) -> Iterator[Finding]:
    """A chat about a collection that there is not is answered 404."""
    yield from expect_not_found(scene["unknown_collection"])


@rule(Scene, scenario="chat", cites="CG-CHAT-10")
def members_of_earlier_releases_do_no_harm(scene: Scene) -> Iterator[Finding]:
    """Members that earlier releases knew (`include_citations`, `force_search`, `top_p`) are passed over.

    Clients that were written for them still send them.
    """
    yield from expect_ok(scene["with_old_members"], "200, since such members are ignored")


@rule(Scene, scenario="chat", cites="CG-CHAT-19")
def a_chat_is_neither_streamed_nor_in_the_background(scene: Scene) -> Iterator[Finding]:
    """`stream` and `background` are ignored in a chat, or refused: nothing streams."""
    answer = scene["streamed"]
    yield from expect_status(answer, {200, *CLIENT_ERROR}, "200 or a 4xx")
    if answer.answer.stream is not None:
        yield Finding("reply.headers/content-type", "application/json", "a stream", answer.id)


@rule(Scene, scenario="chat", cites="CG-CHAT-21", when=succeeded("created"), needs="a chat completion")
def a_completion_can_be_read_again(scene: Scene) -> Iterator[Finding]:
    """A chat completion is found by its id, as it was answered."""
    yield from expect_ok(scene["retrieved"], "200, since the completion was just made")
    if scene["retrieved"].ok:
        before, now = scene["created"].answer.fields, scene["retrieved"].answer.fields
        for pointer, wanted, got in differences(before, now):
            yield Finding(f"reply.body{pointer}", show(wanted), show(got), scene["retrieved"].id)


@rule(Scene, scenario="chat", cites="CG-CHAT-21")
def an_unknown_completion_is_not_found(scene: Scene) -> Iterator[Finding]:
    """A chat completion that there is not is answered 404."""
    yield from expect_not_found(scene["retrieved_unknown"])


def _ids(listed: Exchange) -> list[Any]:
    return [entry.get("id") for _, entry in objects(listed.answer.fields.get("data"))]


@rule(Scene, scenario="chat", cites="CG-CHAT-22")
def a_page_of_completions_has_its_size(scene: Scene) -> Iterator[Finding]:
    """A page holds 20 completions unless the request says otherwise, and never more than 100."""
    limit = scene["listed"].answer.fields.get("limit")
    if scene["listed"].ok and not equal_json(limit, 20):
        yield Finding("reply.body/limit", "20", show(limit), scene["listed"].id)
    many = scene["listed_too_many"]
    told = many.answer.fields.get("limit")
    if many.ok and not (isinstance(told, int) and told <= MOST):
        yield Finding("reply.body/limit", f"at most {MOST}, or a refusal", show(told), many.id)


@rule(
    Scene, scenario="chat", cites="CG-CHAT-22", when=succeeded("created", "listed"), needs="a chat completion"
)
def a_completion_is_listed(scene: Scene) -> Iterator[Finding]:
    """A chat completion that was just made is in the list of all."""
    made = scene["created"].answer.fields.get("id")
    if made not in _ids(scene["listed"]):
        yield Finding("reply.body/data", f"one with the id {show(made)}", "none", scene["listed"].id)


@rule(
    Scene,
    scenario="chat",
    cites="CG-CHAT-24",
    when=succeeded("listed_after", "listed_before"),
    needs="lists that are bounded by a date",
)
def dates_bound_the_list_of_completions(scene: Scene) -> Iterator[Finding]:
    """`created_after` and `created_before` select: all that there is was made after a day long past."""
    after, before = scene["listed_after"], scene["listed_before"]
    if not _ids(after):
        yield Finding("reply.body/data", "what was made since then", "nothing", after.id)
    if _ids(before):
        yield Finding("reply.body/data", "nothing, since nothing is that old", show(_ids(before)), before.id)
