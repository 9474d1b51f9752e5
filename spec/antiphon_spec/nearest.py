"""Names that a person may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """An unknown name in quotes, with the known one that is most like it."""
    return f"{name!r}{hint(name, known)}"


def hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'NAME'?` for a name that resembles a known one; else empty."""
    matches = get_close_matches(name, sorted(set(known)), n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""
