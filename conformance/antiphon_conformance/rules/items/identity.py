"""Output items of any type: their ids, types and states, and how these fit their response."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.items.members import is_claimed
from antiphon_conformance.rules.reading.schema_faults import findings, item_faults, item_nulls
from antiphon_conformance.rules.response.members import CLOUDGLUE, OPENAI
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import Item, ResponseObject


def _must_have_an_id(item: Item) -> bool:
    return _has_prefixed_type(item) or any(fault.pointer == "/id" for fault in item_faults(item))


def _has_prefixed_type(item: Item) -> bool:
    """Whether the item is a provider's own. Open Responses has such types, and demands the same of them."""
    return item.type is not None and ":" in item.type


@rule(
    "items.have-an-id",
    Item,
    cites=("ITM-02", "EXT-02", f"{OPENAI}OutputMessage/properties/id", "BUD-RSP-06"),
    when=lambda item: item.type in item.dialect.schemas.item_types or _has_prefixed_type(item),
)
def have_an_id(item: Item) -> Iterator[Finding]:
    """Every output item has an `id` that is a non-empty string.

    Of a type that the document does not know nobody can say whether it has one; and some calls need none.
    """
    if "id" not in item.object and not _must_have_an_id(item):
        return
    if not isinstance(item.object.get("id"), str) or not item.object["id"]:
        yield Finding(f"{item.where}/id", "a non-empty string", show(item.object.get("id", ABSENT)))


def _has_prefix(item: Item) -> bool:
    return item.type in item.dialect.traits.id_prefixes and isinstance(item.object.get("id"), str)


@rule("items.types-are-documented", Item, cites=("ITM-06", "BUD-RSP-15"))
def types_are_documented(item: Item) -> Iterator[Finding]:
    """Every output item has a `type` that the document lists."""
    kind = item.object.get("type")
    if not isinstance(kind, str) or kind not in item.dialect.schemas.item_types:
        actual = show(item.object.get("type", ABSENT))
        newer = isinstance(kind, str) and item.dialect.grammar.expects_newer
        yield Finding(f"{item.where}/type", "a documented item type", actual, newer=newer)


def _must_have_a_status(item: Item) -> bool:
    return item.dialect.life(item.type).status == "always" or _has_prefixed_type(item)


@rule(
    "items.have-a-status",
    Item,
    cites=("ITM-02", "EXT-02", "TOOL-09", f"{OPENAI}OutputMessage/properties/status", "BUD-RSP-06"),
    when=_must_have_a_status,
)
def have_a_status(item: Item) -> Iterator[Finding]:
    """Every output item has a `status`, where the document demands one for its type."""
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


@rule("items.optional-members-are-not-null", Item, cites="RES-61")
def optional_members_are_not_null(item: Item) -> Iterator[Finding]:
    """An optional member of an item is absent where it has no value and cannot be null."""
    yield from findings(item.where, item_nulls(item))


def _with_output(response: ResponseObject) -> bool:
    return response.is_final and bool(response.items)


@rule(
    "items.ids-are-unique",
    ResponseObject,
    cites=("ITM-04", f"{OPENAI}OutputMessage/properties/id"),
    when=_with_output,
    reads={Part.IDS},
)
def ids_are_unique(response: ResponseObject) -> Iterator[Finding]:
    """All items of one output have different ids."""
    ids: set[str] = set()
    for index, item in response.items:
        identity = item.get("id")
        if not isinstance(identity, str):
            continue
        if identity in ids:
            actual = f"{show(identity)}, as another item has"
            yield Finding(f"{response.where}/output/{index}/id", "a unique id", actual)
        ids.add(identity)


def _completed_or_cut(response: ResponseObject) -> bool:
    """Whether the response ended by itself; failure and cancellation may stop it within an item."""
    return response.status in ("completed", "incomplete") and _with_output(response)


@rule(
    "items.are-not-in-progress-in-an-ended-response", ResponseObject, cites="ITM-23", when=_completed_or_cut
)
def are_not_in_progress_in_an_ended_response(response: ResponseObject) -> Iterator[Finding]:
    """A response that has ended has no item in progress, save calls that wait for the client.

    Clients that wait for the end of each item wait for ever.
    """
    for index, item in response.items:
        life = response.dialect.life(item.get("type"))
        if item.get("status") == "in_progress" and not life.may_be_in_progress:
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
    """A completed response has no incomplete message and no incomplete call for the client.

    A client shows a cut text as the whole, and runs a tool with half of its arguments.
    """
    for index, item in response.items:
        ended = response.dialect.life(item.get("type")).ended
        if item.get("status") == "incomplete" and ended is not None and "incomplete" not in ended:
            yield Finding(f"{response.where}/output/{index}/status", "completed", "incomplete")


def _has_incomplete(response: ResponseObject) -> bool:
    """Whether an item is incomplete in a response that ended by itself; failures and cancels cut anywhere."""
    return _completed_or_cut(response) and any(
        item.get("status") == "incomplete" for _, item in response.items
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
    items = response.items
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


@rule(
    "items.ids-have-the-prefix-of-their-type",
    Item,
    cites=("ITM-31", "BUD-RSP-08"),
    when=_has_prefix,
    reads={Part.IDS},
)
def ids_have_the_prefix_of_their_type(item: Item) -> Iterator[Finding]:
    """The id of an item begins with the documented prefix of its type.

    The vendor rejects an input item whose id begins otherwise.
    """
    prefix = item.dialect.traits.id_prefixes[str(item.type)]
    if not item.object["id"].startswith(prefix):
        yield Finding(f"{item.where}/id", f"an id that begins with {prefix}", show(item.object["id"]))
