"""Hints from a prompt for filling in a schema: names, quoted words, numbers, and the prompt itself."""

from __future__ import annotations

from antiphon_mockserver.model.instance import Hints
from antiphon_mockserver.model.quotations import NUMBER, QUOTATION_MARKS, QUOTED, matched_group
from antiphon_mockserver.model.words import words
from antiphon_spec.loading.late import late_pattern

EXCERPT_LENGTH = 200
"""Characters of the prompt's end that stand for all of it."""
READ_LENGTH = 8_000
"""Characters of the prompt's end that are searched."""

NAME = late_pattern(r"\b[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*")
AFTER_PREPOSITION = late_pattern(
    r"\b(?:in|for|at|of|about|named|called|from|to)\s+(?:the\s+|a\s+)?([a-z][\w-]+)"
)
FILE = late_pattern(r"(?<![\w./-])(?:[\w-]+/)*[\w-]+\.[a-z][a-z\d]{1,4}(?![\w/-])")
"""The name of a file, perhaps with its folders: `notes.txt`, `src/main.py`."""
PLACE_WITH_REGION = late_pattern(
    r"([A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*), ([A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*)(?!\s*(?:,|and\b|or\b|&))"
)

COMMON = frozenset(
    words(
        "i i'm i’m please what what's who which where when why how use call get give tell say the a",
        "an my your is are can could would do does and or if it this that there then also now reply",
        "respond answer write read open list find look search check set let make show return celsius",
        "fahrenheit json in on at for to from of with about ok yes no hello hi",
    )
)
"""Words that name nothing, even with a capital letter."""


def hints_of(prompt: str, answer: str = "") -> Hints:
    """The hints in the end of a prompt; `answer` is the answer in plain text."""
    prompt = prompt[-READ_LENGTH:]
    return Hints(tuple(names_in(prompt)), tuple(_numbers(prompt)), prompt.strip()[-EXCERPT_LENGTH:], answer)


def names_in(prompt: str) -> list[str]:
    """Quoted words first, then names, then files, in order and without repetition; else the words after
    prepositions."""
    quotations, rest = _quotations(prompt)
    files = FILE.findall(rest) if "." in rest else ()
    texts = list(dict.fromkeys([*quotations, *_capital_names(rest), *files]))
    return texts or [word for word in dict.fromkeys(AFTER_PREPOSITION.findall(rest)) if word not in COMMON]


def _quotations(prompt: str) -> tuple[list[str], str]:
    """The quoted words, and the prompt without them."""
    if not any(mark in prompt for mark in QUOTATION_MARKS):
        return [], prompt
    return [matched_group(match) for match in QUOTED.finditer(prompt)], QUOTED.sub(" ", prompt)


def _capital_names(text: str) -> list[str]:
    """The names; `Paris, France` is a single one where nothing else is named."""
    candidates = [name for name in map(_without_common, NAME.findall(text)) if name]
    if len(candidates) != 2 or ", " not in text:
        return candidates
    with_region = {match[1]: match[0] for match in PLACE_WITH_REGION.finditer(text)}
    regions = {match[2] for match in PLACE_WITH_REGION.finditer(text)}
    if len(with_region) == 1 and candidates[1] in regions:
        return [with_region.get(candidates[0], candidates[0])]
    return candidates


def _without_common(name: str) -> str:
    words = name.split()
    while words and words[0].lower() in COMMON:
        del words[0]
    return " ".join(words)


def _numbers(text: str) -> list[int | float]:
    return [float(number) if "." in number else int(number) for number in NUMBER.findall(text)]
