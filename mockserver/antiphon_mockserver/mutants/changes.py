"""Small changes that many mutants make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from antiphon_mockserver.conduct import Check, Conduct
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.record import Asked
from antiphon_spec.document import Document, Operation

Query = dict[str, Any]
Given = Sequence[tuple[str, str]]


def with_check(conduct: Conduct, check: Callable[[Asked], None]) -> Conduct:
    """The conduct with one more check, before all others."""
    return replace(conduct, checks={"mutant": check, **conduct.checks})


Mend = Callable[[Asked, Denied], bool]
"""Makes a refused request answerable, in its body; says whether it did."""


def forgiving(mend: Mend) -> Callable[[Conduct], Conduct]:
    """A mutant of the seam `state` whose checks pass over what can be mended."""

    def lenient(check: Check) -> Check:
        def taking(asked: Asked) -> None:
            try:
                check(asked)
            except Denied as denied:
                if not mend(asked, denied):
                    raise

        return taking

    return lambda conduct: replace(
        conduct, checks={name: lenient(check) for name, check in conduct.checks.items()}
    )


def with_context_check(conduct: Conduct, check: Callable[[Asked], None]) -> Conduct:
    """The conduct with one more check of the context, before all others."""
    return replace(conduct, context_checks={"mutant": check, **conduct.context_checks})


def without(checks: Mapping[str, Callable[[Asked], None]], *names: str) -> dict[str, Callable[[Asked], None]]:
    """The checks but those."""
    return {name: check for name, check in checks.items() if name not in names}


def with_query(conduct: Conduct, change: Callable[[Query], Query]) -> Conduct:
    """The conduct with query parameters changed after they were read."""

    def read_query(operation: Operation, document: Document, given: Given) -> Query:
        return change(conduct.read_query(operation, document, given))

    return replace(conduct, read_query=read_query)


def passing_over(conduct: Conduct, names: Collection[str], bad: Callable[[str], bool]) -> Conduct:
    """The conduct that passes over bad values of these query parameters, instead of refusing them."""

    def read_query(operation: Operation, document: Document, given: Given) -> Query:
        kept = [(name, value) for name, value in given if name not in names or not bad(value)]
        return conduct.read_query(operation, document, kept)

    return replace(conduct, read_query=read_query)
