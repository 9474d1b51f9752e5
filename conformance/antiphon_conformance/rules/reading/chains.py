"""Reads what the model recalls over a chain, and what it recalls from the whole history in one request.

What the model does not recall from the whole history says nothing about the chain. A chain that remembers
nothing is one fault: the rules about its order, its branches and its tokens have then nothing to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiphon_conformance.http.exchange import BlockedError, Exchange
from antiphon_conformance.requests.test_prompts import FIRST_WORD, NEW_COLOUR, OLD_COLOUR, SECOND_WORD
from antiphon_conformance.rules.reading.comparison import knows, says, succeeded
from antiphon_conformance.rules.views import ScenarioTrace
from antiphon_spec.loading.construction import dataclass

FORGETFUL = "the chain remembers nothing, as chaining.a-chain-knows-the-whole-history reports"


@dataclass(frozen=True, slots=True)
class Recall:
    """A question over a chain, the same with the whole history, and the words that answer it."""

    chain: str
    whole: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A question over a chain whose answer shows the order of the turns."""

    chain: str
    whole: str
    newer: str
    older: str

    def shows(self, answer: Exchange) -> bool:
        """Whether the answer names the newer word alone."""
        return says(answer, self.newer) and not says(answer, self.older)


RECALLS = (
    Recall("asked", "resent", (FIRST_WORD, SECOND_WORD)),
    Recall("recalled", "resent_simply", (FIRST_WORD,)),
    Recall("asked_anew", "resent_anew", (SECOND_WORD,)),
)
ORDERS = (
    Order("asked", "resent", NEW_COLOUR, OLD_COLOUR),
    Order("asked_anew", "resent_anew", SECOND_WORD, FIRST_WORD),
)
FORKS = (("forked", RECALLS[0]), ("recalled", RECALLS[1]))
"""The second continuations of a response, and what they must recall, as far as the first turn told it."""


def recalls(trace: ScenarioTrace) -> Iterator[Recall]:
    """The questions that the model answers with the whole history, and that a chain answered too."""
    return (
        recall
        for recall in RECALLS
        if succeeded(recall.chain, recall.whole)(trace)
        and all(says(trace[recall.whole], word) for word in recall.words)
    )


def orders(trace: ScenarioTrace) -> Iterator[Order]:
    """The questions for which the model names the newer word only when it gets the whole history."""
    return (
        order
        for order in ORDERS
        if succeeded(order.chain, order.whole)(trace) and order.shows(trace[order.whole])
    )


def forks(trace: ScenarioTrace) -> Iterator[str]:
    """The steps that are second continuations of a response for which the model knows the first code word."""
    known = list(recalls(trace))
    return (step for step, recall in FORKS if recall in known and succeeded(step)(trace))


def is_forgetful(trace: ScenarioTrace) -> bool:
    """Whether no chain recalls any of the words that the model knows with the whole history."""
    known = list(recalls(trace))
    words = ((recall.chain, word) for recall in known for word in recall.words)
    branches = ((step, FIRST_WORD) for step in forks(trace))
    return bool(known) and not any(knows(trace, step, word) for step, word in (*words, *branches))


def unless_run_forgets(applies: Callable[[ScenarioTrace], bool]) -> Callable[[ScenarioTrace], bool]:
    """The same for rules on another scenario's chain, which continues from calls."""

    def decide(trace: ScenarioTrace) -> bool:
        chaining = trace.run.get("chaining")
        if chaining is not None and is_forgetful(ScenarioTrace(chaining, trace.dialect)):
            raise BlockedError(FORGETFUL)
        return applies(trace)

    return decide


def unless_forgotten(applies: Callable[[ScenarioTrace], bool]) -> Callable[[ScenarioTrace], bool]:
    """For `when=`: the condition; on a chain that remembers nothing the rule is untestable.

    The condition raises BlockedError then, which names the rule that reports the fault.
    """

    def decide(trace: ScenarioTrace) -> bool:
        if is_forgetful(trace):
            raise BlockedError(FORGETFUL)
        return applies(trace)

    return decide
