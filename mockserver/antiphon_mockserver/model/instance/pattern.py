"""A regular expression -> short texts that it matches.

The parser knows literals, classes, groups, alternatives, repetitions and anchors. Look-arounds and word
boundaries write nothing. The engine that validates JSON Schemas checks each text, so only texts that match
come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple

import jsonschema_rs

from antiphon_mockserver.model.instance.pattern_size import SMALL, check_size, size_of
from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError, first_line
from antiphon_mockserver.model.remember import remember
from antiphon_mockserver.server.haste import announce
from antiphon_spec.loading.late import late_pattern

TOKEN = late_pattern(
    r"(?P<anchor>\^|\$|\\[bBAzZ])"
    r"|(?P<set>\[\^?(?:\\.|[^\\\]])*\]|\.|\\[dDwWsS]|\\[pP](?:\{[^}]*\}|[A-Z]))"
    r"|(?P<code>\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,5}\})"
    r"|(?P<control>\\[tnrfv0])"
    r"|(?P<escaped>\\[^\w])"
    r"|(?P<look>\(\?<?[=!])"
    r"|(?P<open>\((?:\?(?::|P?<[A-Za-z_]\w*>))?)"
    r"|(?P<close>\))"
    r"|(?P<bar>\|)"
    r"|(?P<repeat>[*+?]\??|\{\d+(?:,\d*)?\}\??)"
    r"|(?P<literal>[^\\])",
    re.DOTALL,
)
CODE = late_pattern(r"\\[xu]\{?([0-9a-fA-F]{1,6})")
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}

PREFERRED = f"a0A-_ .@/:{ascii_lowercase}{digits}{ascii_uppercase}!\"#$%&'()*+,;<=>?[\\]^`{{|}}~\t\nä中"
"""Which characters of a set come first."""
MOST_REPEATS = 10_000
LONGEST = 1 << 16
"""How long a text may get, in characters."""
MOST_EFFORTS = 200
MOST_STEPS = 20_000
"""Backtracking steps of the engine; beyond them a text counts as no match."""
VARIETIES = 40
COST = 20
"""Microseconds that eight characters of an expression take to be read."""


class Effort(NamedTuple):
    """How to write a text."""

    extra: int
    """How often to repeat beyond need."""
    variety: int
    """Which of several choices to make."""


Writer = Callable[[Effort], str]
"""Writes the text of a part of an expression."""


def matching(pattern: str, least: int, most: int | None) -> Iterator[str]:
    """Texts that the pattern matches, with `least` to `most` characters, the shortest first.

    Raises UnsupportedSchemaError when the pattern cannot be read.
    """
    check_size({"pattern": pattern})
    announce(COST * (1 + len(pattern) // 8))
    try:
        is_match, write = finder(pattern), _Parser(pattern).expression()
    except (RecursionError, ValueError) as problem:
        reason = problem.why if isinstance(problem, UnsupportedSchemaError) else first_line(problem)
        why = f"the expression {pattern[:200]!r} cannot be read ({reason})"
        raise UnsupportedSchemaError("pattern", why) from problem
    texts: set[str] = set()
    for effort in _efforts(least):
        text = write(effort)
        for candidate in (text, text + "a" * (least - len(text))):
            fits = len(candidate) >= least and (most is None or len(candidate) <= most)
            if fits and candidate not in texts and is_match(candidate):
                texts.add(candidate)
                yield candidate


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern occurs in the text; a malformed one never does."""
    try:
        return finder(pattern)(text)
    except ValueError:
        return False


def _efforts(least: int) -> Iterator[Effort]:
    """The plainest first."""
    for extra in range(min(least, MOST_EFFORTS) + 2):
        yield from (Effort(extra, variety) for variety in range(3))
    for variety in range(3, VARIETIES):
        yield from (Effort(extra, variety) for extra in (0, 1, least))


