"""Reads JSON as strictly as RFC 8259 asks, and says what a lenient reader would have passed over.

orjson reads first: it refuses NaN, lone surrogates and trailing text by itself, and the only thing it lets
pass are duplicate keys. Those show without another look at the structure: written out again, the value has
fewer `":` than the text had. Only text that orjson refuses, or that looks suspicious, goes to the slow
reader, which names each fault.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson

_COLON_APART = re.compile(rb'"[ \t\r\n]+:|\\u00(?:22|3[aA])')
"""What makes counting `":` unreliable: space before a colon, or an escaped quote or colon."""
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a text as JSON. `faults` starts with `not JSON` when there is no value at all."""

    value: Any
    faults: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether a value came of it, though perhaps with faults."""
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
        decoded = _decode(text, faults)
        value, end = _decoder(faults).raw_decode(decoded, _skip_space(decoded, 0))
    except RecursionError:
        return Reading(None, ("not JSON: nested too deeply",))
    except ValueError as error:
        return Reading(None, (_not_json(error, text),))
    if _skip_space(decoded, end) < len(decoded):
        faults[f"trailing text after the value, at character {end}"] = None
    mended = _mended(value)
    if (mended is not value and mended != value) or _SURROGATE.search(decoded):
        faults["lone surrogate"] = None
    return Reading(mended, tuple(faults))


def _decode(text: str | bytes, faults: dict[str, None]) -> str:
    decoded = text if isinstance(text, str) else text.decode(errors="replace")
    if isinstance(text, bytes) and decoded.encode(errors="replace") != text:
        faults["invalid UTF-8"] = None
    if decoded.startswith("\ufeff"):
        faults["byte order mark"] = None
        return decoded[1:]
    return decoded


def _decoder(faults: dict[str, None]) -> json.JSONDecoder:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in found:
            if key in seen:
                faults[f"duplicate key {json.dumps(key)[:60]}"] = None
            seen.add(key)
        return dict(found)

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


def _mended(value: Any) -> Any:
    """`value` with U+FFFD for each lone surrogate: no reader of ours could encode it."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(member) for key, member in value.items()}
    return [_mended(element) for element in value] if isinstance(value, list) else value
