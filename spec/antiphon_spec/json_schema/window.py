"""The part of a large invalid instance that shows what is wrong with it.

A validator lists each error of each element, and for a union the errors against all its members: an array of
20,000 empty objects has a million. The window keeps of each long array the few elements around the first
wrong one, of each large object the members that the schemas name and a few others, and of each long text its
beginning and its end: each error has a copy of what it is about. Where several places are wrong, those at the
beginning of their arrays show; the others do once these are mended.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from typing import Any

from antiphon_spec.loading.construction import dataclass

Path = tuple[str | int, ...]
LARGE = 300
"""An instance of fewer values is shown whole."""
FEW = 8
"""How many elements of an array are kept, if one of them shows the fault."""
MEMBERS = 100
"""How many members that no schema names are kept of an object."""
LONG = 20_000
"""How many characters are kept of a text: more than a short limit of a schema allows."""


@dataclass(frozen=True, slots=True)
class Window:
    """An instance, with less in it, and what was there before."""

    instance: Any
    offsets: Mapping[Path, int] = field(default_factory=dict)
    """By the place of an array in the window, the index of its first element in the whole array."""
    wholes: Mapping[Path, Any] = field(default_factory=dict)
    """By the place in the window, the whole array, object or text."""
    too_long: tuple[Path, int] | None = None
    """Where a text stands whose length is the fault, and how many characters it may have."""

    def value(self, path: Path) -> Any:
        """The whole value at a place of the window."""
        return self.wholes[path] if path in self.wholes else _at(self.instance, path)

    def path(self, path: Path) -> Path:
        """The place in the whole instance of a place in the window."""
        if not self.offsets:
            return path
        return tuple(
            step + self.offsets.get(path[:index], 0) if isinstance(step, int) else step
            for index, step in enumerate(path)
        )


def window(instance: Any, is_valid: Callable[[Any], bool], names: Collection[str]) -> Window:
    """The window on an invalid instance. `names` are the members that the schemas name."""
    part = _with_few_values(instance, is_valid, names) if is_large(instance) else Window(instance)
    return _with_short_texts(part, is_valid)


def _with_few_values(instance: Any, is_valid: Callable[[Any], bool], names: Collection[str]) -> Window:
    offsets: dict[Path, int] = {}
    wholes: dict[Path, Any] = {}
    pending: list[Path] = [()]
    for path in pending:
        value = _at(instance, path)
        part = value
        if isinstance(value, list) and len(value) > FEW:
            start, end = _first(value, instance, path, is_valid)
            part = value[start:end]
            offsets[path] = start
        elif isinstance(value, dict) and len(value) > MEMBERS:
            strangers = islice((name for name in value if name not in names), MEMBERS)
            keys = {*strangers, *(name for name in names if name in value)}
            part = {name: value[name] for name in value if name in keys}
        if part is not value:
            wholes[path] = value
            instance = _put(instance, path, part)
        entries = part.items() if isinstance(part, dict) else enumerate(part)
        pending += ((*path, step) for step, inner in entries if isinstance(inner, dict | list))
    return Window(instance, offsets, wholes)


def _with_short_texts(view: Window, is_valid: Callable[[Any], bool]) -> Window:
    """The window without the middle of long texts; one whose middle is wrong stays whole."""
    texts = {path: text for path, text in _texts(view.instance) if len(text) > LONG}
    if not texts:
        return view
    instance = view.instance
    for path, text in texts.items():
        instance = _put(instance, path, text[: LONG // 2] + text[-LONG // 2 :])
    if is_valid(instance):
        for path, text in texts.items():
            if not is_valid(with_text := _put(instance, path, text)):
                break
        else:
            return view
        limit = _limit(text, lambda part: is_valid(_put(instance, path, part)))
        if limit is not None:
            return replace(view, too_long=(path, limit))
        instance = with_text
        del texts[path]
    return replace(view, instance=instance, wholes={**view.wholes, **texts})


def _limit(text: str, is_valid: Callable[[str], bool]) -> int | None:
    """How many characters a text may have that is wrong; None where another part of it is wrong."""
    limit = bisect_left(range(len(text)), True, key=lambda length: not is_valid(text[:length])) - 1
    return None if limit < 0 or is_valid(text[:limit] + text[0]) else limit


def _texts(root: Any) -> Iterator[tuple[Path, str]]:
    """Each text inside a value, with its place."""
    pending: list[tuple[Path, Any]] = [((), root)]
    for path, value in pending:
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict | list):
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            pending += (((*path, step), inner) for step, inner in entries)


def is_large(instance: Any) -> bool:
    """Whether an instance has many values."""
    pending, count = [instance], 0
    while pending:
        value = pending.pop()
        if isinstance(value, dict | list):
            count += len(value)
            if count > LARGE:
                return True
            pending += value.values() if isinstance(value, dict) else value
    return False


def _first(value: Sequence[Any], root: Any, path: Path, is_valid: Callable[[Any], bool]) -> tuple[int, int]:
    """The first few elements with which alone the instance is invalid; more where it takes more of them."""

    def is_wrong(start: int, end: int) -> bool:
        return not is_valid(_put(root, path, value[start:end]))

    start, end = 0, FEW
    while not is_wrong(start, end):
        if end >= len(value):
            return 0, len(value)  # the elements are right, and the array is not
        start, end = end, min(len(value), end + 2 * (end - start))
    while end - start > FEW:
        middle = (start + end) // 2
        if is_wrong(start, middle):
            end = middle
        elif is_wrong(middle, end):
            start = middle
        else:
            break
    return start, end


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(value: Any, path: Path, part: Any) -> Any:
    """The value with another part at this place; what is around the place is copied."""
    if not path:
        return part
    copy = value.copy()
    copy[path[0]] = _put(value[path[0]], path[1:], part)
    return copy
