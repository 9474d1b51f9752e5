"""Rules on `GET /responses/{id}` without a stream."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.requests.test_prompts import unknown_response
from antiphon_conformance.rules.reading.comparison import (
    expect_not_found,
    expect_ok,
    expect_rejection,
    response_differences,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply, ScenarioTrace


@rule(
    "retrieve.retrieved-equals-created",
    ScenarioTrace,
    scenario="storage",
    cites=("RET-01", "RET-02", "CG-RSP-16", "BUD-OPS-01"),
    when=succeeded("retrieved"),
)
def retrieved_equals_created(trace: ScenarioTrace) -> Iterator[Finding]:
    """A retrieved response equals the response that its create returned, member by member.

    Servers that build the object anew for each GET change its `created_at`, its ids or its defaults.
    """
    yield from response_differences(trace["retrieved"], trace["created"])


@rule(
    "retrieve.retrieved-equals-streamed",
    ScenarioTrace,
    scenario="chaining",
    cites=("RET-01", "RET-02"),
    when=succeeded("continued", "continued_again"),
)
def retrieved_equals_streamed(trace: ScenarioTrace) -> Iterator[Finding]:
    """A retrieved response equals the response in the last event of its stream."""
    yield from response_differences(trace["continued_again"], trace["continued"])


@rule(
    "retrieve.two-retrievals-are-equal",
    ScenarioTrace,
    scenario="storage",
    cites=("RET-12", "RET-05"),
    when=succeeded("retrieved", "included"),
)
def two_retrievals_are_equal(trace: ScenarioTrace) -> Iterator[Finding]:
    """Two retrievals of an ended response are equal, except for the members that `include` adds."""
    yield from response_differences(trace["included"], trace["retrieved"])


@rule(
    "retrieve.include-is-accepted-on-retrieval",
    ScenarioTrace,
    scenario="storage",
    cites="RET-05",
    when=took_place("included"),
)
def include_is_accepted_on_retrieval(trace: ScenarioTrace) -> Iterator[Finding]:
    """A retrieval accepts `include[]=` with the values that a create accepts in `include`."""
    yield from expect_ok(trace["included"], "200, because the document lists the value")


def has_unknown_id(answer: AnyReply) -> bool:
    """Whether the request retrieves a response that does not exist."""
    return answer.operation == "getResponse" and unknown_response(answer.dialect) in answer.request.path


@rule(
    "retrieve.an-unknown-response-is-not-found",
    AnyReply,
    cites=("RET-03", "CG-OPS-01", "BUD-OPS-02"),
    when=has_unknown_id,
    needs="a retrieval with an unknown id",
    reads=REJECTION,
)
def an_unknown_response_is_not_found(answer: AnyReply) -> Iterator[Finding]:
    """A retrieval with an unknown id is answered with 404."""
    yield from expect_not_found(answer.exchange)


@rule(
    "retrieve.only-a-background-stream-can-be-streamed-again",
    ScenarioTrace,
    scenario="storage",
    cites="RSM-02",
    when=lambda trace: "streamed" in trace and not trace["streamed"].answer.fields.get("object"),
    needs="a retrieval with `stream=true` of a response that was not streamed in the background",
)
def only_a_background_stream_can_be_streamed_again(trace: ScenarioTrace) -> Iterator[Finding]:
    """`stream=true` is rejected for a response that was not streamed in the background."""
    yield from expect_rejection(
        trace["streamed"], "a 4xx status, because the response did not run in the background"
    )
