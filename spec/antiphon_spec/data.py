"""Reads our own YAML data files and validates each against the JSON Schema that we ship for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import jsonschema_rs
import yaml

SCHEMAS = Path(__file__).parent / "schemas"
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
        raise DataError(str(path), "a YAML file", "no such file") from None
    except yaml.YAMLError as problem:
        raise DataError(str(path), "YAML", " ".join(str(problem).split())) from problem
    if schema is not None:
        check(content, schema, str(path))
    return content


def check(content: Any, schema: str, where: str) -> None:
    """Raises DataError for the first place where `content` breaks the schema of this name."""
    for error in _validator(schema).iter_errors(content):
        pointer = "/".join(str(step) for step in error.instance_path)
        raise DataError(f"{where}#/{pointer}", f"what schemas/{schema}.schema.yaml allows", error.message)


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.validator_for(read_yaml(SCHEMAS / f"{schema}.schema.yaml"))
