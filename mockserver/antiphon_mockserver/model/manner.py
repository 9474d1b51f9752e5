"""How the model speaks: instructions such as `always answer in capital letters` change any answer visibly."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

Change = Callable[[str], str]
Maker = Callable[[re.Match[str]], Change]

READ_LENGTH = 8_000
"""How much of all instructions is obeyed."""


def speak(text: str, instructions: tuple[str, ...]) -> str:
    """The text in the manner that the instructions ask for."""
    for change in changes("\n".join(instructions)[:READ_LENGTH]) if instructions else ():
        text = change(text)
    return text


@lru_cache(maxsize=256)
def changes(instructions: str) -> tuple[Change, ...]:
    """What the instructions do to an answer, in the order of the table."""
    return tuple(make(found) for pattern, make in MANNERS if (found := pattern.search(instructions)))


def _replaced(found: re.Match[str]) -> Change:
    fixed = _quoted(found)
    return lambda _text: fixed


def _ended(found: re.Match[str]) -> Change:
    ending = _quoted(found)
    return lambda text: text if text.endswith(ending) else f"{text} {ending}"


def _begun(found: re.Match[str]) -> Change:
    beginning = _quoted(found)
    return lambda text: f"{beginning} {text}"


def _included(found: re.Match[str]) -> Change:
    phrase = _quoted(found)
    return lambda text: text if phrase in text else f"{text} {phrase}"


def _spoken(opening: str) -> Maker:
    return lambda _found: lambda text: f"{opening} {text}"


def _quoted(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group).strip()


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
        _replaced,
    ),
    (re.compile(r"\bpirate\b", re.I), _spoken("Arr!")),
    (re.compile(r"\b(?:in|speak|use) french\b", re.I), _spoken("Voilà :")),
    (re.compile(r"\b(?:in|speak|use) german\b", re.I), _spoken("Bitte sehr:")),
    (re.compile(r"\b(?:in|speak|use) spanish\b", re.I), _spoken("Aquí tienes:")),
    (
        re.compile(
            rf"\b(?:start|begin|open)\b{_EVERY} {_ANSWERS} with {_TEXT}{_PHRASE}",
            re.I,
        ),
        _begun,
    ),
    (
        re.compile(
            rf"\b(?:end|finish|close|conclude)\b{_EVERY} {_ANSWERS} with {_TEXT}{_PHRASE}",
            re.I,
        ),
        _ended,
    ),
    (re.compile(rf"\b(?:include|mention|contain)\b (?:the )?(?:exact )?\w+ {_PHRASE}", re.I), _included),
    (
        re.compile(r"\b(?:capital letters|all[ -]caps|upper[ -]?case|in capitals)\b", re.I),
        lambda _found: str.upper,
    ),
    (re.compile(r"\b(?:lower[ -]?case|small letters)\b", re.I), lambda _found: str.lower),
)
