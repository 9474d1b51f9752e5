"""The finished items of a stream: as their last events hold them, or else as the events before those tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from antiphon_conformance.http.exchange import Event, Stream

Item = Mapping[str, Any]
ADDED, DONE = "response.output_item.added", "response.output_item.done"
PARTS = (
    ("response.content_part.done", "content", "content_index"),
    ("response.reasoning_summary_part.done", "summary", "summary_index"),
)
"""The events with the finished parts of an item, its member that lists them, and what counts them."""
TEXTS = (
    ("response.function_call_arguments.done", "arguments"),
    ("response.custom_tool_call_input.done", "input"),
)
"""The events with the finished text of a call, and the member of it and of the item."""
UNFINISHED = ("response.incomplete", "response.failed")
"""The ends of a response whose items may be incomplete."""


def streamed_items(stream: Stream) -> Sequence[tuple[Event, Item]]:
    """The finished items of a stream with the events that hold them, in the order of `output_index`.

    An item without an index has the place in which it was announced, or else that in which it was finished.
    """
    announced = [item.get("id") for _, item in _held(stream, ADDED)]
    items: dict[int, tuple[Event, Item]] = {}
    for count, (event, item) in enumerate(_held(stream, DONE)):
        index, name = event.data.get("output_index"), item.get("id")
        if type(index) is not int:
            index = announced.index(name) if name is not None and name in announced else count
        items[index] = (event, item)
    return [items[index] for index in sorted(items)]


def items_of(stream: Stream) -> Sequence[Item]:
    """The finished items of a stream. Where last events lack their items, these are what was announced, with
    the parts and the texts that came since: that they are absent is another rule's to say."""
    return [item for _, item in streamed_items(stream)] or _rebuilt(stream)


def _held(stream: Stream, kind: str) -> list[tuple[Event, Item]]:
    pairs = ((event, event.data.get("item")) for event in stream.of(kind))
    return [(event, item) for event, item in pairs if isinstance(item, dict)]


def _rebuilt(stream: Stream) -> list[Item]:
    """The items whose last events lack them; none when one of them cannot be told."""
    starts = {event.data.get("output_index"): item for event, item in _held(stream, ADDED)}
    ends = [event.data.get("output_index") for event in stream.of(DONE) if "item" not in event.data]
    indices = sorted(index for index in set(ends) if type(index) is int)
    items = [_with_contents(stream, index, starts.get(index)) for index in indices]
    return [item for item in items if item] if all(items) and len(indices) == len(ends) else []


def _with_contents(stream: Stream, index: int, start: Item | None) -> Item | None:
    """An announced item with what the events of its index tell of it; None when they tell nothing."""
    if start is None:
        return None
    contents = {**_lists(stream, index), **dict(_texts(stream, index))}
    end = "incomplete" if stream.of(*UNFINISHED) else "completed"
    status = {"status": end} if "status" in start else {}
    return {**start, **status, **contents} if contents else None


def _lists(stream: Stream, index: int) -> Mapping[str, list[Item]]:
    lists: dict[str, list[Item]] = {}
    for kind, member, place in PARTS:
        rows = [event.data for event in stream.of(kind) if event.data.get("output_index") == index]
        parts = {
            data[place]: data["part"]
            for data in rows
            if type(data.get(place)) is int and isinstance(data.get("part"), dict)
        }
        if parts:
            lists[member] = [parts[number] for number in sorted(parts)]
    return lists


def _texts(stream: Stream, index: int) -> Iterator[tuple[str, str]]:
    for kind, member in TEXTS:
        for event in stream.of(kind):
            text = event.data.get(member)
            if event.data.get("output_index") == index and isinstance(text, str):
                yield member, text
