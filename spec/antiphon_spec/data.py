"""Reads our own YAML data files and validates each against the JSON Schema that we ship for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import jsonschema_rs
import yaml

SCHEMAS = Path(__file__).parent / "schemas"
_Fastest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
UNKNOWN = "additionalProperties"
"""The kind of error about a member that a schema does not name."""
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Loader(_Fastest):  # type: ignore[misc]
    """The loader of libyaml when PyYAML has it, because it is ten times as fast and our files are large.

    A date without quotes stays a string, as in JSON.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for first, resolvers in _Fastest.yaml_implicit_resolvers.items()
    }


class DataError(ValueError):
    """A data file is malformed; the message says where, what was expected and what the file has."""

    def __init__(self, where: str, expected: str, actual: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {actual}")
        self.where = where
        self.expected = expected
        self.actual = actual


def read_yaml(path: Path, schema: str | None = None) -> Any:
    """The content of a YAML file, validated against `schemas/<schema>.schema.yaml` when `schema` is given.

    Raises DataError when the file is missing, is not YAML, or is not valid.
    """
    try:
        content = yaml.load(path.read_bytes(), Loader)  # noqa: S506 - a subclass of SafeLoader
    except FileNotFoundError:
        raise DataError(str(path), "a YAML file", f"no such file{neighbour(path)}") from None
    except yaml.YAMLError as problem:
        raise DataError(str(path), "YAML", " ".join(str(problem).split())) from problem
    if schema is not None:
        check(content, schema, path)
    return content


def check(content: Any, schema: str, where: str | Path) -> None:
    """Raises DataError for the first place where `content` breaks the schema of this name; a misspelt member
    comes first, because it explains a missing one."""
    errors = sorted(_validator(schema).iter_errors(content), key=lambda error: error.kind.name != UNKNOWN)
    if not errors:
        return
    error, steps = errors[0], [str(step) for step in errors[0].instance_path]
    expected, actual = f"what schemas/{schema}.schema.yaml allows", error.message
    if error.kind.name == UNKNOWN:
        known = _members(schema, error.schema_path[:-1])
        expected = f"one of {', '.join(known)}" if known else "no such member"
        actual = nearest(error.kind.unexpected[0], known)
        steps.append(error.kind.unexpected[0])
    elif error.kind.name == "required":
        expected, actual = f"`{error.kind.property}`, which is required", "an object without it"
    raise DataError(place(where, steps), expected, actual)


def place(where: str | Path, steps: Sequence[str]) -> str:
    """A place in a file for people, `FILE#/answers/0/text (line 7)`; without a line for what is no file."""
    pointer = f"{where}#" + "".join(f"/{step}" for step in steps)
    line = _line(where, steps) if isinstance(where, Path) else None
    return pointer if line is None else f"{pointer} (line {line})"


def _line(path: Path, steps: Sequence[str]) -> int | None:
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


def _members(schema: str, steps: Sequence[str | int]) -> list[str]:
    """The members of an object that a schema knows, at a path within it."""
    node = read_yaml(SCHEMAS / f"{schema}.schema.yaml")
    root = node
    for step in steps:
        if isinstance(node, dict) and "$ref" in node and step not in node:
            node = _definition(root, node["$ref"])
        node = node[int(step)] if isinstance(node, list) else node.get(str(step), {})
    if isinstance(node, dict) and "$ref" in node:
        node = _definition(root, node["$ref"])
    return sorted(node.get("properties", ())) if isinstance(node, dict) else []


def _definition(root: Any, reference: str) -> Any:
    """The definition that `#/$defs/NAME` names; empty for a reference to another file."""
    return root.get("$defs", {}).get(reference.rpartition("/")[2], {}) if reference.startswith("#") else {}


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.validator_for(read_yaml(SCHEMAS / f"{schema}.schema.yaml"))


def nearest(name: str, known: Iterable[str]) -> str:
    """An unknown name in quotes, with the known one that is most like it."""
    return f"{name!r}{hint(name, known)}"


def hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'NAME'?` for a name that resembles a known one; else empty."""
    matches = get_close_matches(name, sorted(set(known)), n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""


def neighbour(path: str | os.PathLike[str]) -> str:
    """`; did you mean 'NAME'?` for a path whose last part resembles a name in its folder; else empty."""
    folder, name = os.path.split(path)
    try:
        return hint(name, os.listdir(folder or "."))
    except OSError:
        return f"; there is no folder {folder!r}"
