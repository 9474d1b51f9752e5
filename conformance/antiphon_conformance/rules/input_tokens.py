"""`POST /responses/input_tokens`: the form and the amount of a count."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.answers import number
from antiphon_conformance.faults import body_faults
from antiphon_conformance.parity import expect_ok, input_tokens, succeeded, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Body, Scene
from antiphon_conformance.text import ABSENT, show

RESPONSE_MEMBERS = ("id", "output", "status", "created_at")


def is_count(body: Body) -> bool:
    """Whether the body answers a request to count tokens."""
    return body.operation == "countInputTokens"


@rule(Body, cites="TOK-01", when=is_count)
def a_count_is_a_count_object(body: Body) -> Iterator[Finding]:
    """A count has `object: response.input_tokens` and an integer `input_tokens`."""
    yield from body_faults(body)


@rule(Body, cites="TOK-05", when=is_count)
def counting_makes_no_response(body: Body) -> Iterator[Finding]:
    """A count is not a response: it has no `id`, `output`, `status` or `created_at`."""
    for name in RESPONSE_MEMBERS:
        if name in body.object:
            yield Finding(
                f"reply.body/{name}",
                "no such member, since a count makes no response",
                show(body.object[name]),
            )


@rule(Scene, scenario="repeat", cites="TOK-03", when=succeeded("first", "counted"))
def a_count_is_what_a_create_reports(scene: Scene) -> Iterator[Finding]:
    """A count equals `usage.input_tokens` of a create with the same members."""
    usage = input_tokens(scene["first"])
    got = scene["counted"].answer.fields.get("input_tokens", ABSENT)
    if got != usage:
        expected = f"{usage}, as in the usage of the create"
        yield Finding("reply.body/input_tokens", expected, show(got), scene["counted"].id)


@rule(Scene, scenario="repeat", cites="TOK-04", when=succeeded("counted", "counted_more"))
def a_count_grows_with_what_is_added(scene: Scene) -> Iterator[Finding]:
    """A count does not shrink when the request adds instructions and tools."""
    less, more = (
        number(scene[name].answer.fields.get("input_tokens")) for name in ("counted", "counted_more")
    )
    if less is not None and more is not None and more < less:
        yield Finding("reply.body/input_tokens", f"at least {less}", show(more), scene["counted_more"].id)


@rule(Scene, scenario="repeat", cites="TOK-02", when=took_place("counted_more"))
def a_count_takes_what_a_create_takes(scene: Scene) -> Iterator[Finding]:
    """A count accepts the members of a create.

    They are instructions, tools, tool choice, text format and truncation.
    """
    yield from expect_ok(scene["counted_more"], "200, since a create accepts the same members")
