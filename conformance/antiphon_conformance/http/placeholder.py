"""The words that recorders write in place of secrets, ids and texts."""

from __future__ import annotations

import re

LONGEST = 100
"""Placeholders are short; a longer text is content."""
_PLAIN = r"redacted|sani[tz]i[sz]ed|scrubbed|placeholder|anonymi[sz]ed|x{3,}|\*{3,}"
_MARKED = r"filtered|masked|removed|hidden|censored|truncated|omitted|elided"
"""Words that people use too: placeholders only in brackets or in capitals."""
_BEFORE, _AFTER = r"(?:[\w.:-]{0,40}[-_.:]|[A-Za-z]{1,12} )?", r"(?:[-_: ]?\w{1,40})?"
_ANY = re.compile(rf"[\[<{{(*_]*{_BEFORE}(?:{_PLAIN}){_AFTER}[\]>}})*_.]*", re.IGNORECASE)
_CAPITALS = re.compile(rf"{_BEFORE}(?:{_MARKED.upper()}){_AFTER}")
_BRACKETS = re.compile(rf"[\[<{{(]+{_BEFORE}(?:{_MARKED}){_AFTER}[\]>}})]+", re.IGNORECASE)
_QUOTED = re.compile(rb'"((?:[^"\\\n]|\\.)*)"')
_HINT = re.compile(f"{_PLAIN}|{_MARKED}".encode())
_STEMS = tuple(
    word.encode()
    for word in ("redacted", "sani", "scrubbed", "placeholder", "anonymi", "xxx", "***", *_MARKED.split("|"))
)
"""What each hint begins with, in small letters: a search for a fixed text is far faster than a pattern."""
_HIDDEN = "REDACTED|FILTERED|MASKED|REMOVED|HIDDEN|CENSORED|SANITI[SZ]ED|SCRUBBED|ANONYMI[SZ]ED|PLACEHOLDER"
_PRIVATE = "NAME|PERSON|USER|EMAIL|PHONE|ADDRESS|LOCATION|ORGANI[SZ]ATION|TOKEN|SECRET|PASSWORD|API_KEY"
_WORD = rf"[\[<{{](?:{_HIDDEN}|{_PRIVATE})(?:[_ -]\w{{1,20}}){{0,2}}[\]>}}]"
_STARS = r"(?<![*\w\\])\*{3,}(?![*\w])"
_MASK = re.compile(f"{_WORD}|{_STARS}".encode())
"""A stand-in inside a text: `[REDACTED]`, `<EMAIL_ADDRESS>`, a name of stars."""
_MASK_START = re.compile(rb"[\[<{][A-Z]|\*{3}")
"""How each begins, which a search finds in a third of the time; most bodies have none."""


def is_placeholder(text: str) -> bool:
    """Whether a whole value is a recorder's stand-in: `REDACTED`, `<FILTERED>`, `msg_XXXX`, `***`."""
    if len(text) > LONGEST:
        return False
    return any(pattern.fullmatch(text) for pattern in (_ANY, _CAPITALS, _BRACKETS))


def has_mask(raw: bytes) -> bool:
    """Whether a recorder hid a word inside a text of this body."""
    return _MASK_START.search(raw) is not None and _MASK.search(raw) is not None


def placeholders_in(raw: bytes) -> list[str]:
    """The strings in the bytes of a body that are placeholders."""
    small = raw.lower()
    if not any(stem in small for stem in _STEMS):
        return []
    short = (match for match in _QUOTED.findall(raw) if 0 < len(match) <= LONGEST)
    texts = (match for match in short if _HINT.search(match.lower()))
    return [text for match in texts if is_placeholder(text := match.decode("utf-8", "replace"))]
