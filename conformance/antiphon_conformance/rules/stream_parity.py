"""A stream against what the same request gives otherwise: as a document, read back, refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antiphon_conformance.answers import answered, output
from antiphon_conformance.legality import is_mistaken
from antiphon_conformance.oddities import OTHER_REASONS
from antiphon_conformance.parity import CLIENT_ERROR, differences, succeeded
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Scene
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


def _streams_a_mistake(answer: Answered) -> bool:
    made = answer.asked.get("stream") is True and is_mistaken(answer.dialect, answer.operation, answer.asked)
    return made and answer.reply.started_at is not None and answer.reply.status not in OTHER_REASONS


@rule(Answered, cites="ENV-23", when=_streams_a_mistake, needs="a wrong request that asks for a stream")
def a_bad_request_is_refused_before_the_stream(answer: Answered) -> Iterator[Finding]:
    """A streaming request that is not valid is refused with a 4xx and a JSON body; no stream begins.

    Clients look at the status before they read events.
    """
    if answer.reply.status not in CLIENT_ERROR:
        yield Finding("reply.status", "a 4xx", str(answer.reply.status))
    if answer.reply.stream is not None or not answer.reply.fields:
        yield Finding("reply.body", "a JSON object", show(answer.reply.headers.get("content-type")))
