"""Rules on `truncation`: a context that is too long is never shortened unasked."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import member
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.parity import CLIENT_ERROR
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import ABSENT, show


@rule(Scene, scenario="overlong_input", cites=("STA-21", "STA-23"))
def an_overlong_context_is_refused(scene: Scene) -> Iterator[Finding]:
    """With `truncation: disabled` a context beyond the model's window fails, with a 4xx or in the stream.

    A server that shortens it silently answers another question than it was asked.
    """
    overlong = scene["overlong"]
    if overlong.ok and overlong.answer.stream is not None:
        yield from _failed_in_band(overlong)
    elif overlong.answer.status not in CLIENT_ERROR:
        expected = "a 4xx, since no model reads that much and nothing may be dropped"
        yield Finding("reply.status", expected, str(overlong.answer.status), overlong.id)


def _failed_in_band(overlong: Exchange) -> Iterator[Finding]:
    final = overlong.response
    if final.get("status") != "failed":
        yield Finding(
            "stream/response/status",
            "failed, since nothing may be dropped",
            show(final.get("status", ABSENT)),
            overlong.id,
        )
    elif member(final, "error", "code") is None:
        yield Finding("stream/response/error/code", "context_length_exceeded", "null", overlong.id)
