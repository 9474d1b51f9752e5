"""A sandbox of Jinja2 whose work is bounded: no text, number or loop grows beyond what a prompt needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_CHARACTERS = 1_000_000
"""Characters of a text, elements of a list, or bits of a number."""
LARGEST_ARGUMENT = 100_000
"""The largest number that a function or filter gets: it may be a width or a count."""
MOST_TURNS = 50_000
"""Turns of loops, and calls, in one text."""
WIDE = re.compile(r"\d{5,}|%[-+ #0]*\*|\*\.|\.\*|:[^}]*\{")
"""A width or precision of five digits or more, or one that a value gives."""


class BoundedCode(CodeGenerator):
    """Code in which `~` is bounded too: Jinja lets no sandbox see it."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja names it
        """Writes a call of `concatenate` in place of the usual concatenation."""
        self.write("environment.concatenate((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox, with limits on everything that makes long values from short ones."""

    code_generator_class = BoundedCode
    intercepted_binops = frozenset(("*", "**", "%", "+"))

    def __init__(self) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True)
        self.filters = {name: bounded(name, function) for name, function in self.filters.items()}
        self.filters["counted"] = self.counted
        self._turns = 0

    def render(self, text: str, variables: Mapping[str, Any]) -> str:
        """Renders a template. Raises SecurityError when it takes too many turns or gets too long."""
        template = self.from_string(text)
        self._turns = MOST_TURNS
        pieces: list[str] = []
        length = 0
        for piece in template.generate(variables):
            pieces.append(piece)
            length += len(piece)
            check_length(length)
        return "".join(pieces)

    def evaluate(self, expression: str, variables: Mapping[str, Any]) -> Any:
        """Evaluates an expression. Raises SecurityError when it takes too many turns or gets too long."""
        compiled = self.compile_expression(expression)
        self._turns = MOST_TURNS
        return compiled(**variables)

    def counted(self, values: Iterable[Any]) -> Iterator[Any]:
        """The values of a loop, each of which costs a turn."""
        for value in values:
            self._take_turn()
            yield value

    def concatenate(self, values: tuple[Any, ...]) -> str:
        """The values as one text, as `~` makes it."""
        texts = [str(value) for value in values]
        check_length(sum(map(len, texts)))
        return "".join(texts)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Computes `left operator right`. Raises SecurityError when the result would be too long."""
        if operator == "%" and isinstance(left, str):
            check_format(left)
        else:
            check_length(_length(operator, left, right))
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls a function. Raises SecurityError for arguments that make its result too long."""
        self._take_turn()
        owner = getattr(function, "__self__", None)
        if isinstance(owner, str):
            check_text_function(function.__name__, owner, args)
        check_arguments((*args, *kwargs.values()))
        return super().call(context, function, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """The bounded `str.format`. Raises SecurityError for a format that makes a long text."""
        owner = getattr(value, "__self__", None)
        if isinstance(owner, str) and value.__name__ in ("format", "format_map"):
            check_format(owner)
        return super().wrap_str_format(value)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None, lineno=loop.lineno)
        return tree

    def _take_turn(self) -> None:
        self._turns -= 1
        if self._turns < 0:
            raise SecurityError(f"the template takes more than {MOST_TURNS} turns")


def bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter of this name, with the limits of a call."""

    @wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        check_arguments((*args, *kwargs.values()))
        texts = [value for value in args if isinstance(value, str)]
        if name == "format" and texts:
            check_format(texts[0])
        if name == "join" and texts:
            values = next((value for value in args if isinstance(value, list | tuple)), texts[0])
            check_length(len(values) * len(texts[-1]))
        if name == "replace" and texts:
            check_text_function(name, texts[0], texts[1:])
        return function(*args, **kwargs)

    return limited


def check_text_function(name: str, text: str, args: Iterable[Any]) -> None:
    """Raises SecurityError when this function of a text makes a long one from its arguments."""
    values = list(args)
    if name == "join" and values and hasattr(values[0], "__len__"):
        check_length(len(text) * len(values[0]))
    if name == "replace" and len(values) > 1 and all(isinstance(value, str) for value in values[:2]):
        check_length(text.count(values[0]) * len(values[1]))
    if name == "expandtabs":
        check_length(text.count("\t") * (values[0] if values and isinstance(values[0], int) else 8))


def check_arguments(values: Iterable[Any]) -> None:
    """Raises SecurityError for a number that makes a function build a long value."""
    if any(isinstance(value, int) and abs(value) > LARGEST_ARGUMENT for value in values):
        raise SecurityError(f"an argument is larger than {LARGEST_ARGUMENT}")


def check_format(text: str) -> None:
    """Raises SecurityError for a format with a width of five digits or more, or one that a value gives."""
    if WIDE.search(text):
        raise SecurityError("a width in a format has more than four digits, or a value gives it")


def check_length(length: int) -> None:
    """Raises SecurityError for a length that no prompt has."""
    if length > MOST_CHARACTERS:
        raise SecurityError(f"a text or number gets longer than {MOST_CHARACTERS} characters")


def _length(operator: str, left: Any, right: Any) -> int:
    """About how long the result gets, in characters, elements or bits."""
    left_size, right_size = _size(left), _size(right)
    if left_size is None and right_size is None:
        if not (isinstance(left, int) and isinstance(right, int)):
            return 0
        bits = left.bit_length()
        return bits * max(right, 0) if operator == "**" else bits + right.bit_length()
    if operator == "+":
        return (left_size or 0) + (right_size or 0)
    times = right if right_size is None else left
    return (left_size or right_size or 0) * times if operator == "*" and isinstance(times, int) else 0


def _size(value: Any) -> int | None:
    return len(value) if hasattr(value, "__len__") else None
