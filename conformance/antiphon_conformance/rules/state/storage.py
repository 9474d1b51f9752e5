"""Rules on `store`: a client can retrieve and continue a stored response, and no other."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.rules.reading.comparison import (
    expect_not_found,
    expect_ok,
    expect_rejection,
    response_differences,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace


@rule(
    "storage.an-unstored-response-cannot-be-continued",
    ScenarioTrace,
    scenario="chaining",
    cites="STA-08",
    when=took_place("continued_unstored"),
)
def an_unstored_response_cannot_be_continued(trace: ScenarioTrace) -> Iterator[Finding]:
    """A `previous_response_id` of a response with `store: false` is rejected.

    A client that can continue the response knows that the server stored it.
    """
    expected = "a 4xx status, because the previous response was not to be stored"
    yield from expect_rejection(trace["continued_unstored"], expected)


@rule(
    "storage.an-unstored-response-cannot-be-retrieved",
    ScenarioTrace,
    scenario="chaining",
    cites=("STA-09", "RET-03"),
    when=lambda trace: "unstored" in trace and succeeded("told_again")(trace),
    needs="a successful retrieval of a stored response",
)
def an_unstored_response_cannot_be_retrieved(trace: ScenarioTrace) -> Iterator[Finding]:
    """A retrieval of a response with `store: false` is answered with 404."""
    yield from expect_not_found(trace["unstored"])


@rule(
    "storage.a-response-is-stored-by-default",
    ScenarioTrace,
    scenario="storage",
    cites=("STA-10", "RET-01", "BUD-OPS-01", "BUD-GEN-01", "BUD-GEN-10"),
)
def a_response_is_stored_by_default(trace: ScenarioTrace) -> Iterator[Finding]:
    """A client can retrieve a response at once when its request has no `store`."""
    yield from expect_ok(trace["retrieved"], "200, because responses are stored unless `store` is false")


@rule(
    "storage.a-streamed-response-is-stored",
    ScenarioTrace,
    scenario="chaining",
    cites=("STA-10", "RET-01"),
    when=lambda trace: "continued_again" in trace and succeeded("told_again")(trace),
    needs="a successful retrieval of a stored response",
)
def a_streamed_response_is_stored(trace: ScenarioTrace) -> Iterator[Finding]:
    """A client can retrieve a response with `store: true` as soon as its stream has ended.

    Several servers store only responses that they did not stream.
    """
    yield from expect_ok(trace["continued_again"], "200, because the request has `store: true`")


@rule(
    "storage.a-streamed-response-can-be-retrieved",
    ScenarioTrace,
    scenario="streaming",
    cites="CG-SSE-15",
    when=took_place("streamed_again"),
)
def a_streamed_response_can_be_retrieved(trace: ScenarioTrace) -> Iterator[Finding]:
    """A retrieval of a streamed response returns the response with which the stream ended."""
    retrieval = trace["streamed_again"]
    yield from expect_ok(retrieval, "200, because its stream has completed")
    if retrieval.ok:
        yield from response_differences(retrieval, trace["streamed"])


@rule(
    "storage.a-background-response-is-stored",
    ScenarioTrace,
    scenario="resume",
    cites=("STA-10", "BGR-07"),
    when=took_place("stored"),
)
def a_background_response_is_stored(trace: ScenarioTrace) -> Iterator[Finding]:
    """A client can retrieve a background response even after a lost connection."""
    yield from expect_ok(trace["stored"], "200, because a background response is stored")
