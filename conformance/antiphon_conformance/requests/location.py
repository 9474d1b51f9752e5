"""Where a request goes: its path below the base URL, and the operation of the dialect that it calls."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.validity import is_invalid
from antiphon_conformance.rules.views import INVALID
from antiphon_spec.dialect import Dialect


def locate(exchange: Exchange, dialect: Dialect) -> Exchange:
    """The exchange as this dialect reads it: its path below the base URL, its operation, and whether its
    request is wrong."""
    copy = at_operation(exchange, dialect)
    return replace(copy, traits=copy.traits | {INVALID}) if is_invalid(copy, dialect) else copy


def at_operation(exchange: Exchange, dialect: Dialect) -> Exchange:
    """The exchange with its path below the base URL and its operation, for those who do not judge it."""
    path = _below_base(exchange.request.path, dialect, exchange.request.method)
    match = dialect.document.match(exchange.request.method, path)
    request = exchange.request if path == exchange.request.path else replace(exchange.request, path=path)
    traits = exchange.traits | {"resumed"} if "starting_after=" in path else exchange.traits
    return replace(exchange, request=request, operation=match[0].id if match else None, traits=traits)


def _below_base(path: str, dialect: Dialect, method: str) -> str:
    """`https://host/openai/v1/responses?x=y` -> `/responses?x=y`.

    A base URL may have a segment that begins an operation, too: the first rest that is one decides.
    """
    bare, question, query = path.partition("?")
    roots = _roots(dialect)
    segments = bare.split("/")
    rests = ["/" + "/".join(segments[index:]) for index, segment in enumerate(segments) if segment in roots]
    if not rests:
        return path
    rest = next((rest for rest in rests if dialect.document.match(method, rest) is not None), rests[0])
    return rest + question + query


@cache
def _roots(dialect: Dialect) -> frozenset[str]:
    """The first segments of the paths of all operations."""
    return frozenset(operation.path.split("/")[1] for operation in dialect.document.operations.values())
