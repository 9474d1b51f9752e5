"""`instructions`: their effect on the model, and their form in the response."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import show
from antiphon_conformance.requests.test_prompts import SIGN_OFF
from antiphon_conformance.rules.reading.comparison import succeeded
from antiphon_conformance.rules.reading.output import answered, text_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.input_items import roles_and_texts
from antiphon_conformance.rules.views import Scene, Snapshot


def _has_text(scene: Scene) -> bool:
    return succeeded("echoed")(scene) and bool(text_of(answered(scene["echoed"])))


def _shows_messages(snapshot: Snapshot) -> bool:
    texts = (snapshot.asked.get(name) for name in ("instructions", "input"))
    return (
        snapshot.creation
        and snapshot.asked.get("prompt") is None
        and all(isinstance(text, str) for text in texts)
    )


@rule(
    "instructions.come-back-before-the-input",
    Snapshot,
    cites="BUD-RSP-12",
    when=_shows_messages,
    needs="an answer to `instructions` and a string as input",
)
def come_back_before_the_input(snapshot: Snapshot) -> Iterator[Finding]:
    """`instructions` of a response are the system message, followed by the user's input."""
    expected = [("system", snapshot.asked["instructions"]), ("user", snapshot.asked["input"])]
    got = roles_and_texts(snapshot.object.get("instructions"))
    if got != expected:
        yield Finding(f"{snapshot.where}/instructions", show(expected), show(got) if got else "no message")


@rule("instructions.affect-the-answer", Scene, scenario="echoes", cites="RES-57", when=_has_text)
def affect_the_answer(scene: Scene) -> Iterator[Finding]:
    """The answer follows the `instructions`.

    Some servers echo them but do not send them to the model.
    """
    text = text_of(answered(scene["echoed"]))
    if SIGN_OFF not in text.upper():
        yield Finding("reply.body/output", f"a text with {SIGN_OFF}", show(text), scene["echoed"].id)
