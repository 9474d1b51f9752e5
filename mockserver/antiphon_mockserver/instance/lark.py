"""A Lark grammar -> the shortest text that it derives; as much of Lark as grammars for tools use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from antiphon_mockserver.instance.pattern import matching
from antiphon_mockserver.instance.unsupported import Unsupported

RULE = re.compile(r"^\s*[?!]?(_?[A-Za-z]\w*)(?:\.-?\d+)?\s*:\s*(.*)$")
TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\"i?)|(?P<regex>/(?:[^/\\]|\\.)+/[a-z]*)|(?P<name>_?[A-Za-z]\w*)"
    r"|(?P<range>\.\.)|(?P<count>~\s*\d+(?:\s*\.\.\s*\d+)?)|(?P<alias>->\s*\w+)|(?P<sign>[()\[\]|*+?]))"
)
IMPORTED = {
    "INT": "1", "DIGIT": "1", "HEXDIGIT": "1", "NUMBER": "1", "SIGNED_INT": "1", "SIGNED_NUMBER": "1",
    "FLOAT": "1.0", "DECIMAL": "1.0", "LETTER": "a", "LCASE_LETTER": "a", "UCASE_LETTER": "A", "WORD": "a",
    "CNAME": "a", "ESCAPED_STRING": '"a"', "WS": " ", "WS_INLINE": " ", "NEWLINE": "\n",
}  # fmt: skip
"""The shortest texts of the terminals of Lark's `common` library."""


def shortest(grammar: str) -> str:
    """The shortest text of `start`. Raises Unsupported when the grammar cannot be read or derives nothing."""
    rules = _rules(grammar)
    if "start" not in rules:
        raise Unsupported("definition", "the grammar has no rule 'start'")
    known: dict[str, str] = {name: text for name, text in IMPORTED.items() if name not in rules}
    for _ in range(len(rules) + 1):
        for name, body in rules.items():
            derived = _Derivation(body, known).alternatives()
            if derived is not None and (name not in known or len(derived) < len(known[name])):
                known[name] = derived
    if "start" not in known:
        raise Unsupported("definition", "its rule 'start' derives no finite text")
    return known["start"]


def _rules(grammar: str) -> Mapping[str, str]:
    """The bodies of all rules and terminals by name; lines that start with `|` continue the one before."""
    rules: dict[str, str] = {}
    current = ""
    for line in grammar.splitlines():
        if found := RULE.match(line):
            current = found[1]
            rules[current] = found[2]
        elif line.strip().startswith("|") and current:
            rules[current] += f" {line.strip()}"
    return {
        name: body.partition("//")[0] if '"' not in body and "/" not in body else body
        for name, body in rules.items()
    }


class _Derivation:
    """Reads one body and derives its shortest text from the known others; None where nothing is known yet."""

    def __init__(self, body: str, known: Mapping[str, str]) -> None:
        self.known = known
        self.tokens = _tokens(body)
        self.at = 0

    def alternatives(self) -> str | None:
        """The shortest of several sequences."""
        found = [self._sequence()]
        while self._peek() == ("sign", "|"):
            self.at += 1
            found.append(self._sequence())
        texts = [text for text in found if text is not None]
        return min(texts, key=len) if texts else None

    def _sequence(self) -> str | None:
        texts: list[str | None] = []
        while self.at < len(self.tokens) and self._peek() not in (
            ("sign", "|"),
            ("sign", ")"),
            ("sign", "]"),
        ):
            texts.append(self._repeated())
        return None if None in texts else "".join(filter(None, texts))

    def _repeated(self) -> str | None:
        text = self._atom()
        kind, value = self._peek()
        if kind == "alias":
            self.at += 1
        if kind == "count":
            self.at += 1
            times = int(re.split(r"\.\.", value[1:])[0])
            return "" if not times else None if text is None else text * times
        if kind == "sign" and value in "*?+":
            self.at += 1
            return text if value == "+" else ""
        return text

    def _atom(self) -> str | None:
        kind, value = self._peek()
        self.at += 1
        if kind == "text":
            literal = _unescaped(value.rstrip("i")[1:-1])
            return self._ranged(literal)
        if kind == "regex":
            pattern = value[1 : value.rindex("/")]
            return min(
                (text for text, _ in zip(matching(pattern, 0, None), range(3), strict=False)),
                key=len,
                default=None,
            )
        if kind == "name":
            return self.known.get(value)
        if (kind, value) in (("sign", "("), ("sign", "[")):
            inner = self.alternatives()
            self.at += 1
            return "" if value == "[" else inner
        return ""

    def _ranged(self, literal: str) -> str:
        """The first character of a range such as `"a".."z"`, or the literal itself."""
        if self._peek()[0] == "range":
            self.at += 2
        return literal

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")


def _tokens(body: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(body.rstrip()):
        found = TOKEN.match(body, at)
        if found is None:
            if body[at:].lstrip().startswith("//"):
                break
            raise Unsupported("definition", f"the grammar cannot be read at {body[at : at + 20]!r}")
        tokens.append((str(found.lastgroup), found[0].strip()))
        at = found.end()
    return tokens


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text)
