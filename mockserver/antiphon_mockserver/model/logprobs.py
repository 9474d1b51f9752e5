"""Log probabilities: invented but always the same, in descending order, one entry per token."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from antiphon_mockserver.behaviour.words import words
from antiphon_mockserver.response.tokens import split

ALTERNATIVES = tuple(
    f" {word}" for word in words("the a and of to in is it that for on with as at by or an be so i you we he")
)


def logprobs(text: str, alternatives: int) -> list[dict[str, Any]]:
    """An entry for each token of a text, each with this many alternatives."""
    return [_entry(token, alternatives) for token in split(text)]


def _entry(token: str, alternatives: int) -> dict[str, Any]:
    best = _alternative(token, -(crc32(token.encode(errors="replace")) % 4000) / 10_000)
    words_besides = (word for word in ALTERNATIVES if word != token)
    ranking = [best]
    ranking += [
        _alternative(word, round(best["logprob"] - rank * 0.75, 4))
        for rank, word in enumerate(words_besides, start=1)
    ]
    return {**best, "top_logprobs": ranking[:alternatives]}


def _alternative(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "bytes": list(token.encode(errors="replace")), "logprob": logprob}
