"""Plain requests: the members that a request of an operation needs, from the dialect's table.

In these members `{model}` stands for the model, and any other name in braces for something that the target
holds: an entry of its library, or a value that the user names with `--resource`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_spec.dialect import Dialect

SUBJECT = frozenset({"input", "messages"})
"""The members with the question itself."""
HELLO: Mapping[str, Any] = {"model": "{model}", "input": "Say hello."}
"""The request of an operation for which the dialect lists nothing."""


class MissingResourceError(LookupError):
    """A request needs something that the target does not show and that the user did not name."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        description = dialect.holds.get(name, name)
        feature = dialect.features.get(name)
        absent = f", or declare --feature no-{name}" if feature is not None and feature.optional else ""
        super().__init__(f"this needs {description}; --resource {name}=VALUE names one{absent}")


def minimal(dialect: Dialect, operation: str, values: Mapping[str, str]) -> dict[str, Any]:
    """A request of this operation that any server can answer. Raises NothingGiven."""
    return {name: fill(value, dialect, values) for name, value in dialect.plain.get(operation, HELLO).items()}


def needs(dialect: Dialect, operation: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The same without the question itself. Raises NothingGiven."""
    template = dialect.plain.get(operation, HELLO)
    return {name: fill(value, dialect, values) for name, value in template.items() if name not in SUBJECT}


def fill(template: Any, dialect: Dialect, values: Mapping[str, str]) -> Any:
    """The JSON value with names in braces replaced. Raises NothingGiven for a name without a value."""
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
        raise MissingResourceError(name, dialect)
    return values[name]


def names(template: Any) -> frozenset[str]:
    """The names in braces in a JSON value."""
    if isinstance(template, Mapping):
        return frozenset().union(*map(names, template.values()))
    if isinstance(template, list):
        return frozenset().union(*map(names, template))
    is_name = isinstance(template, str) and template.startswith("{") and template.endswith("}")
    return frozenset({template[1:-1]} if is_name else ())
