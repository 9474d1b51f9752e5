"""Two accounts: neither sees what the other stored."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import named, show
from antiphon_conformance.requests.test_prompts import FIRST_WORD
from antiphon_conformance.rules.reading.comparison import says, succeeded, took_place
from antiphon_conformance.rules.reading.output import text_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace

SCENARIO = "accounts"
NEEDED = "the key of another account: --other-api-key-env VARIABLE"
CONTINUATIONS = ("continued", "continued_over_websocket")


@rule(
    "accounts.another-account-cannot-continue-a-response",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="STA-30",
    when=took_place("continued"),
    needs=NEEDED,
)
def another_account_cannot_continue_a_response(trace: ScenarioTrace) -> Iterator[Finding]:
    """An answer to another account does not know what the first one said.

    Whether the continuation is rejected or begins anew is left open; a word of the first account is a leak.
    """
    for step in filter(trace.__contains__, CONTINUATIONS):
        if says(trace[step], FIRST_WORD):
            expected = "an error, or an answer that knows nothing of the other account"
            actual = named("text", text_of(trace[step].response))
            yield Finding("reply.body/output", expected, actual, trace[step].id)


@rule(
    "accounts.another-account-cannot-read-a-response",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="RET-30",
    when=succeeded("read"),
    needs=NEEDED,
)
def another_account_cannot_read_a_response(trace: ScenarioTrace) -> Iterator[Finding]:
    """A stored response and its input cannot be read with the key of another account."""
    for step in filter(trace.__contains__, ("read_by_the_other", "listed_by_the_other")):
        if trace[step].ok and _shows(trace[step], trace["read"]):
            yield Finding(
                "reply.status", "404 for another account", str(trace[step].answer.status), trace[step].id
            )


def _shows(answer: Exchange, own: Exchange) -> bool:
    """Whether an answer shows the response itself, or items of its input."""
    fields = answer.answer.fields
    return fields.get("id") == own.answer.fields.get("id") or bool(fields.get("data"))


@rule(
    "accounts.another-account-cannot-delete-a-response",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="RET-30",
    when=succeeded("read"),
    needs=NEEDED,
)
def another_account_cannot_delete_a_response(trace: ScenarioTrace) -> Iterator[Finding]:
    """A stored response is still there after another account tried to delete it."""
    if "read_again" in trace and trace["read_again"].answer.status in (404, 410):
        status = show(trace["read_again"].answer.status)
        expected = "200, since only another account asked to delete it"
        yield Finding("reply.status", expected, status, trace["read_again"].id)
