"""Rules on `previous_response_id`: what a continuation knows, and which responses cannot be continued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.requests.test_prompts import FIRST_WORD, SECOND_WORD
from antiphon_conformance.requests.unusual import odd
from antiphon_conformance.rules.reading.chains import (
    forks,
    orders,
    recalls,
    unless_forgotten,
    unless_run_forgets,
)
from antiphon_conformance.rules.reading.comparison import (
    MARGIN,
    answers,
    expect_ok,
    expect_rejection,
    input_tokens,
    knows,
    output_tokens,
    response_differences,
    says,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import answered, objects, text_of, value_at
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply, ErrorReply, ScenarioTrace

UNKNOWN = odd("an_unknown_previous_response")


@rule(
    "chaining.previous-response-id-is-accepted",
    ScenarioTrace,
    scenario="chaining",
    cites=("STA-01", "STA-03", "BUD-REQ-09"),
)
def previous_response_id_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A create over HTTP can continue a stored response by `previous_response_id`.

    Servers that know chains only over WebSocket reject this, and agent loops that rely on it stop.
    """
    yield from expect_ok(trace["continued"], "200, since the previous response is stored")


@rule(
    "chaining.instructions-may-accompany-a-chain",
    ScenarioTrace,
    scenario="chaining",
    cites=("STA-01", "STA-05"),
    when=took_place("forked"),
)
def instructions_may_accompany_a_chain(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request can have new `instructions` together with `previous_response_id`.

    Instructions hold for one request. Without new ones, a client cannot change the instructions of a chain.
    """
    fork = trace["forked"]
    yield from expect_ok(fork, "200, since each request may have its own instructions")
    expected = fork.request.fields.get("instructions")
    instructions = fork.response.get("instructions", expected) if fork.ok else expected
    if instructions != expected:
        yield Finding("reply.body/instructions", show(expected), show(instructions), fork.id)


@rule(
    "chaining.a-chain-knows-the-whole-history",
    ScenarioTrace,
    scenario="chaining",
    cites=("STA-01", "STA-03", "BUD-REQ-09"),
    when=lambda trace: any(recalls(trace)),
    needs="a model that recalls the code words when it gets the whole history",
)
def a_chain_knows_the_whole_history(trace: ScenarioTrace) -> Iterator[Finding]:
    """A continuation knows what the whole history would tell it, over more than one turn.

    A chain means the same as the whole history. Some servers accept `previous_response_id` and silently
    ignore it, or load only one turn.
    """
    for recall in recalls(trace):
        continuation = trace[recall.chain]
        for word in (word for word in recall.words if not knows(trace, recall.chain, word)):
            actual = named("text", text_of(continuation.response))
            yield Finding("reply.body/output", f"the code word {word}", actual, continuation.id)


@rule(
    "chaining.a-chain-keeps-the-order-of-its-turns",
    ScenarioTrace,
    scenario="chaining",
    cites=("STA-02", "STA-03"),
    when=unless_forgotten(lambda trace: any(orders(trace))),
    needs="a model that names the newer colour when it gets the whole history",
)
def a_chain_keeps_the_order_of_its_turns(trace: ScenarioTrace) -> Iterator[Finding]:
    """A continuation reads the earlier input and output, oldest first, then the new input."""
    for order in orders(trace):
        if not any(map(order.shows, answers(trace, order.chain))):
            continuation = trace[order.chain]
            expected = f"{order.newer}, from the later turn, and not {order.older}"
            actual = named("text", text_of(continuation.response))
            yield Finding("reply.body/output", expected, actual, continuation.id)


@rule(
    "chaining.a-chain-counts-its-whole-history",
    ScenarioTrace,
    scenario="chaining",
    cites=("STA-03", "STA-13"),
    when=unless_forgotten(succeeded("asked", "resent")),
)
def a_chain_counts_its_whole_history(trace: ScenarioTrace) -> Iterator[Finding]:
    """`usage.input_tokens` of a continuation is about that of the whole history.

    The count shows whether the history reached the model, whatever the model says.
    """
    chain, whole = input_tokens(trace["asked"]), input_tokens(trace["resent"])
    if 2 * chain < whole:
        expected = f"about {whole}, as for the whole history"
        actual = show(value_at(answered(trace["asked"]), "usage", "input_tokens"))
        yield Finding("reply.body/usage/input_tokens", expected, actual, trace["asked"].id)


def _was_read(trace: ScenarioTrace) -> bool:
    """Whether the texts of the turns came whole: what was lost on the way is in the chain, and not in what
    was sent again."""
    return all(
        text_of(answered(trace[step])) and answered(trace[step]).get("status") == "completed"
        for step in ("told", "continued")
    )


@rule(
    "chaining.a-chain-repeats-no-turn",
    ScenarioTrace,
    scenario="chaining",
    cites="STA-31",
    when=unless_forgotten(
        lambda trace: succeeded("told", "continued", "asked", "resent")(trace) and _was_read(trace)
    ),
)
def a_chain_repeats_no_turn(trace: ScenarioTrace) -> Iterator[Finding]:
    """A continuation counts no more input tokens than the whole history sent again.

    A server that repeats earlier turns counts more. Reasoning of the earlier turns may be in a chain and is
    not in what was sent again, so their output may be counted twice.
    """
    chain, whole = input_tokens(trace["asked"]), input_tokens(trace["resent"])
    outputs = sum(output_tokens(trace[step]) for step in ("told", "continued"))
    most = whole + outputs + MARGIN
    if whole and chain > most:
        expected = f"at most {show(most)}: {show(whole)} for the whole history, and what the turns said"
        yield Finding("reply.body/usage/input_tokens", expected, show(chain), trace["asked"].id)


@rule(
    "chaining.input-tokens-grow-along-a-chain",
    ScenarioTrace,
    scenario="chaining",
    cites="STA-13",
    when=unless_forgotten(succeeded("told", "continued", "asked")),
)
def input_tokens_grow_along_a_chain(trace: ScenarioTrace) -> Iterator[Finding]:
    """`usage.input_tokens` grows from turn to turn of a chain.

    The model reads the whole context again on each turn. Another rule reports a turn without a count.
    """
    for before, after in (("told", "continued"), ("continued", "asked")):
        earlier, later = input_tokens(trace[before]), input_tokens(trace[after])
        if earlier and later and later <= earlier:
            expected = f"more than {earlier}, the count of the turn before"
            actual = show(value_at(answered(trace[after]), "usage", "input_tokens"))
            yield Finding("reply.body/usage/input_tokens", expected, actual, trace[after].id)


@rule(
    "chaining.instructions-are-not-carried-over",
    ScenarioTrace,
    scenario="chaining",
    cites=("STA-05", "BUD-REQ-11"),
    when=succeeded("continued"),
)
def instructions_are_not_carried_over(trace: ScenarioTrace) -> Iterator[Finding]:
    """A continuation does not inherit the `instructions` of the previous response."""
    continuation = trace["continued"]
    instructions = answered(continuation).get("instructions")
    if instructions is not None and not _is_this_turn(instructions):
        expected = "null or absent, since the request has no instructions"
        yield Finding("reply.body/instructions", expected, show(instructions), continuation.id)


def _is_this_turn(instructions: Any) -> bool:
    """Whether all of these are user messages: some dialects repeat the input of a turn as instructions."""
    messages = objects(instructions)
    return isinstance(instructions, list) and all(item.get("role") == "user" for _, item in messages)


@rule(
    "chaining.a-response-may-be-continued-twice",
    ScenarioTrace,
    scenario="chaining",
    cites="STA-14",
    when=took_place("forked"),
)
def a_response_may_be_continued_twice(trace: ScenarioTrace) -> Iterator[Finding]:
    """Two creates can continue the same response, and neither reads the input of the other."""
    fork = trace["forked"]
    yield from expect_ok(fork, "200, since a response may be continued more than once")
    for branch in (trace[step] for step in ("forked", "recalled") if step in trace):
        if says(branch, SECOND_WORD):
            expected = f"a text without {SECOND_WORD}, which is only in the other branch"
            yield Finding("reply.body/output", expected, named("text", text_of(branch.response)), branch.id)


@rule(
    "chaining.a-second-branch-knows-the-common-past",
    ScenarioTrace,
    scenario="chaining",
    cites="STA-14",
    when=unless_forgotten(lambda trace: any(forks(trace))),
    needs="a model that recalls the code words when it gets the whole history",
)
def a_second_branch_knows_the_common_past(trace: ScenarioTrace) -> Iterator[Finding]:
    """A second continuation of a response knows the turns up to that response."""
    for step in forks(trace):
        if not knows(trace, step, FIRST_WORD):
            fork = trace[step]
            actual = named("text", text_of(fork.response))
            yield Finding("reply.body/output", f"the code word {FIRST_WORD}", actual, fork.id)


@rule(
    "chaining.continuing-leaves-the-response-before-unchanged",
    ScenarioTrace,
    scenario="chaining",
    cites="STA-15",
    when=succeeded("told_again"),
)
def continuing_leaves_the_response_before_unchanged(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response stays as it was after two creates continued it."""
    yield from response_differences(trace["told_again"], trace["told"])


@rule(
    "chaining.an-unknown-previous-response-is-rejected",
    AnyReply,
    cites=("STA-07", "BUD-REQ-08"),
    when=UNKNOWN,
    needs="an unknown `previous_response_id`",
    reads=REJECTION,
)
def an_unknown_previous_response_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """An unknown `previous_response_id` is rejected.

    A server that accepts it drops the conversation, and the client does not notice.
    """
    yield from expect_rejection(answer.exchange, "a 4xx, since no response has this id")


@rule(
    "chaining.an-unknown-previous-response-has-its-code",
    ErrorReply,
    cites="STA-07",
    when=UNKNOWN,
    needs="an error on an unknown `previous_response_id`",
    reads=REJECTION,
)
def an_unknown_previous_response_has_its_code(rejection: ErrorReply) -> Iterator[Finding]:
    """The error on an unknown `previous_response_id` has its own code and names the parameter.

    Clients read the code `previous_response_not_found` to send the whole history again.
    """
    members = {"code": "previous_response_not_found", "param": "previous_response_id"}
    for name, expected in members.items():
        actual = rejection.error.get(name, ABSENT)
        if actual != expected:
            yield Finding(f"reply.body/error/{name}", expected, show(actual))


@rule(
    "chaining.a-call-without-its-output-is-rejected",
    ScenarioTrace,
    scenario="parallel_calls",
    cites="STA-17",
    when=unless_run_forgets(took_place("unanswered")),
    needs="a model that calls the tools that the prompt names",
)
def a_call_without_its_output_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """Continuing from function calls without their outputs is rejected.

    A model cannot go on from a call that has no output.
    """
    yield from expect_rejection(trace["unanswered"], "a 4xx, since the previous calls have no outputs")


def _recalls_an_output(trace: ScenarioTrace) -> bool:
    """Whether the chain or the whole history tells what the output of a tool said a turn before."""
    steps = [step for step in ("recalled", "resent") if step in trace and trace[step].ok]
    return "recalled" in steps and any(knows(trace, step, FIRST_WORD) for step in steps)


@rule(
    "chaining.outputs-of-tools-stay-in-the-context",
    ScenarioTrace,
    scenario="parallel_calls",
    cites=("STA-01", "STA-03"),
    when=unless_run_forgets(_recalls_an_output),
    needs="a model that recalls the output of a tool when it gets the whole history",
)
def outputs_of_tools_stay_in_the_context(trace: ScenarioTrace) -> Iterator[Finding]:
    """A continuation knows what the outputs of tools said in an earlier turn.

    Some servers keep the messages of a turn and drop its calls and their outputs: the agent forgets each
    step.
    """
    if not knows(trace, "recalled", FIRST_WORD):
        chain = trace["recalled"]
        actual = named("text", text_of(answered(chain)))
        yield Finding("reply.body/output", f"the code word {FIRST_WORD}", actual, chain.id)


@rule(
    "chaining.a-call-with-its-output-is-accepted",
    ScenarioTrace,
    scenario="parallel_calls",
    cites="STA-27",
    when=unless_run_forgets(took_place("continued")),
    needs="a model that calls the tools that the prompt names",
)
def a_call_with_its_output_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """Continuing from function calls with their outputs is accepted."""
    step = next(filter(trace.__contains__, ("continued_plainly", "continued_freely")), "continued")
    yield from expect_ok(trace[step], "200, since each call has its output")
