"""What differs between what was expected and what came, piece by piece."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
ALIKE = 0.4
"""Texts that have less in common than this are told as wholly different."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, and whether the other text lacks it."""

    text: str
    differs: bool = False


def marked(expected: str, got: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces; what the other one lacks is marked."""
    before, after = _WORD.findall(expected), _WORD.findall(got)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return (Piece(expected, True),), (Piece(got, True),)
    blocks = [(0, 0, 0), *matcher.get_matching_blocks()]
    return _pieces(before, [(block[0], block[2]) for block in blocks]), _pieces(
        after, [(block[1], block[2]) for block in blocks]
    )


def _pieces(words: list[str], same: list[tuple[int, int]]) -> tuple[Piece, ...]:
    """The words, marked where no block of common words lies: a block has a start and a length."""
    found: list[Piece] = []
    for (start, size), (following, _) in pairwise([*same, (len(words), 0)]):
        end = start + size
        found.append(Piece("".join(words[start:end])))
        found.append(Piece("".join(words[end:following]), True))
    return tuple(piece for piece in found if piece.text)
