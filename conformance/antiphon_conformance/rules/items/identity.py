"""Output items of any type: their ids, types and states, and how these fit their response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.items.members import is_claimed
from antiphon_conformance.rules.reading.output import member, output
from antiphon_conformance.rules.reading.schema_faults import findings, item_faults
from antiphon_conformance.rules.response.members import CLOUDGLUE, OPENAI
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Item, ResponseObject


@rule(
    "items.have-an-id", Item, cites=("ITM-02", "EXT-02", f"{OPENAI}OutputMessage/properties/id", "BUD-RSP-06")
)
def have_an_id(item: Item) -> Iterator[Finding]:
    """Every output item has an `id` that is a non-empty string."""
    if not isinstance(item.object.get("id"), str) or not item.object["id"]:
        yield Finding(f"{item.where}/id", "a non-empty string", show(item.object.get("id", ABSENT)))


def _has_prefix(item: Item) -> bool:
    if item.type not in item.dialect.traits.id_prefixes or "altered" in item.exchange.traits:
        return False
    return isinstance(item.object.get("id"), str)


@rule("items.types-are-documented", Item, cites=("ITM-06", "BUD-RSP-15"))
def types_are_documented(item: Item) -> Iterator[Finding]:
    """Every output item has a `type` that the document lists."""
    if item.type not in item.dialect.schemas.item_types:
        actual = show(item.object.get("type", ABSENT))
        newer = isinstance(item.object.get("type"), str) and item.dialect.grammar.expects_newer
        yield Finding(f"{item.where}/type", "a documented item type", actual, newer=newer)


def _has_states(item: Item) -> bool:
    return item.type not in item.dialect.traits.items_without_status


@rule(
    "items.have-a-status",
    Item,
    cites=("ITM-02", "EXT-02", "TOOL-09", f"{OPENAI}OutputMessage/properties/status", "BUD-RSP-06"),
    when=_has_states,
)
def have_a_status(item: Item) -> Iterator[Finding]:
    """Every output item has a `status`, except items of types without states."""
    if not isinstance(item.object.get("status"), str):
        yield Finding(f"{item.where}/status", "a status", show(item.object.get("status", ABSENT)))


@rule(
    "items.match-the-document",
    Item,
    cites=(
        "ITM-01",
        f"{OPENAI}Response/properties/output",
        f"{CLOUDGLUE}Response/properties/output",
        "BUD-ITM-01",
        "BUD-ITM-05",
        "BUD-ITM-10",
        "BUD-RSP-06",
    ),
)
def match_the_document(item: Item) -> Iterator[Finding]:
    """Every output item matches the document's schema of its type.

    This rule reports the members that no other rule judges.
    """
    rest = (fault for fault in item_faults(item) if not is_claimed(item, fault))
    yield from findings(item.where, rest)


def _with_output(response: ResponseObject) -> bool:
    return response.is_final and any(output(response.object))


@rule(
    "items.ids-are-unique",
    ResponseObject,
    cites=("ITM-04", f"{OPENAI}OutputMessage/properties/id"),
    when=_with_output,
)
def ids_are_unique(response: ResponseObject) -> Iterator[Finding]:
    """All items of one output have different ids."""
    ids: set[str] = set()
    for index, item in output(response.object):
        identity = item.get("id")
        if not isinstance(identity, str):
            continue
        if identity in ids:
            actual = f"{show(identity)}, as another item has"
            yield Finding(f"{response.where}/output/{index}/id", "a unique id", actual)
        ids.add(identity)


def _runs_in_a_program(item: Mapping[str, Any]) -> bool:
    """Whether a program on the server made the call; such a call is in progress until the program goes on."""
    return bool(member(item.get("caller"), "type") == "program")


def _completed_or_cut(response: ResponseObject) -> bool:
    """Whether the response ended by itself; failure and cancellation may stop it within an item."""
    return response.status in ("completed", "incomplete") and _with_output(response)


@rule(
    "items.are-not-in-progress-in-an-ended-response", ResponseObject, cites="ITM-23", when=_completed_or_cut
)
def are_not_in_progress_in_an_ended_response(response: ResponseObject) -> Iterator[Finding]:
    """A response that has ended has no item in progress.

    Clients that wait for the end of each item wait for ever.
    """
    for index, item in output(response.object):
        if item.get("status") == "in_progress" and not _runs_in_a_program(item):
            yield Finding(
                f"{response.where}/output/{index}/status", "a status other than in_progress", "in_progress"
            )


def _completed_with_output(response: ResponseObject) -> bool:
    return response.status == "completed" and _with_output(response)


@rule(
    "items.are-not-incomplete-in-a-completed-response",
    ResponseObject,
    cites="ITM-24",
    when=_completed_with_output,
)
def are_not_incomplete_in_a_completed_response(response: ResponseObject) -> Iterator[Finding]:
    """A completed response has no incomplete item; a call of a hosted tool may have failed."""
    for index, item in output(response.object):
        if item.get("status") == "incomplete":
            yield Finding(f"{response.where}/output/{index}/status", "completed", "incomplete")


def _has_incomplete(response: ResponseObject) -> bool:
    return response.is_final and any(
        item.get("status") == "incomplete" for _, item in output(response.object)
    )


@rule(
    "items.an-incomplete-item-is-the-last",
    ResponseObject,
    cites="ITM-21",
    when=_has_incomplete,
    needs="a response with an incomplete item",
)
def an_incomplete_item_is_the_last(response: ResponseObject) -> Iterator[Finding]:
    """An incomplete item is the last one of its response."""
    items = list(output(response.object))
    for index, item in items[:-1]:
        if item.get("status") == "incomplete":
            actual = f"incomplete and number {index + 1} of {len(items)} items"
            yield Finding(f"{response.where}/output/{index}", "incomplete only as the last item", actual)


@rule(
    "items.an-incomplete-item-makes-its-response-incomplete",
    ResponseObject,
    cites="ITM-21",
    when=_has_incomplete,
    needs="a response with an incomplete item",
)
def an_incomplete_item_makes_its_response_incomplete(response: ResponseObject) -> Iterator[Finding]:
    """A response with an incomplete item is itself incomplete."""
    if response.status != "incomplete":
        yield Finding(
            f"{response.where}/status",
            "incomplete, like its last item",
            show(response.object.get("status", ABSENT)),
        )


@rule("items.ids-have-the-prefix-of-their-type", Item, cites=("ITM-31", "BUD-RSP-08"), when=_has_prefix)
def ids_have_the_prefix_of_their_type(item: Item) -> Iterator[Finding]:
    """The id of an item begins with the documented prefix of its type.

    The vendor rejects an input item whose id begins otherwise.
    """
    prefix = item.dialect.traits.id_prefixes[str(item.type)]
    if not item.object["id"].startswith(prefix):
        yield Finding(f"{item.where}/id", f"an id that begins with {prefix}", show(item.object["id"]))
