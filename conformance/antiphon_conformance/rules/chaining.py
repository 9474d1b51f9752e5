"""Rules on `previous_response_id`: what a continued answer knows, and what must not be continued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from antiphon_conformance.answers import answered, objects, text_of
from antiphon_conformance.oddities import odd
from antiphon_conformance.parity import (
    expect_status,
    input_tokens,
    refused,
    response_differences,
    says,
    succeeded,
    took_place,
)
from antiphon_conformance.prompts import FIRST_WORD, NEW_COLOUR, OLD_COLOUR, SECOND_WORD
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Answered, Refused, Scene
from antiphon_conformance.text import ABSENT, show

UNKNOWN = odd("an_unknown_previous_response")


@rule(Scene, scenario="chaining", cites=("STA-01", "STA-03", "BUD-REQ-09"))
def previous_response_id_is_accepted(scene: Scene) -> Iterator[Finding]:
    """A stored response may be continued over HTTP by naming it in `previous_response_id`.

    Servers that know chains only over WebSocket refuse this, and every agent loop that relies on it stops.
    """
    yield from expect_status(scene["continued"], (200,), "200, since the response named was just given")


@rule(Scene, scenario="chaining", cites=("STA-01", "STA-05"), when=took_place("forked"))
def instructions_may_accompany_a_chain(scene: Scene) -> Iterator[Finding]:
    """New `instructions` may be given together with `previous_response_id`.

    Instructions hold for one request: a server that refuses them in a chain leaves the old ones in force.
    """
    forked = scene["forked"]
    yield from expect_status(forked, (200,), "200, since instructions are given anew for each request")
    wanted = forked.request.fields.get("instructions")
    told = forked.response.get("instructions", wanted) if forked.ok else wanted
    if told != wanted:
        yield Finding("reply.body/instructions", show(wanted), show(told), forked.id)


def knows_with_the_whole_history(scene: Scene) -> bool:
    """Whether the model names both code words when the whole history is sent, and the chain was asked too."""
    return (
        succeeded("asked", "resent")(scene)
        and says(scene["resent"], FIRST_WORD)
        and says(scene["resent"], SECOND_WORD)
    )


@rule(
    Scene,
    scenario="chaining",
    cites=("STA-01", "STA-03", "BUD-REQ-09"),
    when=knows_with_the_whole_history,
    needs="a model that recalls the code words when the whole history is sent to it",
)
def a_chain_knows_what_the_whole_history_tells(scene: Scene) -> Iterator[Finding]:
    """A continued answer knows what the resent full history would tell, over more than one turn.

    This is the parity of chain and history: some servers accept `previous_response_id` and silently ignore
    it, or load one turn only.
    """
    asked = scene["asked"]
    for word in (FIRST_WORD, SECOND_WORD):
        if not says(asked, word):
            yield Finding(
                "reply.body/output", f"the code word {word}", show(text_of(asked.response)), asked.id
            )


def tells_the_newer_colour(scene: Scene) -> bool:
    """Whether the model names the colour told last when the whole history is sent, and both were asked."""
    whole = scene["resent"]
    return succeeded("asked", "resent")(scene) and says(whole, NEW_COLOUR) and not says(whole, OLD_COLOUR)


@rule(
    Scene,
    scenario="chaining",
    cites="STA-02",
    when=tells_the_newer_colour,
    needs="a model that names the colour told last when the whole history is sent to it",
)
def a_chain_keeps_the_order_of_its_turns(scene: Scene) -> Iterator[Finding]:
    """The context of a continued answer is the earlier input and output, oldest first, then the new input."""
    asked = scene["asked"]
    if not says(asked, NEW_COLOUR) or says(asked, OLD_COLOUR):
        expected = f"{NEW_COLOUR}, which was told last, and not {OLD_COLOUR}"
        yield Finding("reply.body/output", expected, show(text_of(asked.response)), asked.id)


@rule(Scene, scenario="chaining", cites=("STA-03", "STA-13"), when=succeeded("asked", "resent"))
def a_chain_counts_its_whole_history(scene: Scene) -> Iterator[Finding]:
    """`usage.input_tokens` of a continued answer counts about what the resent full history does.

    It shows without any look at the text whether the history reached the model.
    """
    chained, whole = input_tokens(scene["asked"]), input_tokens(scene["resent"])
    if 2 * chained < whole:
        expected = f"about {whole}, as when the whole history is sent"
        yield Finding("reply.body/usage/input_tokens", expected, str(chained), scene["asked"].id)


@rule(Scene, scenario="chaining", cites="STA-13", when=succeeded("told", "continued", "asked"))
def input_tokens_grow_along_a_chain(scene: Scene) -> Iterator[Finding]:
    """`usage.input_tokens` grows from turn to turn of a chain, since all of its context is read again."""
    for before, after in (("told", "continued"), ("continued", "asked")):
        earlier, later = input_tokens(scene[before]), input_tokens(scene[after])
        if later <= earlier:
            expected = f"more than the {earlier} of the turn before"
            yield Finding("reply.body/usage/input_tokens", expected, str(later), scene[after].id)


@rule(Scene, scenario="chaining", cites=("STA-05", "BUD-REQ-11"), when=succeeded("continued"))
def instructions_are_not_carried_over(scene: Scene) -> Iterator[Finding]:
    """`instructions` of the response before do not hold for the one that continues it."""
    continued = scene["continued"]
    carried = answered(continued).get("instructions")
    if carried is not None and not _is_this_turn(carried):
        yield Finding("reply.body/instructions", "none, since none were given", show(carried), continued.id)


def _is_this_turn(told: Any) -> bool:
    """Whether these instructions are messages of a user only, as some dialects repeat all of a turn."""
    return isinstance(told, list) and all(item.get("role") == "user" for _, item in objects(told))


@rule(Scene, scenario="chaining", cites="STA-14", when=took_place("forked"))
def a_response_may_be_continued_twice(scene: Scene) -> Iterator[Finding]:
    """Two responses may continue the same one, and neither learns what the other was told."""
    forked = scene["forked"]
    yield from expect_status(forked, (200,), "200, since a response may be continued more than once")
    if says(forked, SECOND_WORD):
        expected = f"nothing of {SECOND_WORD}, which only the other branch was told"
        yield Finding("reply.body/output", expected, show(text_of(forked.response)), forked.id)


@rule(
    Scene,
    scenario="chaining",
    cites="STA-14",
    when=lambda scene: knows_with_the_whole_history(scene) and succeeded("forked")(scene),
    needs="a model that recalls the code words when the whole history is sent to it",
)
def a_second_branch_knows_the_common_past(scene: Scene) -> Iterator[Finding]:
    """A second continuation of a response knows what was said up to that response."""
    forked = scene["forked"]
    if not says(forked, FIRST_WORD):
        yield Finding(
            "reply.body/output", f"the code word {FIRST_WORD}", show(text_of(forked.response)), forked.id
        )


@rule(Scene, scenario="chaining", cites="STA-15", when=succeeded("told_again"))
def continuing_leaves_the_response_before_unchanged(scene: Scene) -> Iterator[Finding]:
    """A response that was continued, twice even, is retrieved as it was."""
    yield from response_differences(scene["told_again"], scene["told"])


@rule(Answered, cites=("STA-07", "BUD-REQ-08"), when=UNKNOWN, needs="an unknown `previous_response_id`")
def an_unknown_previous_response_is_refused(answer: Answered) -> Iterator[Finding]:
    """A `previous_response_id` that names nothing is a client error.

    A server that answers all the same has dropped the conversation without telling anyone.
    """
    yield from refused(answer.exchange, "a 4xx, since no response has this id")


@rule(Refused, cites="STA-07", when=UNKNOWN, needs="a refusal of an unknown `previous_response_id`")
def an_unknown_previous_response_is_named(refusal: Refused) -> Iterator[Finding]:
    """The refusal of an unknown `previous_response_id` has its own code and names the parameter.

    Clients decide by the code, `previous_response_not_found`, whether to send the whole history again.
    """
    wanted = {"code": "previous_response_not_found", "param": "previous_response_id"}
    for name, value in wanted.items():
        got = refusal.error.get(name, ABSENT)
        if got != value:
            yield Finding(f"reply.body/error/{name}", value, show(got))


@rule(
    Scene,
    scenario="parallel_calls",
    cites="STA-17",
    when=took_place("unanswered"),
    needs="a model that calls the tools that it is told to call",
)
def a_call_without_its_output_is_refused(scene: Scene) -> Iterator[Finding]:
    """A response that ended in function calls is continued only with their outputs.

    The model would be asked to go on from a call that nobody answered.
    """
    yield from refused(scene["unanswered"], "a 4xx, since the calls before have no outputs")


@rule(
    Scene,
    scenario="parallel_calls",
    cites="STA-17",
    when=took_place("continued"),
    needs="a model that calls the tools that it is told to call",
)
def a_call_with_its_output_goes_on(scene: Scene) -> Iterator[Finding]:
    """A response that ended in function calls is continued when the new input gives their outputs."""
    step = "continued_freely" if "continued_freely" in scene else "continued"
    yield from expect_status(scene[step], (200,), "200, since each call has its output")
