"""Reading our own YAML data files, each checked against the JSON Schema that we ship for it."""

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
    """libyaml's loader where PyYAML was built with it: ten times as fast, and the files are large.

    A date without quotes stays text, as JSON has it.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [(tag, pattern) for tag, pattern in known if tag != TIMESTAMP]
        for first, known in _Fastest.yaml_implicit_resolvers.items()
    }


class DataError(ValueError):
    """A data file is malformed; the message says where, what was expected and what was there."""

    def __init__(self, where: str, expected: str, got: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}")
        self.where = where
        self.expected = expected
        self.got = got


def read_yaml(path: Path, schema: str | None = None) -> Any:
    """The content of a YAML file, valid against `schemas/<schema>.schema.yaml` when one is named.

    Raises DataError when the file is missing, is no YAML or is not valid.
    """
    try:
        content = yaml.load(path.read_bytes(), Loader)  # noqa: S506 - it is a safe one
    except FileNotFoundError:
        raise DataError(str(path), "a YAML file", "no such file") from None
    except yaml.YAMLError as problem:
        raise DataError(str(path), "YAML", " ".join(str(problem).split())) from problem
    if schema is not None:
        check(content, schema, str(path))
    return content


def check(content: Any, schema: str, where: str) -> None:
    """Raises DataError for the first place in which `content` breaks the schema of this name."""
    for error in _validator(schema).iter_errors(content):
        pointer = "/".join(str(step) for step in error.instance_path)
        raise DataError(f"{where}#/{pointer}", f"what schemas/{schema}.schema.yaml allows", error.message)


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.validator_for(read_yaml(SCHEMAS / f"{schema}.schema.yaml"))
