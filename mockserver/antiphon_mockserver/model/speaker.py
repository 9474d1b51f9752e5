"""What the model says to one text of a user, in requests that ask for nothing but a text.

Such requests differ only in that text, so what is the same in all of them is read once. It says what the plan
of the same request says (model/__init__.py), or nothing where a plan needs more than a text.

speaker = speaker_of(context)                   # of the first such request
speaker.say("Say hello to Ada.")                # ("Hello!", 12, 2): the text, its input and output tokens
"""

from __future__ import annotations

from dataclasses import replace

from antiphon_mockserver.model import in_manner
from antiphon_mockserver.model.prompt_schema import PROPERTIES
from antiphon_mockserver.model.reading import instructions_of, read_text, whole_number
from antiphon_mockserver.model.skills import Refusal, answer, fit_words
from antiphon_mockserver.response.plan import Context
from antiphon_mockserver.response.tokens import ITEM_OVERHEAD, count, count_input
from antiphon_spec.loading.construction import dataclass

DIRECTIVES = frozenset({"tools", "text", "reasoning", "include", "context_management"})
"""The members of a request that may lead to more than a text."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """The model, as requests have it that are alike but for the user's text."""

    instructions: tuple[str, ...]
    tokens: int
    """The input tokens besides those of the text."""
    limit: int | None
    """The most output tokens; None means any number."""

    def say(self, text: str) -> tuple[str, int, int] | None:
        """The answer to a text, its input tokens and its output tokens; None where a plan may say more."""
        if PROPERTIES in text:
            return None
        reading = read_text(text, self.instructions)
        said = answer(reading)
        if isinstance(said, Refusal):
            return None
        said = in_manner(fit_words(said, reading.question), reading)
        tokens = count(said)
        if not said or "://" in said or (self.limit is not None and tokens > self.limit):
            return None
        return said, self.tokens + count(text), tokens


def speaker_of(context: Context) -> Speaker | None:
    """The speaker for requests like that of this context; None where they ask for more than a text."""
    request = context.request
    if context.servers or any(request.get(name) for name in DIRECTIVES):
        return None
    instructions = instructions_of(request)
    if any(PROPERTIES in said for said in instructions):
        return None
    tokens = count_input(replace(context, items=())) + ITEM_OVERHEAD
    return Speaker(instructions, tokens, whole_number(context, "max_output_tokens"))
