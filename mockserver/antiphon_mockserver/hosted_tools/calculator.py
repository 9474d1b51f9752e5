"""Runs the small programs of the code interpreter: arithmetic, names, `print` and files, within bounds.

Nothing is evaluated by Python itself: the syntax tree is walked, and every kind of node that is not in the
tables is rejected.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.late import late_pattern

LONGEST_PROGRAM = 10_000
"""Characters of a program that is read."""
MOST_STEPS = 2_000
"""Nodes of the syntax tree that are evaluated."""
LARGEST = 10**300
"""The largest number."""
LARGEST_EXPONENT = 1_000
LONGEST_LIST = 10_000

OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
SIGNS: Mapping[type, Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "float": float,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "round": round,
    "sorted": sorted,
    "str": str,
    "sum": sum,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.gcd": math.gcd,
    "math.sqrt": math.sqrt,
}
CONSTANTS: Mapping[str, Any] = {"math.pi": math.pi, "math.e": math.e, "True": True, "False": False}


class ProgramError(Exception):
    """A program fails; the message is the last line that a client reads of it."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What a program did."""

    logs: str
    """What it printed, in lines."""
    files: Mapping[str, str]
    """The texts that it wrote, by path."""


def run(program: str, files: Mapping[str, str] | None = None) -> Execution:
    """What a program prints and writes; `files` are texts that it may read, by path.

    Raises ProgramError for a wrong program, and for one that uses more than arithmetic and these files.
    """
    if len(program) > LONGEST_PROGRAM:
        raise ProgramError("MemoryError: the program is too long")
    try:
        tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ProgramError("SyntaxError: invalid syntax") from None
    machine = _Machine(files or {})
    try:
        for statement in tree.body:
            machine.execute(statement)
    except (ArithmeticError, TypeError, ValueError, IndexError, RecursionError) as problem:
        raise ProgramError(f"{type(problem).__name__}: {problem}") from problem
    return Execution("".join(f"{line}\n" for line in machine.lines), machine.writes)


class _Machine:
    """The names of one program, the lines that it has printed, and its files."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.writes: dict[str, str] = {}
        self.names: dict[str, Any] = {}
        self.lines: list[str] = []
        self.steps = 0

    def execute(self, statement: ast.stmt) -> None:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                self.names[target.id] = self.value(statement.value)
                return
        if isinstance(statement, ast.With):
            self._write(statement)
            return
        if isinstance(statement, ast.Expr):
            value = statement.value
            if isinstance(value, ast.Call) and _dotted(value.func) == "print":
                self.lines.append(" ".join(str(self.value(argument)) for argument in value.args))
            else:
                self.lines.append(str(self.value(value)))
            return
        raise ProgramError(f"NotImplementedError: {type(statement).__name__}")

    def _write(self, block: ast.With) -> None:
        """Runs `with open(path, "w") as file:`, whose lines are calls of `file.write`."""
        match block.items:
            case [
                ast.withitem(
                    context_expr=ast.Call(func=ast.Name(id="open"), args=[path, ast.Constant(value="w")]),
                    optional_vars=ast.Name(id=name),
                )
            ]:
                texts = [str(self.value(_written(line, name))) for line in block.body]
                self.writes[str(self.value(path))] = "".join(texts)[:LONGEST_PROGRAM]
            case _:
                raise ProgramError("NotImplementedError: With")

    def _read(self, path: str) -> str:
        text = self.writes.get(path, self.files.get(path))
        if text is None:
            raise ProgramError(f"FileNotFoundError: [Errno 2] No such file or directory: {path!r}")
        return text

    def value(self, node: ast.expr) -> Any:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ProgramError("TimeoutError: the program takes too long")
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as constant):
                return constant
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return [self.value(element) for element in elements]
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in SIGNS:
                return SIGNS[type(sign)](_number(self.value(operand)))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
                return self._combine(sign, self.value(left), self.value(right))
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="open"), args=[path]), attr="read"),
                args=[],
            ):
                return self._read(str(self.value(path)))
            case ast.Call(func=function, args=arguments, keywords=[]):
                return self._call(_dotted(function), [self.value(argument) for argument in arguments])
            case ast.Name() | ast.Attribute():
                return self._name(_dotted(node))
        raise ProgramError(f"NotImplementedError: {type(node).__name__}")

    def _combine(self, sign: ast.operator, left: Any, right: Any) -> Any:
        if isinstance(sign, ast.Add) and isinstance(left, str) and isinstance(right, str):
            return (left + right)[:LONGEST_PROGRAM]
        if isinstance(sign, ast.Pow) and abs(_number(right)) > LARGEST_EXPONENT:
            raise ProgramError("OverflowError: the exponent is too large")
        result = OPERATORS[type(sign)](_number(left), _number(right))
        if isinstance(result, complex) or abs(result) > LARGEST:
            raise ProgramError("OverflowError: the number is too large")
        return result

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if name == "range" and len(arguments) in (1, 2) and all(type(value) is int for value in arguments):
            numbers = range(*arguments)
            if len(numbers) > LONGEST_LIST:
                raise ProgramError("MemoryError: the list is too long")
            return list(numbers)
        if name == "math.factorial" and len(arguments) == 1 and type(arguments[0]) is int:
            if arguments[0] > LARGEST_EXPONENT // 10:
                raise ProgramError("OverflowError: the number is too large")
            return math.factorial(arguments[0])
        if name not in FUNCTIONS:
            raise ProgramError(f"NameError: name '{name}' is not defined")
        return FUNCTIONS[name](*arguments)

    def _name(self, name: str) -> Any:
        if name in self.names:
            return self.names[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        raise ProgramError(f"NameError: name '{name}' is not defined")


def _written(line: ast.stmt, name: str) -> ast.expr:
    """The text of a line `name.write(text)`. Raises ProgramError for any other line."""
    match line:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="write"), args=[text])
        ):
            if owner == name:
                return text
    raise ProgramError(f"NotImplementedError: {type(line).__name__}")


def _dotted(node: ast.expr) -> str:
    """`math.sqrt` for the nodes of it; "" for anything but names with dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def _number(value: Any) -> Any:
    if not isinstance(value, (int, float)):
        raise TypeError(f"unsupported operand: '{type(value).__name__}'")
    return value


