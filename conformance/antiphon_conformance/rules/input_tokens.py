"""Rules on `POST /responses/input_tokens`."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import number
from antiphon_conformance.faults import body_faults
from antiphon_conformance.parity import expect_ok, input_tokens, succeeded, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Body, Scene
from antiphon_conformance.text import show

OF_A_RESPONSE = ("id", "output", "status", "created_at")


def is_count(body: Body) -> bool:
    """Whether this answers a request to count tokens."""
    return body.operation == "countInputTokens"


@rule(Body, cites="TOK-01", when=is_count)
def a_count_is_a_count_object(body: Body) -> Iterator[Finding]:
    """A count has `object: response.input_tokens` and a whole number of `input_tokens`."""
    yield from body_faults(body)


@rule(Body, cites="TOK-05", when=is_count)
def counting_makes_no_response(body: Body) -> Iterator[Finding]:
    """A count is no response: it has no id under which anything could be stored, and no output."""
    for name in OF_A_RESPONSE:
        if name in body.object:
            yield Finding(f"reply.body/{name}", "absent, since nothing is made", show(body.object[name]))


@rule(Scene, scenario="repeat", cites="TOK-03", when=succeeded("first", "counted"))
def a_count_is_what_a_create_reports(scene: Scene) -> Iterator[Finding]:
    """The count equals `usage.input_tokens` of a create with the same context."""
    wanted, got = input_tokens(scene["first"]), scene["counted"].answer.fields.get("input_tokens")
    if got != wanted:
        expected = f"{wanted}, as the usage of the create says"
        yield Finding("reply.body/input_tokens", expected, show(got), scene["counted"].id)


@rule(Scene, scenario="repeat", cites="TOK-04", when=succeeded("counted", "counted_more"))
def a_count_grows_with_what_is_added(scene: Scene) -> Iterator[Finding]:
    """The count does not shrink when instructions and tools are added."""
    less, more = (
        number(scene[name].answer.fields.get("input_tokens")) for name in ("counted", "counted_more")
    )
    if less is not None and more is not None and more < less:
        yield Finding("reply.body/input_tokens", f"at least {less}", show(more), scene["counted_more"].id)


@rule(Scene, scenario="repeat", cites="TOK-02", when=took_place("counted_more"))
def a_count_takes_what_a_create_takes(scene: Scene) -> Iterator[Finding]:
    """A count accepts instructions, tools, tool choice, text format and truncation, as a create does."""
    yield from expect_ok(scene["counted_more"], "200, since a create takes the same parameters")
