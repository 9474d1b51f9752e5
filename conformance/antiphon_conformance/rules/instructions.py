"""`instructions`: whether the model is told."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import answered, text_of
from antiphon_conformance.parity import succeeded
from antiphon_conformance.prompts import SIGN_OFF
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import show


def _answered_in_text(scene: Scene) -> bool:
    return succeeded("echoed")(scene) and bool(text_of(answered(scene["echoed"])))


@rule(Scene, scenario="echoes", cites="RES-57", when=_answered_in_text)
def reach_the_model(scene: Scene) -> Iterator[Finding]:
    """An answer does what the `instructions` ask for.

    Some servers echo them and forget to tell the model.
    """
    said = text_of(answered(scene["echoed"]))
    if SIGN_OFF not in said.upper():
        yield Finding(
            "reply.body/output", f"a text that ends with {SIGN_OFF}", show(said), scene["echoed"].id
        )
