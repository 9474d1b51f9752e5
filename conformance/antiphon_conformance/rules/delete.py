"""Rules on `DELETE /responses/{id}`: what it answers, and that nothing is left."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.parity import expect_not_found, expect_ok, refused, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Body, Scene
from antiphon_conformance.text import ABSENT, show
from antiphon_spec.dialect import Dialect


@rule(Scene, scenario="storage", cites=("RET-07", "CG-OPS-03", "BUD-OPS-03", "BUD-GEN-01", "BUD-GEN-10"))
def a_stored_response_can_be_deleted(scene: Scene) -> Iterator[Finding]:
    """Deleting a stored response answers 200."""
    yield from expect_ok(scene["deleted"], "200, since the response is stored")


@rule(
    Body,
    cites=("RET-07", "CG-OPS-03", "BUD-OPS-03"),
    when=lambda body: body.operation == "deleteResponse" and bool(body.object),
    needs="a deletion that is answered with a body",
)
def a_deletion_is_confirmed(body: Body) -> Iterator[Finding]:
    """The answer to a deletion, when it has a body, names the response and says `deleted: true`.

    Where no document says which, `object` may be `response` or `response.deleted`.
    """
    if body.object.get("deleted") is not True:
        yield Finding("reply.body/deleted", "true", show(body.object.get("deleted", ABSENT)))
    wanted = body.request.path.partition("?")[0].rpartition("/")[2]
    if body.object.get("id") != wanted:
        yield Finding("reply.body/id", show(wanted), show(body.object.get("id", ABSENT)))
    if body.object.get("object") not in words(body.dialect):
        yield Finding("reply.body/object", "response", show(body.object.get("object", ABSENT)))


def words(dialect: Dialect) -> tuple[str, ...]:
    """What `object` of the answer to a deletion may be."""
    pointer = dialect.document.operations["deleteResponse"].answer_schema("200")
    schema = dialect.document.resolve(dialect.document.pointer(pointer)) if pointer else {}
    told = schema.get("properties", {}).get("object", {})
    return (told["const"],) if "const" in told else ("response", "response.deleted")


@rule(Scene, scenario="storage", cites=("RET-03", "RET-08", "CG-OPS-02", "BUD-OPS-04"))
def a_deleted_response_is_gone(scene: Scene) -> Iterator[Finding]:
    """A deleted response is not found when it is retrieved."""
    yield from expect_not_found(scene["retrieved_deleted"])


@rule(Scene, scenario="storage", cites=("RET-08", "INP-17"), when=took_place("listed_deleted"))
def the_input_of_a_deleted_response_is_gone(scene: Scene) -> Iterator[Finding]:
    """The input items of a response that does not exist, or no longer, are not found."""
    yield from expect_not_found(scene["listed_deleted"])


@rule(Scene, scenario="storage", cites=("RET-09", "RET-10", "BUD-OPS-04"))
def what_does_not_exist_cannot_be_deleted(scene: Scene) -> Iterator[Finding]:
    """Deleting an id that names nothing, or nothing any more, answers 404."""
    yield from expect_not_found(scene["deleted_again"])


@rule(
    Scene,
    scenario="storage",
    cites="CG-OPS-04",
    when=lambda scene: scene["deleted"].ok,
    needs="a server that deletes responses",
)
def what_is_not_there_counts_as_deleted(scene: Scene) -> Iterator[Finding]:
    """Deleting what was deleted already, or an id that names nothing, answers as the first deletion did."""
    for name in ("deleted_again", "deleted_unknown"):
        again = scene[name]
        yield from expect_ok(again, "200, since what is not there is as good as deleted")
        told = again.answer.fields.get("deleted", ABSENT)
        if again.ok and told is not True:
            yield Finding("reply.body/deleted", "true", show(told), again.id)


@rule(Scene, scenario="storage", cites="STA-18", when=took_place("continued_deleted"))
def a_deleted_response_cannot_be_continued(scene: Scene) -> Iterator[Finding]:
    """A deleted response cannot be named by `previous_response_id`."""
    yield from refused(scene["continued_deleted"], "a 4xx, since the response named was deleted")
