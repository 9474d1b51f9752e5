"""`POST /responses/input_tokens`: the form and the amount of a count."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.rules.reading.comparison import expect_ok, input_tokens, succeeded, took_place
from antiphon_conformance.rules.reading.output import number
from antiphon_conformance.rules.reading.schema_faults import body_faults
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import DocumentReply, ScenarioTrace

RESPONSE_MEMBERS = ("id", "output", "status", "created_at")


def is_count(body: DocumentReply) -> bool:
    """Whether the body answers a request to count tokens."""
    return body.operation == "countInputTokens"


@rule("input-tokens.a-count-is-a-count-object", DocumentReply, cites="TOK-01", when=is_count)
def a_count_is_a_count_object(body: DocumentReply) -> Iterator[Finding]:
    """A count has `object: response.input_tokens` and an integer `input_tokens`."""
    yield from body_faults(body)


@rule("input-tokens.a-count-is-not-a-response", DocumentReply, cites="TOK-05", when=is_count)
def a_count_is_not_a_response(body: DocumentReply) -> Iterator[Finding]:
    """A count is not a response: it has no `id`, `output`, `status` or `created_at`."""
    for name in RESPONSE_MEMBERS:
        if name in body.object:
            yield Finding(
                f"reply.body/{name}",
                "no such member, since a count makes no response",
                show(body.object[name]),
            )


@rule(
    "input-tokens.a-count-equals-the-usage-of-a-create",
    ScenarioTrace,
    scenario="repeat",
    cites="TOK-03",
    when=succeeded("first", "counted"),
)
def a_count_equals_the_usage_of_a_create(trace: ScenarioTrace) -> Iterator[Finding]:
    """A count equals `usage.input_tokens` of a create with the same members."""
    usage = input_tokens(trace["first"])
    actual = trace["counted"].answer.fields.get("input_tokens", ABSENT)
    if actual != usage:
        expected = f"{usage}, as in the usage of the create"
        yield Finding("reply.body/input_tokens", expected, show(actual), trace["counted"].id)


@rule(
    "input-tokens.a-count-does-not-shrink-when-members-are-added",
    ScenarioTrace,
    scenario="repeat",
    cites="TOK-04",
    when=succeeded("counted", "counted_more"),
)
def a_count_does_not_shrink_when_members_are_added(trace: ScenarioTrace) -> Iterator[Finding]:
    """A count does not shrink when the request adds instructions and tools."""
    less, more = (
        number(trace[name].answer.fields.get("input_tokens")) for name in ("counted", "counted_more")
    )
    if less is not None and more is not None and more < less:
        yield Finding("reply.body/input_tokens", f"at least {less}", show(more), trace["counted_more"].id)


@rule(
    "input-tokens.a-count-accepts-the-members-of-a-create",
    ScenarioTrace,
    scenario="repeat",
    cites="TOK-02",
    when=took_place("counted_more"),
)
def a_count_accepts_the_members_of_a_create(trace: ScenarioTrace) -> Iterator[Finding]:
    """A count accepts the members of a create.

    They are instructions, tools, tool choice, text format and truncation.
    """
    yield from expect_ok(trace["counted_more"], "200, since a create accepts the same members")
