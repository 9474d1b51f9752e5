"""Any text as Markdown that shows it and does nothing, even on a code host, which links more."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from antiphon_conformance.http.text import safe

LONGEST = 2000
_BACKTICKS = re.compile(r"`([^`]+)`")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~$^])")
_LINKED = re.compile(r":(?=//)|\bwww(?=\.)|@(?=\w)|#(?=\d)|\bGH-(?=\d)|\b(?:mailto|xmpp)(?=:)", re.IGNORECASE)
"""After these letters a code host sees an address, a name or the number of an issue."""
_LIST = re.compile(r"^(?:[-+=]|\d+(?=[.)](?:\s|$)))")
"""How a text would start a list or a heading."""


BRACKETS = {ord(letter): f"&#{ord(letter)};" for letter in "[]`"}
"""What begins a link, a picture and code, as character references of HTML."""


def escape(text: str) -> str:
    """The text with nothing in it that Markdown or a code host makes into more: no markup, no link, no
    mention, no reference. `&#8203;` is no letter and shows nothing."""
    clean = _SPECIAL.sub(r"\\\1", safe(text).replace("&", "&amp;"))
    clean = _LINKED.sub(lambda match: f"{match[0]}&#8203;", clean)
    return _LIST.sub(_unlisted, clean)


def prose(text: str) -> str:
    """Our own text; parts in backticks stay code."""
    pieces = _BACKTICKS.split(safe(text))
    return "".join(code(piece) if index % 2 else escape(piece) for index, piece in enumerate(pieces))


def code(text: str) -> str:
    """The text as inline code."""
    text = safe(text, LONGEST)
    fence = "`" * (_longest_run([text]) + 1)
    return f"{fence} {text} {fence}" if len(fence) > 1 else f"{fence}{text}{fence}"


def html_code(text: str) -> str:
    """The text as code inside an HTML element; a reader that looks for Markdown there finds none."""
    return f"<code>{html.escape(safe(text, LONGEST)).translate(BRACKETS)}</code>"


def shell(lines: Iterable[str]) -> list[str]:
    """Command lines as a block of code."""
    block = [safe(line, LONGEST) for line in lines]
    fence = "`" * max(3, _longest_run(block) + 1)
    return [f"{fence}sh", *block, fence]


def _longest_run(lines: Iterable[str]) -> int:
    return max((len(run) for line in lines for run in re.findall("`+", line)), default=0)


def _unlisted(match: re.Match[str]) -> str:
    return f"{match[0]}&#8203;" if match[0].isdigit() else f"\\{match[0]}"
