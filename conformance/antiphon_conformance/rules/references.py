"""Rules on `item_reference`: naming a stored item instead of sending it again."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import text_of
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.oddities import odd
from antiphon_conformance.parity import expect_status, refused, says, took_place
from antiphon_conformance.prompts import FIRST_WORD
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Scene
from antiphon_conformance.text import show


def _referenced(scene: Scene) -> Exchange:
    """The request that names an item, without another form of naming if that was refused."""
    return scene["referenced_by_type" if "referenced_by_type" in scene else "referenced"]


@rule(Scene, scenario="chaining", cites="STA-26", when=took_place("referenced"))
def a_stored_item_may_be_referenced(scene: Scene) -> Iterator[Finding]:
    """An `item_reference` to an output item of a stored response is accepted."""
    yield from expect_status(
        _referenced(scene), (200,), "200, since the item named was just given and stored"
    )


@rule(
    Scene,
    scenario="chaining",
    cites="STA-26",
    when=lambda scene: (
        took_place("referenced")(scene) and _referenced(scene).ok and says(scene["told"], FIRST_WORD)
    ),
    needs="a model that repeated the code word in the item that is then referenced",
)
def a_reference_stands_for_its_item(scene: Scene) -> Iterator[Finding]:
    """The model sees the item that an `item_reference` names."""
    referenced = _referenced(scene)
    if not says(referenced, FIRST_WORD):
        expected = f"the code word {FIRST_WORD}, which the item named contains"
        yield Finding("reply.body/output", expected, show(text_of(referenced.response)), referenced.id)


@rule(
    Answered,
    cites=("STA-26", "REQ-25"),
    when=odd("a_reference_to_nothing"),
    needs="an `item_reference` that names nothing",
)
def a_reference_to_nothing_is_refused(answer: Answered) -> Iterator[Finding]:
    """An `item_reference` that names no stored item is a client error.

    Silently dropping it changes the conversation; a 5xx makes clients send the same request again.
    """
    yield from refused(answer.exchange, "a 4xx, since no item has this id")
