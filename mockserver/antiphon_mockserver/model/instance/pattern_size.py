"""How large a regular expression gets when its repetitions are written out: the engine's work and memory.

A class of Unicode has hundreds of ranges: an engine keeps them for each place of `\\p{L}{90}`, which takes
8 MB and 30 ms, and a schema may have a thousand such expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError
from antiphon_spec.loading.late import late_pattern

MOST = 100_000
"""The size of all expressions of one schema: about as many microseconds."""
SMALL = 1_000
"""Up to this size an engine is worth its memory, and is kept."""
CHARACTER, NEGATION, UNICODE = 2, 15, 250
"""What one place costs: a character or a short set, a set of nearly all characters, a class of Unicode."""
TOKEN = late_pattern(
    r"(?P<set>\[\^?(?:\\.|[^\\\]])*\]|\\[pP](?:\{[^}]*\}|[A-Z])|\\.|\.)"
    r"|(?P<open>\()|(?P<close>\))"
    r"|(?P<repeat>\{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\}|[*+?])"
    r"|(?P<literal>.)",
    re.DOTALL,
)
WIDE = ("[^", "\\W", "\\S", "\\D", ".")


def check_size(schema: Any) -> int:
    """The size of all expressions of a schema. Raises UnsupportedSchemaError when they are too large."""
    size = 0
    for pattern in patterns(schema):
        size += size_of(pattern)
        if size > MOST:
            why = f"the expressions of the schema are too large, up to {pattern[:100]!r}"
            raise UnsupportedSchemaError("pattern", why)
    return size


def patterns(schema: Any) -> Iterator[str]:
    """Each regular expression of a schema, at any depth."""
    pending = [schema]
    for value in pending:
        if isinstance(value, Mapping):
            if isinstance(pattern := value.get("pattern"), str):
                yield pattern
            if isinstance(names := value.get("patternProperties"), Mapping):
                yield from names
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def size_of(pattern: str) -> int:
    """The size of one expression; of one that is malformed, about what it looks like."""
    sums, last = [0], 0
    for token in TOKEN.finditer(pattern):
        if token["open"]:
            sums.append(0)
            last = 0
        elif token["close"]:
            last = sums.pop() if len(sums) > 1 else 0
            sums[-1] += last
        elif token["repeat"]:
            times = _times(token)
            sums[-1] += last * (times - 1)
            last *= times
        else:
            last = _cost(token[0])
            sums[-1] += last
        if sums[-1] > MOST:
            return sums[-1]
    return sum(sums)


def _times(token: re.Match[str]) -> int:
    """How often a repetition writes out what stands before it."""
    if token["least"] is None:
        return 1
    least, most = token["least"], token["most"] or token["least"]
    return max(1, *(int(digits) if len(digits) < 9 else MOST for digits in (least, most)))


def _cost(place: str) -> int:
    if place.startswith("[") and ("\\p" in place or "\\P" in place):
        return UNICODE
    if place.startswith(("\\p", "\\P")):
        return UNICODE
    return NEGATION if place.startswith(WIDE) else CHARACTER + len(place) // 8
