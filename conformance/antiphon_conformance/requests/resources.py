"""The option `--given`: the user names what a target holds, `collection=ID`, `prompt=ID`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from antiphon_spec.dialect import Dialect


class ResourceError(ValueError):
    """A value of `--given` makes no sense; the message says what was expected."""


def parse_resources(pairs: Iterable[str]) -> dict[str, str]:
    """`["collection=ID"]` -> `{"collection": "ID"}`. Raises GivenError for any other form."""
    values: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name or not value:
            raise ResourceError(f"{pair!r}: expected NAME=VALUE")
        values[name] = value
    return values


def reject_unknown(given: Mapping[str, str], dialects: Iterable[Dialect]) -> None:
    """Raises GivenError for a name that none of the dialects knows."""
    names = {name: description for dialect in dialects for name, description in dialect.holds.items()}
    for name in given:
        if name not in names:
            options = "; ".join(f"{key} ({description})" for key, description in names.items())
            raise ResourceError(f"{name}: expected one of {options or 'none: these dialects need nothing'}")
