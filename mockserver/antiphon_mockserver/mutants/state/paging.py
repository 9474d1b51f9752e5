"""Servers that list wrong input items, or page them wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import dropping_values
from antiphon_mockserver.response.plan import ApiError, Item
from antiphon_mockserver.server.errors import response_not_found
from antiphon_mockserver.state.record import Record


@mutant("state.breaks-when-it-lists", caught_by="input-items.input-items-can-be-listed")
def breaks_when_it_lists(behaviour: Behaviour) -> Behaviour:
    """Answers 500 to a request for input items."""

    def list_input(_record: Record, _chain: Sequence[Record]) -> Sequence[Item]:
        raise ApiError('relation "input_items" does not exist', status=500)

    return replace(behaviour, lists=replace(behaviour.lists, input=list_input))


@mutant("state.lists-the-input-backwards", caught_by="pagination.ascending-is-the-order-of-the-request")
def lists_the_input_backwards(behaviour: Behaviour) -> Behaviour:
    """Takes the last message of a request for its first, in either order."""

    def list_input(record: Record, chain: Sequence[Record]) -> Sequence[Item]:
        return behaviour.lists.input(record, chain)[::-1]

    return replace(behaviour, lists=replace(behaviour.lists, input=list_input))


@mutant("state.lists-the-output-too", caught_by="input-items.output-is-not-listed-as-input")
def lists_the_output_too(behaviour: Behaviour) -> Behaviour:
    """Lists the output of the response among its input items."""

    def list_input(record: Record, chain: Sequence[Record]) -> Sequence[Item]:
        return [*behaviour.lists.input(record, chain), *record.response["output"]]

    return replace(behaviour, lists=replace(behaviour.lists, input=list_input))


@mutant("state.lists-the-instructions-too", caught_by="input-items.instructions-are-not-listed")
def lists_the_instructions_too(behaviour: Behaviour) -> Behaviour:
    """Lists the instructions as a system message."""

    def list_input(record: Record, chain: Sequence[Record]) -> Sequence[Item]:
        items = list(behaviour.lists.input(record, chain))
        text = record.request.get("instructions")
        part = {"type": "input_text", "text": text}
        system = {
            "id": "msg_0",
            "type": "message",
            "role": "system",
            "status": "completed",
            "content": [part],
        }
        return [system, *items] if text else items

    return replace(behaviour, lists=replace(behaviour.lists, input=list_input))


@mutant("state.lists-what-the-user-said-only", caught_by="input-items.every-message-of-the-request-is-listed")
def lists_what_the_user_said_only(behaviour: Behaviour) -> Behaviour:
    """Leaves assistant messages out of the input items."""

    def list_input(record: Record, chain: Sequence[Record]) -> Sequence[Item]:
        return [item for item in behaviour.lists.input(record, chain) if item.get("role") != "assistant"]

    return replace(behaviour, lists=replace(behaviour.lists, input=list_input))


@mutant("state.ignores-the-limit", caught_by="pagination.a-page-keeps-to-its-limit")
def ignores_the_limit(behaviour: Behaviour) -> Behaviour:
    """Ignores `limit` and puts up to 100 items on every page."""
    return replace(
        behaviour, lists=replace(behaviour.lists, page=lambda items, _limit: behaviour.lists.page(items, 100))
    )


@mutant(
    "state.ignores-the-order",
    caught_by=(
        "pagination.the-newest-item-comes-first-by-default",
        "pagination.descending-is-ascending-reversed",
    ),
)
def ignores_the_order(behaviour: Behaviour) -> Behaviour:
    """Ignores `order` and lists the oldest item first."""
    return replace(behaviour, lists=replace(behaviour.lists, arrange=lambda items, _order: list(items)))


@mutant(
    "state.repeats-the-item-at-the-cursor",
    caught_by=(
        "pagination.pages-partition-the-list-ascending",
        "pagination.pages-partition-the-list-descending",
        "pagination.a-page-begins-after-its-cursor",
        "pagination.a-page-leaves-out-its-cursor",
    ),
)
def repeats_the_item_at_the_cursor(behaviour: Behaviour) -> Behaviour:
    """Begins a page with the item that `after` names."""

    def follow(items: Sequence[Item], after: str | None) -> list[Item]:
        rest = behaviour.lists.follow(items, after)
        return list(items[len(items) - len(rest) - 1 :]) if after else rest

    return replace(behaviour, lists=replace(behaviour.lists, follow=follow))


@mutant(
    "state.skips-an-item-behind-the-cursor",
    caught_by=("pagination.pages-partition-the-list-ascending", "pagination.a-page-begins-after-its-cursor"),
)
def skips_an_item_behind_the_cursor(behaviour: Behaviour) -> Behaviour:
    """Skips the first item after the one that `after` names."""
    return replace(
        behaviour,
        lists=replace(
            behaviour.lists,
            follow=lambda items, after: behaviour.lists.follow(items, after)[1 if after else 0 :],
        ),
    )


@mutant("state.pages-upwards-only", caught_by="pagination.pages-partition-the-list-descending")
def pages_upwards_only(behaviour: Behaviour) -> Behaviour:
    """Looks for the items after `after` in ascending order, even when it lists descending."""
    oldest_first: list[Item] = []

    def arrange(items: Sequence[Item], order: str) -> list[Item]:
        oldest_first[:] = items
        return behaviour.lists.arrange(items, order)

    def follow(items: Sequence[Item], after: str | None) -> list[Item]:
        return behaviour.lists.follow(oldest_first if after else items, after)

    return replace(behaviour, lists=replace(behaviour.lists, arrange=arrange, follow=follow))


@mutant("state.promises-more-behind-a-full-page", caught_by="pagination.has-more-is-true-when-items-follow")
def promises_more_behind_a_full_page(behaviour: Behaviour) -> Behaviour:
    """Sends `has_more: true` whenever a page is full."""

    def page(items: Sequence[Item], limit: int) -> dict[str, Any]:
        return {**behaviour.lists.page(items, limit), "has_more": len(items) >= limit}

    return replace(behaviour, lists=replace(behaviour.lists, page=page))


@mutant("state.never-promises-more", caught_by="pagination.has-more-is-true-when-items-follow")
def never_promises_more(behaviour: Behaviour) -> Behaviour:
    """Sends `has_more: false` on every page."""
    return replace(
        behaviour,
        lists=replace(
            behaviour.lists,
            page=lambda items, limit: {**behaviour.lists.page(items, limit), "has_more": False},
        ),
    )


@mutant("state.accepts-any-limit", caught_by="query-parameters.a-limit-out-of-range-is-rejected")
def accepts_any_limit(behaviour: Behaviour) -> Behaviour:
    """Accepts a `limit` that is out of range."""
    return dropping_values(
        behaviour, ("limit",), lambda value: not value.isdigit() or not 1 <= int(value) <= 100
    )


@mutant("state.accepts-any-order", caught_by="query-parameters.an-unknown-order-is-rejected")
def accepts_any_order(behaviour: Behaviour) -> Behaviour:
    """Accepts an unknown `order`."""
    return dropping_values(behaviour, ("order",), lambda value: value not in ("asc", "desc"))


@mutant("state.begins-anew-at-an-unknown-cursor", caught_by="pagination.an-unknown-cursor-is-no-server-error")
def begins_anew_at_an_unknown_cursor(behaviour: Behaviour) -> Behaviour:
    """Lists from the beginning when `after` names no item."""

    def follow(items: Sequence[Item], after: str | None) -> list[Item]:
        exists = any(item["id"] == after for item in items)
        return behaviour.lists.follow(items, after if exists else None)

    return replace(behaviour, lists=replace(behaviour.lists, follow=follow))


@mutant(
    "state.cannot-answer-with-an-empty-page", caught_by=("input-items.a-page-after-the-last-item-is-empty",)
)
def cannot_answer_with_an_empty_page(behaviour: Behaviour) -> Behaviour:
    """Answers 404 when no items are left for a page."""

    def page(items: Sequence[Item], limit: int) -> dict[str, Any]:
        if not items:
            raise response_not_found("page")
        return behaviour.lists.page(items, limit)

    return replace(behaviour, lists=replace(behaviour.lists, page=page))
