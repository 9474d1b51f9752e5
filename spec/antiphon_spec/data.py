"""Reads our own YAML data files and validates each against the JSON Schema that we ship for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from antiphon_spec.loading.late import late_function
from antiphon_spec.loading.preparation import prepared

if TYPE_CHECKING:
    from difflib import SequenceMatcher, get_close_matches
else:  # most files are right
    SequenceMatcher = late_function("difflib", "SequenceMatcher")
    get_close_matches = late_function("difflib", "get_close_matches")

SCHEMAS = Path(__file__).parent / "schemas"
UNKNOWN = "additionalProperties"
"""The kind of error about a member that a schema does not name."""


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
    sources = [path] if schema is None else [path, SCHEMAS / f"{schema}.schema.yaml"]
    return prepared(path, schema or "yaml", lambda: (_read(path, schema), sources))


def _read(path: Path, schema: str | None) -> Any:
    try:
        content = _yaml_text().parse(path)
    except FileNotFoundError:
        raise DataError(str(path), "a YAML file", f"no such file{neighbour(path)}") from None
    except ValueError as problem:
        raise DataError(str(path), "YAML", str(problem)) from problem
    if schema is not None:
        check(content, schema, path)
    return content


def _yaml_text() -> Any:
    # Slow third-party packages come with it, and most files are prepared.
    return import_module("antiphon_spec.loading.yaml_text")


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
    line = _yaml_text().line_of(where, steps) if isinstance(where, Path) else None
    return pointer if line is None else f"{pointer} (line {line})"


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


MOST_NEAR = 3
"""How many names an error suggests."""
FEWEST_LETTERS = 3
"""How many letters a part of a name has at least."""


def nearest(name: str, known: Iterable[str]) -> str:
    """An unknown name in quotes, with the known one that is most like it."""
    return f"{name!r}{hint(name, known)}"


def hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'NAME'?` for a name that resembles a known one, or several alike, in whatever case, or
    is a part of some (the first MOST_NEAR of them); else empty."""
    names = {option.lower(): option for option in sorted(set(known), reverse=True)}
    word = name.lower()
    near = get_close_matches(word, names, n=MOST_NEAR)
    likeness = [SequenceMatcher(None, option, word).ratio() for option in near]
    near = [option for option, ratio in zip(near, likeness, strict=True) if ratio == likeness[0]]
    near = near or sorted(option for option in names if len(word) >= FEWEST_LETTERS and word in option)
    if not near:
        return ""
    words = [repr(names[option]) for option in near[:MOST_NEAR]]
    rest = f" ({len(near)} names have it)" if len(near) > MOST_NEAR else ""
    return f"; did you mean {' or '.join(words)}?{rest}"


def neighbour(path: str | os.PathLike[str]) -> str:
    """`; did you mean 'NAME'?` for a path whose last part resembles a name in its folder; else empty."""
    folder, name = os.path.split(path)
    try:
        return hint(name, os.listdir(folder or "."))
    except OSError:
        return f"; there is no folder {folder!r}"
