"""A Lark grammar -> the shortest text that it derives.

The package `lark` compiles grammars (`pip install antiphon[grammar]`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from antiphon_mockserver.model.instance.grammar_size import check_size
from antiphon_mockserver.model.instance.pattern import matching
from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError, first_line
from antiphon_mockserver.model.remember import remember
from antiphon_mockserver.server.haste import announce

LONGEST_GRAMMAR = 20_000
"""Characters of a grammar that is read."""
COST = 16
"""Microseconds that a character of a grammar takes."""
LONGEST_TEXT = 2_000
"""Characters of a text that is derived."""
MOST_DERIVATIONS = 20_000
"""How often the text of a rule is looked at."""
AMBIGUOUS = "Rules defined twice"
"""The package's message for two equal alternatives, as OpenAI's own example has them (`a: b (c b)* | b`)."""


@remember(64)
def shortest(grammar: str) -> str | None:
    """The shortest text of the rule `start`; None without the package, or when it cannot compile the grammar.

    Raises UnsupportedSchemaError when the grammar is malformed or derives no text of a bearable length.
    """
    try:
        from lark import Lark  # noqa: PLC0415 - an extra
        from lark.exceptions import LarkError  # noqa: PLC0415 - an extra
        from lark.load_grammar import _parse_grammar  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    if len(grammar) > LONGEST_GRAMMAR:
        return None
    announce(len(grammar) * COST)
    try:
        check_size(_parse_grammar(grammar, ""))  # type: ignore[no-untyped-call]  # untyped in the package
        # No parser is built, which takes seconds for some hundred rules: only the rules themselves are read.
        compiled = Lark(grammar, parser=None, lexer="basic", maybe_placeholders=False)
    except UnsupportedSchemaError:
        raise
    except (LarkError, RecursionError, ValueError) as problem:
        reason = first_line(problem)[:200]
        if reason.startswith(AMBIGUOUS):
            return None
        raise UnsupportedSchemaError("definition", f"the grammar cannot be read ({reason})") from problem
    texts = _terminal_texts(compiled.terminals)
    rules = [(rule.origin.name, [symbol.name for symbol in rule.expansion]) for rule in compiled.rules]
    _derive(rules, texts)
    if "start" not in texts:
        raise UnsupportedSchemaError(
            "definition", f"`start` derives no text of at most {LONGEST_TEXT} characters"
        )
    return texts["start"]


def _terminal_texts(terminals: Iterable[Any]) -> dict[str, str]:
    """The shortest text of each terminal by name, without those for which none was found."""
    texts: dict[str, str] = {}
    for terminal in terminals:
        pattern = terminal.pattern
        text = pattern.value if pattern.type == "str" else next(matching(pattern.value, 1, None), None)
        if text is not None:
            texts[terminal.name] = text
    return texts


def _derive(rules: Sequence[tuple[str, Sequence[str]]], texts: dict[str, str]) -> None:
    """Adds the text of each rule, until no rule gets a shorter one. Raises UnsupportedSchemaError when that
    takes too long."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, (_, symbols) in enumerate(rules):
        for symbol in dict.fromkeys(symbols):
            places[symbol].append(place)
    waiting = dict.fromkeys(range(len(rules)))
    for _ in range(MOST_DERIVATIONS):
        if not waiting:
            return
        place = next(iter(waiting))
        del waiting[place]
        name, symbols = rules[place]
        text = _join(symbols, texts)
        if text is not None and (name not in texts or len(text) < len(texts[name])):
            texts[name] = text
            waiting.update(dict.fromkeys(places[name]))
    raise UnsupportedSchemaError("definition", "its rules refer to each other too often")


def _join(symbols: Sequence[str], texts: Mapping[str, str]) -> str | None:
    """The texts of these symbols in a row; None when one is not known yet, or the text gets too long."""
    if not all(symbol in texts for symbol in symbols):
        return None
    if sum(len(texts[symbol]) for symbol in symbols) > LONGEST_TEXT:
        return None
    return "".join(texts[symbol] for symbol in symbols)
