"""Plain requests: what a request of an operation needs besides what it is about, as the dialect tells.

In the members that a dialect lists, `{model}` stands for the model that is asked for, and any other name in
braces for something that the target holds: found in its library, or given by whoever runs the suite.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_spec.dialect import Dialect

SUBJECT = frozenset({"input", "messages"})
"""Members that hold what a request is about."""
HELLO: Mapping[str, Any] = {"model": "{model}", "input": "Say hello."}
"""What an operation gets for which the dialect lists nothing."""


class NothingGiven(LookupError):  # noqa: N818 - it names what is missing
    """A request needs something that the target does not seem to hold, and that nobody named."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        what = dialect.holds.get(name, name)
        feature = dialect.features.get(name)
        absent = f", or declare --feature no-{name}" if feature is not None and feature.optional else ""
        super().__init__(f"nothing is known of {what}: name it with --given {name}=VALUE{absent}")


def plain(dialect: Dialect, operation: str, values: Mapping[str, str]) -> dict[str, Any]:
    """A request of this operation that any server can answer. Raises NothingGiven."""
    return {name: fill(value, dialect, values) for name, value in dialect.plain.get(operation, HELLO).items()}


def needs(dialect: Dialect, operation: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The same without what it is about. Raises NothingGiven."""
    told = dialect.plain.get(operation, HELLO)
    return {name: fill(value, dialect, values) for name, value in told.items() if name not in SUBJECT}


def fill(template: Any, dialect: Dialect, values: Mapping[str, str]) -> Any:
    """The JSON value with what its names in braces stand for. Raises NothingGiven for one without a value."""
    if isinstance(template, dict):
        return {name: fill(value, dialect, values) for name, value in template.items()}
    if isinstance(template, list):
        return [fill(value, dialect, values) for value in template]
    if not isinstance(template, str) or not (template.startswith("{") and template.endswith("}")):
        return template
    name = template[1:-1]
    if name not in dialect.holds and name not in values:
        return template
    if name not in values:
        raise NothingGiven(name, dialect)
    return values[name]


def names(template: Any) -> frozenset[str]:
    """The names in braces that a JSON value holds."""
    if isinstance(template, Mapping):
        return frozenset().union(*map(names, template.values()))
    if isinstance(template, list):
        return frozenset().union(*map(names, template))
    named = isinstance(template, str) and template.startswith("{") and template.endswith("}")
    return frozenset({template[1:-1]} if named else ())
