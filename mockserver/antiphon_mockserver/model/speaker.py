"""What the model says to the last text of a user, in requests that are alike but for that text.

What is the same in all of them is read once. It says what the plan of the same request says
(model/__init__.py); `say` knows only texts, and says nothing where a plan may be more.

speaker = speaker_of(context)                   # of the first such request
speaker.say("Say hello to Ada.", request)       # ("Hello!", 12, 2): the text, its input and output tokens
speaker.plan("Weather in Paris?", request)      # Plan((a call of a function,))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.model import in_manner, plan_for
from antiphon_mockserver.model.prompt_schema import PROPERTIES
from antiphon_mockserver.model.question import RESULT, is_question, question_of
from antiphon_mockserver.model.reading import Reading, read, read_text, whole_number
from antiphon_mockserver.model.skills import Refusal, answer, fit_words
from antiphon_mockserver.response.plan import Context, Plan
from antiphon_mockserver.response.tokens import CONTEXT_WINDOW, ITEM_OVERHEAD, count, count_input
from antiphon_spec.loading.construction import dataclass

DIRECTIVES = frozenset({"tools", "text", "reasoning", "include", "context_management"})
"""The members of a request that may lead to more than a text."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """The model, as requests have it that are alike but for the user's text."""

    context: Context
    """The context of the first such request."""
    before: Reading
    """The reading of that context without its last text and its own instructions."""
    tokens: int
    """The input tokens besides those of the text and the instructions."""
    limit: int | None
    """The most output tokens; None means any number."""
    only_speaks: bool
    """Whether nothing in a request asks for more than a text."""

    def say(self, text: str, request: Mapping[str, Any]) -> tuple[str, int, int] | None:
        """The answer to a text, its input tokens and its output tokens; None where a plan may say more."""
        own = request.get("instructions")
        if not self.only_speaks or PROPERTIES in text or (own is not None and PROPERTIES in own):
            return None
        reading = self._read(text, request)
        if reading is None:
            return None
        said = answer(reading)
        if isinstance(said, Refusal):
            return None
        said = in_manner(fit_words(said, reading.question), reading)
        tokens = count(said)
        if not said or "://" in said or (self.limit is not None and tokens > self.limit):
            return None
        return said, self._count(text, request), tokens

    def plan(self, text: str, request: Mapping[str, Any]) -> Plan | None:
        """The whole answer to a text; None where the context is too long, or is read in another way."""
        reading, tokens = self._read(text, request), self._count(text, request)
        if reading is None or tokens > CONTEXT_WINDOW:
            return None
        return plan_for(self.context, reading, tokens)

    def _read(self, text: str, request: Mapping[str, Any]) -> Reading | None:
        """The reading with this text; None where it is about the texts before it."""
        before, order = self.before, request.get("instructions")
        own = () if order is None else (order,)
        if not before.past and not before.demands:
            return read_text(text, own)
        if RESULT in text or not is_question(text):
            return None
        past = (*before.past, text) if text else before.past
        instructions = (*own, *before.instructions)
        users = before.demands[: len(before.demands) - len(before.instructions)]
        demands = (text, *users, *instructions)
        return Reading(text, question_of(text), instructions, past, (), (), False, demands)

    def _count(self, text: str, request: Mapping[str, Any]) -> int:
        """The input tokens."""
        own = request.get("instructions")
        return self.tokens + count(text) + (0 if own is None else ITEM_OVERHEAD + count(own))


def speaker_of(context: Context) -> Speaker | None:
    """The speaker for requests like that of this context; None where more than the text decides."""
    request = context.request
    has_text = isinstance(request.get("instructions"), str | None)
    if not has_text or context.servers or context.stores or request.get("context_management"):
        return None
    members = {name: value for name, value in request.items() if name != "instructions"}
    rest = replace(context, request=members, items=context.items[:-1])
    before = read(rest)
    if any(RESULT in text for text in before.past):
        return None
    demands_json = any(PROPERTIES in said for said in before.demands)
    only_speaks = not demands_json and not any(request.get(name) for name in DIRECTIVES)
    tokens = count_input(rest) + ITEM_OVERHEAD
    return Speaker(context, before, tokens, whole_number(context, "max_output_tokens"), only_speaks)
