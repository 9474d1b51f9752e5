"""Recalling what was said: `my name is Ada` now, `what is my name?` later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from antiphon_mockserver.model.reading import Reading

READ_LENGTH = 8_000
"""Characters of one text that are searched for facts."""

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
"""General knowledge."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement: what it is about, and the value."""

    key: frozenset[str]
    value: str


def recall(reading: Reading) -> str | None:
    """The answers to questions about earlier statements, or None when the prompt asks no such question."""
    brief = BRIEFLY.search(reading.prompt) is not None
    answers: list[str] = []
    for owner, thing in _questions(reading.prompt):
        value = _find(thing, reading)
        if value is not None:
            sentence = f"{ANSWERED_AS.get(owner.lower(), 'The')} {thing} is {value}."
            answers.append(value if brief else sentence)
    return " ".join(answers) or None


def _questions(prompt: str) -> Iterator[tuple[str, str]]:
    for match in ASKED.finditer(prompt):
        yield match[1], match[2]
    for match in ASKED_BY_VERB.finditer(prompt):
        yield "the", match[1]


def _find(thing: str, reading: Reading) -> str | None:
    key = _words(thing)
    newest = list(_facts((*reading.instructions, *reading.past)))[::-1]
    for matches in (_same, _narrower, _wider):
        for fact in newest:
            if matches(key, fact.key):
                return fact.value
    return GENERAL.get(thing.lower())


def _facts(texts: Iterable[str]) -> Iterator[Fact]:
    for text in texts:
        text = text[:READ_LENGTH]
        for match in NAMED.finditer(text):
            yield Fact(frozenset({"name"}), match[1])
        for match in REMEMBERED.finditer(text):
            yield Fact(_words(match[1]), match[2])
        for match in STATED.finditer(text):
            yield Fact(_words(match[2]), match[3].strip())


def _words(text: str) -> frozenset[str]:
    """The words of a key; `favourite colour` and `favorite color` are the same."""
    return frozenset(text.lower().replace("our", "or").split())


def _same(key: frozenset[str], fact_key: frozenset[str]) -> bool:
    return key == fact_key


def _narrower(key: frozenset[str], fact_key: frozenset[str]) -> bool:
    return key - UNSPECIFIC == fact_key - UNSPECIFIC and bool(fact_key - UNSPECIFIC)


def _wider(key: frozenset[str], fact_key: frozenset[str]) -> bool:
    """`word` asks for the code word; the `name of my dog` asks for no name."""
    return bool(fact_key) and (key < fact_key or fact_key < key) and abs(len(key) - len(fact_key)) == 1
