"""Rules on `DELETE /responses/{id}`: its answer, and that nothing of the response remains."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import (
    expect_not_found,
    expect_ok,
    expect_rejection,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.named_response import named_id
from antiphon_conformance.rules.views import DocumentReply, ScenarioTrace
from antiphon_spec.dialect import Dialect

GONE = "RET-15"
"""That a deleted response is not given out any more."""


@rule(
    "delete.a-stored-response-can-be-deleted",
    ScenarioTrace,
    scenario="storage",
    cites=("RET-07", "CG-OPS-03", "BUD-OPS-03", "BUD-GEN-01", "BUD-GEN-10"),
)
def a_stored_response_can_be_deleted(trace: ScenarioTrace) -> Iterator[Finding]:
    """Deleting a stored response answers 200."""
    yield from expect_ok(trace["deleted"], "200, since the response is stored")


IN_USE = ("response", "response.deleted")
"""What genuine servers send as the `object` of a deletion; clients read `id` and `deleted`."""


@rule(
    "delete.a-deletion-is-confirmed",
    DocumentReply,
    cites=("RET-07", "CG-OPS-03", "BUD-OPS-03"),
    when=lambda body: body.operation == "deleteResponse" and bool(body.object),
    needs="an answer with a body to a deletion",
    reads={Part.IDS},
)
def a_deletion_is_confirmed(body: DocumentReply) -> Iterator[Finding]:
    """The body of the answer to a deletion names the response and has `deleted: true`.

    Unless the document demands another value, `object` is `response` or `response.deleted`.
    """
    if body.object.get("deleted") is not True:
        yield Finding("reply.body/deleted", "true", show(body.object.get("deleted", ABSENT)))
    identity = named_id(body)
    if body.object.get("id") != identity:
        yield Finding("reply.body/id", show(identity), show(body.object.get("id", ABSENT)))
    types = object_types(body.dialect)
    if body.object.get("object") not in types:
        yield Finding("reply.body/object", " or ".join(types), show(body.object.get("object", ABSENT)))


def object_types(dialect: Dialect) -> tuple[str, ...]:
    """The values that `object` may have in the answer to a deletion."""
    pointer = dialect.document.operations["deleteResponse"].answer_schema("200")
    schema = dialect.document.resolve(dialect.document.pointer(pointer)) if pointer else {}
    type_schema = schema.get("properties", {}).get("object", {})
    documented = type_schema.get("const")
    return IN_USE if documented is None or documented in IN_USE else (documented,)


@rule(
    "delete.a-deleted-response-is-gone",
    ScenarioTrace,
    scenario="storage",
    cites=("RET-03", "RET-08", "CG-OPS-02", "BUD-OPS-04"),
)
def a_deleted_response_is_gone(trace: ScenarioTrace) -> Iterator[Finding]:
    """Retrieving a deleted response answers 404.

    Where the document says what a deletion does, another rule reports a response that is still given out.
    """
    retrieved = trace["retrieved_deleted"]
    if not (retrieved.ok and trace.dialect.resolve(GONE)):
        yield from expect_not_found(retrieved)


@rule(
    "delete.a-deleted-response-is-not-given-out",
    ScenarioTrace,
    scenario="storage",
    cites=GONE,
    when=succeeded("deleted"),
)
def a_deleted_response_is_not_given_out(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response is not given out after its deletion has succeeded.

    People delete what must not be read again: their program is told that it is gone.
    """
    retrieved = trace["retrieved_deleted"]
    if retrieved.ok:
        expected = "404, or another error, since the response was deleted"
        yield Finding("reply.status", expected, f"{retrieved.answer.status} and the response", retrieved.id)


@rule(
    "delete.the-input-of-a-deleted-response-is-gone",
    ScenarioTrace,
    scenario="storage",
    cites=("RET-08", "INP-17"),
    when=took_place("listed_deleted"),
)
def the_input_of_a_deleted_response_is_gone(trace: ScenarioTrace) -> Iterator[Finding]:
    """Listing the input items of a deleted response answers 404."""
    yield from expect_not_found(trace["listed_deleted"])


@rule(
    "delete.an-unknown-response-cannot-be-deleted",
    ScenarioTrace,
    scenario="storage",
    cites=("RET-09", "RET-10", "BUD-OPS-04"),
)
def an_unknown_response_cannot_be_deleted(trace: ScenarioTrace) -> Iterator[Finding]:
    """Deleting an unknown or deleted response answers 404."""
    yield from expect_not_found(trace["deleted_again"])


@rule(
    "delete.an-unknown-response-counts-as-deleted",
    ScenarioTrace,
    scenario="storage",
    cites="CG-OPS-04",
    when=lambda trace: trace["deleted"].ok,
    needs="a server that deletes responses",
)
def an_unknown_response_counts_as_deleted(trace: ScenarioTrace) -> Iterator[Finding]:
    """Deleting an unknown or deleted response answers 200 with `deleted: true`."""
    for step in ("deleted_again", "deleted_unknown"):
        deletion = trace[step]
        yield from expect_ok(deletion, "200, since a response that does not exist counts as deleted")
        actual = deletion.answer.fields.get("deleted", ABSENT)
        if deletion.ok and actual is not True:
            yield Finding("reply.body/deleted", "true", show(actual), deletion.id)


@rule(
    "delete.a-deleted-response-cannot-be-continued",
    ScenarioTrace,
    scenario="storage",
    cites="STA-18",
    when=took_place("continued_deleted"),
)
def a_deleted_response_cannot_be_continued(trace: ScenarioTrace) -> Iterator[Finding]:
    """The id of a deleted response is rejected as `previous_response_id`."""
    yield from expect_rejection(trace["continued_deleted"], "a 4xx, since the previous response is deleted")
