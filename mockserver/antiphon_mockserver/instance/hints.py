"""Hints: values from a prompt that an instance may use, each handed out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from antiphon_mockserver.words import words

Value = TypeVar("Value")

ANSWERING = frozenset(
    words(
        "answer text message summary content response reply result output explanation description",
        "reasoning final_answer greeting note",
    )
)
"""Names of properties that want the whole answer."""

ASKING = frozenset(
    words(
        "query q search question prompt input expression command request instruction instructions",
        "task topic keywords search_query statement sql code",
    )
)
"""Names of properties that want what was asked."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What may be used, in the order of the prompt."""

    words: tuple[str, ...] = ()
    """Names and quoted words."""
    numbers: tuple[int | float, ...] = ()
    asked: str = ""
    """What was asked, in short."""
    answer: str = ""
    """What would be answered in plain text."""
    _used: dict[str, int] = field(default_factory=dict, compare=False)

    def fresh(self) -> Hints:
        """The same hints, none of them used."""
        return Hints(self.words, self.numbers, self.asked, self.answer)

    def text(self, name: str) -> str | None:
        """The next text for a property of this name."""
        name = name.lower()
        if self.answer and name in ANSWERING:
            return self.answer
        if self.asked and name in ASKING:
            return self.asked
        return self._next("words", self.words)

    def number(self) -> int | float | None:
        """The next number."""
        return self._next("numbers", self.numbers)

    def _next(self, kind: str, values: Sequence[Value]) -> Value | None:
        at = self._used.get(kind, 0)
        self._used[kind] = at + 1
        return values[at] if at < len(values) else None


NO_HINTS = Hints()
