"""The list of input items: its envelope and its entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange, Part
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.rules.reading.comparison import expect_ok, succeeded, took_place
from antiphon_conformance.rules.reading.output import answered, objects, output, text_of
from antiphon_conformance.rules.reading.schema_faults import body_faults
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import DocumentReply, ScenarioTrace


def is_list(body: DocumentReply) -> bool:
    """Whether the body is a page of input items."""
    return body.operation == "listInputItems"


def has_items(body: DocumentReply) -> bool:
    """Whether the body is a page with at least one item."""
    data = body.object.get("data")
    return is_list(body) and isinstance(data, list) and bool(data)


@rule(
    "input-items.input-items-can-be-listed",
    ScenarioTrace,
    scenario="storage",
    cites=("INP-01", "BUD-OPS-09", "BUD-GEN-01"),
)
def input_items_can_be_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """The server lists the input items of a stored response.

    Without this endpoint a client cannot see the input of a stored response.
    """
    yield from expect_ok(trace["listed"], "200, since the response is stored")


@rule("input-items.a-page-is-a-list-object", DocumentReply, cites=("INP-01", "BUD-OPS-09"), when=is_list)
def a_page_is_a_list_object(body: DocumentReply) -> Iterator[Finding]:
    """A page of input items matches the document's schema.

    It has `object: list`, `data`, `has_more`, `first_id` and `last_id`. A page without items may have null in
    the place of its ids, which the schema cannot say.
    """
    is_empty = body.object.get("data") == []
    for finding in body_faults(body):
        if not (is_empty and finding.where in ("reply.body/first_id", "reply.body/last_id")):
            yield finding


@rule(
    "input-items.first-and-last-id-are-those-of-the-page",
    DocumentReply,
    cites="INP-07",
    when=has_items,
    reads={Part.IDS},
)
def first_and_last_id_are_those_of_the_page(body: DocumentReply) -> Iterator[Finding]:
    """`first_id` and `last_id` are the ids of the first and the last item of `data`."""
    data = body.object["data"]
    for name, index in (("first_id", 0), ("last_id", -1)):
        expected = data[index].get("id") if isinstance(data[index], dict) else None
        actual = body.object.get(name, ABSENT)
        if actual != expected:
            yield Finding(f"reply.body/{name}", f"{show(expected)}, the id of that item", show(actual))


@rule(
    "input-items.every-listed-item-has-an-id", DocumentReply, cites="INP-10", when=has_items, reads={Part.IDS}
)
def every_listed_item_has_an_id(body: DocumentReply) -> Iterator[Finding]:
    """Every listed item has a unique id, also when the request sent none.

    The official clients request the next page after the id of the last item.
    """
    ids: set[str] = set()
    for index, item in objects(body.object["data"]):
        actual = item.get("id", ABSENT)
        if not isinstance(actual, str) or not actual or actual in ids:
            yield Finding(f"reply.body/data/{index}/id", "an id that no other item has", show(actual))
        else:
            ids.add(actual)


@rule("input-items.listed-messages-have-typed-parts", DocumentReply, cites="INP-12", when=has_items)
def listed_messages_have_typed_parts(body: DocumentReply) -> Iterator[Finding]:
    """A listed message has a list of typed content parts.

    That holds also for a message that the client sent with a string as its content.
    """
    for index, item in objects(body.object["data"]):
        if item.get("type") == "message":
            yield from _resource_form(f"reply.body/data/{index}", item)


def _resource_form(where: str, message: Mapping[str, Any]) -> Iterator[Finding]:
    content = message.get("content", ABSENT)
    if not isinstance(content, list):
        yield Finding(f"{where}/content", "a list of content parts", show(content))
    for index, part in objects(content):
        if not isinstance(part.get("type"), str):
            actual = show(part.get("type", ABSENT))
            yield Finding(f"{where}/content/{index}/type", "the type of the part", actual)


@rule("input-items.listed-messages-have-a-status", DocumentReply, cites="INP-21", when=has_items)
def listed_messages_have_a_status(body: DocumentReply) -> Iterator[Finding]:
    """A listed message has the status `completed`.

    The document's schema does not require it, and its own example has none.
    """
    for index, item in objects(body.object["data"]):
        if item.get("type") == "message" and item.get("status") != "completed":
            actual = show(item.get("status", ABSENT))
            yield Finding(f"reply.body/data/{index}/status", "completed", actual)


@rule(
    "input-items.an-empty-page-has-no-ids-and-no-more",
    DocumentReply,
    cites=("INP-16", "INP-18"),
    when=lambda body: is_list(body) and body.object.get("data") == [] and "limit=0" not in body.request.path,
    needs="a page without items",
)
def an_empty_page_has_no_ids_and_no_more(body: DocumentReply) -> Iterator[Finding]:
    """A page without items has `data: []` and `has_more: false`, and neither first nor last id."""
    if body.object.get("has_more") is not False:
        yield Finding("reply.body/has_more", "false", show(body.object.get("has_more", ABSENT)))
    for name in ("first_id", "last_id"):
        if body.object.get(name) not in (None, ""):
            expected = "null or an empty string, since the page has no items"
            yield Finding(f"reply.body/{name}", expected, show(body.object[name]))


@rule(
    "input-items.a-page-after-the-last-item-is-empty",
    ScenarioTrace,
    scenario="storage",
    cites=("INP-16", "INP-18"),
    when=took_place("beyond"),
)
def a_page_after_the_last_item_is_empty(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request for the page after the last item gets 200 and an empty list."""
    beyond = trace["beyond"]
    yield from expect_ok(beyond, "200 with an empty list")
    if beyond.ok and beyond.answer.fields.get("data") != []:
        yield Finding(
            "reply.body/data", "an empty list", show(beyond.answer.fields.get("data", ABSENT)), beyond.id
        )


