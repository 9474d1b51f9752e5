"""Small changes that many mutants make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Check, Conduct
from antiphon_mockserver.response.plan import Denied
from antiphon_mockserver.state.record import Asked
from antiphon_spec.document import Document, Operation

Query = dict[str, Any]
Pairs = Sequence[tuple[str, str]]


def with_check(conduct: Conduct, check: Callable[[Asked], None]) -> Conduct:
    """Adds a check before all other checks."""
    return replace(conduct, checks={"mutant": check, **conduct.checks})


Mend = Callable[[Asked, Denied], bool]
"""Repairs the body of a rejected request in place; True when it did."""


def forgiving(mend: Mend) -> Callable[[Conduct], Conduct]:
    """A mutant of the seam `state` that repairs requests instead of rejecting them."""

    def lenient(check: Check) -> Check:
        def lenient_check(asked: Asked) -> None:
            try:
                check(asked)
            except Denied as denied:
                if not mend(asked, denied):
                    raise

        return lenient_check

    return lambda conduct: replace(
        conduct, checks={name: lenient(check) for name, check in conduct.checks.items()}
    )


def with_context_check(conduct: Conduct, check: Callable[[Asked], None]) -> Conduct:
    """Adds a check of the context before all other such checks."""
    return replace(conduct, context_checks={"mutant": check, **conduct.context_checks})


def without(checks: Mapping[str, Callable[[Asked], None]], *names: str) -> dict[str, Callable[[Asked], None]]:
    """All checks except these."""
    return {name: check for name, check in checks.items() if name not in names}


def with_query(conduct: Conduct, change: Callable[[Query], Query]) -> Conduct:
    """Changes the query parameters after they are read."""

    def read_query(operation: Operation, document: Document, given: Pairs) -> Query:
        return change(conduct.read_query(operation, document, given))

    return replace(conduct, read_query=read_query)


def dropping_values(conduct: Conduct, names: Collection[str], bad: Callable[[str], bool]) -> Conduct:
    """Drops bad values of these query parameters instead of rejecting them."""

    def read_query(operation: Operation, document: Document, given: Pairs) -> Query:
        rest = [(name, value) for name, value in given if name not in names or not bad(value)]
        return conduct.read_query(operation, document, rest)

    return replace(conduct, read_query=read_query)
