"""The words of a question: those that say what it is about, and those that only ask."""

from __future__ import annotations

import re

from antiphon_mockserver.model.words import words

READ_LENGTH = 4_000
"""Characters of a question's end that are read."""

ASKING = frozenset(
    words(
        "a about across after all also am an and any anybody anyone anything are aren as asked at be",
        "because been before being between both but by can could couldn did didn do does doesn doing don",
        "during each either else ever every everything few for from get give given gives go goes going got",
        "had has hasn have haven having he help her here him his how i if in into is isn it its just know",
        "let like ll look made make makes many may me might mine more most much must my need no nor not now",
        "of off on once one only or other our out over own please provide re same say says she should show",
        "so some somebody someone something such take takes tell than that the their them then there these",
        "they thing things this those through to too under until up us ve very was wasn we were what when",
        "where which while who whom whose why will with within without would you your",
    )
)
"""Words that only ask; the search ignores them."""
SURVEYING = frozenset(
    words(
        "analyse analysis analyze brief briefly citation citations cite cited clip clips collection",
        "collections comprehensive content contents cover covered covers describe described describes",
        "description discuss discussed discusses discussing episode episodes explain explained file files",
        "footage happen happened happening happens idea ideas important key library list main mention",
        "mentioned mentions occur occurs overall overview part parts point points present presented recap",
        "recording recordings scene scenes seen shown shows subject subjects summaries summarise summarize",
        "summary takeaway takeaways talk talked talks technique techniques theme themes topic topics video",
        "videos",
    )
)
"""Words that ask for an overview when the question has no other word."""
FOLLOWING = frozenset(
    words(
        "again another continue deeper detail detailed details elaborate expand fifth first fourth further",
        "last more next previous second third",
    )
)
"""Words that refer to an earlier answer."""
ORDINALS = {word: place for place, word in enumerate(words("first second third fourth fifth"))} | {"last": -1}

ENDINGS = (("ies", "y"), ("oes", "o"), ("shes", "sh"), ("ches", "ch"), ("ss", "ss"), ("us", "us"), ("s", ""))
"""Endings of plurals and of their singulars; the first that fits counts."""

_words = re.compile(r"[^\W_]+(?:['’][^\W_]+)?").findall


def end_of(text: str) -> str:
    """The end of a question, on one line."""
    return " ".join(text[-READ_LENGTH:].split())


def terms(text: str) -> list[str]:
    """The words of a text in lower case, in order, without the part after an apostrophe."""
    return [word.replace("’", "'").partition("'")[0] for word in _words(text.lower())]


def own_words(text: str) -> tuple[str, ...]:
    """The words that say what a question is about, each once."""
    idle = ASKING | SURVEYING | FOLLOWING
    return tuple(dict.fromkeys(word for word in terms(text) if word not in idle))


def follows(text: str) -> bool:
    """Whether a question without words of its own refers to an earlier answer."""
    return not FOLLOWING.isdisjoint(terms(text))


def stem(word: str) -> str:
    """A word without the ending of its plural."""
    for ending, singular in ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + singular
    return word


def stems(text: str) -> list[str]:
    """The words of a text without the endings of their plurals."""
    return [stem(word) for word in terms(text)]
