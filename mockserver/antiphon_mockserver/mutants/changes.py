"""Small changes that many mutants make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour, Check
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.state.record import RequestDetails
from antiphon_spec.document import Document, Operation

Query = dict[str, Any]
Pairs = Sequence[tuple[str, str]]


def with_check(behaviour: Behaviour, check: Callable[[RequestDetails], None]) -> Behaviour:
    """Adds a check before all other checks."""
    return replace(
        behaviour, requests=replace(behaviour.requests, checks={"mutant": check, **behaviour.requests.checks})
    )


Mend = Callable[[RequestDetails, ApiError], bool]
"""Repairs the body of a rejected request in place; True when it did."""


def forgiving(mend: Mend) -> Callable[[Behaviour], Behaviour]:
    """A mutant of the seam `state` that repairs requests instead of rejecting them."""

    def lenient(check: Check) -> Check:
        def lenient_check(details: RequestDetails) -> None:
            try:
                check(details)
            except ApiError as error:
                if not mend(details, error):
                    raise

        return lenient_check

    return lambda behaviour: replace(
        behaviour,
        requests=replace(
            behaviour.requests,
            checks={name: lenient(check) for name, check in behaviour.requests.checks.items()},
        ),
    )


def with_context_check(behaviour: Behaviour, check: Callable[[RequestDetails], None]) -> Behaviour:
    """Adds a check of the context before all other such checks."""
    return replace(
        behaviour,
        requests=replace(
            behaviour.requests, context_checks={"mutant": check, **behaviour.requests.context_checks}
        ),
    )


def without(
    checks: Mapping[str, Callable[[RequestDetails], None]], *names: str
) -> dict[str, Callable[[RequestDetails], None]]:
    """All checks except these."""
    return {name: check for name, check in checks.items() if name not in names}


def with_query(behaviour: Behaviour, change: Callable[[Query], Query]) -> Behaviour:
    """Changes the query parameters after they are read."""

    def read_query(operation: Operation, document: Document, given: Pairs) -> Query:
        return change(behaviour.requests.read_query(operation, document, given))

    return replace(behaviour, requests=replace(behaviour.requests, read_query=read_query))


def dropping_values(behaviour: Behaviour, names: Collection[str], bad: Callable[[str], bool]) -> Behaviour:
    """Drops bad values of these query parameters instead of rejecting them."""

    def read_query(operation: Operation, document: Document, given: Pairs) -> Query:
        rest = [(name, value) for name, value in given if name not in names or not bad(value)]
        return behaviour.requests.read_query(operation, document, rest)

    return replace(behaviour, requests=replace(behaviour.requests, read_query=read_query))
