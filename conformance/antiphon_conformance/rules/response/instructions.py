"""`instructions`: their effect on the model, and their form in the response."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import named, show
from antiphon_conformance.requests.test_prompts import FIRST_WORD, SIGN_OFF
from antiphon_conformance.rules.reading.comparison import says, succeeded
from antiphon_conformance.rules.reading.output import answered, text_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.state.input_items import roles_and_texts
from antiphon_conformance.rules.views import ResponseObject, ScenarioTrace


def _has_text(trace: ScenarioTrace) -> bool:
    return succeeded("echoed")(trace) and bool(text_of(answered(trace["echoed"])))


def _obeys(trace: ScenarioTrace) -> bool:
    """Whether an answer follows instructions, or the model tells a fact that a message tells it."""
    told = (step for step in ("instructed_simply", "told") if step in trace)
    return _has_text(trace) and (
        says(trace["echoed"], SIGN_OFF) or any(says(trace[step], FIRST_WORD) for step in told)
    )


def _shows_messages(response: ResponseObject) -> bool:
    texts = (response.request_fields.get(name) for name in ("instructions", "input"))
    return (
        response.creation
        and response.request_fields.get("prompt") is None
        and all(isinstance(text, str) for text in texts)
    )


@rule(
    "instructions.come-back-before-the-input",
    ResponseObject,
    cites="BUD-RSP-12",
    when=_shows_messages,
    needs="an answer to `instructions` and a string as input",
    reads={Part.TEXTS},
)
def come_back_before_the_input(response: ResponseObject) -> Iterator[Finding]:
    """`instructions` of a response are the system message, followed by the user's input."""
    expected = [
        ("system", response.request_fields["instructions"]),
        ("user", response.request_fields["input"]),
    ]
    actual = roles_and_texts(response.object.get("instructions"))
    if actual != expected:
        yield Finding(f"{response.where}/instructions", show(expected), named("messages", actual))


@rule(
    "instructions.affect-the-answer",
    ScenarioTrace,
    scenario="echoes",
    cites="RES-57",
    when=_obeys,
    needs="a model that follows instructions, or repeats a fact that it was told",
)
def affect_the_answer(trace: ScenarioTrace) -> Iterator[Finding]:
    """The answer follows the `instructions`.

    Some servers echo them but do not send them to the model.
    """
    echo = trace["echoed"]
    if says(echo, SIGN_OFF) or (
        "instructed_simply" in trace and says(trace["instructed_simply"], FIRST_WORD)
    ):
        return
    yield Finding(
        "reply.body/output", f"a text with {SIGN_OFF}", named("text", text_of(answered(echo))), echo.id
    )
