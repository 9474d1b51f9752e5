"""What whoever runs the suite names of what a target holds: `collection=ID`, `prompt=ID`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from antiphon_spec.dialect import Dialect


class GivenError(ValueError):
    """Something that was named makes no sense; the message says what was expected."""


def givens(pairs: Iterable[str]) -> dict[str, str]:
    """`["collection=ID"]` -> `{"collection": "ID"}`. Raises GivenError for what is no such pair."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name or not value:
            raise GivenError(f"{pair!r}: expected NAME=VALUE")
        found[name] = value
    return found


def refuse_unknown(given: Mapping[str, str], dialects: Iterable[Dialect]) -> None:
    """Raises GivenError for a name that none of the dialects knows."""
    known = {name: what for dialect in dialects for name, what in dialect.holds.items()}
    for name in given:
        if name not in known:
            told = "; ".join(f"{key} ({what})" for key, what in known.items())
            raise GivenError(f"{name}: expected one of {told or 'none: these dialects need nothing'}")
