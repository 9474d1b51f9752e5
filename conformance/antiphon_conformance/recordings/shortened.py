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


def is_cut(texts: Iterable[str]) -> bool:
    """Whether one of these dotted texts was cut at a round length."""
    return any(map(_is_round, texts))


def share_a_length(texts: Iterable[str]) -> bool:
    """Whether dotted texts of one length, more than one, differ: that length is the recorder's."""
    return any(count > 1 for count in Counter(map(len, set(texts))).values())


def dotted(body: bytes) -> tuple[str, ...]:
    """The long texts in the bytes of a body that end in dots."""
    return tuple(_dotted(body)) if DOTS[0] in body or DOTS[1] in body or DOTS[2] in body else ()


def _dotted(body: bytes) -> Iterator[str]:
    for raw in DOTTED.findall(body):
        try:
            yield json.loads(b'"%s"' % raw, strict=False)
        except ValueError:  # not UTF-8, or half of a pair of surrogates
            continue


def _is_round(text: str) -> bool:
    rest = len(text.removesuffix("...").removesuffix("\u2026"))
    return rest >= SHORTEST and (rest % ROUND == 0 or len(text) % ROUND == 0)
