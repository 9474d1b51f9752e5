"""Servers that fail at the limits of the schema, which only generated requests reach."""

from __future__ import annotations

from dataclasses import replace

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import mutant
from antiphon_mockserver.mutants.changes import with_check
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails

IDENTIFIER = "safety_identifier"
LONGEST = 64


@mutant("state.accepts-any-identifier", caught_by="generated-requests.what-the-document-forbids-is-rejected")
def accepts_any_identifier(behaviour: Behaviour) -> Behaviour:
    """Accepts any value as `safety_identifier`."""

    def forgiving(details: RequestDetails) -> None:
        try:
            behaviour.requests.checks["schema"](details)
        except ApiError as error:
            if error.param != IDENTIFIER:
                raise

    return replace(
        behaviour,
        requests=replace(behaviour.requests, checks={**behaviour.requests.checks, "schema": forgiving}),
    )


@mutant("state.crashes-on-a-fraction", caught_by="generated-requests.no-request-causes-a-server-error")
def crashes_on_a_fraction(behaviour: Behaviour) -> Behaviour:
    """Answers 500 when the temperature has a fraction."""

    def crash(details: RequestDetails) -> None:
        given = details.body.get("temperature")
        if isinstance(given, float) and given != int(given):
            raise ApiError("Unexpected error.", status=500)

    return with_check(behaviour, crash)


@mutant(
    "state.rejects-the-longest-identifier",
    caught_by="generated-requests.what-the-document-allows-is-accepted",
)
def rejects_the_longest_identifier(behaviour: Behaviour) -> Behaviour:
    """Rejects a `safety_identifier` of exactly 64 characters."""

    def reject(details: RequestDetails) -> None:
        if len(str(details.body.get(IDENTIFIER, ""))) == LONGEST:
            raise invalid("The identifier is too long.", IDENTIFIER, "string_above_max_length")

    return with_check(behaviour, reject)
