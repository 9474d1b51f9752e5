"""The question of a request, and the part of the library that an answer may cite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from antiphon_mockserver.video_library.entities import EntitySource, entity_source
from antiphon_mockserver.video_library.filters import EVERYTHING, Filter
from antiphon_mockserver.video_library.library import Library
from antiphon_mockserver.video_library.objects import DESCRIBING
from antiphon_mockserver.video_library.retrieval import Hit, Place, index_of
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.world import Collection, File, Segment


@dataclass(frozen=True, slots=True)
class EarlierMessage:
    """An earlier message of the conversation."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The question of a request; equal ones get equal answers."""

    library: Library
    question: str
    """The text of the last message of the user."""
    history: tuple[EarlierMessage, ...] = ()
    """The messages before it."""
    instructions: str = ""
    collections: tuple[Collection, ...] = ()
    """The collections to search; those of entities and of metadata provide facts."""
    files: tuple[File, ...] = ()
    """The files to search, where no collection is named."""
    filter: Filter = EVERYTHING
    entities: tuple[EntitySource, ...] = ()
    """The sources of entities for the answer."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file that passes the filter."""

    file: File
    collection: Collection | None
    """The collection that citations name."""
    segments: tuple[Segment, ...]
    """The segments that may be cited; none when only entities of the file exist."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that an answer may cite."""

    library: Library
    members: tuple[Member, ...]
    sources: tuple[EntitySource, ...]

    @property
    def file_ids(self) -> frozenset[str]:
        """The ids of the files."""
        return frozenset(member.file.id for member in self.members)

    def member(self, file: File) -> Member:
        """A file of the scope."""
        return next(member for member in self.members if member.file.id == file.id)

    def find(self, question: str, limit: int, members: Sequence[Member] = ()) -> list[Hit]:
        """The segments that fit a question best, among these members or among all."""
        places: list[Place] = [
            (member.file, segment) for member in members or self.members for segment in member.segments
        ]
        return index_of(self.library).find(question, places, limit)


def scope_of(inquiry: Inquiry) -> Scope:
    """The scope of a question: the files that pass the filter, each once."""
    collections = inquiry.collections
    if not collections and not inquiry.files:
        collections = tuple(source.collection for source in inquiry.entities)
    members = [
        Member(file, None, segments) for file, segments in _passing_files(inquiry.filter, inquiry.files)
    ]
    for collection in sorted(collections, key=lambda collection: collection.type not in DESCRIBING):
        for file, segments in _passing_files(inquiry.filter, collection.files):
            members.append(Member(file, collection, segments if collection.type in DESCRIBING else ()))
    more = [entity_source(row) for row in inquiry.collections if row.type not in DESCRIBING]
    return Scope(inquiry.library, _first_members(members), (*inquiry.entities, *more))


def _first_members(members: Sequence[Member]) -> tuple[Member, ...]:
    """The first member for each file."""
    first = {member.file.id: member for member in reversed(members)}
    return tuple(member for member in members if first[member.file.id] is member)


def _passing_files(criteria: Filter, files: Sequence[File]) -> Iterator[tuple[File, tuple[Segment, ...]]]:
    for file in files:
        if file.status == "completed" and criteria.matches(file):
            yield file, criteria.segments(file)
