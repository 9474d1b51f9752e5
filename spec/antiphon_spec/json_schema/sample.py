"""Probes of a schema: instances just within and just beyond each of its constraints.

A probe is one small change to a minimal instance, so it tests one constraint. Nothing is random: the same
schema gives the same probes in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from antiphon_spec.document import Document
from antiphon_spec.json_schema.fault import pointer_of
from antiphon_spec.loading.construction import dataclass

Json = Any
Path = tuple[str | int, ...]
_ONE_OF_EACH: Mapping[str, Json] = {
    "null": None, "boolean": True, "integer": 7, "number": 1.5, "string": "text", "array": [], "object": {},
}  # fmt: skip
_WORDS = ("a", "a1", "text", "0", "A", "-", "2026-01-01", "https://example.com/a", "#000000", "a@example.com")
_UNKNOWN = "no_such_thing"
_DEEPEST = 24


@dataclass(frozen=True, slots=True)
class Probe:
    """An instance, the place of its change, and the constraint that it tests."""

    value: Json
    path: Path
    why: str
    """`least`, `most`, `type null`, `minimum - 1`, `without name`, `unknown member`..."""

    @property
    def pointer(self) -> str:
        """The JSON pointer of the changed place."""
        return pointer_of(self.path)


@dataclass(frozen=True, slots=True)
class _Way:
    """The way to a probe: the components on it, and how many steps into the instance it goes."""

    names: tuple[str, ...] = ()
    depth: int = 0

    @property
    def inward(self) -> _Way:
        return replace(self, depth=self.depth + 1)


@dataclass(frozen=True)
class Sampler:
    """Makes instances of a document's schemas.

    `component` may return an instance for a reference to a component schema; then the probes do not go into
    that component. Without it they go through every reference, but into each component once on one way.
    """

    document: Document
    component: Callable[[str], Json] | None = None
    deepest: int = _DEEPEST
    """How many steps into an instance the probes go."""

    def least(self, schema: Json, depth: int = 0) -> Json:
        """A small instance that should be valid: it has the required members and no others."""
        if isinstance(schema, Mapping) and "$ref" in schema:
            return (
                self.component(schema["$ref"])
                if self.component
                else self.least(self.document.resolve(schema), depth + 1)
            )
        if not isinstance(schema, Mapping) or not schema or depth > _DEEPEST:
            return {}
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if "allOf" in schema:
            return self._combine(schema, depth)
        if "properties" not in schema and (branches := _branches(schema)):
            return self.least(branches[0], depth + 1)
        return self._least_of(_kind(schema), schema, depth)

    def probes(self, schema: Json) -> Iterator[Probe]:
        """Every probe of `schema`: the least instance first, then those at each constraint."""
        yield Probe(self.least(schema), (), "least")
        yield from self._edges(schema, _Way())

    def _edges(self, schema: Json, way: _Way) -> Iterator[Probe]:
        if isinstance(schema, Mapping) and "$ref" in schema:
            name = schema["$ref"]
            if self.component is None and name not in way.names:
                yield from self._edges(self.document.pointer(name), replace(way, names=(*way.names, name)))
            else:
                yield Probe(self.least(schema), (), "least")
            return
        if not isinstance(schema, Mapping) or way.depth > self.deepest:
            return
        kinds = _kinds(self.document, schema)
        for kind, value in _ONE_OF_EACH.items():
            if kinds and kind not in kinds and not (kind == "integer" and "number" in kinds):
                yield Probe(value, (), f"type {kind}")
        for branch in (*schema.get("allOf", ()), *_branches(schema)):
            yield Probe(self.least(branch), (), "least")
            yield from self._edges(branch, way)
        if "const" in schema or "enum" in schema:
            yield from _words(schema)
        else:
            for kind in _list(schema.get("type", _implicit_kinds(schema))):
                yield from self._inside(kind, schema, way)

    def _inside(self, kind: str, schema: Mapping[str, Json], way: _Way) -> Iterator[Probe]:
        if kind == "object":
            yield from self._object(schema, way)
        elif kind == "array":
            yield from self._array(schema, way)
        elif kind == "string":
            yield from _string(schema)
        elif kind in ("integer", "number"):
            yield from _number(kind, schema)
        else:
            yield from (Probe(value, (), kind) for value in ([None] if kind == "null" else [True, False]))

    def _object(self, schema: Mapping[str, Json], way: _Way) -> Iterator[Probe]:
        least, properties = self._least_object(schema), schema.get("properties", {})
        if properties:
            yield Probe({name: self.least(inner) for name, inner in properties.items()}, (), "most")
        for name in schema.get("required", ()):
            yield Probe({key: value for key, value in least.items() if key != name}, (name,), "absent")
        for name, inner in properties.items():
            yield Probe({**least, name: self.least(inner)}, (name,), "least")
            for probe in self._edges(inner, way.inward):
                yield replace(probe, value={**least, name: probe.value}, path=(name, *probe.path))
        yield from self._free_members(least, schema, way)

    def _free_members(self, least: Json, schema: Mapping[str, Json], way: _Way) -> Iterator[Probe]:
        """Members that the schema does not name."""
        rest = schema.get("additionalProperties", True)
        if not isinstance(rest, Mapping):
            yield Probe({**least, _UNKNOWN: 1}, (_UNKNOWN,), "unknown member")
            return
        value = self.least(rest)
        yield Probe({**least, "key": value}, ("key",), "least")
        for probe in self._edges(rest, way.inward):
            yield replace(probe, value={**least, "key": probe.value}, path=("key", *probe.path))
        for probe in _string(schema.get("propertyNames", {})):
            yield Probe({**least, probe.value: value}, (), f"name of {probe.why}")
        for count, why in _around(schema, "minProperties", "maxProperties"):
            yield Probe({**least, **{f"key{index}": value for index in range(count)}}, (), why)

    def _array(self, schema: Mapping[str, Json], way: _Way) -> Iterator[Probe]:
        items = schema.get("items", {})
        element = self.least(items)
        counts = [*_around(schema, "minItems", "maxItems"), (0, "empty"), (1, "least"), (2, "twice the same")]
        yield from (Probe([element] * count, (), why) for count, why in counts)
        pad = [element] * (schema.get("minItems", 1) - 1)
        for probe in self._edges(items, way.inward):
            yield replace(probe, value=[probe.value, *pad], path=(0, *probe.path))

    def _least_of(self, kind: str, schema: Mapping[str, Json], depth: int) -> Json:
        if kind == "object":
            properties = schema.get("properties", {})
            return {
                name: self.least(properties.get(name, {}), depth + 1) for name in schema.get("required", ())
            }
        if kind == "array":
            return [self.least(schema.get("items", {}), depth + 1)] * schema.get("minItems", 0)
        if kind == "string":
            return _matching(schema)
        if kind in ("integer", "number"):
            return _least_number(schema)
        return _ONE_OF_EACH[kind]

    def _least_object(self, schema: Mapping[str, Json]) -> Json:
        return self._combine(schema, 0) if "allOf" in schema else self._least_of("object", schema, 0)

    def _combine(self, schema: Mapping[str, Json], depth: int) -> Json:
        parts = [self.least(_consequence(part), depth + 1) for part in schema["allOf"]]
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        parts += [self.least(rest, depth + 1)] if rest else []
        return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}


def _consequence(part: Json) -> Json:
    """The `then` of a condition that holds for an empty object, and so for a least instance."""
    holds = isinstance(part, Mapping) and "then" in part and "required" not in part["if"]
    return part["then"] if holds else part


def _branches(schema: Mapping[str, Json]) -> list[Json]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _implicit_kinds(schema: Mapping[str, Json]) -> list[str]:
    return ["object"] if "properties" in schema or "required" in schema else []


def _kind(schema: Mapping[str, Json]) -> str:
    kinds = _list(schema.get("type", _implicit_kinds(schema))) or ["object"]
    return str(next((kind for kind in kinds if kind != "null"), kinds[0]))


def _kinds(document: Document, schema: Json) -> set[str]:
    """The kinds of values that a schema allows at its top level; empty when it allows any."""
    schema = document.resolve(schema)
    if "type" in schema:
        return set(_list(schema["type"]))
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if values:
        return {"null" if value is None else "string" for value in values}
    branches = [_kinds(document, branch) for branch in (*_branches(schema), *schema.get("allOf", ()))]
    return set().union(*branches) if all(branches) else set()


def _words(schema: Mapping[str, Json]) -> Iterator[Probe]:
    values = [schema["const"]] if "const" in schema else schema["enum"]
    yield from (Probe(value, (), f"the word {value}") for value in values)
    yield Probe(_UNKNOWN, (), "no word of the list")


def _string(schema: Mapping[str, Json]) -> Iterator[Probe]:
    yield Probe("", (), "empty text")
    for count, why in _around(schema, "minLength", "maxLength"):
        yield Probe(_resize(_matching(schema), count), (), why)
    if "pattern" in schema:
        yield Probe(_matching(schema), (), "a match")
        yield Probe(_matching(schema) + " \u00e9", (), "no match of the pattern")
    yield Probe("any text at all", (), "any text")


def _number(kind: str, schema: Mapping[str, Json]) -> Iterator[Probe]:
    for keyword, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if keyword in schema:
            yield Probe(schema[keyword], (), f"{keyword}")
            yield Probe(schema[keyword] + step, (), f"beyond {keyword}")
    yield from (Probe(value, (), f"{value}") for value in (0, 1, -1, 50))
    yield Probe(0.5, (), "a fraction")


def _least_number(schema: Mapping[str, Json]) -> Json:
    if "minimum" in schema:
        return max(schema["minimum"], min(1, schema.get("maximum", 1)))
    return min(1, schema.get("maximum", 1))


def _around(schema: Mapping[str, Json], lower: str, upper: str) -> Iterator[tuple[int, str]]:
    """Both sides of each limit on a size."""
    if lower in schema:
        yield schema[lower], lower
        yield max(0, schema[lower] - 1), f"less than {lower}"
    if upper in schema:
        yield schema[upper], upper
        yield schema[upper] + 1, f"more than {upper}"


def _matching(schema: Mapping[str, Json]) -> str:
    """A short string that the schema allows."""
    pattern = schema.get("pattern")
    words = (*_WORDS, *(_WORDS if pattern is None else _from_pattern(pattern)))
    matches = (word for word in words if pattern is None or re.search(pattern, word))
    return _resize(next(matches, "a"), max(1, schema.get("minLength", 0)))


def _from_pattern(pattern: str) -> tuple[str, ...]:
    """A string for patterns like `^prefix_[a-z0-9]{32}$`: a literal, one class, one count; else empty."""
    match = re.fullmatch(r"\^?([\w\-#/]*)\[([^\]]+)\](?:\{(\d+)(?:,\d*)?\}|[+*])?\$?", pattern)
    if match is None:
        return ()
    prefix, members, count = match.groups()
    return (prefix + members[0] * int(count or 1),)


def _resize(text: str, length: int) -> str:
    return text[:length] if len(text) >= length else text + (text[-1:] or "a") * (length - len(text))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
