"""How large a Lark grammar gets when its rules are expanded: the compiler's work, told before it begins.

The compiler writes out each choice within a sequence: twenty optional symbols become a million alternatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError

MOST_SYMBOLS = 2_000
"""Symbols of one rule, or characters of one terminal, after expansion."""
LIBRARIES = ("common", "unicode")
"""The grammars of the package that may be imported: a request must not read other files."""
FEWEST_FACTORED = 50
"""From this number of repeats on, the compiler builds helper rules of a few symbols each."""
FACTOR = 5
"""The most repeats in such a helper rule."""
CEILING = 10**9
"""Sizes above it are all the same: too large."""


class Size(NamedTuple):
    """What a piece of a grammar expands to."""

    alternatives: int
    length: int
    """Symbols of the longest alternative."""

    @property
    def symbols(self) -> int:
        """Symbols of all alternatives."""
        return self.alternatives * self.length


def check_size(grammar: Any) -> None:
    """Rejects a grammar of which a rule or terminal grows too large, or that would read other files.

    `grammar` is the tree of the whole text. Raises UnsupportedSchemaError, which names the offender.
    """
    terminals = {str(node.children[0]): node.children[-1] for node in grammar.find_data("term")}
    texts: dict[str, int] = {}
    for name in terminals:
        _check(name, _text(name, terminals, texts))
    for node in grammar.find_data("rule"):
        _, name, parameters, _, tree = node.children
        if parameters.children:
            raise UnsupportedSchemaError("definition", f"`{name}` has parameters, which is not supported")
        _check(name, _size(tree).symbols)
    for node in grammar.find_data("ignore"):
        _check("%ignore", _text_of(node.children[0], terminals, texts))
    for node in (*grammar.find_data("import_lib"), *grammar.find_data("import_rel")):
        if node.data == "import_rel" or str(node.children[0]) not in LIBRARIES:
            names = " and ".join(LIBRARIES)
            raise UnsupportedSchemaError("definition", f"%import knows only the libraries {names}")


def _check(name: str, symbols: int) -> None:
    if symbols > MOST_SYMBOLS:
        raise UnsupportedSchemaError("definition", f"`{name}` expands to more than {MOST_SYMBOLS} symbols")


def _text(name: str, terminals: Mapping[str, Any], texts: dict[str, int]) -> int:
    """The characters of a terminal, which becomes one text with all terminals that it names."""
    if name not in texts:
        texts[name] = CEILING  # A terminal that names itself never ends.
        texts[name] = _text_of(terminals[name], terminals, texts) if name in terminals else 1
    return texts[name]


def _text_of(tree: Any, terminals: Mapping[str, Any], texts: dict[str, int]) -> int:
    if not hasattr(tree, "children"):
        return _text(tree.name, terminals, texts) if hasattr(tree, "name") else len(tree)
    length = sum(_text_of(child, terminals, texts) for child in tree.children)
    return _bounded(length * _most_repeats(tree))


def _size(tree: Any) -> Size:
    """The size of a rule's tree, which becomes alternatives."""
    if not hasattr(tree, "children") or tree.data in ("literal", "range"):
        return Size(1, 1)
    inner = [_size(child) for child in tree.children if hasattr(child, "children") or tree.data == "value"]
    if tree.data == "expansions":
        return _alternatives(inner)
    if tree.data == "expr":
        return _repeats(tree, inner[0])
    if tree.data == "maybe":
        return Size(_bounded(inner[0].alternatives + 1), inner[0].length)
    return _sequence(inner)


def _alternatives(sizes: list[Size]) -> Size:
    return Size(
        _bounded(sum(size.alternatives for size in sizes)), max((size.length for size in sizes), default=1)
    )


def _sequence(sizes: list[Size]) -> Size:
    return Size(
        _bounded(prod(size.alternatives for size in sizes)),
        _bounded(max(sum(size.length for size in sizes), 1)),
    )


def _repeats(tree: Any, inner: Size) -> Size:
    """What `x?`, `x*`, `x~3` or `x~3..5` expands to."""
    if str(tree.children[1]) != "~":
        return Size(_bounded(inner.alternatives + 1), inner.length)
    least, most = (int(str(tree.children[index])) for index in (2, -1))
    if most >= FEWEST_FACTORED:
        return Size(_bounded(2 * inner.alternatives**FACTOR), _bounded(inner.length * FACTOR))
    alternatives = sum(inner.alternatives**times for times in range(least, most + 1))
    return Size(_bounded(alternatives), _bounded(inner.length * most))


def _most_repeats(tree: Any) -> int:
    repeats = tree.data == "expr" and str(tree.children[1]) == "~"
    return int(str(tree.children[-1])) if repeats else 1


def _bounded(number: int) -> int:
    return min(number, CEILING)
