"""The option `--resource`: the user names what a target holds, `collection=ID`, `prompt=ID`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from antiphon_spec.data import nearest
from antiphon_spec.dialect import Dialect


class ResourceError(ValueError):
    """A value of `--resource` makes no sense; the message says what was expected."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual


def parse_resources(pairs: Iterable[str]) -> dict[str, str]:
    """`["collection=ID"]` -> `{"collection": "ID"}`. Raises ResourceError for any other form."""
    resources: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name or not value:
            raise ResourceError("NAME=ID", repr(pair))
        resources[name] = value
    return resources


def reject_unknown(resources: Mapping[str, str], dialects: Iterable[Dialect]) -> None:
    """Raises ResourceError for a name that none of the dialects knows."""
    names = {name: description for dialect in dialects for name, description in dialect.holds.items()}
    for name in resources:
        if name not in names:
            options = "; ".join(f"{key} ({description})" for key, description in names.items())
            expected = f"one of {options}" if options else "no resource, because these dialects need none"
            raise ResourceError(expected, nearest(name, names))