def page_items(exchange: Exchange) -> list[Mapping[str, Any]]:
    """The items of a page."""
    return [item for _, item in objects(exchange.answer.fields.get("data"))]


def message_texts(items: list[Mapping[str, Any]], *roles: str) -> list[list[str]]:
    """The texts of the parts of each message of these roles."""
    messages = (item for item in items if item.get("role") in roles)
    return [[str(part.get("text")) for _, part in objects(message.get("content"))] for message in messages]


def _lists_a_string(trace: ScenarioTrace) -> bool:
    """Whether the input of the listed response was a string: some targets take lists only."""
    return succeeded("continued_items")(trace) and isinstance(
        trace["continued"].request.fields.get("input"), str
    )


@rule(
    "input-items.a-string-is-listed-as-a-user-message",
    ScenarioTrace,
    scenario="chaining",
    cites="INP-11",
    when=_lists_a_string,
    needs="a list of the input of a response that was given a string",
)
def a_string_is_listed_as_a_user_message(trace: ScenarioTrace) -> Iterator[Finding]:
    """A string as input is listed as one user message with one `input_text` part.

    The list of a continued response may also hold the items of the responses before it.
    """
    items = trace["continued_items"]
    text = trace["continued"].request.fields.get("input")
    if [text] not in message_texts(page_items(items), "user"):
        expected = f"a user message with {show(text)} as its only part"
        yield Finding("reply.body/data", expected, show(items.answer.fields.get("data", ABSENT)), items.id)


@rule(
    "input-items.output-is-not-listed-as-input",
    ScenarioTrace,
    scenario="chaining",
    cites="INP-13",
    when=succeeded("continued", "continued_items"),
)
def output_is_not_listed_as_input(trace: ScenarioTrace) -> Iterator[Finding]:
    """The input items of a response do not include its own output items."""
    output_ids = [item.get("id") for _, item in output(trace["continued"].response)]
    for index, item in enumerate(page_items(trace["continued_items"])):
        if item.get("id") in output_ids:
            actual = show(item.get("id", ABSENT))
            yield Finding(
                f"reply.body/data/{index}/id",
                "an item of the input",
                f"{actual}, an output item",
                trace["continued_items"].id,
            )


