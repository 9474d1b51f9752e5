"""A stream against what the same request gives otherwise: as a document, read back, refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.answers import answered, output
from antiphon_conformance.parity import differences, succeeded
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import show


@rule(Scene, scenario="repeat", cites="LIT-44", when=succeeded("streamed", "first"))
def a_stream_ends_like_a_document(scene: Scene) -> Iterator[Finding]:
    """A streamed response ends with the members and kinds of items that it has without streaming.

    What a model says may differ from run to run; which members a response and its items have may not.
    """
    whole, streamed = scene["first"], scene["streamed"]
    wanted, got = _shape(answered(whole)), _shape(answered(streamed))
    for name in wanted:
        if wanted[name] != got[name]:
            expected = f"{show(wanted[name])}, as without streaming"
            yield Finding(f"final response/{name}", expected, show(got[name]), streamed.id)


def _shape(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """What does not depend on the words of a model."""
    return {
        "members": sorted(response),
        "status": response.get("status"),
        "object": response.get("object"),
        "model": response.get("model"),
        "output": [[item.get("type"), sorted(item)] for _, item in output(response)],
    }


@rule(Scene, scenario="chaining", cites="LIF-11", when=succeeded("continued", "continued_again"))
def a_stream_ends_like_the_stored_response(scene: Scene) -> Iterator[Finding]:
    """What the stream of a stored response ended with is what retrieving it returns."""
    created, retrieved = scene["continued"], scene["continued_again"]
    if created.answer.stream is None:
        return
    for pointer, wanted, got in differences(answered(created), answered(retrieved)):
        expected = f"{show(wanted)}, as the stream ended"
        yield Finding(f"reply.body{pointer}", expected, show(got), retrieved.id)
