"""What a prompt offers to fill in: names, quoted words, numbers, and the question itself."""

from __future__ import annotations

import re

from antiphon_mockserver.instance import Hints
from antiphon_mockserver.words import words

ASKED_LENGTH = 200
READ_LENGTH = 8_000

QUOTED = re.compile(
    r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|(?<!\w)'([^'\n]{1,200})'(?!\w)|`([^`\n]{1,200})`"
)
NAME = re.compile(r"\b[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*")
AFTER_PREPOSITION = re.compile(
    r"\b(?:in|for|at|of|about|named|called|from|to)\s+(?:the\s+|a\s+)?([a-z][\w-]+)"
)
NUMBER = re.compile(r"(?<![\w.])-?\d{1,15}(?:\.\d{1,10})?(?![\w])")
PLACE_WITH_REGION = re.compile(
    r"([A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*), ([A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*)(?!\s*(?:,|and\b|or\b|&))"
)

COMMON = frozenset(
    words(
        "i i'm i’m please what what's who which where when why how use call get give tell say the a",
        "an my your is are can could would do does and or if it this that there then also now reply",
        "respond answer write list find look search check set let make show return celsius fahrenheit",
        "json in on at for to from of with about ok yes no hello hi",
    )
)
"""Words that begin with a capital letter without being a name, or that name nothing."""


def hints_of(prompt: str, answer: str = "") -> Hints:
    """What the end of a prompt offers."""
    prompt = prompt[-READ_LENGTH:]
    return Hints(tuple(names(prompt)), tuple(_numbers(prompt)), prompt.strip()[-ASKED_LENGTH:], answer)


def names(prompt: str) -> list[str]:
    """Quoted words first, then names, in order and each once; without any, words after a preposition."""
    quoted = [next(filter(None, groups)) for groups in QUOTED.findall(prompt)]
    rest = QUOTED.sub(" ", prompt)
    found = list(dict.fromkeys([*quoted, *_capitalised(rest)]))
    return found or [word for word in dict.fromkeys(AFTER_PREPOSITION.findall(rest)) if word not in COMMON]


def _capitalised(text: str) -> list[str]:
    joined = {found[1]: found[0] for found in PLACE_WITH_REGION.finditer(text)}
    regions = {found[2] for found in PLACE_WITH_REGION.finditer(text)}
    found = [name for name in (_without_common(words) for words in NAME.findall(text)) if name]
    if len(found) == 2 and len(joined) == 1 and found[1] in regions:
        return [joined.get(found[0], found[0])]
    return found


def _without_common(name: str) -> str:
    words = name.split()
    while words and words[0].lower() in COMMON:
        del words[0]
    return " ".join(words)


def _numbers(text: str) -> list[int | float]:
    return [float(number) if "." in number else int(number) for number in NUMBER.findall(text)]
