"""What the model says: a table of skills, tried in order; when none applies, it echoes the prompt.

Instructions such as `always answer in capital letters` change every answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import cycle
from zlib import crc32

from antiphon_mockserver.model.languages import LANGUAGES, UNKNOWN, apology, spoken_in
from antiphon_mockserver.model.quotations import matched_group
from antiphon_mockserver.model.reading import BRIEFLY, Reading, recall
from antiphon_mockserver.model.remember import remember
from antiphon_mockserver.model.words import words
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_pattern

HEARD_LENGTH = 4_000
"""Characters of a prompt's end in which the skills look."""
QUOTED_LENGTH = 2_000
"""Characters of a prompt or an output that an answer quotes."""
LARGEST_COUNT = 5_000
"""The longest distance that the model counts."""

NUMBERS = {
    word: number
    for number, word in enumerate(
        words("zero one two three four five six seven eight nine ten eleven twelve")
    )
}
FILLING = ("to", "you", "my", "dear", "friend", "from", "your", "model")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model refuses; the message has a refusal part instead of text."""

    text: str


Answer = str | Refusal
Skill = Callable[[re.Match[str], Reading], Answer | None]


@dataclass(frozen=True, slots=True)
class SkillEntry:
    """One row of the table: the skill may answer when the prompt has a cue and matches the pattern.

    Cues are in lower case."""

    cues: tuple[str, ...]
    pattern: re.Pattern[str]
    skill: Skill


def entry(cues: str, pattern: str, skill: Skill) -> SkillEntry:
    """A row: the cues, separated by spaces, and a pattern that ignores case."""
    return SkillEntry(words(cues), late_pattern(pattern, re.IGNORECASE), skill)


def answer(reading: Reading) -> Answer:
    """The text that answers a reading, before the instructions change its manner."""
    if reading.outputs and (reading.ends_in_outputs or not reading.question):
        return _report(reading)
    text = _from_skills(reading)
    if isinstance(text, Refusal):
        return text
    if text is None:
        text = _echo(reading)
    if reading.outputs:
        text = f"{text} {_report(reading)}"
    return f"I see {_enumerate_names(reading.attachments)}. {text}" if reading.attachments else text


def _from_skills(reading: Reading) -> Answer | None:
    prompt = reading.question[-HEARD_LENGTH:]
    lower = prompt.lower()
    for entry in SKILLS:
        for cue in entry.cues:
            if cue in lower:
                match = entry.pattern.search(prompt)
                text = entry.skill(match, reading) if match else None
                if text is not None:
                    return text
                break
    return None


def _report(reading: Reading) -> str:
    """The outputs of the tools, in a sentence each."""
    return " ".join(
        f"The result of {output.tool} is: {output.text[:QUOTED_LENGTH]}" for output in reading.outputs
    )


def _echo(reading: Reading) -> str:
    prompt = reading.question.strip()
    return f"You said: {prompt[:QUOTED_LENGTH]}" if prompt else "I am listening."


def _enumerate_names(names: tuple[str, ...]) -> str:
    return ", ".join(f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in names)


def _repeat(match: re.Match[str], _reading: Reading) -> str | None:
    """The words to repeat, without their quotation marks."""
    return next((group.strip() for group in match.groups() if group and group.strip()), None)


def _refuse(_match: re.Match[str], _reading: Reading) -> Refusal:
    return Refusal("I'm sorry, but I can't help with that request.")


def _count(match: re.Match[str], _reading: Reading) -> str | None:
    first, last = _number(match[1] or "1"), _number(match[2])
    if first is None or last is None or abs(last - first) > LARGEST_COUNT:
        return None
    step = 1 if last >= first else -1
    return ", ".join(str(number) for number in range(first, last + step, step))


def _calculate(match: re.Match[str], reading: Reading) -> str | None:
    left, operator, right = int(match[1]), match[2].lower(), int(match[3])
    if operator in ("/", "÷", "divided by"):
        if right == 0:
            return "A number cannot be divided by zero."
        result: float = left // right if left % right == 0 else left / right
    else:
        results = {"+": left + right, "plus": left + right, "-": left - right, "minus": left - right}
        result = results.get(operator, left * right)
    return str(result) if BRIEFLY.search(reading.question) else f"{left} {operator} {right} = {result}"


def _recall(_match: re.Match[str], reading: Reading) -> str | None:
    return recall(reading)


def _greet(_match: re.Match[str], reading: Reading) -> str:
    return "Hello!" if _length(reading.question) is None else "Hello"


def _tell(_match: re.Match[str], reading: Reading) -> str:
    length = _length(reading.question)
    return tell(reading.question, (_number(length[1]) if length else None) or 300)


def _length(text: str) -> re.Match[str] | None:
    """The number of words that a text asks for."""
    return WORD_COUNT.search(text) if "word" in text.lower() else None


def _number(text: str) -> int | None:
    return int(text) if text.lstrip("-").isdigit() else NUMBERS.get(text.lower())


def fit_words(text: str, prompt: str) -> str:
    """The text, cut or extended to the length in a prompt such as `say hello in exactly 3 words`."""
    match = EXACT_WORDS.search(prompt) if "word" in prompt.lower() else None
    number = _number(match[1]) if match else None
    if not number:
        return text
    sentence = [*text.rstrip(".!").split(), *FILLING]
    return f"{' '.join(sentence[:number])}." if number <= len(sentence) else text


_NUMBER = rf"(-?\d+|{'|'.join(NUMBERS)})"
_END = r"(?:[.!?](?=\s|$)|\n|$)"
_QUOTED = r"\"([^\"]+)\"|“([^”]+)”|'([^'\n]+)'|`([^`]+)`"
_NAMED = (
    r"(?: with| this| these| the| following| single| and"
    r"| words?| text| phrase| string| sentence| number| token)*+"
)

WORD_COUNT = late_pattern(rf"\b{_NUMBER}[ -]words?\b", re.IGNORECASE)
EXACT_WORDS = late_pattern(rf"\bin (?:exactly |only |just )?{_NUMBER} words?\b", re.IGNORECASE)
REFUSE = (
    r"\brefuse\b"
    r"|\b(?:build|make|construct|write|create)\b[^.?!]*\b(?:bombs?|explosives?|poison|malware)\b"
)
REPEAT_EXACTLY = (
    r"\b(?:reply|respond|answer|say|output|write|print|return|repeat)\b[^.\n\"“:]{0,30}?"
    rf"\b(?:exactly|verbatim|only|just|precisely)\b{_NAMED}\s*:?\s*"
    rf"(?:{_QUOTED}|(?!(?:\d+|{'|'.join(NUMBERS)}) words?\b)(\w.*?){_END})"
)
REPEAT = (
    r"\b(?:reply|respond|answer|say|print|output|repeat)\b(?: back)?(?: after me)?(?: with)?"
    r"(?: the)?(?: single)?(?: word| phrase| number| text| string| letter| sentence| following)?\s*:?\s*"
    rf"(?:{_QUOTED}|(?<=: )(.+?){_END}|(?<=word )(?!only|alone|itself|and)(.+?){_END})"
)
REPEAT_SHORT = (
    r"^\s*(?:please )?(?:say|reply with|respond with|answer with|output|write|print) "
    r"(?!an? |something|me |your )(.{1,80}?)(?:,? (?:and )?nothing else)?\s*[.!]?\s*$"
)
COUNT = (
    rf"\b(?:count|numbers)\b[^.?!\n]*?(?:\bfrom {_NUMBER} )?(?:up |down )?\b(?:to|through|until) {_NUMBER}\b"
)
CALCULATE = (
    r"(?<![\w.])(-?\d{1,15})\s*"
    r"(\+|-|\*|×|/|÷|plus|minus|times|divided by|multiplied by|x)\s*(-?\d{1,15})(?![\w/-])"
)
TELL = (
    r"\b(?:stor(?:y|ies)|essays?|poems?|articles?|novels?|long|in (?:great )?detail|words?|paragraphs?"
    r"|history of|explain)\b"
)

SKILLS = (
    entry("refuse bomb explosive poison malware", REFUSE, _refuse),
    entry("exactly only just verbatim precisely", REPEAT_EXACTLY, _repeat),
    entry("reply respond answer say print output repeat", REPEAT, _repeat),
    entry("count numbers", COUNT, _count),
    entry("+ - * × / ÷ plus minus times divided multiplied x", CALCULATE, _calculate),
    entry("what who which where when remember recall remind tell repeat give know state", "", _recall),
    entry("hello hi hey greet", r"\b(?:hello|hi|hey|greet)\b", _greet),
    entry("stor essay poem article novel long detail word paragraph history explain", TELL, _tell),
    entry("say with output write print", REPEAT_SHORT, _repeat),
)


LARGEST = 20_000
"""The most words of one story."""

TOPIC = late_pattern(r"\b(?:about|of|on|explain)\s+(?:an? |the )?([\w][\w '-]{0,40})", re.IGNORECASE)

SENTENCES = (
    "Once there was {topic}, and nobody had given it a second thought.",
    "The morning was quiet, and the light came slowly over the hills.",
    "A traveller stopped at the gate and asked what everyone had come to see.",
    "It was {topic}, said the oldest of them, and it had always been so.",
    "Some wrote it down; others told it to their children, who told it differently.",
    "Years went by, the river changed its bed, and the road was built twice.",
    "Whoever looked closely found that every part answered another.",
    "A voice called from one side, and a voice replied from the other.",
    "So the tale of {topic} went on, a little longer each time it was told.",
    "At last the lamps were lit, and there was time for one more question.",
)


def tell(prompt: str, length: int) -> str:
    """A story of at least this many words, and at most one sentence more."""
    match = TOPIC.search(prompt)
    topic = match[1].strip() if match else "a small, patient machine"
    length = min(max(length, 1), LARGEST)
    start = crc32(prompt.encode(errors="replace")) % len(SENTENCES)
    sentences = cycle(SENTENCES[start:] + SENTENCES[:start])
    story: list[str] = []
    while len(story) < length:
        story += next(sentences).format(topic=topic).split()
    return " ".join(story)


Change = Callable[[str], str]
Maker = Callable[[re.Match[str]], Change]

LONGEST_ORDER = 1_500
"""Characters of instructions that order how to speak; the longer ones of agents tell how to work."""


def speak(text: str, instructions: tuple[str, ...]) -> str:
    """The text, changed as the instructions demand."""
    orders = "\n".join(order for order in instructions if len(order) <= LONGEST_ORDER)
    for change in changes(orders) if orders else ():
        text = change(text)
    return text


@remember(256)
def changes(instructions: str) -> tuple[Change, ...]:
    """What the instructions do to an answer, in the order of the table."""
    return tuple(make(match) for pattern, make in MANNERS if (match := pattern.search(instructions)))


def _replace(match: re.Match[str]) -> Change:
    phrase = _phrase(match)
    return lambda _text: phrase


def _append(match: re.Match[str]) -> Change:
    ending = _phrase(match)
    return lambda text: text if text.endswith(ending) else f"{text} {ending}"


def _prepend(match: re.Match[str]) -> Change:
    beginning = _phrase(match)
    return lambda text: f"{beginning} {text}"


def _include(match: re.Match[str]) -> Change:
    phrase = _phrase(match)
    return lambda text: text if phrase in text else f"{text} {phrase}"


def _open_with(opening: str) -> Maker:
    return lambda _match: lambda text: f"{opening} {text}"


def _apologize(match: re.Match[str]) -> Change:
    return _open_with(apology(match["name"].capitalize()))(match)


def _phrase(match: re.Match[str]) -> str:
    return matched_group(match).strip()


_TEXT = r"(?:the )?(?:exact )?(?:words?|phrase|string|text|sentence|letters?|emoji)?\s*:?\s*"
_PHRASE = r"(?:\"([^\"]+)\"|“([^”]+)”|'([^'\n]+)'|`([^`]+)`|(\S.*?)(?:\.(?=\s|$)|\n|$))"
_EVERY = r"(?: (?:every|each|all|your|the|any))*"
_ANSWERS = r"(?:answer|reply|response|message|sentence|output)s?"

MANNERS: tuple[tuple[re.Pattern[str], Maker], ...] = (
    (
        late_pattern(
            r"\b(?:answer|reply|respond|say)\b(?: to everything)? (?:with )?(?:exactly|only|just)(?: with)? "
            rf"{_TEXT}{_PHRASE}",
            re.I,
        ),
        _replace,
    ),
    (late_pattern(r"\bpirate\b", re.I), _open_with("Arr!")),
    *((spoken_in(language.name), _open_with(language.opening)) for language in LANGUAGES),
    (UNKNOWN, _apologize),
    (
        late_pattern(
            rf"\b(?:start|begin|open)\b{_EVERY} {_ANSWERS} with {_TEXT}{_PHRASE}",
            re.I,
        ),
        _prepend,
    ),
    (
        late_pattern(
            rf"\b(?:end|finish|close|conclude)\b{_EVERY} {_ANSWERS} with {_TEXT}{_PHRASE}",
            re.I,
        ),
        _append,
    ),
    (late_pattern(rf"\b(?:include|mention|contain)\b (?:the )?(?:exact )?\w+ {_PHRASE}", re.I), _include),
    (
        late_pattern(r"\b(?:capital letters|all[ -]caps|upper[ -]?case|in capitals)\b", re.I),
        lambda _match: str.upper,
    ),
    (late_pattern(r"\b(?:lower[ -]?case|small letters)\b", re.I), lambda _match: str.lower),
)
