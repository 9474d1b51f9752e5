"""Rules on the list of input items: its envelope, and what it lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.answers import answered, objects, output, text_of
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.faults import body_faults
from antiphon_conformance.parity import expect_ok, succeeded, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Body, Scene
from antiphon_conformance.text import ABSENT, show


def is_list(body: Body) -> bool:
    """Whether this is a page of input items."""
    return body.operation == "listInputItems"


def has_items(body: Body) -> bool:
    """Whether this is a page with at least one item."""
    data = body.object.get("data")
    return is_list(body) and isinstance(data, list) and bool(data)


@rule(Scene, scenario="storage", cites=("INP-01", "BUD-OPS-09", "BUD-GEN-01"))
def input_items_can_be_listed(scene: Scene) -> Iterator[Finding]:
    """The input items of a stored response can be listed.

    A server without the endpoint gives its clients no way to see what a stored response was asked.
    """
    yield from expect_ok(scene["listed"], "200, since the response is stored")


@rule(Body, cites=("INP-01", "BUD-OPS-09"), when=is_list)
def a_page_is_a_list_object(body: Body) -> Iterator[Finding]:
    """A page has `object: list`, `data`, `has_more`, `first_id` and `last_id`, as the document has them."""
    yield from body_faults(body)


@rule(Body, cites="INP-07", when=has_items)
def a_page_names_its_ends(body: Body) -> Iterator[Finding]:
    """`first_id` and `last_id` are the ids of the first and the last item of `data`."""
    data = body.object["data"]
    for name, index in (("first_id", 0), ("last_id", -1)):
        wanted = data[index].get("id") if isinstance(data[index], dict) else None
        got = body.object.get(name, ABSENT)
        if got != wanted:
            yield Finding(f"reply.body/{name}", f"{show(wanted)}, the id of that item", show(got))


@rule(Body, cites="INP-10", when=has_items)
def every_listed_item_has_an_id(body: Body) -> Iterator[Finding]:
    """Every listed item has an id of its own, also when the request gave none.

    The official clients ask for the next page after the id of the last item.
    """
    seen: set[str] = set()
    for index, item in objects(body.object["data"]):
        got = item.get("id")
        if not isinstance(got, str) or not got or got in seen:
            yield Finding(f"reply.body/data/{index}/id", "an id that no other item has", show(got))
        else:
            seen.add(got)


@rule(Body, cites="INP-12", when=has_items)
def listed_messages_are_in_resource_form(body: Body) -> Iterator[Finding]:
    """A listed message has a `status` and a list of typed content parts, however it was sent."""
    for index, item in objects(body.object["data"]):
        if item.get("type") == "message":
            yield from _resource_form(f"reply.body/data/{index}", item)


def _resource_form(where: str, message: Mapping[str, Any]) -> Iterator[Finding]:
    content = message.get("content")
    if not isinstance(content, list):
        yield Finding(f"{where}/content", "a list of content parts", show(content))
    if message.get("status") != "completed":
        yield Finding(f"{where}/status", "completed", show(message.get("status", ABSENT)))
    for place, part in objects(content):
        if not isinstance(part.get("type"), str):
            yield Finding(
                f"{where}/content/{place}/type", "the type of the part", show(part.get("type", ABSENT))
            )


@rule(
    Body,
    cites=("INP-16", "INP-18"),
    when=lambda body: is_list(body) and body.object.get("data") == [],
    needs="a page without items",
)
def an_empty_page_says_so(body: Body) -> Iterator[Finding]:
    """A page without items is a list with `data: []` and `has_more: false`, and names no ends."""
    if body.object.get("has_more") is not False:
        yield Finding("reply.body/has_more", "false", show(body.object.get("has_more", ABSENT)))
    for name in ("first_id", "last_id"):
        if body.object.get(name) not in (None, ""):
            yield Finding(
                f"reply.body/{name}", "null or empty, since there are no items", show(body.object[name])
            )


@rule(Scene, scenario="storage", cites=("INP-16", "INP-18"), when=took_place("beyond"))
def a_page_behind_the_last_item_is_empty(scene: Scene) -> Iterator[Finding]:
    """The page after the last item is answered with 200 and an empty list."""
    beyond = scene["beyond"]
    yield from expect_ok(beyond, "200 with an empty list")
    if beyond.ok and beyond.answer.fields.get("data") != []:
        yield Finding("reply.body/data", "[]", show(beyond.answer.fields.get("data", ABSENT)), beyond.id)


def listed(exchange: Exchange) -> list[Mapping[str, Any]]:
    """The items of a page."""
    return [item for _, item in objects(exchange.answer.fields.get("data"))]


def message_texts(items: list[Mapping[str, Any]], *roles: str) -> list[list[str]]:
    """The texts of the parts of each message of these roles."""
    found_texts = []
    for item in items:
        if item.get("role") in roles:
            found_texts.append([str(part.get("text")) for _, part in objects(item.get("content"))])
    return found_texts


@rule(Scene, scenario="chaining", cites="INP-11", when=succeeded("continued_items"))
def a_string_is_listed_as_a_user_message(scene: Scene) -> Iterator[Finding]:
    """Input that was a string is listed as one user message with one `input_text` part.

    For a continued response the items of the responses before may be listed too; its own input must be.
    """
    items = scene["continued_items"]
    text = scene["continued"].request.fields.get("input")
    if [text] not in message_texts(listed(items), "user"):
        expected = f"a user message with the one part {show(text)}"
        yield Finding("reply.body/data", expected, show(items.answer.fields.get("data", ABSENT)), items.id)


@rule(Scene, scenario="chaining", cites="INP-13", when=succeeded("continued", "continued_items"))
def output_is_not_listed_as_input(scene: Scene) -> Iterator[Finding]:
    """What a response said itself is not among its input items."""
    own = [item.get("id") for _, item in output(scene["continued"].response)]
    for index, item in enumerate(listed(scene["continued_items"])):
        if item.get("id") in own:
            got = show(item.get("id", ABSENT))
            yield Finding(f"reply.body/data/{index}/id", "no output item", got, scene["continued_items"].id)


@rule(Scene, scenario="storage", cites="INP-15", when=succeeded("listed"))
def instructions_are_not_listed(scene: Scene) -> Iterator[Finding]:
    """`instructions` are no input item."""
    instructions = scene["created"].request.fields.get("instructions")
    texts = message_texts(listed(scene["listed"]), "system", "developer", "user", "assistant")
    if any(instructions in parts for parts in texts):
        yield Finding(
            "reply.body/data", "no item with the instructions", show(instructions), scene["listed"].id
        )


@rule(Scene, scenario="storage", cites=("INP-01", "INP-12"), when=succeeded("listed"))
def what_was_sent_is_listed(scene: Scene) -> Iterator[Finding]:
    """Every message that was sent is listed once, with its role and its text."""
    sent = message_forms(scene["created"].request.fields.get("input"))
    got = message_forms(listed(scene["listed"])[::-1])
    if sorted(sent) != sorted(got):
        yield Finding("reply.body/data", f"the messages sent: {show(sent)}", show(got), scene["listed"].id)


@rule(Scene, scenario="storage", cites="BUD-OPS-10", when=succeeded("listed"))
def instructions_are_listed_first(scene: Scene) -> Iterator[Finding]:
    """`instructions` are listed as a message of the system, before the input."""
    asked = scene["created"].request.fields
    wanted = [("system", asked["instructions"]), *message_forms(asked["input"])]
    got = message_forms(listed(scene["listed"]))
    if got != wanted:
        yield Finding("reply.body/data", show(wanted), show(got), scene["listed"].id)


@rule(Scene, scenario="chaining", cites="BUD-OPS-11", when=succeeded("told", "continued", "continued_items"))
def earlier_turns_are_listed(scene: Scene) -> Iterator[Finding]:
    """For a response that continues another, what was asked and answered before is listed, too."""
    got = message_forms(listed(scene["continued_items"]))
    said = text_of(answered(scene["told"]))
    for role, text in (("user", scene["told"].request.fields["input"]), ("assistant", said)):
        if (role, text) not in got:
            wanted = f"{show(text)} from the {role}"
            yield Finding("reply.body/data", wanted, show(got), scene["continued_items"].id)


@rule(Body, cites="BUD-OPS-12", when=is_list)
def a_page_tells_its_ends_and_whether_more_follows(body: Body) -> Iterator[Finding]:
    """A page has `first_id`, `last_id` and `has_more`."""
    for name in ("first_id", "last_id", "has_more"):
        if name not in body.object:
            yield Finding(f"reply.body/{name}", "to be there", show(ABSENT))


def message_forms(items: Any) -> list[tuple[str, str]]:
    """(role, text) of each message, whether its content is a string or parts."""
    forms = []
    for _, item in objects(items):
        content = item.get("content")
        parts = "".join(str(part.get("text", "")) for _, part in objects(content))
        forms.append((str(item.get("role")), content if isinstance(content, str) else parts))
    return forms
