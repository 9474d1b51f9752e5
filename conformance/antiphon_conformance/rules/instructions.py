"""`instructions`: whether the model is told."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import answered, text_of
from antiphon_conformance.parity import succeeded
from antiphon_conformance.prompts import SIGN_OFF
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.rules.input_items import message_forms
from antiphon_conformance.subject import Scene, Snapshot
from antiphon_conformance.text import show


def _answered_in_text(scene: Scene) -> bool:
    return succeeded("echoed")(scene) and bool(text_of(answered(scene["echoed"])))


def _in_messages(snapshot: Snapshot) -> bool:
    texts = (snapshot.asked.get(name) for name in ("instructions", "input"))
    return (
        snapshot.creation
        and snapshot.asked.get("prompt") is None
        and all(isinstance(text, str) for text in texts)
    )


@rule(Snapshot, cites="BUD-RSP-12", when=_in_messages, needs="an answer to instructions and a text as input")
def come_back_before_the_input(snapshot: Snapshot) -> Iterator[Finding]:
    """`instructions` of a response are messages: what the system was given, then what the user says."""
    wanted = [("system", snapshot.asked["instructions"]), ("user", snapshot.asked["input"])]
    got = message_forms(snapshot.object.get("instructions"))
    if got != wanted:
        yield Finding(f"{snapshot.where}/instructions", show(wanted), show(got))


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
