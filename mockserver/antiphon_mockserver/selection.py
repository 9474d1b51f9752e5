"""Lists that are cut by an offset: what of them was asked for, in which order, from where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from operator import gt, lt
from typing import Any

from antiphon_mockserver.plan import Item

MILLISECONDS_SINCE = 10**11
"""From here on a time stamp counts milliseconds, before it seconds: one of 1973, the other of 5138."""
Query = Mapping[str, Any]
Test = Callable[[Item], bool]
EQUAL = ("status", "collection_type")
"""Parameters that a member of the same name has to equal."""


def select(items: Sequence[Item], query: Query) -> list[Item]:
    """What of a list passes a query, in the order that it asks for; without one, as it is."""
    tests = [*_tests(query)]
    found = [item for item in items if all(test(item) for test in tests)]
    order = query.get("order")
    if order is None:
        return found
    found.sort(key=lambda item: _key(item, order), reverse=query.get("sort") == "desc")
    return found


def cut_out(items: Sequence[Item], offset: int, limit: int) -> dict[str, Any]:
    """The list object of one page."""
    data = list(items[offset : offset + limit])
    return {"object": "list", "data": data, "total": len(items), "limit": limit, "offset": offset}


def _tests(query: Query) -> Iterator[Test]:
    for name in EQUAL:
        if name in query:
            yield partial(_equals, name, query[name])
    for word in ("created", "added"):
        for side, holds in (("before", lt), ("after", gt)):
            if (date := query.get(f"{word}_{side}")) is not None:
                yield partial(_lies, f"{word}_at", holds, _seconds(date))


def _equals(name: str, value: Any, item: Item) -> bool:
    return bool(item.get(name) == value)


def _lies(name: str, holds: Callable[[float, float], bool], bound: float, item: Item) -> bool:
    stamp: float = item[name]
    return holds(stamp / 1000 if stamp >= MILLISECONDS_SINCE else stamp, bound)


def _key(item: Item, order: str) -> Any:
    """What an item is sorted by; names and file names may stand one level deeper."""
    return item[order] if order in item else item.get("file", {}).get(order)


def _seconds(date: str) -> float:
    """A date is its first moment in UTC; a date with a time is that time."""
    moment = datetime.fromisoformat(date.upper())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
