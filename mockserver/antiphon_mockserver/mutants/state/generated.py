"""Servers that fail at the limits of the schema, which only generated requests reach."""

from __future__ import annotations

from dataclasses import replace

from antiphon_mockserver.behaviour.behaviour import Conduct
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import with_check
from antiphon_mockserver.response.plan import Denied
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Asked

IDENTIFIER = "safety_identifier"
LONGEST = 64


@mutant("state.accepts-any-identifier", caught_by="generated-requests.what-the-document-forbids-is-rejected")
def accepts_any_identifier(conduct: Conduct) -> Conduct:
    """Accepts any value as `safety_identifier`."""

    def forgiving(asked: Asked) -> None:
        try:
            conduct.checks["schema"](asked)
        except Denied as denied:
            if denied.param != IDENTIFIER:
                raise

    return replace(conduct, checks={**conduct.checks, "schema": forgiving})


@mutant("state.crashes-on-a-fraction", caught_by="generated-requests.no-request-causes-a-server-error")
def crashes_on_a_fraction(conduct: Conduct) -> Conduct:
    """Answers 500 when the temperature has a fraction."""

    def crash(asked: Asked) -> None:
        given = asked.body.get("temperature")
        if isinstance(given, float) and given != int(given):
            raise Denied("Unexpected error.", status=500)

    return with_check(conduct, crash)


@mutant(
    "state.rejects-the-longest-identifier",
    caught_by="generated-requests.what-the-document-allows-is-accepted",
)
def rejects_the_longest_identifier(conduct: Conduct) -> Conduct:
    """Rejects a `safety_identifier` of exactly 64 characters."""

    def reject(asked: Asked) -> None:
        if len(str(asked.body.get(IDENTIFIER, ""))) == LONGEST:
            raise invalid("The identifier is too long.", IDENTIFIER, "string_above_max_length")

    return with_check(conduct, reject)
