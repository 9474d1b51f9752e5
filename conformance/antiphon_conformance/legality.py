"""Whether a request is right: by the document, and by the table of mistakes that stand only in prose."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.mistakes import mistakes_in
from antiphon_spec.dialect import Dialect

REQUESTS = (
    "openai#/components/schemas/CreateResponse",
    "openresponses#/components/schemas/CreateResponseBody",
)
"""What creates may hold, in documents that are the published ones; another one may hold chosen readings."""
OWN = ":"
"""Stands in the names of kinds of tools and items that a provider adds (Open Responses)."""


def is_right(dialect: Dialect, operation: str, body: Any) -> bool:
    """Whether the document, and the dialect's word on parameters that it does not know, allow a body."""
    return follows(dialect, operation, body) and not has_unknown(dialect, operation, body)


def follows(dialect: Dialect, operation: str, body: Any) -> bool:
    """Whether the document allows what it knows of a body."""
    validator = dialect.schemas.request(operation)
    return validator is None or validator.is_valid(body)


def has_unknown(dialect: Dialect, operation: str, body: Any) -> bool:
    """Whether a body has members that nobody knows, where the dialect refuses them."""
    strict = dialect.traits.unknown_parameters == "refused"
    return strict and bool(dialect.schemas.unknown_members(operation, body))


def binds(dialect: Dialect) -> bool:
    """Whether all that the document forbids has to be refused, whatever it is."""
    return any(map(dialect.resolve, REQUESTS))


def is_mistaken(exchange: Exchange, dialect: Dialect) -> bool:
    """Whether the table of mistakes has a row for what is wrong with a request."""
    return bool(mistakes_in(exchange, dialect))


def is_wrong(exchange: Exchange, dialect: Dialect) -> bool:
    """Whether nobody can say what a request means. Members that nobody knows do not change its meaning."""
    operation, body = exchange.operation, exchange.request.body
    if operation is None or body is None:
        return False
    return not follows(dialect, operation, body) or is_mistaken(exchange, dialect)


def names_own_kinds(body: Any) -> bool:
    """Whether a body speaks of kinds of tools or items that only some provider knows."""
    if not isinstance(body, dict):
        return False
    entries = [entry for name in ("tools", "input") for entry in _objects(body.get(name))]
    return any(OWN in str(entry.get("type", "")) for entry in entries)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
