"""Prints any value safely: short, on one line and harmless, even when a hostile server sent it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

LIMIT = 100
"""How many characters `show` spends on a value."""


_COMMAND = re.compile(r"##(?=\[|vso\[|teamcity\[)|(?<!\w)::(?=[a-z])", re.IGNORECASE)
"""How commands begin in the logs of GitHub (`::set-output`, `##[group]`), Azure Pipelines and TeamCity."""


_STEERING = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]")
"""DEL, the controls of C1, and what turns or breaks lines, as UTF-8."""


class Absent:
    """The value of a member that was not sent; `show` prints it as `absent`."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()


MOST_ALIKE = 40
"""How many characters two texts have in common at their beginning before it is cut."""
MOST_READ = 20_000
"""In how many characters a difference is looked for."""


def show(value: Any, limit: int = LIMIT) -> str:
    """A JSON-like rendering of `value` on one line, of at most about `limit` characters.

    The work is bounded too: of a large value, only as much is read as fits.
    """
    pieces: list[str] = []
    room = limit
    for piece in _pieces(value, limit):
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            return "".join(pieces)[: limit - 1] + "…"
    return "".join(pieces)


def show_apart(value: Any, other: Any) -> str:
    """`value` as `show` renders it; of a long text that begins like `other`, from shortly before the place
    where the two differ, for else both would be cut before it."""
    if not isinstance(value, str) or not isinstance(other, str):
        return show(value)
    pairs = enumerate(zip(value[:MOST_READ], other[:MOST_READ], strict=False))
    same = next(
        (index for index, pair in pairs if len(set(pair)) > 1), min(len(value), len(other), MOST_READ)
    )
    return show(value if same <= MOST_ALIKE else f"…{value[same - MOST_ALIKE // 2 :]}")


def named(noun: str, value: Any) -> str:
    """A value that was read out of its place, and does not stand there as it is printed: `the text "..."`,
    or `no text` for an empty one."""
    return f"the {noun} {show(value)}" if value else f"no {noun}"


def safe(text: str, limit: int = 500) -> str:
    """`text` on one line, without control, bidirectional or surrogate characters, cut to `limit`.

    What a build server takes for a command is spelt so that it is none.
    """
    cut = text if len(text) <= limit else text[: limit - 1]
    clean = cut if cut.isprintable() else "".join(map(_harmless, cut))
    if "##" in clean or "::" in clean:
        clean = _COMMAND.sub(lambda match: f"{match[0][0]}\\x{ord(match[0][1]):02x}", clean)
    clean = clean if len(clean) <= limit else clean[: limit - 1] + "…"
    return clean if len(text) <= limit else clean.removesuffix("…") + "…"


def inert_json(raw: bytes) -> bytes:
    """JSON with the same meaning, in which no string holds the beginning of a build server's command, or a
    character that steers a terminal."""
    raw = raw.replace(b"##", b"#\\u0023") if b"##" in raw else raw
    return raw if raw.isascii() and b"\x7f" not in raw else _STEERING.sub(_escape, raw)


def _escape(match: re.Match[bytes]) -> bytes:
    return f"\\u{ord(match[0].decode()):04x}".encode()


def _harmless(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


def _pieces(value: Any, limit: int) -> Iterator[str]:
    if isinstance(value, str):
        yield _quote(value, limit)
    elif isinstance(value, Mapping):
        yield from _members(value, limit)
    elif isinstance(value, list | tuple):
        yield from _elements(value, limit)
    elif value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    else:
        yield safe(_plain(value), limit)


def _members(value: Mapping[Any, Any], limit: int) -> Iterator[str]:
    yield "{"
    for index, (key, member) in enumerate(value.items()):
        yield ", " if index else ""
        yield _quote(str(key), limit) + ": "
        yield from _pieces(member, limit)
    yield "}"


def _elements(value: list[Any] | tuple[Any, ...], limit: int) -> Iterator[str]:
    yield "["
    for index, element in enumerate(value):
        yield ", " if index else ""
        yield from _pieces(element, limit)
    yield "]"


def _quote(text: str, limit: int) -> str:
    return f'"{safe(text.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34)), limit)}"'


def _plain(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer with more digits than Python agrees to print
        return f"a number of {value.bit_length()} bits"
