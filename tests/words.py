"""What the tests of our own words measure in source files: names of values, classes, builtins, lengths."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTICIPLES = _words(
    """
    befallen begun bitten bought broken brought built chosen done drawn fallen fed felt forgotten
    found frozen given gone got grown heard held hidden kept known laid led lent lost made meant
    met paid said seen sent shown shut sold spent spoilt spoken spread spun stolen struck
    sunk swept sworn taken taught thought thrown told understood won worn written
    """
)
"""Participles that do not end in `ed`."""
PRONOUNS = _words(
    """
    all another any anybody anything both each either everybody everything few he hers his it its many mine
    neither nobody none nothing one ones other others ours own same several she some somebody something such
    that theirs them these they this those us we what whatever which who whoever whom whose you yours
    """
)
NOUNS = _words("bed breed deed embed expected feed hundred need red seed shed speed weed")
"""Words in `ed` that name a value well: nouns, and `expected`, the field of a finding."""
CONVENTIONS = frozenset({"self", "cls", "_"})
BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def is_bad(name: str) -> bool:
    """Whether the last word of a value's name is a participle or a pronoun. Constants are not measured."""
    word = name.strip("_").lower().split("_")[-1]
    if not word or name.isupper() or word in NOUNS:
        return False
    return word in PARTICIPLES | PRONOUNS or (word.endswith("ed") and len(word) > len("red"))


def values(path: Path) -> Iterator[tuple[str, int]]:
    """The name and line of every variable, parameter and attribute that a file binds."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                binding = name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                binding = name
            case ast.ExceptHandler(name=str(name)):
                binding = name
            case _:
                continue
        if binding not in CONVENTIONS:
            yield binding, getattr(node, "lineno", 0)


def classes(paths: Iterator[Path]) -> dict[str, list[str]]:
    """Class name -> the files in which a class of this name is defined."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.name}:{node.lineno}")
    return dict(places)


def shadows(path: Path) -> Iterator[str]:
    """The bindings of a file that hide a builtin. Fields and methods do not: they are read after a dot."""
    members = {
        id(part)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        for part in (statement, getattr(statement, "target", None))
    }
    for node in ast.walk(tree(path)):
        if id(node) in members:
            continue
        name, line = _binding(node)
        if name in BUILTINS:
            yield f"{path.name}:{line} {name}"


def _binding(node: ast.AST) -> tuple[str, int]:
    """The name that a node binds in a scope of functions or modules, and its line; empty for other nodes."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name, node.lineno
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name, node.lineno
        case ast.ExceptHandler(name=str(name)):
            return name, node.lineno
        case ast.alias(name=name, asname=alias):
            return alias or name, node.lineno
    return "", 0


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """The name and length in lines of every function of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{path.name}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def exceptions(path: Path) -> Iterator[str]:
    """The names of the exceptions of a file: classes whose base is a builtin exception or an Error."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef) and any(map(_is_exception, node.bases)):
            yield node.name


def _is_exception(base: ast.expr) -> bool:
    name = getattr(base, "id", getattr(base, "attr", ""))
    kind = getattr(builtins, name, None)
    return name.endswith("Error") or (isinstance(kind, type) and issubclass(kind, BaseException))
