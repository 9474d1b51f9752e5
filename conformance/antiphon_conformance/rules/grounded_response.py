"""What a response that is drawn from a library of videos puts out, and when."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import member, output
from antiphon_conformance.grounds import (
    COLLECTIONS,
    Grounded,
    collections_of,
    grounded,
    is_entity_backed,
    source_of,
)
from antiphon_conformance.library import DESCRIBED, Library
from antiphon_conformance.rule import EVERY, Finding, rule
from antiphon_conformance.subject import Scene, Snapshot
from antiphon_conformance.text import show


@rule(Snapshot, cites="CG-RSP-07", when=lambda snapshot: bool(snapshot.status == "completed"))
def completed_says_something(snapshot: Snapshot) -> Iterator[Finding]:
    """A completed response has a message of the assistant, unless it calls a tool."""
    items = [item for _, item in output(snapshot.object)]
    spoken = any(item.get("type") == "message" and item.get("role") == "assistant" for item in items)
    if not spoken and not any(item.get("type") == "function_call" for item in items):
        yield Finding(
            f"{snapshot.where}/output", "a message of the assistant", show(snapshot.object.get("output"))
        )


@rule(
    Snapshot,
    cites="CG-RSP-12",
    when=lambda snapshot: bool(snapshot.status == "in_progress"),
    needs="a response in progress",
)
def output_waits_for_the_end(snapshot: Snapshot) -> Iterator[Finding]:
    """`output` is null, or absent, while a response is in progress."""
    if snapshot.object.get("output") is not None:
        yield Finding(f"{snapshot.where}/output", "null", show(snapshot.object["output"]))


def _is_plain(answer: Grounded, library: Library) -> bool:
    """Whether nothing but videos is asked about, without tools."""
    types = {str(found.get("id")): found.get("collection_type") for found in library.collections}
    named = [types.get(name) for name in collections_of(answer.asked)]
    searched = source_of(answer.asked) != COLLECTIONS or all(kind in DESCRIBED for kind in named)
    return searched and not answer.asked.get("tools") and not is_entity_backed(answer.asked)


def _plain(scene: Scene) -> list[Grounded]:
    """The answers of an episode that have output, and whose requests are about videos alone."""
    answers = (answer for answer in grounded(scene) if any(output(answer.response)))
    return [answer for answer in answers if _is_plain(answer, scene.library)]


@rule(
    Scene,
    scenario=EVERY,
    cites="CG-RSP-13",
    when=lambda scene: bool(_plain(scene)),
    needs="an answer about videos alone",
)
def output_holds_only_messages(scene: Scene) -> Iterator[Finding]:
    """Where neither tools nor structured data are asked about, the output holds only messages.

    Most clients of such a server decode nothing else, and lose the whole response with it.
    """
    for answer in _plain(scene):
        for index, item in output(answer.response):
            if item.get("type") != "message":
                where = f"{answer.where}/output/{index}/type"
                yield Finding(where, "message", show(member(item, "type")), answer.exchange.id)
