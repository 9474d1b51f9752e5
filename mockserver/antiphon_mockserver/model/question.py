"""What the user asks in the frame of a framework, and what is said of wrong answers.

    question_of("Current Task: What is the weather in Paris?\n\nThis is the expected criteria ...")
    -> "What is the weather in Paris?"

A framework, or a user, asks again because the answer was wrong, and gets another answer:

    feedback_in(["1 validation error: age\n  Input should be greater than 18\n\nFix the errors, try again."])
    -> Feedback((Round(names={"age", ...}, proposals=(19, 17, 18, ...)),))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from antiphon_mockserver.model.prompt_schema import PROPERTIES, without_schema
from antiphon_mockserver.model.quotations import NUMBER, QUOTED, matched_group
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_pattern

LABEL = late_pattern(
    r"^[ \t]*(?:(?:new|current|your|the|user(?:'?s)?)[ \t]+)?(?:task|question|query)[ \t]*:[ \t]*\n?"
    r"|^\[\[ ## (?!completed)\w+ ## \]\][ \t]*\n",
    re.IGNORECASE | re.MULTILINE,
)
"""A label at the beginning of a line, behind which the user's words stand: `New task:`."""
END = late_pattern(r"\n[ \t]*\n|\n\[\[ ## |\n[ \t]*(?:answer|thought|response)[ \t]*:", re.IGNORECASE)
"""Where the user's words end: an empty line, or the next label."""


def text_of(content: Any) -> str:
    """The text of a message's content or a tool's output, one line per part."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    if len(content) == 1:
        text = content[0].get("text")
        return text if text and isinstance(text, str) else _text(content[0])
    return "\n".join(filter(None, map(_text, content)))


def _text(part: Any) -> str:
    text = part.get("text") or part.get("refusal") or ""
    return text if isinstance(text, str) else ""


MOST_READ = 50_000
"""Characters at the beginning of a message, and at its end, that are read as a question."""


def question_of(text: str) -> str:
    """What the user says in a message, without a schema and without the frame of a framework."""
    if len(text) > 2 * MOST_READ:
        text = f"{text[:MOST_READ]}\n{text[-MOST_READ:]}"
    text = without_schema(text) if PROPERTIES in text else text
    labels = list(LABEL.finditer(text)) if ":" in text or "[[ ## " in text else []
    for label in reversed(labels):
        end = END.search(text, label.end())
        if words := text[label.end() : end.start() if end else len(text)].strip():
            return words
    return _in_tags(text) if text.lstrip().startswith("<") else text


FRAME = late_pattern(r"\A\s*<(\w+)>.*</\1>\s*\Z", re.DOTALL)
"""A message that stands in tags as a whole."""
TAGS = (
    "question",
    "query",
    "user_query",
    "user_request",
    "request",
    "input",
    "context",
    "instructions",
    "task",
)
"""The tags that hold the user's words, those first that hold nothing else."""
TAG = late_pattern(r"</?[A-Za-z][^<>\n]{0,80}>")


def _in_tags(text: str) -> str:
    """The user's words in a message in tags: `<task><instructions>Draw an owl.</instructions> ...</task>`."""
    if FRAME.match(text) is None:
        return text
    for tag in TAGS:
        start, end = text.find(f"<{tag}>"), text.rfind(f"</{tag}>")
        if 0 <= start < end and (words := TAG.sub(" ", text[start:end]).strip()):
            return words
    return text


LONGEST = 20_000
"""Characters of a message that are read as feedback."""
MOST_CALLS = 3
"""How often the model calls a tool again because it said that the arguments were wrong."""
MOST_PROPOSALS = 50

