"""Entities as a table: the extracted facts of files and segments, as records with fields."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from antiphon_mockserver.video_library.comparison import as_number
from antiphon_mockserver.video_library.terms import stems
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.world import Collection, Extraction, File, Members, Segment

MOST_FACTS = 4
"""The facts of a record in an answer to a question that names none."""
NAMING = ("title", "name")
"""The members that name a record; the first that it has counts."""
MOST_ELEMENTS = 12
"""The elements of a list that a text shows."""


@dataclass(frozen=True, slots=True)
class EntitySource:
    """A collection of entities, with its name and description in a request."""

    collection: Collection
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """The facts of one file, or of one segment of it."""

    file: File
    segment: Segment | None
    facts: Mapping[str, Any]
    """Values and lists of values by name, without null; a name with dots comes from nested objects."""


def entity_source(
    collection: Collection, name: str | None = None, description: str | None = None
) -> EntitySource:
    """The source in a request; the name and description default to those of the collection."""
    return EntitySource(collection, name or collection.name, description or collection.description or "")


def records(source: EntitySource, files: Container[str]) -> list[EntityRecord]:
    """The records of the files with these ids, in order; of a collection of metadata, their metadata."""
    return [
        record
        for file in source.collection.files
        if file.id in files
        for record in _of_file(file, source.collection)
    ]


def first_record(sources: Sequence[EntitySource], file: File) -> tuple[EntitySource, EntityRecord] | None:
    """The first record of a file, with its source."""
    return next(((source, record) for source in sources for record in records(source, (file.id,))), None)


def _of_file(file: File, collection: Collection) -> Iterator[EntityRecord]:
    if collection.type == "metadata":
        extraction = Extraction(file.metadata or {}, ())
    else:
        extraction = collection.entities.get(file.id, Extraction({}, ()))
    if extraction.file:
        yield EntityRecord(file, None, flat(extraction.file))
    for segment, entities in extraction.segments:
        yield EntityRecord(file, segment, flat(entities))


def flat(members: Members, prefix: str = "") -> dict[str, Any]:
    """The members of an object, those of nested objects under names with dots."""
    facts: dict[str, Any] = {}
    for name, value in members.items():
        if isinstance(value, Mapping):
            facts |= flat(value, f"{prefix}{name}.")
        elif value is not None:
            facts[f"{prefix}{name}"] = value
    return facts


@dataclass(frozen=True, slots=True)
class Field:
    """A field of records."""

    name: str
    stems: tuple[str, ...]
    """The words of its name."""


def first_facts(record: EntityRecord) -> dict[str, Any]:
    """The facts of a record for a question that names none."""
    return dict(list(record.facts.items())[:MOST_FACTS])


def name_of(record: EntityRecord) -> str:
    """What a record is called: its title or name, otherwise the title of its file."""
    names = (record.facts.get(member) for member in NAMING)
    return next((name for name in names if isinstance(name, str)), record.file.title)


def fields_of(table: Sequence[EntityRecord]) -> list[Field]:
    """The fields of these records, each once, in order."""
    names = dict.fromkeys(name for record in table for name in record.facts)
    return [Field(name, tuple(stems(_name_in_words(name)))) for name in names]


def measure(value: Any) -> Decimal | None:
    """The number in a value, or the length of a list; None for others."""
    return Decimal(len(value)) if isinstance(value, list) else as_number(value)


def texts(value: Any) -> list[str]:
    """The texts of a value, or of the elements of a list."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def text_of(value: Any) -> str:
    """A value as text for people; a list with its length."""
    if isinstance(value, list):
        elements = ", ".join(map(text_of, value[:MOST_ELEMENTS])) + (
            ", ..." if len(value) > MOST_ELEMENTS else ""
        )
        return f"{len(value)} ({elements})" if value else "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {text_of(element)}" for name, element in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def facts_text(facts: Mapping[str, Any]) -> str:
    """Facts in one line."""
    return "; ".join(f"{name} {text_of(value)}" for name, value in facts.items())


def _name_in_words(name: str) -> str:
    """A name such as `totalMinutes` or `total_minutes` in words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
