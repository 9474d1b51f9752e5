"""Rules on credentials: missing ones, wrong ones, and right ones in another spelling."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import show
from antiphon_conformance.requests.constants import WRONG_KEY
from antiphon_conformance.rules.http.errors import describe_body
from antiphon_conformance.rules.reading.output import value_at
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace


@rule("credentials.the-scheme-is-matched-in-any-case", ScenarioTrace, scenario="credentials", cites="TRN-03")
def the_scheme_is_matched_in_any_case(trace: ScenarioTrace) -> Iterator[Finding]:
    """The authentication scheme matches in any case: `bearer` means the same as `Bearer`."""
    status = trace["lower_case_scheme"].answer.status
    if status >= 300:
        yield Finding("lower_case_scheme.reply.status", "200, since the key is right", str(status))


@rule(
    "credentials.a-request-without-a-key-is-rejected",
    ScenarioTrace,
    scenario="credentials",
    cites="CG-GEN-01",
)
def a_request_without_a_key_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request without credentials is rejected, on every endpoint."""
    for step in ("no_credentials", "empty_key", "listed_without_key"):
        if trace[step].ok:
            expected = "a 4xx, since the request has no key"
            yield Finding(f"{step}.reply.status", expected, str(trace[step].answer.status))


@rule(
    "credentials.a-missing-credential-is-401",
    ScenarioTrace,
    scenario="credentials",
    cites=("TRN-03", "TRN-04", "CG-GEN-02", "BUD-GEN-02"),
)
def a_missing_credential_is_401(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request without credentials, or with malformed ones, gets 401 with a JSON error."""
    for step in ("no_credentials", "empty_key"):
        yield from _expect_unauthorised(trace, step)


@rule(
    "credentials.a-wrong-key-is-401",
    ScenarioTrace,
    scenario="credentials",
    cites=("TRN-05", "CG-GEN-02", "BUD-GEN-02", "BUD-GEN-03"),
)
def a_wrong_key_is_401(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request with a well-formed but wrong key gets 401.

    In dialects whose errors have codes, the code is `invalid_api_key`.
    """
    yield from _expect_unauthorised(trace, "wrong_key")
    reply = trace["wrong_key"].answer
    code = value_at(reply.fields, "error", "code")
    if _has_error_objects(trace) and reply.status == 401 and code != "invalid_api_key":
        yield Finding("wrong_key.reply.body/error/code", "invalid_api_key", show(code))


@rule(
    "credentials.a-wrong-key-is-not-repeated",
    ScenarioTrace,
    scenario="credentials",
    cites=("TRN-05", "ERR-10"),
)
def a_wrong_key_is_not_repeated(trace: ScenarioTrace) -> Iterator[Finding]:
    """The answer to a wrong key does not repeat the whole key.

    A wrong key is often a real one with a typing error, and many people can read logs of errors.
    """
    if WRONG_KEY.encode() in trace["wrong_key"].answer.raw:
        yield Finding("wrong_key.reply.body", "a body without the key, or with a masked one", "the whole key")


def _expect_unauthorised(trace: ScenarioTrace, step: str) -> Iterator[Finding]:
    reply = trace[step].answer
    if reply.status != 401:
        yield Finding(f"{step}.reply.status", "401", str(reply.status))
    elif not isinstance(reply.fields.get("error"), dict if _has_error_objects(trace) else str):
        yield Finding(f"{step}.reply.body", "an object with `error`", describe_body(reply))


def _has_error_objects(trace: ScenarioTrace) -> bool:
    """Whether errors are objects in this dialect."""
    return trace.dialect.traits.error_envelope == "object"