def finder(pattern: str) -> Callable[[str], bool]:
    """A test whether a text contains the pattern, in bounded time. Raises ValueError when it is malformed."""
    return _known_finder(pattern) if size_of(pattern) <= SMALL else _finder(pattern)


def _finder(pattern: str) -> Callable[[str], bool]:
    announce(size_of(pattern))
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=MOST_STEPS)
    return jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=options).is_valid


_known_finder = lru_cache(maxsize=256)(_finder)


class _Parser:
    """Reads an expression by recursive descent. Raises UnsupportedSchemaError for what it does not know."""

    def __init__(self, pattern: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(pattern):
            token = TOKEN.match(pattern, place)
            if token is None:
                raise UnsupportedSchemaError("pattern", f"{pattern[place : place + 2]!r} is not supported")
            self.tokens.append((str(token.lastgroup), token[0]))
            place = token.end()
        self.place = 0

    def expression(self) -> Writer:
        """The whole expression."""
        write = self._alternatives()
        if self._peek() != "end":
            raise UnsupportedSchemaError("pattern", "a parenthesis closes that none opened")
        return write

    def _alternatives(self) -> Writer:
        branches = [self._sequence()]
        while self._peek() == "bar":
            self.place += 1
            branches.append(self._sequence())
        return lambda effort: branches[effort.variety % len(branches)](effort)

    def _sequence(self) -> Writer:
        parts: list[Writer] = []
        while self._peek() not in ("bar", "close", "end"):
            part = self._part()
            while self._peek() == "repeat":
                part = _repeat(self._next(), part)
            parts.append(part)
        return lambda effort: _within_limit("".join(part(effort) for part in parts))

    def _part(self) -> Writer:
        kind = self._peek()
        text = self._next()
        if kind in ("open", "look"):
            inner = self._alternatives()
            if self._peek() != "close":
                raise UnsupportedSchemaError("pattern", "a parenthesis is not closed")
            self.place += 1
            return inner if kind == "open" else _literal("")
        if kind == "set":
            return _choice(text)
        if kind == "repeat":
            raise UnsupportedSchemaError("pattern", f"nothing stands before {text!r}")
        literals = {"anchor": "", "literal": text, "escaped": text[1:], "control": CONTROLS.get(text[1:], "")}
        return _literal(_character(text) if kind == "code" else literals[kind])

    def _peek(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else "end"

    def _next(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1][1]


def _literal(text: str) -> Writer:
    return lambda _effort: text


def _repeat(sign: str, part: Writer) -> Writer:
    sign = sign if len(sign) == 1 else sign.removesuffix("?")
    bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign)
    if bounds is None:
        low, comma, high = sign.strip("{}").partition(",")
        bounds = int(low), int(high) if high else None if comma else int(low)
    least, most = bounds

    def write(effort: Effort) -> str:
        times = min(least + effort.extra, max(least, MOST_REPEATS), *([] if most is None else [most]))
        text = part(effort)
        return _within_limit(text, times) * times

    return write


def _choice(source: str) -> Writer:
    """One of the characters that a set such as `[a-z]` or `\\d` matches."""
    characters = _characters(source)
    return lambda effort: characters[effort.variety % len(characters)]


@remember(256)
def _characters(source: str) -> str:
    is_match = finder(f"^{source}$")
    candidates = dict.fromkeys(
        PREFERRED + source + "".join(chr(int(number, 16)) for number in CODE.findall(source))
    )
    characters = "".join(filter(is_match, candidates))
    if not characters:
        raise UnsupportedSchemaError("pattern", f"no character was found for {source!r}")
    return characters


def _character(code: str) -> str:
    """The character of an escape such as `\\x41` or `\\u{1F600}`."""
    return chr(int(code.strip("\\xu{}"), 16))


def _within_limit(text: str, times: int = 1) -> str:
    if len(text) * times > LONGEST:
        raise UnsupportedSchemaError("pattern", f"no text of less than {LONGEST} characters was found for it")
    return text
