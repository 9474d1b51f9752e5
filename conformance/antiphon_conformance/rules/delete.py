"""Rules on `DELETE /responses/{id}`: what it answers, and that nothing is left."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.parity import found, missing, refused, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Body, Scene
from antiphon_conformance.text import ABSENT, show


@rule(Scene, scenario="storage", cites=("RET-07", "BUD-OPS-03", "BUD-GEN-01", "BUD-GEN-10"))
def a_stored_response_can_be_deleted(scene: Scene) -> Iterator[Finding]:
    """Deleting a stored response answers 200."""
    yield from found(scene["deleted"], "200, since the response is stored")


@rule(
    Body,
    cites=("RET-07", "BUD-OPS-03"),
    when=lambda body: body.operation == "deleteResponse" and bool(body.object),
    needs="a deletion that is answered with a body",
)
def a_deletion_is_confirmed(body: Body) -> Iterator[Finding]:
    """The answer to a deletion, when it has a body, names the response and says `deleted: true`.

    The document gives the body by example only, so `object` may be `response` or `response.deleted`.
    """
    if body.object.get("deleted") is not True:
        yield Finding("reply.body/deleted", "true", show(body.object.get("deleted", ABSENT)))
    wanted = body.request.path.partition("?")[0].rpartition("/")[2]
    if body.object.get("id") != wanted:
        yield Finding("reply.body/id", show(wanted), show(body.object.get("id", ABSENT)))
    if body.object.get("object") not in ("response", "response.deleted"):
        yield Finding("reply.body/object", "response", show(body.object.get("object", ABSENT)))


@rule(Scene, scenario="storage", cites=("RET-03", "RET-08", "BUD-OPS-04"))
def a_deleted_response_is_gone(scene: Scene) -> Iterator[Finding]:
    """A deleted response is not found when it is retrieved."""
    yield from missing(scene["retrieved_deleted"])


@rule(Scene, scenario="storage", cites=("RET-08", "INP-17"), when=took_place("listed_deleted"))
def the_input_of_a_deleted_response_is_gone(scene: Scene) -> Iterator[Finding]:
    """The input items of a response that does not exist, or no longer, are not found."""
    yield from missing(scene["listed_deleted"])


@rule(Scene, scenario="storage", cites=("RET-09", "RET-10", "BUD-OPS-04"))
def what_does_not_exist_cannot_be_deleted(scene: Scene) -> Iterator[Finding]:
    """Deleting an id that names nothing, or nothing any more, answers 404."""
    yield from missing(scene["deleted_again"])


@rule(Scene, scenario="storage", cites="STA-18", when=took_place("continued_deleted"))
def a_deleted_response_cannot_be_continued(scene: Scene) -> Iterator[Finding]:
    """A deleted response cannot be named by `previous_response_id`."""
    yield from refused(scene["continued_deleted"], "a 4xx, since the response named was deleted")
