"""`item_reference`: the input names a stored item instead of its content."""

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


def _reference_exchange(scene: Scene) -> Exchange:
    """The create with an `item_reference`: with `type` if the short form without it was rejected."""
    return scene["referenced_by_type" if "referenced_by_type" in scene else "referenced"]


@rule(Scene, scenario="chaining", cites="STA-26", when=took_place("referenced"))
def a_stored_item_may_be_referenced(scene: Scene) -> Iterator[Finding]:
    """An `item_reference` to an output item of a stored response is accepted as input."""
    yield from expect_status(
        _reference_exchange(scene), (200,), "200, since the server has just stored the item"
    )


@rule(
    Scene,
    scenario="chaining",
    cites="STA-26",
    when=lambda scene: (
        took_place("referenced")(scene) and _reference_exchange(scene).ok and says(scene["told"], FIRST_WORD)
    ),
    needs="a model that repeats the code word in the referenced item",
)
def a_reference_stands_for_its_item(scene: Scene) -> Iterator[Finding]:
    """The model sees the content of the item that an `item_reference` names."""
    exchange = _reference_exchange(scene)
    if not says(exchange, FIRST_WORD):
        expected = f"the code word {FIRST_WORD}, as in the referenced item"
        yield Finding("reply.body/output", expected, show(text_of(exchange.response)), exchange.id)


@rule(
    Answered,
    cites=("STA-26", "REQ-25"),
    when=odd("a_reference_to_nothing"),
    needs="an `item_reference` to an unknown item",
)
def a_reference_to_nothing_is_refused(answer: Answered) -> Iterator[Finding]:
    """An `item_reference` that names no stored item is rejected with a 4xx status.

    A server that drops it changes the conversation; a 5xx makes clients repeat the request.
    """
    yield from refused(answer.exchange, "a 4xx, since no item has this id")
