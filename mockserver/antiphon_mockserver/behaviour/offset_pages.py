"""Lists with an offset: filter, order, and one page of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from operator import gt, lt
from typing import Any

from antiphon_mockserver.response.plan import Item

MILLISECONDS_SINCE = 10**11
"""A time stamp from here on counts milliseconds (since 1973); a smaller one counts seconds (until 5138)."""
Query = Mapping[str, Any]
Test = Callable[[Item], bool]
EQUAL = ("status", "collection_type")
"""Parameters that an item's member of the same name must equal."""


def select(items: Sequence[Item], query: Query) -> list[Item]:
    """Returns the items that pass a query, in the order of the query; without one, in their own order."""
    tests = [*_tests(query)]
    matches = [item for item in items if all(test(item) for test in tests)]
    order = query.get("order")
    if order is None:
        return matches
    matches.sort(key=lambda item: _key(item, order), reverse=query.get("sort") == "desc")
    return matches


def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
    """Returns the list object of one page."""
    data = list(items[offset : offset + limit])
    return {"object": "list", "data": data, "total": len(items), "limit": limit, "offset": offset}


def _tests(query: Query) -> Iterator[Test]:
    for name in EQUAL:
        if name in query:
            yield partial(_equals, name, query[name])
    for word in ("created", "added"):
        for side, holds in (("before", lt), ("after", gt)):
            if (date := query.get(f"{word}_{side}")) is not None:
                yield partial(_compares, f"{word}_at", holds, _seconds(date))


def _equals(name: str, value: Any, item: Item) -> bool:
    return bool(item.get(name) == value)


def _compares(name: str, holds: Callable[[float, float], bool], bound: float, item: Item) -> bool:
    stamp: float = item[name]
    return holds(stamp / 1000 if stamp >= MILLISECONDS_SINCE else stamp, bound)


def _key(item: Item, order: str) -> Any:
    """The sort key of an item; names and file names may be members of its `file`."""
    return item[order] if order in item else item.get("file", {}).get(order)


def _seconds(date: str) -> float:
    """A date in Unix seconds; one without a time means its first moment, and one without a zone is in UTC."""
    moment = datetime.fromisoformat(date.upper())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
