"""Reads YAML, which takes its time: `preparation.py` keeps the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import yaml

_Fastest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Loader(_Fastest):  # type: ignore[misc]
    """The loader of libyaml when PyYAML has it, because it is ten times as fast and our files are large.

    A date without quotes stays a string, as in JSON.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for first, resolvers in _Fastest.yaml_implicit_resolvers.items()
    }


def parse(path: Path) -> Any:
    """The content of a YAML file. Raises OSError, and ValueError for what is no YAML."""
    try:
        return yaml.load(path.read_bytes(), Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as problem:
        raise ValueError(why_no_yaml(problem)) from problem


def why_no_yaml(problem: yaml.YAMLError) -> str:
    """Where a text stops to be YAML, and what is wrong there."""
    if isinstance(problem, yaml.reader.ReaderError):
        is_control = "control" in str(problem.reason) or "special" in str(problem.reason)
        return "a text with control characters" if is_control else "a text that is not UTF-8"
    mark = getattr(problem, "problem_mark", None)
    if mark is None:
        return " ".join(str(problem).split())
    what = getattr(problem, "problem", None) or getattr(problem, "context", None) or "unreadable"
    return f"a text that is none at line {mark.line + 1}, column {mark.column + 1} ({what})"


def line_of(path: Path, steps: Sequence[str]) -> int | None:
    """The line at which a member of a YAML file begins; None when the file cannot be read."""
    try:
        node = yaml.compose(path.read_bytes(), Loader)
    except (OSError, yaml.YAMLError):
        return None
    mark = node.start_mark if node is not None else None
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == step), None)
            if pair is None:
                break
            mark, node = pair[0].start_mark, pair[1]
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
            mark = node.start_mark
        else:
            break
    return None if mark is None else mark.line + 1
