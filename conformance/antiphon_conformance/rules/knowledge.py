"""What an answer is drawn from: contradictions that are refused, histories that are read, filters of old."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiphon_conformance.answers import answered, objects, texts
from antiphon_conformance.contradictions import CONTRADICTIONS, Contradiction
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.forms_knowledge import held
from antiphon_conformance.oddities import OTHER_REASONS
from antiphon_conformance.parity import expect_status, took_place
from antiphon_conformance.rule import Finding, add, make, rule
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import show


def _checks(one: Contradiction) -> Callable[[Scene], Iterator[Finding]]:
    def check(scene: Scene) -> Iterator[Finding]:
        allowed = {one.status, *OTHER_REASONS}
        yield from expect_status(scene[one.name], allowed, f"{one.status}, as it has {one.says}")

    return check


for _one in CONTRADICTIONS:
    add(
        make(
            "knowledge",
            f"refuses_{_one.name}",
            f"A request with {_one.says} is refused with {_one.status}.\n\n"
            "A server that takes it answers something else than what was asked.",
            Scene,
            _checks(_one),
            cites=_one.cites,
            scenario="contradictions",
            when=took_place(_one.name),
            needs=f"a target that holds what a request with {_one.says} names",
        )
    )


def _cited(exchange: Exchange) -> list[object]:
    """The files that an answer cites."""
    cited = (part.get("annotations") for _, part in texts(answered(exchange)))
    return [note.get("file_id") for notes in cited for _, note in objects(notes)]


def _after_a_history(scene: Scene) -> Exchange | None:
    """The answer to a question that only earlier turns explain, when it cites something."""
    steps = ("conversation", "conversation_a_history")
    found = next((scene[step] for step in steps if step in scene and scene[step].ok), None)
    return found if found is not None and _cited(found) and "file" in held(scene.library) else None


@rule(
    Scene,
    scenario="knowledge",
    cites="CG-REQ-09",
    when=lambda scene: _after_a_history(scene) is not None,
    needs="an answer with citations to a question that only earlier turns explain",
)
def the_whole_history_is_read(scene: Scene) -> Iterator[Finding]:
    """An answer knows what earlier turns of `input` speak of: "more about it" is more about that video.

    No conversation is kept for a client, so a server that reads the last turn only has forgotten everything.
    """
    exchange, file = _after_a_history(scene), held(scene.library)["file"]
    if exchange is not None and file not in _cited(exchange):
        where = "reply.body/output/*/content/*/annotations"
        expected = f"a citation of {file}, of which the turns before speak"
        yield Finding(where, expected, show(_cited(exchange)), exchange.id)


@rule(Scene, scenario="knowledge", cites="CG-KB-23", when=took_place("old_filter"))
def an_old_filter_is_no_part_of_the_filter(scene: Scene) -> Iterator[Finding]:
    """`filter.file_ids`, which a release removed, is refused with 400 or ignored; it does not filter.

    Asked for a file that does not exist, a server that applies it has nothing left to cite.
    """
    old, plain = scene["old_filter"], scene["unknown_members"]
    yield from expect_status(old, {200, 400, *OTHER_REASONS}, "400, or an answer as without it")
    if old.ok and plain.ok and _cited(plain) and not _cited(old):
        yield Finding("reply.body/output", "citations, as without `file_ids`", "none", old.id)
