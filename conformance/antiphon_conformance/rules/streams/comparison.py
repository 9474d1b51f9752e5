"""A streamed response compared with the same response without a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.rules.reading.comparison import differences, succeeded
from antiphon_conformance.rules.reading.output import answered, output
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace


@rule(
    "stream-parity.a-stream-ends-with-the-response-of-a-plain-create",
    ScenarioTrace,
    scenario="repeat",
    cites="LIT-44",
    when=succeeded("streamed", "first"),
)
def a_stream_ends_with_the_response_of_a_plain_create(trace: ScenarioTrace) -> Iterator[Finding]:
    """A streamed response ends with the members and types of items that it has without a stream.

    The model's words may differ from run to run; the members of a response and of its items may not.
    """
    stream = trace["streamed"]
    before, after = _shape(answered(trace["first"])), _shape(answered(stream))
    for name in before:
        if before[name] != after[name]:
            expected = f"{show(before[name])}, as without streaming"
            is_derived = name in ("members", "output")
            where, actual = (
                (f"final response{'/output' if name == 'output' else ''}", named(name, after[name]))
                if is_derived
                else (f"final response/{name}", show(after[name]))
            )
            yield Finding(where, expected, actual, stream.id)


def _shape(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts on a response that do not depend on the words of a model."""
    return {
        "members": sorted(response),
        "status": response.get("status", ABSENT),
        "object": response.get("object", ABSENT),
        "model": response.get("model", ABSENT),
        "output": [[item.get("type", ABSENT), sorted(item)] for _, item in output(response)],
    }


@rule(
    "stream-parity.a-stream-ends-with-the-stored-response",
    ScenarioTrace,
    scenario="chaining",
    cites="LIF-11",
    when=succeeded("continued", "continued_again"),
)
def a_stream_ends_with_the_stored_response(trace: ScenarioTrace) -> Iterator[Finding]:
    """A retrieval returns the response with which the stream of its create ended."""
    create, retrieval = trace["continued"], trace["continued_again"]
    if create.answer.stream is None:
        return
    for pointer, before, after in differences(answered(create), answered(retrieval)):
        expected = f"{show(before)}, as at the end of the stream"
        yield Finding(f"reply.body{pointer}", expected, show(after), retrieval.id)
