"""A regular expression -> a short text that it matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import jsonschema_rs

from antiphon_mockserver.instance.unsupported import Unsupported

# The standard library's parser of expressions has no public name, and a second one would disagree with it.
_parser = import_module("re._parser")

ECMA = (
    (re.compile(r"\(\?<([A-Za-z_]\w*)>"), r"(?P<\1>"),
    (re.compile(r"\\k<([A-Za-z_]\w*)>"), r"(?P=\1)"),
    (re.compile(r"\\p\{(?:L|Letter|Alphabetic|Ll)\}"), "a"),
    (re.compile(r"\\p\{(?:Lu|Uppercase_Letter)\}"), "A"),
    (re.compile(r"\\p\{(?:N|Nd|Number)\}"), "1"),
    (re.compile(r"\\/"), "/"),
    (re.compile(r"\$\Z"), r"\\Z"),
)
"""What JSON Schema's dialect of regular expressions writes in another way."""

PREFERRED = f"a0A-_ .@/:{ascii_lowercase}{digits}{ascii_uppercase}"
"""Which characters of a class are taken first."""
MOST_REPEATS = 10_000
LONGEST = 1 << 16
"""How long a text may get, in characters."""
MOST_EFFORTS = 200
MOST_STEPS = 20_000
"""How far an expression may go back before it counts as not found: some take longer than the world lasts."""
VARIETIES = 40


def matching(pattern: str, least: int, most: int | None) -> Iterator[str]:
    """Texts that the pattern matches, of a length between `least` and `most`, the shortest first."""
    try:
        tree, found = _parser.parse(_in_python(pattern)), _finder(pattern)
    except (re.error, OverflowError, RecursionError, ValueError) as problem:
        why = f"the expression {pattern[:200]!r} cannot be read ({str(problem).partition(chr(10))[0]})"
        raise Unsupported("pattern", why) from problem
    seen: set[str] = set()
    for extra, variety in _efforts(least):
        text = _Writer(extra, variety).write(tree)
        for candidate in (text, text + "a" * (least - len(text))):
            fits = len(candidate) >= least and (most is None or len(candidate) <= most)
            if fits and candidate not in seen and found(candidate):
                seen.add(candidate)
                yield candidate


def _efforts(least: int) -> Iterator[tuple[int, int]]:
    """How often to repeat beyond need, and which of several choices to take: the plainest first."""
    for extra in range(min(least, MOST_EFFORTS) + 2):
        yield from ((extra, variety) for variety in range(3))
    for variety in range(3, VARIETIES):
        yield from ((extra, variety) for extra in (0, 1, least))


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text; one that cannot be read never is."""
    try:
        return _finder(pattern)(text)
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _finder(pattern: str) -> Callable[[str], bool]:
    """Whether the pattern is found in a text, in bounded time. Raises ValueError when it cannot be read."""
    bounded = jsonschema_rs.FancyRegexOptions(backtrack_limit=MOST_STEPS)
    return jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=bounded).is_valid


def _in_python(pattern: str) -> str:
    for ecma, replacement in ECMA:
        pattern = ecma.sub(replacement, pattern)
    return pattern


class _Writer:
    """Writes one text; `extra` is how often beyond need it repeats, `variety` which choice it takes."""

    def __init__(self, extra: int, variety: int) -> None:
        self.extra = extra
        self.variety = variety
        self.groups: dict[int, str] = {}
        self.parts = 0

    def write(self, tree: Any) -> str:
        """The text for a parsed expression."""
        return "".join(self._part(str(kind), value) for kind, value in tree)

    def _part(self, kind: str, value: Any) -> str:
        self.parts += 1
        if self.parts > LONGEST:
            raise Unsupported("pattern", f"no text of less than {LONGEST} characters was found for it")
        if kind == "LITERAL":
            return chr(value)
        if kind == "NOT_LITERAL":
            return next(char for char in PREFERRED if ord(char) != value)
        if kind == "ANY":
            return "a"
        if kind == "IN":
            return _member(value, self.variety)
        if kind == "BRANCH":
            branches = value[1]
            return self.write(branches[self.variety % len(branches)])
        if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return self._repeated(*value)
        return self._grouped(kind, value)

    def _repeated(self, least: int, most: int, tree: Any) -> str:
        times = min(least + self.extra, int(most), max(least, MOST_REPEATS))
        return "".join(self.write(tree) for _ in range(times))

    def _grouped(self, kind: str, value: Any) -> str:
        if kind == "SUBPATTERN":
            text = self.write(value[3])
            if value[0] is not None:
                self.groups[value[0]] = text
            return text
        if kind == "ATOMIC_GROUP":
            return self.write(value)
        if kind == "GROUPREF":
            return self.groups.get(value, "")
        return ""


def _member(members: list[tuple[Any, Any]], variety: int) -> str:
    """A character of a class."""
    named = [(str(kind), value) for kind, value in members]
    negated = named[0][0] == "NEGATE"
    allowed = [char for char in PREFERRED if _among(char, named[negated:]) is not negated]
    if allowed:
        return allowed[variety % len(allowed)]
    kind, value = named[0]
    return "~" if negated else chr(value if kind == "LITERAL" else value[0])


def _among(char: str, members: list[tuple[str, Any]]) -> bool:
    return any(_is(char, kind, value) for kind, value in members)


def _is(char: str, kind: str, value: Any) -> bool:
    if kind == "LITERAL":
        return ord(char) == int(value)
    if kind == "RANGE":
        return bool(value[0] <= ord(char) <= value[1])
    digit, space, word = char.isdigit(), char.isspace(), char.isalnum() or char == "_"
    of_category: dict[str, bool] = {
        "CATEGORY_DIGIT": digit,
        "CATEGORY_NOT_DIGIT": not digit,
        "CATEGORY_SPACE": space,
        "CATEGORY_NOT_SPACE": not space,
        "CATEGORY_WORD": word,
        "CATEGORY_NOT_WORD": not word,
    }
    return of_category.get(str(value), False)
