"""Reads JSON as strictly as RFC 8259 demands, and names the faults that a lenient reader ignores.

orjson reads first: it rejects NaN, lone surrogates and trailing text, and lets only duplicate keys pass. A
count of `":` finds those: the value, written again, has fewer of them than the text. Only text that orjson
rejects, or in which the counts differ, goes to the slow reader, which names each fault.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson

_COLON_APART = re.compile(rb'"[ \t\r\n]+:|\\u00(?:22|3[aA])')
"""Text in which counting `":` is unreliable: space before a colon, or an escaped quote or colon."""
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, read as JSON. `faults` starts with `not JSON` when the text holds no value."""

    value: Any
    faults: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the text holds a value, perhaps with faults."""
        return not (self.faults and self.faults[0].startswith("not JSON"))


def read(text: str | bytes) -> Reading:
    """Reads `text` as one JSON value; never raises."""
    try:
        raw = text.encode() if isinstance(text, str) else text
        value = orjson.loads(raw)
    except (UnicodeEncodeError, orjson.JSONDecodeError):
        return _read_slowly(text)
    again = orjson.dumps(value)
    if again == raw:
        return Reading(value)
    if again.count(b'":') == raw.count(b'":') and not _COLON_APART.search(raw):
        return Reading(value)
    return _read_slowly(text)


def _read_slowly(text: str | bytes) -> Reading:
    faults: dict[str, None] = {}
    try:
        characters = _decode(text, faults)
        value, end = _decoder(faults).raw_decode(characters, _skip_space(characters, 0))
    except RecursionError:
        return Reading(None, ("not JSON: nested too deeply",))
    except ValueError as error:
        return Reading(None, (_not_json(error, text),))
    if _skip_space(characters, end) < len(characters):
        faults[f"trailing text after the value, at character {end}"] = None
    clean = _without_surrogates(value)
    if (clean is not value and clean != value) or _SURROGATE.search(characters):
        faults["lone surrogate"] = None
    return Reading(clean, tuple(faults))


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

    def constant(name: str) -> float:
        faults[name] = None
        return float(name)

    return json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant)


def _skip_space(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start


def _not_json(error: ValueError, text: str | bytes) -> str:
    if not text.strip():
        return "not JSON: empty"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg[0].lower()}{error.msg[1:]} at character {error.pos}"
    return f"not JSON: {str(error)[:80]}"


def _without_surrogates(value: Any) -> Any:
    """`value` with U+FFFD for each lone surrogate: our writers cannot encode one."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(member) for key, member in value.items()}
    return [_without_surrogates(element) for element in value] if isinstance(value, list) else value
