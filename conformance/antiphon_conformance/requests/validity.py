"""Whether a request is right: by the document, and by the table of mistakes that only prose forbids."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.constants import CHAT
from antiphon_conformance.requests.invalid.table import mistakes_in
from antiphon_spec.dialect import Dialect

REQUESTS = (
    "openai#/components/schemas/CreateResponse",
    "openresponses#/components/schemas/CreateResponseBody",
)
"""The schemas of creates in published documents; other documents may contain our own readings."""
OWN = ":"
"""The separator in the types of tools and items that a provider adds (Open Responses)."""


def is_valid(dialect: Dialect, operation: str, body: Any) -> bool:
    """Whether the document, and the dialect's policy on unknown parameters, allow a body."""
    return follows(dialect, operation, body) and not has_unknown(dialect, operation, body)


def follows(dialect: Dialect, operation: str, body: Any) -> bool:
    """Whether the document allows the members of a body that it knows."""
    if operation == CHAT:
        return True
    validator = dialect.schemas.request(operation)
    return validator is None or validator.is_valid(body)


def has_unknown(dialect: Dialect, operation: str, body: Any) -> bool:
    """Whether a body has unknown members, in a dialect that rejects those."""
    strict = dialect.traits.unknown_parameters == "refused" and operation != CHAT
    return strict and bool(dialect.schemas.unknown_members(operation, body))


def binds(dialect: Dialect) -> bool:
    """Whether servers have to reject everything that the document forbids."""
    return any(map(dialect.resolve, REQUESTS))


def is_mistaken(exchange: Exchange, dialect: Dialect) -> bool:
    """Whether a row of the table of mistakes matches a request."""
    return bool(mistakes_in(exchange, dialect))


def is_invalid(exchange: Exchange, dialect: Dialect) -> bool:
    """Whether a request has no defined meaning; computed once. Unknown members do not change its meaning."""
    return exchange.facts.once("invalid", _is_invalid, exchange, dialect)


def _is_invalid(exchange: Exchange, dialect: Dialect) -> bool:
    operation, body = exchange.operation, exchange.request.body
    if operation is None or body is None:
        return False
    return not follows(dialect, operation, body) or is_mistaken(exchange, dialect)


def names_own_kinds(body: Any) -> bool:
    """Whether a body names types of tools or items that a provider adds."""
    if not isinstance(body, dict):
        return False
    entries = [entry for name in ("tools", "input") for entry in _objects(body.get(name))]
    return any(OWN in str(entry.get("type", "")) for entry in entries)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
