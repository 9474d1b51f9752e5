"""How the model speaks: instructions such as `always answer in capital letters` change every answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from antiphon_mockserver.model.prompt_hints import matched_group

Change = Callable[[str], str]
Maker = Callable[[re.Match[str]], Change]

READ_LENGTH = 8_000
"""Characters of the instructions that the model follows."""


def speak(text: str, instructions: tuple[str, ...]) -> str:
    """The text, changed as the instructions demand."""
    for change in changes("\n".join(instructions)[:READ_LENGTH]) if instructions else ():
        text = change(text)
    return text


@lru_cache(maxsize=256)
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


def _phrase(match: re.Match[str]) -> str:
    return matched_group(match).strip()


_TEXT = r"(?:the )?(?:exact )?(?:words?|phrase|string|text|sentence|letters?|emoji)?\s*:?\s*"
_PHRASE = r"(?:\"([^\"]+)\"|“([^”]+)”|'([^'\n]+)'|`([^`]+)`|(\S.*?)(?:\.(?=\s|$)|\n|$))"
_EVERY = r"(?: (?:every|each|all|your|the|any))*"
_ANSWERS = r"(?:answer|reply|response|message|sentence|output)s?"

MANNERS: tuple[tuple[re.Pattern[str], Maker], ...] = (
    (
        re.compile(
            r"\b(?:answer|reply|respond|say)\b(?: to everything)? (?:with )?(?:exactly|only|just)(?: with)? "
            rf"{_TEXT}{_PHRASE}",
            re.I,
        ),
        _replace,
    ),
    (re.compile(r"\bpirate\b", re.I), _open_with("Arr!")),
    (re.compile(r"\b(?:in|speak|use) french\b", re.I), _open_with("Voilà :")),
    (re.compile(r"\b(?:in|speak|use) german\b", re.I), _open_with("Bitte sehr:")),
    (re.compile(r"\b(?:in|speak|use) spanish\b", re.I), _open_with("Aquí tienes:")),
    (
        re.compile(
            rf"\b(?:start|begin|open)\b{_EVERY} {_ANSWERS} with {_TEXT}{_PHRASE}",
            re.I,
        ),
        _prepend,
    ),
    (
        re.compile(
            rf"\b(?:end|finish|close|conclude)\b{_EVERY} {_ANSWERS} with {_TEXT}{_PHRASE}",
            re.I,
        ),
        _append,
    ),
    (re.compile(rf"\b(?:include|mention|contain)\b (?:the )?(?:exact )?\w+ {_PHRASE}", re.I), _include),
    (
        re.compile(r"\b(?:capital letters|all[ -]caps|upper[ -]?case|in capitals)\b", re.I),
        lambda _match: str.upper,
    ),
    (re.compile(r"\b(?:lower[ -]?case|small letters)\b", re.I), lambda _match: str.lower),
)
