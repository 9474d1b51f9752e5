"""Whether a request is right: by the document, and by the table of mistakes that only prose forbids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.constants import CHAT
from antiphon_conformance.requests.invalid.table import mistakes_in
from antiphon_spec.dialect import Dialect
from antiphon_spec.schema import Fault

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


def unknown_members(exchange: Exchange, dialect: Dialect) -> Sequence[Fault]:
    """The members of a request that the document does not name, at any depth; computed once."""
    return exchange.facts.once("unknown members", _find_unknown_members, exchange, dialect)


def _find_unknown_members(exchange: Exchange, dialect: Dialect) -> Sequence[Fault]:
    operation = exchange.operation
    if operation is None or _names_all(exchange, dialect):
        return ()
    return dialect.schemas.unknown_members(operation, exchange.request.fields)


def _names_all(exchange: Exchange, dialect: Dialect) -> bool:
    """Whether a request is valid and has known members only, as nearly all: one validator tells then."""
    return exchange.facts.once("names all", _find_all_named, exchange, dialect)


def _find_all_named(exchange: Exchange, dialect: Dialect) -> bool:
    operation, body = exchange.operation, exchange.request.body
    return operation is not None and body is not None and dialect.schemas.names_all(operation, body)


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
    is_right = _names_all(exchange, dialect) or follows(dialect, operation, body)
    return not is_right or is_mistaken(exchange, dialect)


def names_own_kinds(body: Any) -> bool:
    """Whether a body names types of tools or items that a provider adds."""
    if not isinstance(body, dict):
        return False
    entries = [entry for name in ("tools", "input") for entry in _objects(body.get(name))]
    return any(OWN in str(entry.get("type", "")) for entry in entries)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
