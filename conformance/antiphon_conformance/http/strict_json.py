"""Reads JSON as strictly as RFC 8259 demands, and names the faults that a lenient reader ignores.

orjson reads first: it rejects NaN, lone surrogates and trailing text, and lets only duplicate keys pass. A
count of `":` finds those: the value, written again, has fewer of them than the text. Only text that orjson
rejects, or in which the counts differ, goes to the slow reader, which names each fault.

Every value that leaves this module can be written, added up and printed: strings are Unicode text, integers
have 64 bits, floats are finite, and no value is nested deeper than DEEPEST levels.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import orjson

from antiphon_spec.loading.construction import dataclass

_COLON_APART = re.compile(rb'"[ \t\r\n]+:|\\u00(?:22|3[aA])')
"""Text in which counting `":` is unreliable: space before a colon, or an escaped quote or colon."""
_SURROGATE = re.compile("[\ud800-\udfff]")
DEEPEST = 100
"""How many arrays and objects may stand in each other. What is deeper is read as null: readers of many
languages stop there (System.Text.Json at 64, serde_json at 128)."""
TOO_DEEP = f"nested deeper than {DEEPEST} levels"
"""The fault of a text that is deeper."""
ANOTHER = "another value after the first"
"""How the fault of a text with several values begins, such as JSON lines: the first is not the whole."""
_STRING = r'"(?:[^"\\]++|\\.)*+"?'
_FLAT = rf'(?:[^"\[\]{{}}]++|{_STRING})*+'
_BRACKET = re.compile(rf"(?:{_FLAT}(?:\[{_FLAT}\]|\{{{_FLAT}\}})?+)*+([\[\]{{}}]?)", re.DOTALL)
"""The next bracket outside strings, after whole arrays and objects that hold no others. It matches the end,
too: a search that fails would begin again at each character."""
_BRACKET_OR_STRING = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
_WRITABLE = 254
"""How many levels orjson writes."""
_LONGEST_INTEGER = 20
"""How many characters an integer of 64 bits may have. A longer one is read as a float, as orjson does it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, read as JSON. `faults` starts with `not JSON` when the text holds no value."""

    value: Any
    faults: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the text holds a value, perhaps with faults."""
        return not (self.faults and self.faults[0].startswith("not JSON"))


def read(text: str | bytes, deepest: int = DEEPEST) -> Reading:
    """Reads `text` as one JSON value of at most `deepest` levels; never raises."""
    try:
        raw = text.encode() if isinstance(text, str) else text
        value = orjson.loads(raw)
        again = _write(value, raw, deepest)
    except (UnicodeEncodeError, orjson.JSONDecodeError, orjson.JSONEncodeError):
        return _read_slowly(text, deepest)
    if again == raw:
        return Reading(value)
    if again.count(b'":') == raw.count(b'":') and not _COLON_APART.search(raw):
        return Reading(value)
    return _read_slowly(text, deepest)


def _write(value: Any, raw: bytes, deepest: int) -> bytes:
    """The value of `raw`, written again. Raises orjson.JSONEncodeError when it is nested too deeply."""
    if raw.count(b"[") + raw.count(b"{") <= deepest:
        return orjson.dumps(value)
    outer = _WRITABLE - deepest
    for _ in range(outer):  # inside so many others, a value that is too deep cannot be written
        value = [value]
    return orjson.dumps(value)[outer:-outer]


def _read_slowly(text: str | bytes, deepest: int) -> Reading:
    faults: dict[str, None] = {}
    characters = _shallow(_decode(text, faults), faults, deepest)
    try:
        value, end = _decoder(faults).raw_decode(characters, _skip_space(characters, 0))
    except ValueError as error:
        return Reading(None, (_not_json(error, text), *(fault for fault in faults if fault == TOO_DEEP)))
    rest = _skip_space(characters, end)
    if characters[rest : rest + 1] in ("{", "["):
        faults[f"{ANOTHER}, at character {rest}"] = None
    elif rest < len(characters):
        faults[f"trailing text after the value, at character {end}"] = None
    clean = _without_surrogates(value)
    if (clean is not value and clean != value) or _SURROGATE.search(characters):
        faults["lone surrogate"] = None
    return Reading(clean, tuple(faults))


