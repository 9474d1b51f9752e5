"""The first instance of a plain schema, without a search: what `Maker` finds first is known from the schema.

first = first_of({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
first(Hints(("Paris",)))                        # {"city": "Paris"}

Of a schema whose keywords interact, or whose first instance may be wrong, there is none: it takes the search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from antiphon_mockserver.model.instance.hints import Hints
from antiphon_mockserver.model.instance.occasions import MOST as MOST_OCCASIONS
from antiphon_mockserver.model.instance.occasions import occasions
from antiphon_mockserver.model.instance.pattern import LONGEST
from antiphon_mockserver.model.instance.scalars import FORMATS, LIMITS, fit, numbers_by
from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError
from antiphon_mockserver.model.words import words

First = Callable[[Hints], Any]
Trail = tuple[str, ...]
Resolve = Callable[[Any, Trail], tuple[Any, Trail]]
"""(a schema, the references that led to it) -> the schema merged with its reference, and all references."""

PLAIN = frozenset(
    words(
        "type properties required additionalProperties items minItems maxItems minLength maxLength format",
        "minimum maximum exclusiveMinimum exclusiveMaximum const enum $ref",
        "title description default examples example deprecated readOnly writeOnly",
        "$comment $schema $defs definitions",
    )
)
"""The keywords that a plain schema may have; those of the last lines say nothing about an instance."""
MOST_VALUES = 10_000
"""The most values that an instance may have, for the search gives up at some number."""


def first_of(schema: Any, resolve: Resolve) -> First | None:
    """What makes the first instance of a schema; None where it takes a search."""
    try:
        return _Compiler(resolve).first(schema, "", ("#",), 1)
    except UnsupportedSchemaError:
        return None


class _Compiler:
    """Goes through a schema once."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.values = 0
        """How many values an instance has at the most."""

    def first(self, schema: Any, name: str, trail: Trail, number: int) -> First | None:
        """The same for a piece of the schema, of which an instance has so many."""
        schema, trail = self.resolve(schema, trail)
        self.values += number
        if schema is True or schema == {}:
            return lambda hints: hints.text(name) or name or "value"
        if not isinstance(schema, Mapping) or not PLAIN.issuperset(schema) or self.values > MOST_VALUES:
            return None
        if "const" in schema:
            return _constant(schema["const"])
        if "enum" in schema:
            return _of_enum(schema["enum"])
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind == "object":
            return self._object(schema, trail, number)
        if kind == "array":
            return self._array(schema, name, trail, number)
        return _scalar(schema, name, kind)

    def _object(self, schema: Mapping[str, Any], trail: Trail, number: int) -> First | None:
        properties, required = schema.get("properties", {}), schema.get("required", ())
        left_out = [member for name, member in properties.items() if required and name not in required]
        if not properties.keys() >= set(required) or any(
            isinstance(member, Mapping) and "enum" in member for member in left_out
        ):
            return None  # the prompt may name the value of an optional member
        pairs = []
        for name, member in properties.items():
            if not required or name in required:
                make = self.first(member, name, trail, number)
                if make is None:
                    return None
                pairs.append((name, make))
        return lambda hints: {name: make(hints) for name, make in pairs}

    def _array(self, schema: Mapping[str, Any], name: str, trail: Trail, number: int) -> First | None:
        least, most, items = schema.get("minItems", 0), schema.get("maxItems"), schema.get("items", True)
        make = self.first(items, name, trail, number * max(least, MOST_OCCASIONS))
        if make is None:
            return None
        element, is_any = self.resolve(items, trail)[0], items is True

        def first(hints: Hints) -> list[Any]:
            length = max(least, 0 if is_any else occasions(element, hints))
            return [make(hints) for _ in range(length if most is None else min(length, most))]

        return first


def _has_enum(schema: Any) -> bool:
    return isinstance(schema, Mapping) and "enum" in schema


def _scalar(schema: Mapping[str, Any], name: str, kind: Any) -> First | None:
    if kind == "boolean":
        return _constant(True)
    if kind == "null":
        return _constant(None)
    if kind == "string":
        return _text(schema, name)
    return _number(schema, name, whole=kind == "integer") if kind in ("integer", "number") else None


def _constant(value: Any) -> First:
    return lambda _hints: value


def _of_enum(values: list[Any]) -> First | None:
    """The first value that the prompt names, else the first."""
    if not values:
        return None
    names = [(value, value.lower()) for value in values if isinstance(value, str) and value]

    def first(hints: Hints) -> Any:
        prompt = f"{hints.prompt} {' '.join(hints.words)}".lower()
        return next((value for value, lower in names if lower in prompt), values[0])

    return first


def _text(schema: Mapping[str, Any], name: str) -> First | None:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if least > LONGEST:
        return None
    if (example := FORMATS.get(schema.get("format", ""))) is not None:
        return _constant(example)
    usual = name.replace("_", " ") or "text"

    def first(hints: Hints) -> str:
        hint = hints.text(name)
        text = usual if hint is None else hint
        return fit(text, least, most) if least or most is not None else text

    return first


def _number(schema: Mapping[str, Any], name: str, *, whole: bool) -> First | None:
    usual = next(numbers_by(schema, None, whole=whole), None)
    if usual is None:
        return None
    is_bounded = not LIMITS.isdisjoint(schema)

    def first(hints: Hints) -> Any:
        hint = hints.number(name)
        if hint is None:
            return usual
        if not is_bounded and isinstance(hint, int):
            return hint
        return next(numbers_by(schema, hint, whole=whole))

    return first
