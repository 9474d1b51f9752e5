"""The differences between the expected text and the text that came, piece by piece."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import pairwise

from antiphon_spec.loading.construction import dataclass

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
ALIKE = 0.4
"""Texts that are less similar than this ratio count as wholly different."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, and whether the other text lacks it."""

    text: str
    differs: bool = False


def mark_differences(expected: str, actual: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces; a piece that the other text lacks is marked."""
    before, after = _WORD.findall(expected), _WORD.findall(actual)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return (Piece(expected, True),), (Piece(actual, True),)
    blocks = [(0, 0, 0), *matcher.get_matching_blocks()]
    return _pieces(before, [(block[0], block[2]) for block in blocks]), _pieces(
        after, [(block[1], block[2]) for block in blocks]
    )


def _pieces(words: list[str], blocks: list[tuple[int, int]]) -> tuple[Piece, ...]:
    """The words in pieces, marked outside the blocks of common words; a block has a start and a length."""
    pieces: list[Piece] = []
    for (start, size), (following, _) in pairwise([*blocks, (len(words), 0)]):
        end = start + size
        pieces.append(Piece("".join(words[start:end])))
        pieces.append(Piece("".join(words[end:following]), True))
    return tuple(piece for piece in pieces if piece.text)