FAULT = late_pattern(
    r"\b(?:errors?|invalid|validation|mistakes?|failed to|could not|did not|not valid|incorrect|wrong)\b",
    re.IGNORECASE,
)
AGAIN = late_pattern(
    r"\b(?:try again|retry|correct (?:your|the)|recall the function)\b"
    r"|\bfix (?:the|your|these|all) (?:\w+ )?(?:errors?|mistakes?|issues?|problems?)\b",
    re.IGNORECASE,
)
AGAIN_CUES = ("again", "retry", "correct", "recall", "fix")
MESSAGE = late_pattern(r"\"(?:msg|error)\":\s*\"((?:[^\"\\]|\\.)*)\"")
PLACE = late_pattern(r"\"loc\":\s*\[([^\]]*)\]")
NAME = late_pattern(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Round:
    """What was said once about a wrong answer."""

    text: str
    """What was wrong, without the values that were sent."""
    names: frozenset[str]
    """Its words, among them the names of the members that were wrong."""
    proposals: tuple[Any, ...]
    """The values that it mentions, and the numbers beside them."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was wrong with the earlier answers to the same question."""

    rounds: tuple[Round, ...]
    """One for each time that the question was asked again, oldest first."""
    members: frozenset[str] = frozenset()
    """The names of the members that an answer may have."""

    def about(self, name: str) -> tuple[Round, int] | None:
        """The newest round about a member, and how often the same was said before; None when it was right.

        A round that names no member at all is about each of them.
        """
        for round_ in reversed(self.rounds):
            if name in round_.names or self.members.isdisjoint(round_.names):
                return round_, sum(other.text == round_.text for other in self.rounds) - 1
        return None

    def improve(self, text: str) -> str:
        """Another text: with the quoted words that were missing, or marked as a further attempt."""
        proposals = self.rounds[-1].proposals
        missing = [word for word in proposals if isinstance(word, str) and word not in text]
        return f"{text} {' '.join(missing)}" if missing else f"{text} (attempt {len(self.rounds) + 1})"


ERROR = late_pattern(r"\s*\{\s*\"error\":\s*\"")
"""How the output of a tool begins that failed, and says nothing else."""
DEMAND = late_pattern(r"\b(?:invalid|must|should|expected|required|not valid)\b", re.IGNORECASE)
RESULT = "Observation"
"""What stands in each message that OBSERVATION matches."""
OBSERVATION = late_pattern(r"\s*Observations?:\s*(.*)", re.DOTALL)
"""A message with what a tool returned, of frameworks that put calls and results into texts."""
CALLED = late_pattern(r"[\"']name[\"']:\s*[\"']([\w.-]+)[\"']|\bAction:\s*([\w.-]+)")
"""The name of the tool in the message before it."""


def observed(text: str) -> str | None:
    """The result of a tool that a user message holds; None when it holds the user's words."""
    match = OBSERVATION.match(text)
    return match[1] if match else None


def called(text: str) -> str:
    """The tool that an answer in text has called."""
    match = CALLED.search(text)
    return matched_group(match) if match else "the tool"


def lacks(text: str, cues: Sequence[str]) -> bool:
    """Whether a text surely lacks all of these words in lower case: searching for a pattern takes longer."""
    if not text.isascii():  # some letters beyond ASCII match letters within
        return False
    lower = text.lower()
    return not any(cue in lower for cue in cues)


def is_feedback(text: str) -> bool:
    """Whether a message says that the answer was wrong and wants another one."""
    text = text[:LONGEST]
    if ERROR.match(text) and DEMAND.search(text):
        return True
    if lacks(text, AGAIN_CUES):
        return False
    return AGAIN.search(text) is not None and FAULT.search(text) is not None


BEFORE = late_pattern(
    r"\b(?:previous|preceding|earlier|last|above) (?:response|answer|message|output|conversation|text)s?\b"
    r"|\b(?:response|answer|conversation|messages?|text) (?:above|so far)\b",
    re.IGNORECASE,
)
BEFORE_CUES = ("previous", "preceding", "earlier", "last", "above", "so far")
FORM = late_pattern(r"\b(?:format|convert|extract|structured?|tool|function|json|schema)\b", re.IGNORECASE)
LONGEST_REMARK = 300


def is_remark(text: str) -> bool:
    """Whether a message says only in which form the answer to the question before it is wanted."""
    if len(text) > LONGEST_REMARK or ":" in text or lacks(text, BEFORE_CUES) or QUOTED.search(text):
        return False
    return BEFORE.search(text) is not None and FORM.search(text) is not None


CONTEXT = "For context:"
"""How a message begins that tells what other agents did."""


def is_question(text: str) -> bool:
    """Whether a message asks something itself."""
    return not (text.startswith(CONTEXT) or is_feedback(text) or is_remark(text))


def feedback_in(texts: Sequence[str]) -> Feedback | None:
    """The feedback in these messages, oldest first; None without any."""
    return Feedback(tuple(map(_round, texts))) if texts else None


def _round(text: str) -> Round:
    text = text[:LONGEST]
    places = " ".join(PLACE.findall(text))
    said = " ".join(MESSAGE.findall(text)) or text
    proposals = tuple(dict.fromkeys(_proposals(said)))[:MOST_PROPOSALS]
    return Round(said, frozenset(NAME.findall(places or said)), proposals)


ASIDE = late_pattern(r"\[type=[^\n]*\]|https?://\S+|\b\d+ validation errors?\b|\b(?:line|column|char) \d+")
"""What a validator says beside the fault: the value that was sent, an address, counts and places."""
EXACTLY = late_pattern(
    r"\b(?:must|should|to|expected|exactly|at (?:least|most))(?: be| equal)?(?: to)?\s*$|=\s*$", re.I
)
"""What stands before a number that is right itself; another one is a bound."""


def _proposals(said: str) -> Iterator[Any]:
    said = ASIDE.sub(" ", said)
    for match in QUOTED.finditer(said):
        yield matched_group(match)
    said = QUOTED.sub(" ", said)
    for match in NUMBER.finditer(said):
        number = float(match[0]) if "." in match[0] else int(match[0])
        near = (number + 1, number - 1)
        is_right = EXACTLY.search(said[: match.start()]) is not None
        yield from ((number, *near) if is_right else (*near, number))
