"""A Lark grammar -> the shortest text that it derives.

The package `lark` compiles grammars (`pip install antiphon[grammar]`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from antiphon_mockserver.model.instance.grammar_size import check_size
from antiphon_mockserver.model.instance.pattern import matching
from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError, first_line
from antiphon_mockserver.model.remember import remember

LONGEST_GRAMMAR = 20_000
"""Characters of a grammar that is read."""
LONGEST_TEXT = 2_000
"""Characters of a text that is derived."""
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
    try:
        check_size(_parse_grammar(grammar, ""))  # type: ignore[no-untyped-call]  # untyped in the package
        parser = Lark(grammar, parser="earley", maybe_placeholders=False)
    except UnsupportedSchemaError:
        raise
    except (LarkError, RecursionError, ValueError) as problem:
        reason = first_line(problem)[:200]
        if reason.startswith(AMBIGUOUS):
            return None
        raise UnsupportedSchemaError("definition", f"the grammar cannot be read ({reason})") from problem
    texts = _terminal_texts(parser.terminals)
    rules = [(rule.origin.name, [symbol.name for symbol in rule.expansion]) for rule in parser.rules]
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
    """Adds the text of each rule, until no rule gets a shorter one."""
    progress = True
    while progress:
        progress = False
        for name, symbols in rules:
            text = _join(symbols, texts)
            if text is not None and (name not in texts or len(text) < len(texts[name])):
                texts[name] = text
                progress = True


def _join(symbols: Sequence[str], texts: Mapping[str, str]) -> str | None:
    """The texts of these symbols in a row; None when one is not known yet, or the text gets too long."""
    if not all(symbol in texts for symbol in symbols):
        return None
    if sum(len(texts[symbol]) for symbol in symbols) > LONGEST_TEXT:
        return None
    return "".join(texts[symbol] for symbol in symbols)