WORDS = (
    (late_pattern(r"\b(?:multiplied by|times)\b|(?<=\d)\s*[x×]\s*(?=\d)", re.IGNORECASE), " * "),
    (late_pattern(r"\bdivided by\b|÷", re.IGNORECASE), " / "),
    (late_pattern(r"\bplus\b", re.IGNORECASE), " + "),
    (late_pattern(r"\bminus\b", re.IGNORECASE), " - "),
    (late_pattern(r"\b(?:to the power of)\b|\^", re.IGNORECASE), " ** "),
)
ROOT = late_pattern(r"\bsquare root of (\d+(?:\.\d+)?)", re.IGNORECASE)
FACTORIAL = late_pattern(r"\bfactorial of (\d{1,3})\b|\b(\d{1,3})!", re.IGNORECASE)
DATE = late_pattern(r"\b\d{4}-\d\d-\d\d\b")
EXPRESSION = late_pattern(r"[-(]*\d[\d.]*(?:[\s()]*(?:\*\*|//|[-+*/%])[\s(-]*\d[\d.]*\)*)+")
"""Two numbers or more, with signs between them."""


SAVED = late_pattern(
    r"\b(?:save|write|store|export|create|put|output)\b[^.?!]*?\b([\w-]+\.(?:txt|csv|md|json|html|xml|py))\b",
    re.IGNORECASE,
)
"""An order to write a file, and its name."""
QUOTED = late_pattern(r"\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'(?!\w)")


def program_of(prompt: str, folder: str = "") -> str:
    """The program that a prompt asks for: what it wants computed, else one that prints it.

    With a folder, a prompt may ask for a file in it, which gets what would be printed, or the quoted words.
    """
    order = SAVED.search(prompt) if folder else None
    if order is None:
        return _printing(prompt)
    head, _, value = _printing(prompt.replace(order[1], " ")).removesuffix(")").partition("print(")
    if words := QUOTED.search(prompt.replace(order[1], " ")):
        value = repr(words[1] or words[2])
    text = value if value[:1] in "'\"" else f"str({value})"
    return f'{head}with open("{folder}/{order[1]}", "w") as file:\n    file.write({text})'


def _printing(prompt: str) -> str:
    if root := ROOT.search(prompt):
        return f"import math\nprint(math.sqrt({root[1]}))"
    if factorial := FACTORIAL.search(prompt):
        return f"import math\nprint(math.factorial({factorial[1] or factorial[2]}))"
    text = DATE.sub(" ", prompt)
    for pattern, sign in WORDS:
        text = pattern.sub(sign, text)
    candidates = [" ".join(match[0].rstrip(".").split()) for match in EXPRESSION.finditer(text)]
    if candidates:
        return f"print({max(candidates, key=len)})"
    return f"print({prompt.strip()[:200]!r})"
