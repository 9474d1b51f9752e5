"""Servers that list wrong input items, or page them wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Conduct
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import dropping_values
from antiphon_mockserver.response.plan import Denied, Item
from antiphon_mockserver.server.errors import response_not_found
from antiphon_mockserver.state.record import Record


@mutant("state.breaks-when-it-lists", caught_by="input-items.input-items-can-be-listed")
def breaks_when_it_lists(conduct: Conduct) -> Conduct:
    """Answers 500 to a request for input items."""

    def list_input(_record: Record, _chain: Sequence[Record]) -> Sequence[Item]:
        raise Denied('relation "input_items" does not exist', status=500)

    return replace(conduct, list_input=list_input)


@mutant("state.lists-the-output-too", caught_by="input-items.output-is-not-listed-as-input")
def lists_the_output_too(conduct: Conduct) -> Conduct:
    """Lists the output of the response among its input items."""

    def list_input(record: Record, chain: Sequence[Record]) -> Sequence[Item]:
        return [*conduct.list_input(record, chain), *record.response["output"]]

    return replace(conduct, list_input=list_input)


@mutant("state.lists-the-instructions-too", caught_by="input-items.instructions-are-not-listed")
def lists_the_instructions_too(conduct: Conduct) -> Conduct:
    """Lists the instructions as a system message."""

    def list_input(record: Record, chain: Sequence[Record]) -> Sequence[Item]:
        items = list(conduct.list_input(record, chain))
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

    return replace(conduct, list_input=list_input)


@mutant("state.lists-what-the-user-said-only", caught_by="input-items.every-message-of-the-request-is-listed")
def lists_what_the_user_said_only(conduct: Conduct) -> Conduct:
    """Leaves assistant messages out of the input items."""

    def list_input(record: Record, chain: Sequence[Record]) -> Sequence[Item]:
        return [item for item in conduct.list_input(record, chain) if item.get("role") != "assistant"]

    return replace(conduct, list_input=list_input)


@mutant("state.ignores-the-limit", caught_by="pagination.a-page-keeps-to-its-limit")
def ignores_the_limit(conduct: Conduct) -> Conduct:
    """Ignores `limit` and puts up to 100 items on every page."""
    return replace(conduct, page=lambda items, _limit: conduct.page(items, 100))


@mutant(
    "state.ignores-the-order",
    caught_by=(
        "pagination.the-newest-item-comes-first-by-default",
        "pagination.descending-is-ascending-reversed",
    ),
)
def ignores_the_order(conduct: Conduct) -> Conduct:
    """Ignores `order` and lists the oldest item first."""
    return replace(conduct, arrange=lambda items, _order: list(items))


@mutant(
    "state.repeats-the-item-at-the-cursor",
    caught_by=(
        "pagination.pages-partition-the-list-ascending",
        "pagination.pages-partition-the-list-descending",
        "pagination.a-page-begins-after-its-cursor",
    ),
)
def repeats_the_item_at_the_cursor(conduct: Conduct) -> Conduct:
    """Begins a page with the item that `after` names."""

    def follow(items: Sequence[Item], after: str | None) -> list[Item]:
        rest = conduct.follow(items, after)
        return list(items[len(items) - len(rest) - 1 :]) if after else rest

    return replace(conduct, follow=follow)


@mutant(
    "state.skips-an-item-behind-the-cursor",
    caught_by=("pagination.pages-partition-the-list-ascending", "pagination.a-page-begins-after-its-cursor"),
)
def skips_an_item_behind_the_cursor(conduct: Conduct) -> Conduct:
    """Skips the first item after the one that `after` names."""
    return replace(conduct, follow=lambda items, after: conduct.follow(items, after)[1 if after else 0 :])


@mutant("state.pages-upwards-only", caught_by="pagination.pages-partition-the-list-descending")
def pages_upwards_only(conduct: Conduct) -> Conduct:
    """Looks for the items after `after` in ascending order, even when it lists descending."""
    oldest_first: list[Item] = []

    def arrange(items: Sequence[Item], order: str) -> list[Item]:
        oldest_first[:] = items
        return conduct.arrange(items, order)

    def follow(items: Sequence[Item], after: str | None) -> list[Item]:
        return conduct.follow(oldest_first if after else items, after)

    return replace(conduct, arrange=arrange, follow=follow)


@mutant("state.promises-more-behind-a-full-page", caught_by="pagination.has-more-is-true-when-items-follow")
def promises_more_behind_a_full_page(conduct: Conduct) -> Conduct:
    """Sends `has_more: true` whenever a page is full."""

    def page(items: Sequence[Item], limit: int) -> dict[str, Any]:
        return {**conduct.page(items, limit), "has_more": len(items) >= limit}

    return replace(conduct, page=page)


@mutant("state.never-promises-more", caught_by="pagination.has-more-is-true-when-items-follow")
def never_promises_more(conduct: Conduct) -> Conduct:
    """Sends `has_more: false` on every page."""
    return replace(conduct, page=lambda items, limit: {**conduct.page(items, limit), "has_more": False})


@mutant("state.accepts-any-limit", caught_by="query-parameters.a-limit-out-of-range-is-rejected")
def accepts_any_limit(conduct: Conduct) -> Conduct:
    """Accepts a `limit` that is out of range."""
    return dropping_values(
        conduct, ("limit",), lambda value: not value.isdigit() or not 1 <= int(value) <= 100
    )


@mutant("state.accepts-any-order", caught_by="query-parameters.an-unknown-order-is-rejected")
def accepts_any_order(conduct: Conduct) -> Conduct:
    """Accepts an unknown `order`."""
    return dropping_values(conduct, ("order",), lambda value: value not in ("asc", "desc"))


@mutant("state.begins-anew-at-an-unknown-cursor", caught_by="pagination.an-unknown-cursor-is-no-server-error")
def begins_anew_at_an_unknown_cursor(conduct: Conduct) -> Conduct:
    """Lists from the beginning when `after` names no item."""

    def follow(items: Sequence[Item], after: str | None) -> list[Item]:
        exists = any(item["id"] == after for item in items)
        return conduct.follow(items, after if exists else None)

    return replace(conduct, follow=follow)


@mutant(
    "state.cannot-answer-with-an-empty-page", caught_by=("input-items.a-page-after-the-last-item-is-empty",)
)
def cannot_answer_with_an_empty_page(conduct: Conduct) -> Conduct:
    """Answers 404 when no items are left for a page."""

    def page(items: Sequence[Item], limit: int) -> dict[str, Any]:
        if not items:
            raise response_not_found("page")
        return conduct.page(items, limit)

    return replace(conduct, page=page)
