"""Reads bytes as somebody would who undoes escapes, and remembers where each byte came from.

An escape is any of `\\u0073`, `\\x73`, `\\163`, `%73`, `%u0073`, `&#115;`, `&#x73;`, `&hyphen;`, `=73`, a
letter of full width, and those of further escapes: `%2573`, `&amp;#115;`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator

from antiphon_spec.loading.construction import dataclass

MOST_LAYERS = 4
"""How many escapes of escapes are undone."""
_BLOCK = 4096
_ESCAPE = re.compile(
    rb"""[\\%=&\xef\xf0](?:
    (?<=\\)\\*(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|(/))
    |(?<=%)u([0-9a-fA-F]{4})|(?<=[%=])([0-9a-fA-F]{2})
    |(?<=&)(\#[0-9]{1,9};?|\#[xX][0-9a-fA-F]{1,8};?|[A-Za-z][A-Za-z0-9]{1,31};)
    |(?<=[\xef\xf0])([\xbc\xbd][\x80-\xbf]|\x9d[\x90-\x9f][\x80-\xbf]))""",
    re.VERBOSE,
)
"""It starts with a set of bytes, so that text without them is passed over fast."""
_BASES = (16, 16, 16, 8, 0, 16, 16)
"""The base of the number in each of the first groups; 0 for a slash."""
_SPACES = re.compile(rb"\\[nrtbfv]")
_LETTERS = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SMALL = bytes(range(256)).lower()
_OTHERS = bytes(octet for octet in range(256) if octet not in _LETTERS)


def fold(raw: bytes) -> bytes:
    """The letters and digits of ASCII alone, in lower case; that of an escaped line feed is none."""
    return _blank(raw).translate(_SMALL, _OTHERS)


@dataclass(frozen=True, slots=True)
class Layer:
    """A text after the escapes of an earlier one were undone."""

    text: bytes
    before: Layer | None = None
    starts: tuple[int, ...] = ()
    """Where in `text` the meaning of each escape starts."""
    places: tuple[tuple[int, int, int], ...] = ()
    """For each escape: where its meaning ends in `text`; where the escape starts and ends in the earlier
    text."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the first text of the bytes from `start` up to `end`."""
        if self.before is None:
            return start, end
        return self.before.span(self._source(start)[0], self._source(end - 1)[1])

    def _source(self, position: int) -> tuple[int, int]:
        index = bisect_right(self.starts, position) - 1
        if index < 0:
            return position, position + 1
        meaning_end, escape_start, escape_end = self.places[index]
        if position < meaning_end:
            return escape_start, escape_end
        moved = escape_end + position - meaning_end
        return moved, moved + 1


def layers(raw: bytes) -> Iterator[Layer]:
    """The bytes as they are, then with escapes undone, as often as there are some."""
    layer = Layer(raw)
    yield layer
    for _ in range(MOST_LAYERS):
        if not _ESCAPE.search(layer.text):
            return
        layer = _undo(layer)
        yield layer


def letter_places(raw: bytes, places: list[int]) -> list[int]:
    """Where in `raw` the letters stand whose places in `fold(raw)` are given in order."""
    found: list[int] = []
    seen = 0
    raw = _blank(raw)
    wanted = iter(places)
    place = next(wanted, None)
    for start in range(0, len(raw), _BLOCK):
        if place is None:
            break
        block = raw[start : start + _BLOCK]
        count = len(block.translate(_SMALL, _OTHERS))
        if place < seen + count:
            letters = [start + index for index, octet in enumerate(block) if octet in _LETTERS]
            while place is not None and place < seen + count:
                found.append(letters[place - seen])
                place = next(wanted, None)
        seen += count
    return found


def _undo(layer: Layer) -> Layer:
    pieces: list[bytes] = []
    starts: list[int] = []
    places: list[tuple[int, int, int]] = []
    size = past = 0
    for match in _ESCAPE.finditer(layer.text):
        meaning = _meaning(match)
        pieces += (layer.text[past : match.start()], meaning)
        size += match.start() - past
        starts.append(size)
        size += len(meaning)
        places.append((size, match.start(), match.end()))
        past = match.end()
    pieces.append(layer.text[past:])
    return Layer(b"".join(pieces), layer, tuple(starts), tuple(places))


def _meaning(escape: re.Match[bytes]) -> bytes:
    kind = escape.lastindex or 0
    content = escape[kind]
    if kind > len(_BASES):
        text = escape[0].decode(errors="replace")
        is_entity = kind == len(_BASES) + 1
        return _encode(html.unescape(text) if is_entity else unicodedata.normalize("NFKC", text))
    if not _BASES[kind - 1]:
        return b"/"
    code = int(content, _BASES[kind - 1])
    if len(content) < 4:
        return bytes([code])
    return _encode(chr(code) if code < 0x110000 else " ")


def _blank(raw: bytes) -> bytes:
    """`raw` with spaces for escaped line feeds and the like."""
    return _SPACES.sub(b"  ", raw) if b"\\" in raw else raw


def _encode(text: str) -> bytes:
    return text.encode(errors="replace")
