"""Instances of one JSON Schema: candidates, the most sensible first, checked where keywords interact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

import jsonschema_rs
import orjson

from antiphon_mockserver.model.instance.hints import Hints
from antiphon_mockserver.model.instance.merge import Schema, both, merge
from antiphon_mockserver.model.instance.occasions import occasions
from antiphon_mockserver.model.instance.pattern import matches, matching
from antiphon_mockserver.model.instance.preparing import ROOT, with_absolute_references, with_whole_counts
from antiphon_mockserver.model.instance.scalars import numbers, strings
from antiphon_mockserver.model.instance.unsupported import UnsupportedSchemaError, first_line
from antiphon_mockserver.model.question import Round
from antiphon_mockserver.model.words import words
from antiphon_mockserver.server.haste import announce

TRICKY = frozenset(
    words(
        "not oneOf anyOf allOf if contains dependentRequired dependentSchemas dependencies",
        "unevaluatedProperties unevaluatedItems propertyNames patternProperties uniqueItems",
    )
)
"""Keywords with which the first candidate may be invalid, so that each candidate is checked."""

IMPLIED = (
    (
        "object",
        (
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "minProperties",
            "propertyNames",
        ),
    ),
    ("array", ("items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems")),
    ("string", ("pattern", "minLength", "maxLength", "format")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)
"""The type that keywords suggest where `type` is absent."""

MOST_TRIES = 40
MOST_ITEMS = 10_000
MOST_VALUES = 50_000
"""The most values that are tried for one instance: a small schema can demand more than memory holds."""

COST = 12
"""Microseconds that a value takes."""
Trail = tuple[str, ...]


class Maker:
    """Makes instances of one schema."""

    def __init__(self, schema: Any) -> None:
        self.root = with_whole_counts(schema)
        self._tries = 0
        self._validators: dict[bytes, Any] = {}
        try:
            self._registry = jsonschema_rs.Registry([(ROOT, with_absolute_references(schema))])
            self.validator(schema)
        except (ValueError, jsonschema_rs.ReferencingError) as problem:
            raise UnsupportedSchemaError(
                _keyword_of(problem), f"the schema cannot be read ({first_line(problem)})"
            ) from problem

    @property
    def outermost(self) -> str:
        """The keyword of the root that most likely stands in the way."""
        return _culprit(self.root)

    def make_root(self, hints: Hints) -> Any:
        """The instance for the whole schema."""
        self._tries = 0
        return self.make(self.root, "", hints, ("#",))

    def make(self, schema: Any, name: str, hints: Hints, trail: Trail) -> Any:
        """The first candidate that is valid. Raises UnsupportedSchemaError when none is."""
        needs_check = isinstance(schema, Mapping) and not TRICKY.isdisjoint(schema)
        failure: UnsupportedSchemaError | None = None
        candidates = self.candidates(schema, name, hints, trail)
        if hints.feedback is not None and (about := hints.feedback.about(name)) is not None:
            candidates = self._others(schema, candidates, *about)
        for _ in range(MOST_TRIES):
            try:
                candidate = next(candidates)
            except StopIteration:
                break
            except UnsupportedSchemaError as problem:
                failure = problem
                break
            if not needs_check or self.valid(schema, candidate):
                return candidate
        raise failure or UnsupportedSchemaError(_culprit(schema), "no value was found that satisfies it")

    def _others(
        self, schema: Any, candidates: Iterator[Any], about: Round, repetitions: int
    ) -> Iterator[Any]:
        """The candidates without the first, which was wrong, and before them the values of the feedback."""
        first = next(candidates)
        if isinstance(first, dict | list):
            yield first
            yield from candidates
            return
        others = (value for value in chain(about.proposals, candidates) if value != first)
        valid = (value for value in others if self.valid(schema, value))
        yield from islice(chain(valid, [first]), repetitions, None)

    def valid(self, schema: Any, instance: Any) -> bool:
        """Whether an instance is valid against a schema whose references start at our root."""
        return bool(self.validator(schema).is_valid(instance))

    def offense(self, instance: Any) -> str:
        """The keyword that an instance of the whole schema violates."""
        error = next(iter(self.validator(self.root).iter_errors(instance)))
        return str(error.schema_path[-1])

    def validator(self, schema: Any) -> Any:
        """The compiled validator of the schema or of a piece of it."""
        key = orjson.dumps(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.validator_for(
                with_absolute_references(schema),
                registry=self._registry,
                validate_formats=True,
                ignore_unknown_formats=True,
                offline=True,
            )
        return self._validators[key]

    def candidates(self, schema: Any, name: str, hints: Hints, trail: Trail) -> Iterator[Any]:
        """Instances worth a try, the most sensible first."""
        self._tries += 1
        announce(COST)
        if self._tries > MOST_VALUES:
            raise UnsupportedSchemaError(
                _culprit(schema), f"more than {MOST_VALUES} values would have to be tried"
            )
        if schema is True or schema == {}:
            yield hints.text(name) or name or "value"
        if not isinstance(schema, Mapping):
            if schema is False:
                raise UnsupportedSchemaError("false", "the schema permits no value")
            return
        if "$ref" in schema or "$dynamicRef" in schema:
            schema, trail = self.resolve(schema, trail)
            yield from self.candidates(schema, name, hints, trail)
        elif "const" in schema:
            yield schema["const"]
        elif "enum" in schema:
            yield from _members_of_enum(schema["enum"], hints)
        else:
            yield from self._candidates_by_branch(schema, name, hints, trail)

    def _candidates_by_branch(self, schema: Schema, name: str, hints: Hints, trail: Trail) -> Iterator[Any]:
        """Candidates from the branches of a schema, or from the schema itself when it has none."""
        for keyword in ("allOf", "anyOf", "oneOf"):
            if keyword in schema:
                rest = {key: value for key, value in schema.items() if key != keyword}
                yield from self._candidates_from(keyword, rest, schema[keyword], name, hints, trail)
                return
        yield from self._candidates_by_type(schema, name, hints, trail)
        if "if" in schema:
            rest = {key: value for key, value in schema.items() if key not in ("if", "then", "else")}
            yield from self.candidates(
                merge(merge(rest, schema["if"]), schema.get("then", True)), name, hints, trail
            )
            yield from self.candidates(merge(rest, schema.get("else", True)), name, hints, trail)

    def _candidates_from(
        self, keyword: str, rest: Schema, branches: list[Any], name: str, hints: Hints, trail: Trail
    ) -> Iterator[Any]:
        if keyword == "allOf":
            conjunction = dict(rest)
            for branch in branches:
                target, trail = self.resolve(branch, trail)
                conjunction = merge(conjunction, target)
            yield from self.candidates(conjunction, name, hints, trail)
            return
        failure: UnsupportedSchemaError | None = None
        sources = [self._branch(rest, branch, name, hints, trail) for branch in branches]
        for branch_number in range(len(sources)):
            try:
                yield from islice(sources[branch_number], 4)
            except UnsupportedSchemaError as problem:
                failure = failure or problem
        for source in sources:
            try:
                yield from source
            except UnsupportedSchemaError as problem:
                failure = failure or problem
        if failure:
            raise failure

    def _branch(self, rest: Schema, branch: Any, name: str, hints: Hints, trail: Trail) -> Iterator[Any]:
        target, deeper = self.resolve(branch, trail)
        yield from self.candidates(merge(rest, target), name, hints, deeper)

    def _candidates_by_type(self, schema: Schema, name: str, hints: Hints, trail: Trail) -> Iterator[Any]:
        for kind in sorted(_types(schema), key=lambda kind: kind == "null"):
            if kind == "object":
                yield from self._objects(schema, hints, trail)
            elif kind == "array":
                yield from self._arrays(schema, name, hints, trail)
            elif kind == "string":
                yield from strings(schema, name, hints)
            elif kind in ("integer", "number"):
                yield from numbers(schema, name, kind == "integer", hints)
            elif kind == "boolean":
                yield from (True, False)
            elif kind == "null":
                yield None
            else:
                raise UnsupportedSchemaError("type", f"there is no type {kind!r}")

    def _objects(self, schema: Schema, hints: Hints, trail: Trail) -> Iterator[dict[str, Any]]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        required_names = [name for name in schema.get("required", ()) if isinstance(name, str)]
        names = [
            name
            for name, member in properties.items()
            if name in required_names or not required_names or _is_named(member, hints)
        ]
        names += [name for name in required_names if name not in properties]
        members = self._members(schema, names, set(required_names), hints, trail)
        yield self._pad(schema, members, hints, trail)
        optional = [name for name in properties if name not in members]
        if optional:
            yield self._members(schema, [*names, *optional], set(required_names), hints.fresh(), trail)
        for name in optional:
            yield members | self._members(schema, [name], set(), hints.fresh(), trail)
        dependencies = {**schema.get("dependentRequired", {}), **_name_lists(schema.get("dependencies", {}))}
        extra = [name for trigger, more in dependencies.items() if trigger in members for name in more]
        yield self._members(schema, [*names, *extra], {*required_names, *extra}, hints.fresh(), trail)
        yield self._members(schema, required_names, set(required_names), hints.fresh(), trail)
        for trigger, dependency in schema.get("dependentSchemas", {}).items():
            if trigger in members:
                rest = {key: value for key, value in schema.items() if key != "dependentSchemas"}
                yield from self._objects(merge(rest, dependency), hints.fresh(), trail)

    def _members(
        self, schema: Schema, names: list[str], required_names: set[str], hints: Hints, trail: Trail
    ) -> dict[str, Any]:
        """The members of these names, without optional ones for which there is no value."""
        members: dict[str, Any] = {}
        for name in names:
            try:
                members[name] = self.make(_member_schema(schema, name), name, hints, trail)
            except UnsupportedSchemaError:
                if name in required_names:
                    raise
        return members

    def _pad(self, schema: Schema, members: dict[str, Any], hints: Hints, trail: Trail) -> dict[str, Any]:
        """Adds members up to the number that `minProperties` demands."""
        least = schema.get("minProperties", 0)
        for name in chain(schema.get("properties", {}), self._names(schema, hints, trail)):
            if len(members) >= least:
                break
            if name not in members:
                members |= self._members(schema, [name], set(), hints, trail)
        return members

    def _names(self, schema: Schema, hints: Hints, trail: Trail) -> Iterator[str]:
        """Names that an object may have besides its `properties`."""
        for pattern in schema.get("patternProperties", {}):
            yield from islice(matching(pattern, 1, None), MOST_TRIES)
        if "propertyNames" in schema:
            naming = both({"type": "string"}, schema["propertyNames"])
            yield from islice(self.candidates(naming, "name", hints, trail), MOST_TRIES)
        if schema.get("additionalProperties", True) is not False:
            yield from (f"key{number}" for number in range(1, MOST_ITEMS))

    def _arrays(self, schema: Schema, name: str, hints: Hints, trail: Trail) -> Iterator[list[Any]]:
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        first = [self.make(item, name, hints, trail) for item in schema.get("prefixItems", ())]
        head = list(first)
        if "contains" in schema:
            element = self.make(schema["contains"], name, hints, trail)
            head += [element] * min(schema.get("minContains", 1), MOST_ITEMS)
        items = schema.get("items", True)
        usual = 0 if items is True else self._usual_number(items, hints, trail)
        length = min(max(least, len(head), usual), MOST_ITEMS if most is None else most)
        try:
            yield head + self._further_items(schema, items, length - len(head), head, name, hints, trail)
        except UnsupportedSchemaError:
            if len(head) < least:
                raise
        if most is None or len(head) <= most:
            yield head
        yield first[: most or 0]

    def _usual_number(self, items: Any, hints: Hints, trail: Trail) -> int:
        try:
            return occasions(self.resolve(items, trail)[0], hints)
        except UnsupportedSchemaError:
            return 1

    def _further_items(
        self, schema: Schema, items: Any, number: int, head: list[Any], name: str, hints: Hints, trail: Trail
    ) -> list[Any]:
        """This number of further items, all different where the schema demands it."""
        tail: list[Any] = []
        for _ in range(max(number, 0)):
            if schema.get("uniqueItems"):
                tail.append(self._unlike([*head, *tail], items, name, hints, trail))
            else:
                tail.append(self.make(items, name, hints, trail))
        return tail

    def _unlike(self, values: list[Any], items: Any, name: str, hints: Hints, trail: Trail) -> Any:
        texts = {orjson.dumps(value) for value in values}
        for candidate in islice(self.candidates(items, name, hints, trail), MOST_TRIES):
            if orjson.dumps(candidate) not in texts and self.valid(items, candidate):
                return candidate
        raise UnsupportedSchemaError("uniqueItems", f"no more than {len(values)} different items were found")

    def resolve(self, schema: Any, trail: Trail) -> tuple[Any, Trail]:
        """The schema merged with its reference. Raises UnsupportedSchemaError for a reference to itself."""
        while isinstance(schema, Mapping) and ("$ref" in schema or "$dynamicRef" in schema):
            reference = schema.get("$ref", schema.get("$dynamicRef"))
            if reference in trail:
                raise UnsupportedSchemaError("$ref", f"{reference} leads back to itself without an end")
            trail = (*trail, reference)
            beside = {key: value for key, value in schema.items() if key not in ("$ref", "$dynamicRef")}
            schema = both(beside, self._target(reference)) if beside else self._target(reference)
        return schema, trail

    def _target(self, reference: str) -> Any:
        target = self.root
        pointer = reference.removeprefix(ROOT).removeprefix("#")
        if not reference.startswith(("#", ROOT)) or (pointer and not pointer.startswith("/")):
            raise UnsupportedSchemaError("$ref", f"{reference!r} is no JSON Pointer into the same schema")
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~").replace("%25", "%")
            target = target[int(key)] if isinstance(target, list) else target[key]
        return target


def _members_of_enum(values: list[Any], hints: Hints) -> Iterator[Any]:
    """The members of an enum; those that the prompt names come first."""
    prompt = f"{hints.prompt} {' '.join(hints.words)}".lower()
    yield from sorted(
        values, key=lambda value: not (isinstance(value, str) and value and value.lower() in prompt)
    )


def _is_named(member: Any, hints: Hints) -> bool:
    """Whether the prompt names a value of an optional member."""
    values = member.get("enum", ()) if isinstance(member, Mapping) else ()
    words = hints.prompt.lower().split()
    return any(isinstance(value, str) and value.lower() in words for value in values)


def _types(schema: Schema) -> list[str]:
    names = schema.get("type")
    if names is not None:
        return [names] if isinstance(names, str) else list(names)
    for kind, keywords in IMPLIED:
        if any(keyword in schema for keyword in keywords):
            return [kind]
    return ["string", "integer", "boolean", "object", "array", "null"]


def _member_schema(schema: Schema, name: str) -> Any:
    """The schema for a member of this name."""
    properties = schema.get("properties", {})
    if name in properties:
        return properties[name]
    for pattern, member in schema.get("patternProperties", {}).items():
        if matches(pattern, name):
            return member
    return schema.get("additionalProperties", True)


def _name_lists(dependencies: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in dependencies.items() if isinstance(value, list)}


def _culprit(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return str(schema).lower()
    keywords = sorted(schema, key=lambda keyword: (keyword not in TRICKY, keyword in ("type", "properties")))
    return keywords[0] if keywords else "schema"


def _keyword_of(problem: Exception) -> str:
    """The keyword that makes a schema unreadable."""
    path = getattr(problem, "instance_path", None)
    return str(path[-1]) if path else str(getattr(getattr(problem, "kind", None), "name", "$ref"))
