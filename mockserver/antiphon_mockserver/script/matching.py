"""Decides whether an entry of a script matches a request and, if not, why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from antiphon_mockserver.model.reading import Reading
from antiphon_mockserver.response.plan import Context, Item
from antiphon_spec.json_schema.fault import ABSENT, show
from antiphon_spec.loading.construction import dataclass

Actual = Callable[[Context, Reading], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an entry."""

    label: str
    """What it tests, such as `input` or `header x-case`."""
    expected: str
    """The expected value in words, such as `text that contains 'weather'`."""
    actual: Actual
    """Returns the value in the request; None when it has none."""
    holds: Callable[[Any], bool]


def conditions(when: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Returns the conditions of `when`. Raises ValueError for an invalid regular expression."""
    return tuple(_conditions(when))


def mismatches(tests: Sequence[Condition], context: Context, reading: Reading) -> list[str]:
    """Returns the reasons why a request does not match; none when it matches."""
    reasons = []
    for condition in tests:
        actual = condition.actual(context, reading)
        if not condition.holds(actual):
            phrase = ABSENT if actual is None else show(actual)
            reasons.append(f"{condition.label}: expected {condition.expected}, got {phrase}")
    return reasons


def turn(items: Sequence[Item]) -> int:
    """Returns the number of this answer in its conversation: one more than earlier runs of model items."""
    flags = [_is_from_model(item) for item in items]
    return 1 + sum(now and not before for before, now in zip([False, *flags], flags, strict=False))


def _is_from_model(item: Item) -> bool:
    """Whether the item comes from a model."""
    if item.get("type", "message") == "message":
        return item.get("role") == "assistant"
    return not item["type"].endswith(("_output", "_response", "_trigger", "_reference"))


def _conditions(when: Mapping[str, Any]) -> Iterator[Condition]:
    for label, expectation in when.items():
        if label in TEXTS:
            yield _textual(label, expectation, TEXTS[label])
        elif label == "headers":
            for name, text in expectation.items():
                yield _textual(f"header {name}", text, _header(name.lower()))
        elif label == "metadata":
            for name, text in expectation.items():
                yield _textual(f"metadata {name}", text, _metadatum(name))
        elif label == "tools":
            names = tuple(expectation)
            yield Condition(label, f"the tools {', '.join(names)}", _tools, _holding(names))
        else:
            yield Condition(label, show(expectation), VALUES[label], _equal(expectation))


def _textual(label: str, expectation: str | Mapping[str, str], actual: Actual) -> Condition:
    tests = {"contains": expectation} if isinstance(expectation, str) else expectation
    predicates = [TESTS[name](text) for name, text in tests.items()]
    expected = " and ".join(f"{WORDS[name]} {text!r}" for name, text in tests.items())
    return Condition(
        label, f"text that {expected}", actual, lambda text: all(test(text or "") for test in predicates)
    )


def _containing(expectation: str) -> Callable[[str], bool]:
    lower = expectation.lower()
    return lambda text: lower in text.lower()


def _matching(expectation: str) -> Callable[[str], bool]:
    try:
        pattern = re.compile(expectation)
    except re.error as problem:
        raise ValueError(f"{expectation!r} ({problem})") from problem
    return lambda text: pattern.search(text) is not None


def _equal(expectation: Any) -> Callable[[Any], bool]:
    return lambda actual: bool(actual == expectation)


def _holding(names: tuple[str, ...]) -> Callable[[Sequence[str]], bool]:
    return lambda tools: set(names) <= set(tools)


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
