"""The words of a question: which of them say what is looked for, and which only ask."""

from __future__ import annotations

import re

from antiphon_mockserver.words import words

HEARD_LENGTH = 4_000
"""How much of the end of a long question is read."""

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
"""Words that only ask; no search is made for them."""
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
"""Words that ask for an overview when no other word says of what."""
FOLLOWING = frozenset(
    words(
        "again another continue deeper detail detailed details elaborate expand fifth first fourth further",
        "last more next previous second third",
    )
)
"""Words that go back to what was said before."""
ORDINALS = {word: place for place, word in enumerate(words("first second third fourth fifth"))} | {"last": -1}

ENDINGS = (("ies", "y"), ("oes", "o"), ("shes", "sh"), ("ches", "ch"), ("ss", "ss"), ("us", "us"), ("s", ""))
"""How plurals end, and the singular; the first that fits decides."""

_words = re.compile(r"[^\W_]+(?:['’][^\W_]+)?").findall


def heard(text: str) -> str:
    """The part of a question that is read, on one line."""
    return " ".join(text[-HEARD_LENGTH:].split())


def terms(text: str) -> list[str]:
    """The words of a text in lower case, in order; without what follows an apostrophe."""
    return [word.replace("’", "'").partition("'")[0] for word in _words(text.lower())]


def own_words(text: str) -> tuple[str, ...]:
    """The words that say what is looked for, each once."""
    idle = ASKING | SURVEYING | FOLLOWING
    return tuple(dict.fromkeys(word for word in terms(text) if word not in idle))


def follows(text: str) -> bool:
    """Whether a question without words of its own goes back to what was said before."""
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
