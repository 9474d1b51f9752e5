"""What a request asks, and what of the library an answer may cite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from antiphon_mockserver.knowledge.entities import EntitySource, entity_source
from antiphon_mockserver.knowledge.filters import EVERYTHING, Filter
from antiphon_mockserver.knowledge.library import Library
from antiphon_mockserver.knowledge.objects import DESCRIBING
from antiphon_mockserver.knowledge.retrieval import Hit, Place, index_of
from antiphon_spec.world import Collection, File, Segment


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier message of the conversation."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks; equal ones get equal answers."""

    library: Library
    question: str
    """The text of the last message of the user."""
    history: tuple[Turn, ...] = ()
    """The messages before it."""
    instructions: str = ""
    collections: tuple[Collection, ...] = ()
    """The collections to search. Of those of entities and of metadata, facts are read instead."""
    files: tuple[File, ...] = ()
    """The files to search, where no collection is named."""
    filter: Filter = EVERYTHING
    entities: tuple[EntitySource, ...] = ()
    """The collections of entities that back the answer; without anything to search, they are all there is."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file that passes the filter."""

    file: File
    collection: Collection | None
    """As whose member it is cited."""
    segments: tuple[Segment, ...]
    """What may be cited of it; nothing of a file of which only entities are known."""


@dataclass(frozen=True, slots=True)
class Scope:
    """All that may be cited."""

    library: Library
    members: tuple[Member, ...]
    sources: tuple[EntitySource, ...]

    @property
    def admitted(self) -> frozenset[str]:
        """The ids of the files."""
        return frozenset(member.file.id for member in self.members)

    def member(self, file: File) -> Member:
        """A file of the scope."""
        return next(member for member in self.members if member.file.id == file.id)

    def find(self, question: str, limit: int, members: Sequence[Member] = ()) -> list[Hit]:
        """The segments that fit a question best: of all files, or of these."""
        places: list[Place] = [
            (member.file, segment) for member in members or self.members for segment in member.segments
        ]
        return index_of(self.library).find(question, places, limit)


def scope_of(asked: Asked) -> Scope:
    """What an answer may cite: the files that pass the filter, each once."""
    named = asked.collections
    if not named and not asked.files:
        named = tuple(source.collection for source in asked.entities)
    members = [Member(file, None, segments) for file, segments in _passing(asked.filter, asked.files)]
    for collection in sorted(named, key=lambda one: one.type not in DESCRIBING):
        for file, segments in _passing(asked.filter, collection.files):
            members.append(Member(file, collection, segments if collection.type in DESCRIBING else ()))
    read = [entity_source(one) for one in asked.collections if one.type not in DESCRIBING]
    return Scope(asked.library, _once(members), (*asked.entities, *read))


def _once(members: Sequence[Member]) -> tuple[Member, ...]:
    """Each file as the member that it is first: of a collection that describes it, if there is one."""
    first = {member.file.id: member for member in reversed(members)}
    return tuple(member for member in members if first[member.file.id] is member)


def _passing(filter: Filter, files: Sequence[File]) -> Iterator[tuple[File, tuple[Segment, ...]]]:
    for file in files:
        if file.status == "completed" and filter.matches(file):
            yield file, filter.segments(file)
