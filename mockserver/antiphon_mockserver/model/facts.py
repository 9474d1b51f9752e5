"""Recalling what was said: `my name is Ada` now, `what is my name?` later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from antiphon_mockserver.model.reading import Reading

READ_LENGTH = 8_000
"""How much of one text is searched for facts."""

STATED = re.compile(
    r"\b(my|our|the|your|this)\s+([\w][\w '’-]{0,50}?)\s*(?:\bis\b|\bare\b|\bwas\b|=|:)\s*"
    r"(?:called |named )?(?!called|named)"
    r"[\"'“‘]?([^\s\"'“‘?][^\n\"”?]{0,120}?)[\"'”’]?\s*(?=[.!](?:\s|$)|[,;\n]|$|\s(?:and|but|so|please)\b)",
    re.IGNORECASE,
)
NAMED = re.compile(r"\b(?:I am|I'm|I’m|call me)\s+([A-Z][\w’'-]*)")
REMEMBERED = re.compile(
    r"\bremember\b(?: this| that| the| my)*\s+([a-z][a-z ]{0,20}?)\s*:?\s+"
    r"[\"'“‘]?((?-i:[\w-]*[A-Z0-9])[\w-]*)",
    re.IGNORECASE,
)
ASKED = re.compile(
    r"\b(?:(?:what|who|which|where|when)(?:'s|’s| is| are| was| were)"
    r"|(?:do|can|did) you (?:still )?(?:remember|recall|know|tell me)(?: what)?"
    r"|(?:tell|remind|give|show) me(?: again)?(?: of| what)?|repeat|recall|state)\s+"
    r"(my|the|our|your)\s+([\w][\w '’-]{0,60}?)"
    r"(?:\s+(?:is|was|again|I|that|we|you|from|please|in this|so far)\b[^.?!\n]*)?\s*(?:[.?!,]|$)",
    re.IGNORECASE | re.MULTILINE,
)
ASKED_BY_VERB = re.compile(
    r"\bwhat\s+((?:\w+ ){0,2}\w+)\s+(?:did|do|was|am|have|had|should)\s+(?:I|we|you)\b", re.IGNORECASE
)
BRIEFLY = re.compile(r"\b(?:only|just|nothing else|(?:one|single) word|alone)\b", re.IGNORECASE)

ANSWERED_AS = {"my": "Your", "your": "My", "our": "Our", "the": "The"}
UNSPECIFIC = frozenset({"secret", "own", "full", "exact", "favorite", "special", "current"})

GENERAL = {
    "capital of france": "Paris",
    "capital of germany": "Berlin",
    "capital of italy": "Rome",
    "capital of spain": "Madrid",
    "capital of england": "London",
    "capital of the united kingdom": "London",
    "capital of japan": "Tokyo",
    "capital of the netherlands": "Amsterdam",
    "meaning of life": "42",
    "largest planet": "Jupiter",
}
"""What the model knows by itself."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was said to be so."""

    key: frozenset[str]
    value: str


def recall(reading: Reading) -> str | None:
    """The answers to questions about what was said before, or None when the prompt asks nothing such."""
    brief = BRIEFLY.search(reading.prompt) is not None
    asked = ((whose, what, _find(what, reading)) for whose, what in _questions(reading.prompt))
    known = [
        (ANSWERED_AS.get(whose.lower(), "The"), what, value)
        for whose, what, value in asked
        if value is not None
    ]
    return " ".join(value if brief else f"{whose} {what} is {value}." for whose, what, value in known) or None


def _questions(prompt: str) -> Iterator[tuple[str, str]]:
    for found in ASKED.finditer(prompt):
        yield found[1], found[2]
    for found in ASKED_BY_VERB.finditer(prompt):
        yield "the", found[1]


def _find(what: str, reading: Reading) -> str | None:
    asked = _words(what)
    newest = list(_facts((*reading.instructions, *reading.past)))[::-1]
    for matches in (_same, _narrower, _wider):
        for fact in newest:
            if matches(asked, fact.key):
                return fact.value
    return GENERAL.get(what.lower())


def _facts(texts: Iterable[str]) -> Iterator[Fact]:
    for text in texts:
        text = text[:READ_LENGTH]
        for found in NAMED.finditer(text):
            yield Fact(frozenset({"name"}), found[1])
        for found in REMEMBERED.finditer(text):
            yield Fact(_words(found[1]), found[2])
        for found in STATED.finditer(text):
            yield Fact(_words(found[2]), found[3].strip())


def _words(text: str) -> frozenset[str]:
    """The words of a key; `favourite colour` and `favorite color` are the same."""
    return frozenset(text.lower().replace("our", "or").split())


def _same(asked: frozenset[str], known: frozenset[str]) -> bool:
    return asked == known


def _narrower(asked: frozenset[str], known: frozenset[str]) -> bool:
    return asked - UNSPECIFIC == known - UNSPECIFIC and bool(known - UNSPECIFIC)


def _wider(asked: frozenset[str], known: frozenset[str]) -> bool:
    """`word` asks for the code word; the `name of my dog` asks for no name."""
    return bool(known) and (asked < known or known < asked) and abs(len(asked) - len(known)) == 1
