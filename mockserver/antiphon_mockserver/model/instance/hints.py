"""Hints: values from a prompt that an instance may use, each only once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from typing import TypeVar

from antiphon_mockserver.model.question import Feedback
from antiphon_mockserver.model.words import words
from antiphon_spec.loading.construction import dataclass

Value = TypeVar("Value")

ANSWER_NAMES = frozenset(
    words(
        "answer text message summary content response reply result output explanation description",
        "reasoning final_answer greeting note",
    )
)
"""Names of properties that hold the whole answer."""

PROMPT_NAMES = frozenset(
    words(
        "query q search question prompt input expression command request instruction instructions",
        "task topic keywords search_query statement sql code",
    )
)
"""Names of properties that hold the question."""

RESULT_NAMES = frozenset(words("result value answer sum total product difference quotient number"))
"""Names of properties that hold what was calculated."""
RESULT = re.compile(r"=\s*(-?\d{1,15}(?:\.\d{1,10})?)\.?\s*\Z")


@dataclass(frozen=True, slots=True)
class Hints:
    """The values, in the order of the prompt."""

    words: tuple[str, ...] = ()
    """Names and quoted words."""
    numbers: tuple[int | float, ...] = ()
    prompt: str = ""
    """The end of the prompt."""
    answer: str = ""
    """The answer in plain text."""
    feedback: Feedback | None = None
    """What was wrong with the instances before this one."""
    _counts: dict[str, int] = field(default_factory=dict, compare=False)

    def fresh(self) -> Hints:
        """The same hints, all of them unused."""
        return Hints(self.words, self.numbers, self.prompt, self.answer, self.feedback)

    def text(self, name: str) -> str | None:
        """The next text for a property of this name."""
        name = name.lower()
        if self.answer and name in ANSWER_NAMES:
            return self.answer
        if self.prompt and name in PROMPT_NAMES:
            return self.prompt
        return self._next("words", self.words)

    def number(self, name: str = "") -> int | float | None:
        """The next number for a property of this name; the result of a calculation where it wants one."""
        if name.lower() in RESULT_NAMES and (result := RESULT.search(self.answer)):
            return float(result[1]) if "." in result[1] else int(result[1])
        return self._next("numbers", self.numbers)

    def _next(self, kind: str, values: Sequence[Value]) -> Value | None:
        index = self._counts.get(kind, 0)
        self._counts[kind] = index + 1
        return values[index] if index < len(values) else None


NO_HINTS = Hints()
