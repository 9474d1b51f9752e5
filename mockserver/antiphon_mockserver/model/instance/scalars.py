"""Candidates for strings and numbers, the best first."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from sys import float_info
from typing import Any

from antiphon_mockserver.model.instance.hints import Hints
from antiphon_mockserver.model.instance.merge import Schema
from antiphon_mockserver.model.instance.pattern import LONGEST, matching
from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError
from antiphon_mockserver.server.haste import announce

FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "idn-email": "someone@example.com",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/example",
    "iri": "https://example.com/",
    "iri-reference": "/example",
    "uri-template": "/example/{id}",
    "json-pointer": "/example",
    "relative-json-pointer": "0/example",
    "regex": "^a$",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

COST, PER_CHARACTER = 80, 0.005
"""Microseconds that a number takes, and a character of a text."""
WHOLE = 2**63
"""From here on integers are written as decimals: many JSON parsers reject larger integers."""
LIMITS = frozenset({"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"})
FILLING = "abcdefghij"
FALLBACKS = ("a", "b", "A", "0", "", "abc", "x y", "1")


def strings(schema: Schema, name: str, hints: Hints) -> Iterator[str]:
    """Strings for this schema; the name of the property serves as a value when no hint is left."""
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if least > LONGEST:
        raise UnsupportedSchemaError(
            "minLength", f"the mock writes no text of more than {LONGEST} characters"
        )
    announce(least * PER_CHARACTER)
    if pattern := schema.get("pattern"):
        yield from matching(pattern, least, most)
        return
    if (example := FORMATS.get(schema.get("format", ""))) is not None:
        yield example
        return
    hint = hints.text(name)
    for text in (hint, name.replace("_", " ") or "text", *FALLBACKS):
        if text is not None:
            yield fit(text, least, most)
    for number in range(20):
        yield fit(f"{name} {number}", least, most)


def numbers(schema: Schema, name: str, whole: bool, hints: Hints) -> Iterator[int | float]:
    """Numbers for this schema: from the prompt, small ones, and the limits."""
    return numbers_by(schema, hints.number(name), whole=whole)


def numbers_by(schema: Schema, hint: float | None, *, whole: bool) -> Iterator[int | float]:
    """The same with a number from the prompt."""
    announce(COST)
    step = _fraction(schema.get("multipleOf"))
    least, most = _bounds(schema, whole)
    candidates: list[Fraction] = []
    between = (_middle(least, most), Fraction(1, 2), Fraction(5, 2))
    for value in (hint, 1, 0, least, most, *between, *range(2, 20), *range(-1, -5, -1)):
        if value is None:
            continue
        exact = _fraction(value) or Fraction(0)
        if step:
            exact = ceil(exact / step) * step
        for near in (exact, exact + (step or 1), exact - (step or 1)):
            if near not in candidates and _is_allowed(near, schema, whole):
                candidates.append(near)
                yield int(near) if near.denominator == 1 and abs(near) < WHOLE else float(near)


def _is_allowed(value: Fraction, schema: Schema, whole: bool) -> bool:
    limits = (
        ("minimum", value.__ge__),
        ("exclusiveMinimum", value.__gt__),
        ("maximum", value.__le__),
        ("exclusiveMaximum", value.__lt__),
    )
    if abs(value) > float_info.max or (whole and value.denominator != 1):
        return False
    exact = ((_fraction(schema.get(keyword)), test) for keyword, test in limits)
    return all(limit is None or bool(test(limit)) for limit, test in exact)


def _bounds(schema: Schema, whole: bool) -> tuple[Fraction | None, Fraction | None]:
    """The lowest and highest numbers: the limits, or the nearest whole numbers within them."""
    lows = [_fraction(schema.get(keyword)) for keyword in ("minimum", "exclusiveMinimum")]
    highs = [_fraction(schema.get(keyword)) for keyword in ("maximum", "exclusiveMaximum")]
    least = max((low for low in lows if low is not None), default=None)
    most = min((high for high in highs if high is not None), default=None)
    if not whole:
        return least, most
    return (
        None if least is None else Fraction(ceil(least)),
        None if most is None else Fraction(floor(most)),
    )


def _middle(least: Fraction | None, most: Fraction | None) -> Fraction | None:
    return None if least is None or most is None else (least + most) / 2


def _fraction(value: Any) -> Fraction | None:
    """The exact value of a JSON number; None for a boolean, as the limits of draft 4 had them."""
    if value is None or isinstance(value, bool):
        return None
    return value if isinstance(value, Fraction) else Fraction(str(value))


def fit(text: str, least: int, most: int | None) -> str:
    """The text, extended or cut to so many characters."""
    if len(text) < least:
        text = (text + FILLING * (least // len(FILLING) + 1))[:least]
    return text if most is None else text[:most]
