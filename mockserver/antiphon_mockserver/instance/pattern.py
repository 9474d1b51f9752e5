"""A regular expression -> a short text that it matches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

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
VARIETIES = 40


def matching(pattern: str, least: int, most: int | None) -> Iterator[str]:
    """Texts that the pattern matches, of a length between `least` and `most`, the shortest first."""
    python = _in_python(pattern)
    try:
        tree, compiled = _parser.parse(python), re.compile(python)
    except (re.error, OverflowError, RecursionError) as problem:
        raise Unsupported("pattern", f"the expression {pattern!r} cannot be read ({problem})") from problem
    seen: set[str] = set()
    for extra, variety in _efforts(least):
        text = _Writer(extra, variety).write(tree)
        for candidate in (text, text + "a" * (least - len(text))):
            fits = len(candidate) >= least and (most is None or len(candidate) <= most)
            if fits and candidate not in seen and compiled.search(candidate):
                seen.add(candidate)
                yield candidate


def _efforts(least: int) -> Iterator[tuple[int, int]]:
    """How often to repeat beyond need, and which of several choices to take: the plainest first."""
    for extra in range(min(least, MOST_REPEATS) + 2):
        yield from ((extra, variety) for variety in range(3))
    for variety in range(3, VARIETIES):
        yield from ((extra, variety) for extra in (0, 1, least))


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text; one that cannot be read never is."""
    try:
        return re.search(_in_python(pattern), text) is not None
    except re.error:
        return False


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

    def write(self, tree: Any) -> str:
        """The text for a parsed expression."""
        return "".join(self._part(str(kind), value) for kind, value in tree)

    def _part(self, kind: str, value: Any) -> str:
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