@rule(
    "input-items.instructions-are-not-listed",
    ScenarioTrace,
    scenario="storage",
    cites="INP-15",
    when=succeeded("listed"),
)
def instructions_are_not_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list of input items does not include the `instructions`."""
    instructions = trace["created"].request.fields.get("instructions")
    texts = message_texts(page_items(trace["listed"]), "system", "developer", "user", "assistant")
    if any(instructions in parts for parts in texts):
        actual = f"an item with {show(instructions)}"
        yield Finding("reply.body/data", "no item with the instructions", actual, trace["listed"].id)


@rule(
    "input-items.every-message-of-the-request-is-listed",
    ScenarioTrace,
    scenario="storage",
    cites=("INP-01", "INP-12"),
    when=succeeded("listed"),
)
def every_message_of_the_request_is_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list has every message of the request once, with its role and its text."""
    messages = roles_and_texts(trace["created"].request.fields.get("input"))
    actual = roles_and_texts(page_items(trace["listed"])[::-1])
    if sorted(messages) != sorted(actual):
        yield Finding(
            "reply.body/data",
            f"the messages of the request: {show(messages)}",
            named("messages", actual),
            trace["listed"].id,
        )


@rule(
    "input-items.instructions-are-listed-first",
    ScenarioTrace,
    scenario="storage",
    cites="BUD-OPS-10",
    when=succeeded("listed"),
)
def instructions_are_listed_first(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list shows the `instructions` as a system message before the input."""
    asked = trace["created"].request.fields
    expected = [("system", asked["instructions"]), *roles_and_texts(asked["input"])]
    actual = roles_and_texts(page_items(trace["listed"]))
    for index, message in enumerate(expected):
        entry = actual[index] if index < len(actual) else ABSENT
        if entry != message:
            yield Finding(f"reply.body/data/{index}", show(message), show(entry), trace["listed"].id)
            return


@rule(
    "input-items.earlier-turns-are-listed",
    ScenarioTrace,
    scenario="chaining",
    cites="BUD-OPS-11",
    when=succeeded("told", "continued", "continued_items"),
)
def earlier_turns_are_listed(trace: ScenarioTrace) -> Iterator[Finding]:
    """The list of a continued response includes the input and the output of the turn before."""
    actual = roles_and_texts(page_items(trace["continued_items"]))
    answer = text_of(answered(trace["told"]))
    for role, text in (("user", input_text(trace["told"])), ("assistant", answer)):
        if (role, text) not in actual:
            expected = f"{show(text)} from the {role}"
            yield Finding(
                "reply.body/data",
                expected,
                named("messages", actual),
                trace["continued_items"].id,
            )


@rule("input-items.a-page-has-first-id-last-id-and-has-more", DocumentReply, cites="BUD-OPS-12", when=is_list)
def a_page_has_first_id_last_id_and_has_more(body: DocumentReply) -> Iterator[Finding]:
    """A page has `first_id`, `last_id` and `has_more`."""
    for name in ("first_id", "last_id", "has_more"):
        if name not in body.object:
            yield Finding(f"reply.body/{name}", "a member that every page has", show(ABSENT))


def roles_and_texts(items: Any) -> list[tuple[str, str]]:
    """The role and the text of each message, whether its content is a string or a list of parts."""
    pairs: list[tuple[str, str]] = []
    for _, item in objects(items):
        content = item.get("content")
        parts = "".join(str(part.get("text", "")) for _, part in objects(content))
        pairs.append((str(item.get("role")), content if isinstance(content, str) else parts))
    return pairs


def input_text(exchange: Exchange) -> Any:
    """The text that a create carries as a string or in one message; any other input as it is."""
    value = exchange.request.fields.get("input")
    messages = roles_and_texts(value) if isinstance(value, list) else []
    return messages[0][1] if len(messages) == 1 else value
