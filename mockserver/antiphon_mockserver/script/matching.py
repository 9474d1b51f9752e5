"""Whether a script's entry matches a request and, if not, why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.model.reading import Reading
from antiphon_mockserver.plan import Context, Item
from antiphon_spec.fault import show

Actual = Callable[[Context, Reading], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that an entry demands."""

    what: str
    """`input`, `header x-case`."""
    expected: str
    """In words: `text that contains 'weather'`."""
    actual: Actual
    """What the request has there."""
    holds: Callable[[Any], bool]


def conditions(when: Mapping[str, Any]) -> tuple[Condition, ...]:
    """The conditions of an entry's `when`. Raises ValueError when a regular expression cannot be read."""
    return tuple(_conditions(when))


def mismatches(found: Sequence[Condition], context: Context, reading: Reading) -> list[str]:
    """The reasons why a request does not match; none when it does."""
    reasons = []
    for condition in found:
        actual = condition.actual(context, reading)
        if not condition.holds(actual):
            reasons.append(f"{condition.what}: expected {condition.expected}, got {show(actual)}")
    return reasons


def turn(items: Sequence[Item]) -> int:
    """Which answer of the conversation this will be: one more than the runs of items that a model made."""
    made = [_is_made(item) for item in items]
    return 1 + sum(now and not before for before, now in zip([False, *made], made, strict=False))


def _is_made(item: Item) -> bool:
    """Whether a model made this item."""
    if item.get("type", "message") == "message":
        return item.get("role") == "assistant"
    return not item["type"].endswith(("_output", "_response", "_trigger", "_reference"))


def _conditions(when: Mapping[str, Any]) -> Iterator[Condition]:
    for what, wanted in when.items():
        if what in TEXTS:
            yield _textual(what, wanted, TEXTS[what])
        elif what == "headers":
            for name, text in wanted.items():
                yield _textual(f"header {name}", text, _header(name.lower()))
        elif what == "metadata":
            for name, text in wanted.items():
                yield _textual(f"metadata {name}", text, _metadatum(name))
        elif what == "tools":
            names = tuple(wanted)
            yield Condition(what, f"the tools {', '.join(names)}", _tools, _holding(names))
        else:
            yield Condition(what, show(wanted), VALUES[what], _equal(wanted))


def _textual(what: str, wanted: str | Mapping[str, str], actual: Actual) -> Condition:
    tests = {"contains": wanted} if isinstance(wanted, str) else wanted
    made = [TESTS[name](text) for name, text in tests.items()]
    expected = " and ".join(f"{WORDS[name]} {text!r}" for name, text in tests.items())
    return Condition(
        what, f"text that {expected}", actual, lambda text: all(test(text or "") for test in made)
    )


def _containing(wanted: str) -> Callable[[str], bool]:
    lower = wanted.lower()
    return lambda text: lower in text.lower()


def _matching(wanted: str) -> Callable[[str], bool]:
    try:
        pattern = re.compile(wanted)
    except re.error as problem:
        raise ValueError(f"{wanted!r} ({problem})") from problem
    return lambda text: pattern.search(text) is not None


def _equal(wanted: Any) -> Callable[[Any], bool]:
    return lambda actual: bool(actual == wanted)


def _holding(names: tuple[str, ...]) -> Callable[[Sequence[str]], bool]:
    return lambda offered: set(names) <= set(offered)


def _tools(context: Context, _reading: Reading) -> list[str]:
    tools = context.request.get("tools") or ()
    return [name for tool in tools for name in (tool.get("name"), tool.get("type")) if name]


def _header(name: str) -> Actual:
    return lambda context, _reading: context.headers.get(name)


def _metadatum(name: str) -> Actual:
    return lambda context, _reading: (context.request.get("metadata") or {}).get(name)


TESTS: Mapping[str, Callable[[str], Callable[[str], bool]]] = {
    "contains": _containing,
    "equals": _equal,
    "regex": _matching,
}
WORDS = {"contains": "contains", "equals": "equals", "regex": "matches"}

TEXTS: Mapping[str, Actual] = {
    "model": lambda context, _reading: context.request.get("model"),
    "input": lambda _context, reading: reading.prompt,
    "instructions": lambda _context, reading: "\n".join(reading.instructions),
    "output": lambda _context, reading: "\n".join(output.text for output in reading.outputs),
}

VALUES: Mapping[str, Actual] = {
    "turn": lambda context, _reading: turn(context.items),
    "stream": lambda context, _reading: bool(context.request.get("stream")),
    "background": lambda context, _reading: bool(context.request.get("background")),
}
