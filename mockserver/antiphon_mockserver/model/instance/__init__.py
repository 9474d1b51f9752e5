"""JSON Schema -> a small valid instance, with values from a prompt where they fit.

    instance({"type": "object", "properties": {"city": {"type": "string"}}}, Hints(("Paris",)))
    -> {"city": "Paris"}

Every result was validated. A schema that cannot be filled in raises UnsupportedSchemaError, which names the
keyword.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

import orjson

from antiphon_mockserver.model.instance.first import First, first_of
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
    known = _known(packed) if size <= LARGEST_KEPT else _schema(packed)
    return known.instance(hints)


class KnownSchema:
    """A schema of which instances are wanted again and again."""

    def __init__(self, schema: Any) -> None:
        self.maker = Maker(schema)
        self.validator = self.maker.validator(self.maker.root)
        self._uses = 0

    @cached_property
    def _first(self) -> First | None:
        """What makes the first instance of a plain schema."""
        return first_of(self.maker.root, self.maker.resolve)

    def instance(self, hints: Hints) -> Any:
        """An instance. Raises UnsupportedSchemaError when there is none, or none was found."""
        value = self._draft(hints)
        if not self.validator.is_valid(value):
            raise UnsupportedSchemaError(
                self.maker.offense(value), "no instance was found that satisfies it together with the others"
            )
        return value

    def _draft(self, hints: Hints) -> Any:
        self._uses += 1
        maker = self.maker
        if hints.feedback is not None:
            members = frozenset(member_names(maker.root))
            hints = replace(hints, feedback=replace(hints.feedback, members=members))
        elif self._uses > 1 and self._first is not None:  # the first use may be the only one
            return self._first(hints.fresh())
        try:
            return maker.make_root(hints.fresh())
        except RecursionError:
            raise UnsupportedSchemaError(maker.outermost, "its content is nested too deeply") from None


def _schema(schema: bytes) -> KnownSchema:
    return KnownSchema(with_known_dialects(orjson.loads(schema)))


_known = lru_cache(maxsize=16)(_schema)


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
