"""JSON Schema -> a small valid instance, with values from a prompt where they fit.

    instance({"type": "object", "properties": {"city": {"type": "string"}}}, Hints(("Paris",)))
    -> {"city": "Paris"}

Every result was validated. A schema that cannot be filled in raises UnsupportedSchemaError, which names the
keyword.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from antiphon_mockserver.model.instance.hints import NO_HINTS, Hints
from antiphon_mockserver.model.instance.maker import Maker
from antiphon_mockserver.model.instance.pattern_size import SMALL, check_size
from antiphon_mockserver.model.instance.preparing import with_known_dialects
from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError

__all__ = ["Hints", "UnsupportedSchemaError", "instance"]

LARGEST_SIZE = 1 << 17
"""The bytes of the largest schema: some thousand properties, as vendors allow."""
LARGEST_KEPT = 10 * SMALL
"""The size of all expressions of a schema that is kept with its validators, 3 MB at most."""


def instance(schema: Any, hints: Hints = NO_HINTS) -> Any:
    """An instance that is valid against the schema.

    Raises UnsupportedSchemaError when the schema is malformed, permits no value, or is too complicated.
    """
    packed = orjson.dumps(schema, option=orjson.OPT_NON_STR_KEYS)
    if len(packed) > LARGEST_SIZE:
        keyword = next(iter(schema), "type")
        raise UnsupportedSchemaError(keyword, f"the schema has more than {LARGEST_SIZE} bytes")
    size = check_size(schema) if b'"pattern' in packed else 0
    maker = _known_maker(packed) if size <= LARGEST_KEPT else _maker(packed)
    if hints.feedback is not None:
        hints = replace(hints, feedback=replace(hints.feedback, members=frozenset(member_names(maker.root))))
    try:
        value = maker.make_root(hints.fresh())
    except RecursionError:
        raise UnsupportedSchemaError(maker.outermost, "its content is nested too deeply") from None
    if not maker.valid(maker.root, value):
        raise UnsupportedSchemaError(
            maker.offense(value), "no instance was found that satisfies it together with the others"
        )
    return value


def _maker(schema: bytes) -> Maker:
    return Maker(with_known_dialects(orjson.loads(schema)))


_known_maker = lru_cache(maxsize=16)(_maker)


def member_names(schema: Any) -> Iterator[str]:
    """The names of all properties in a schema, at whatever depth."""
    pieces = [schema]
    while pieces:
        piece = pieces.pop()
        if isinstance(piece, dict):
            properties = piece.get("properties")
            yield from properties if isinstance(properties, dict) else ()
            pieces += piece.values()
        elif isinstance(piece, list):
            pieces += piece