def _shallow(text: str, faults: dict[str, None], deepest: int) -> str:
    """The text with `null` for each value that is nested too deeply."""
    if not _may_be_deep(text, deepest):
        return text
    pieces, start, depth = [], 0, 0
    for token in _BRACKET_OR_STRING.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == deepest + 1:
                pieces += [text[start : token.start()], "null"]
                start = len(text)
        elif token[0] in "]}":
            if depth == deepest + 1:
                start = token.end()
            depth -= 1
    if pieces:
        faults[TOO_DEEP] = None
    return "".join((*pieces, text[start:]))


def _may_be_deep(text: str, deepest: int) -> bool:
    """Whether the text has nearly as many open brackets at one place as a value may have."""
    if text.count("[") + text.count("{") < deepest:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1, "": 0}[bracket[1]]
        if depth >= deepest - 1:
            return True
    return False


def write(value: Any) -> bytes:
    """Any value that a reader of recordings made, as JSON: what JSON lacks becomes a text."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return orjson.dumps(_plain(value, DEEPEST + 1))


def _plain(value: Any, levels: int) -> Any:
    """The value with JSON's types alone, as deep as a reader needs to see that it is too deep."""
    if isinstance(value, list | tuple | set):
        return [_plain(element, levels - 1) for element in value] if levels else None
    if isinstance(value, dict):
        if not levels:
            return None
        return {str(_plain(key, 1)): _plain(member, levels - 1) for key, member in value.items()}
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, bool | None):
        return value
    if isinstance(value, int):
        return _integer(str(value)) if value.bit_length() <= 4096 else _float("1e400")
    if isinstance(value, float):
        return value
    return _without_surrogates(str(value))


def _decode(text: str | bytes, faults: dict[str, None]) -> str:
    characters = text if isinstance(text, str) else text.decode(errors="replace")
    if isinstance(text, bytes) and characters.encode(errors="replace") != text:
        faults["invalid UTF-8"] = None
    if characters.startswith("\ufeff"):
        faults["byte order mark"] = None
        return characters[1:]
    return characters


def _decoder(faults: dict[str, None]) -> json.JSONDecoder:
    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        keys: set[str] = set()
        for key, _ in members:
            if key in keys:
                faults[f"duplicate key {json.dumps(key)[:60]}"] = None
            keys.add(key)
        return dict(members)

    def constant(name: str) -> str:
        faults[name] = None
        return name  # a text, for no number can be written for it

    return json.JSONDecoder(
        object_pairs_hook=pairs, parse_constant=constant, parse_int=_integer, parse_float=_float
    )


def _integer(digits: str) -> int | float:
    """An integer of 64 bits, or else the float that is nearest to it."""
    if len(digits) <= _LONGEST_INTEGER:
        value = int(digits)
        if -(1 << 63) <= value < 1 << 64:
            return value
    return _float(digits)


def _float(digits: str) -> float:
    """The finite float that is nearest to a number."""
    return max(-sys.float_info.max, min(float(digits), sys.float_info.max))


def _skip_space(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start


def _not_json(error: ValueError, text: str | bytes) -> str:
    if not text.strip():
        return "not JSON: empty"
    if isinstance(error, json.JSONDecodeError):
        message = error.msg.removesuffix(" at")
        return f"not JSON: {message[0].lower()}{message[1:]} at character {error.pos}"
    return f"not JSON: {str(error)[:80]}"


def _without_surrogates(value: Any) -> Any:
    """`value` with U+FFFD for each lone surrogate: our writers cannot encode one."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(member) for key, member in value.items()}
    return [_without_surrogates(element) for element in value] if isinstance(value, list) else value
