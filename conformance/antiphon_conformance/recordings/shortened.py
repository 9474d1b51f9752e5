"""Texts that a recorder cut: they end in dots, at a length that only a program chooses."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator

DOTTED = re.compile(rb'"((?:[^"\\]|\\.){13,}(?:\.\.\.|\xe2\x80\xa6|\\u2026))"')
"""A long text that ends in dots."""
DOTS = (b'..."', b'\xe2\x80\xa6"', b'\\u2026"')
"""How such a text ends."""
ROUND = 10
"""A recorder cuts at a length that this divides, with or without the dots; a writer seldom stops there."""
SHORTEST = 20
"""Characters: nobody cuts at fewer."""


def is_short_of(body: bytes) -> bool:
    """Whether a text in this body was cut at a round length."""
    return any(_is_round(text) for text in _dotted(body))


def share_a_length(bodies: Iterable[bytes]) -> bool:
    """Whether texts of one length, more than one, end in dots: that length is the recorder's."""
    texts = {text for body in bodies for text in _dotted(body)}
    return any(count > 1 for count in Counter(map(len, texts)).values())


def _dotted(body: bytes) -> Iterator[str]:
    """The texts in the bytes of a body that end in dots."""
    if not any(end in body for end in DOTS):
        return
    for raw in DOTTED.findall(body):
        try:
            yield json.loads(b'"%s"' % raw, strict=False)
        except ValueError:  # not UTF-8, or half of a pair of surrogates
            continue


def _is_round(text: str) -> bool:
    rest = len(text.removesuffix("...").removesuffix("\u2026"))
    return rest >= SHORTEST and (rest % ROUND == 0 or len(text) % ROUND == 0)
