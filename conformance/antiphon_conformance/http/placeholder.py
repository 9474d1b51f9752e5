"""The words that recorders write in place of secrets, ids and texts."""

from __future__ import annotations

import re

from antiphon_spec.loading.search import Search

LONGEST = 100
"""Placeholders are short; a longer text is content."""
_PLAIN = r"redacted|sani[tz]i[sz]ed|scrubbed|placeholder|anonymi[sz]ed|x{3,}|\*{3,}"
_MARKED = r"filtered|masked|removed|hidden|censored|truncated|omitted|elided"
"""Words that people use too: placeholders only in brackets or in capitals."""
_BEFORE, _AFTER = r"(?:[\w.:-]{0,40}[-_.:]|[A-Za-z]{1,12} )?", r"(?:[-_: ]?\w{1,40})?"
_ANY = re.compile(rf"[\[<{{(*_]*{_BEFORE}(?:{_PLAIN}){_AFTER}[\]>}})*_.]*", re.IGNORECASE)
_CAPITALS = re.compile(rf"{_BEFORE}(?:{_MARKED.upper()}){_AFTER}")
_BRACKETS = re.compile(rf"[\[<{{(]+{_BEFORE}(?:{_MARKED}){_AFTER}[\]>}})]+", re.IGNORECASE)
_QUOTED = re.compile(rb'"([^"\\\n]*(?:\\.[^"\\\n]*)*)"')
_HINT = re.compile(f"{_PLAIN}|{_MARKED}".encode())
_STEMS = ("redacted", "sani", "scrubbed", "placeholder", "anonymi", "xxx", "***", *_MARKED.split("|"))
"""What each hint begins with, in small letters: a search for a fixed text is far faster than a pattern."""
_ANY_STEM = f"(?i:{'|'.join(map(re.escape, _STEMS))})"
_HIDDEN = "REDACTED|FILTERED|MASKED|REMOVED|HIDDEN|CENSORED|SANITI[SZ]ED|SCRUBBED|ANONYMI[SZ]ED|PLACEHOLDER"
_PRIVATE = "NAME|PERSON|USER|EMAIL|PHONE|ADDRESS|LOCATION|ORGANI[SZ]ATION|TOKEN|SECRET|PASSWORD|API_KEY"
_WORD = rf"[\[<{{](?:{_HIDDEN}|{_PRIVATE})(?:[_ -]\w{{1,20}}){{0,2}}[\]>}}]"
_STARS = r"(?<![*\w\\])\*{3,}(?![*\w])"
_MASK = re.compile(f"{_WORD}|{_STARS}".encode())
"""A stand-in inside a text: `[REDACTED]`, `<EMAIL_ADDRESS>`, a name of stars."""
_BRACKETS_AND_CAPITALS = bytes.maketrans(
    b"[<{" + bytes(range(ord("A"), ord("Z") + 1)), b"[" * 3 + b"A" * (ord("Z") - ord("A") + 1)
)
"""Makes each bracket the same and each capital: then one fixed text begins every mask in brackets."""


_STEM = Search(_ANY_STEM)
_TRACE = Search(rf"{_ANY_STEM}|[\[<{{][A-Z]|\.\.\.\"|\u2026\"|\\u2026\"")
"""A stem, the beginning of a mask, or the end of a text in dots."""


def has_trace(raw: bytes) -> bool:
    """Whether anything in the bytes of a body can be a recorder's: nearly always nothing is."""
    return _TRACE.finds(raw.decode("utf-8", "replace"))


def is_placeholder(text: str) -> bool:
    """Whether a whole value is a recorder's stand-in: `REDACTED`, `<FILTERED>`, `msg_XXXX`, `***`."""
    if len(text) > LONGEST or (text.isascii() and not _STEM.finds(text)):
        return False
    return any(pattern.fullmatch(text) for pattern in (_ANY, _CAPITALS, _BRACKETS))


def has_mask(raw: bytes) -> bool:
    """Whether a recorder hid a word inside a text of this body."""
    may_begin = b"***" in raw or b"[A" in raw.translate(_BRACKETS_AND_CAPITALS)
    return may_begin and _MASK.search(raw) is not None


def has_placeholder(raw: bytes) -> bool:
    """Whether a string in the bytes of a body is a placeholder."""
    if not _STEM.finds(raw.decode("utf-8", "replace")):
        return False
    short = [match for match in _QUOTED.findall(raw) if 0 < len(match) <= LONGEST]
    if not _STEM.finds(b"\n".join(short).decode("utf-8", "replace")):
        return False
    texts = (match for match in short if _HINT.search(match.lower()))
    return any(is_placeholder(match.decode("utf-8", "replace")) for match in texts)
