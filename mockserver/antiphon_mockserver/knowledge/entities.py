"""Entities as a table: what was extracted from files and segments, as records with fields."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from antiphon_mockserver.knowledge.comparison import as_number
from antiphon_mockserver.knowledge.terms import stems
from antiphon_spec.world import Collection, Extraction, File, Members, Segment

MOST_FACTS = 4
"""How many facts of a record are told when no question names any."""
LISTED = 12
"""How many elements of a list are shown."""


@dataclass(frozen=True, slots=True)
class EntitySource:
    """A collection of entities, under the name and with the description that are in force for a request."""

    collection: Collection
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one file, or of one segment of it."""

    file: File
    segment: Segment | None
    facts: Mapping[str, Any]
    """Values and lists of values by name; a name has dots where objects were nested, and null is left out."""


def entity_source(
    collection: Collection, name: str | None = None, description: str | None = None
) -> EntitySource:
    """The source that a request names; what it does not tell is the collection's own."""
    return EntitySource(collection, name or collection.name, description or collection.description or "")


def records(source: EntitySource, admitted: Container[str]) -> list[Record]:
    """The records of the files with these ids, in order; of a collection of metadata, their metadata."""
    return [
        record
        for file in source.collection.files
        if file.id in admitted
        for record in _of_file(file, source.collection)
    ]


def first_record(sources: Sequence[EntitySource], file: File) -> tuple[EntitySource, Record] | None:
    """The first that is known of a file, and from where."""
    return next(((source, record) for source in sources for record in records(source, (file.id,))), None)


def _of_file(file: File, collection: Collection) -> Iterator[Record]:
    if collection.type == "metadata":
        found = Extraction(file.metadata or {}, ())
    else:
        found = collection.entities.get(file.id, Extraction({}, ()))
    if found.file:
        yield Record(file, None, flat(found.file))
    for segment, entities in found.segments:
        yield Record(file, segment, flat(entities))


def flat(members: Members, prefix: str = "") -> dict[str, Any]:
    """The members of an object, those of nested objects under names with dots."""
    found: dict[str, Any] = {}
    for name, value in members.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        elif value is not None:
            found[f"{prefix}{name}"] = value
    return found


@dataclass(frozen=True, slots=True)
class Field:
    """A field that records have."""

    name: str
    stems: tuple[str, ...]
    """The words of its name."""


def first_facts(record: Record) -> dict[str, Any]:
    """What is told of a record when nothing says what counts."""
    return dict(list(record.facts.items())[:MOST_FACTS])


def fields_of(table: Sequence[Record]) -> list[Field]:
    """The fields of these records, each once, in order."""
    names = dict.fromkeys(name for record in table for name in record.facts)
    return [Field(name, tuple(stems(_spaced(name)))) for name in names]


def measure(value: Any) -> Decimal | None:
    """A number, or how many elements a list has."""
    return Decimal(len(value)) if isinstance(value, list) else as_number(value)


def texts(value: Any) -> list[str]:
    """The texts of a value, or of the elements of a list."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def shown(value: Any) -> str:
    """A value as people read it; a list with its length."""
    if isinstance(value, list):
        listed = ", ".join(map(shown, value[:LISTED])) + (", ..." if len(value) > LISTED else "")
        return f"{len(value)} ({listed})" if value else "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(element)}" for name, element in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def told(facts: Mapping[str, Any]) -> str:
    """Facts in one line."""
    return "; ".join(f"{name} {shown(value)}" for name, value in facts.items())


def _spaced(name: str) -> str:
    """A name such as `totalMinutes` or `total_minutes` in words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
