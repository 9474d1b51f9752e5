"""Log probabilities: made up, but the same every time, in descending order, and one entry a token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

from antiphon_mockserver.tokens import split
from antiphon_mockserver.words import words

ALTERNATIVES = tuple(
    f" {word}" for word in words("the a and of to in is it that for on with as at by or an be so i you we he")
)


def logprobs(text: str, alternatives: int) -> list[dict[str, Any]]:
    """An entry for each token of a text, each with this many alternatives."""
    return [_entry(token, alternatives) for token in split(text)]


def _entry(token: str, alternatives: int) -> dict[str, Any]:
    chosen = _alternative(token, -(crc32(token.encode(errors="replace")) % 4000) / 10_000)
    ranked = [chosen, *_others(token, chosen["logprob"])]
    return {**chosen, "top_logprobs": ranked[:alternatives]}


def _others(token: str, highest: float) -> Iterator[dict[str, Any]]:
    for rank, other in enumerate((word for word in ALTERNATIVES if word != token), start=1):
        yield _alternative(other, round(highest - rank * 0.75, 4))


def _alternative(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "bytes": list(token.encode(errors="replace")), "logprob": logprob}
