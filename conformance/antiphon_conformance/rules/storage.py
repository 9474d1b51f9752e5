"""Rules on `store`: what is kept can be retrieved and continued, and what is not kept cannot."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.parity import (
    expect_not_found,
    expect_ok,
    refused,
    response_differences,
    succeeded,
    took_place,
)
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Scene


@rule(Scene, scenario="chaining", cites="STA-08", when=took_place("continued_unstored"))
def an_unstored_response_cannot_be_continued(scene: Scene) -> Iterator[Finding]:
    """A response with `store: false` cannot be named by `previous_response_id`.

    Whoever can continue it has proof that it was kept after all.
    """
    yield from refused(scene["continued_unstored"], "a 4xx, since the response named was not to be stored")


@rule(
    Scene,
    scenario="chaining",
    cites=("STA-09", "RET-03"),
    when=lambda scene: "unstored" in scene and succeeded("told_again")(scene),
    needs="a server from which stored responses can be retrieved",
)
def an_unstored_response_cannot_be_retrieved(scene: Scene) -> Iterator[Finding]:
    """A response with `store: false` is not found when it is retrieved."""
    yield from expect_not_found(scene["unstored"])


@rule(Scene, scenario="storage", cites=("STA-10", "RET-01", "BUD-OPS-01", "BUD-GEN-01", "BUD-GEN-10"))
def a_response_is_stored_by_default(scene: Scene) -> Iterator[Finding]:
    """A response for which `store` was not given can be retrieved as soon as it was answered."""
    yield from expect_ok(scene["retrieved"], "200, since responses are stored unless `store` is false")


@rule(
    Scene,
    scenario="chaining",
    cites=("STA-10", "RET-01"),
    when=lambda scene: "continued_again" in scene and succeeded("told_again")(scene),
    needs="a server from which stored responses can be retrieved",
)
def a_streamed_response_is_stored(scene: Scene) -> Iterator[Finding]:
    """A response that was streamed with `store: true` can be retrieved as soon as the stream has ended.

    Several servers store only what they answered in one piece.
    """
    yield from expect_ok(scene["continued_again"], "200, since the stream's response was to be stored")


@rule(Scene, scenario="streaming", cites="CG-SSE-15", when=took_place("streamed_again"))
def what_was_streamed_can_be_read(scene: Scene) -> Iterator[Finding]:
    """A response whose stream has completed can be read by its id, and is what the stream ended with."""
    again = scene["streamed_again"]
    yield from expect_ok(again, "200, since its stream has completed")
    if again.ok:
        yield from response_differences(again, scene["streamed"])


@rule(Scene, scenario="resume", cites=("STA-10", "BGR-07"), when=took_place("stored"))
def a_background_response_is_stored(scene: Scene) -> Iterator[Finding]:
    """A response that runs in the background can be retrieved, however its creating connection ended."""
    yield from expect_ok(scene["stored"], "200, since a background response is stored")
