"""A world: a small video library with the speech and scenes of its videos, for servers that answer from one.

The mock server serves a world. The judge reads the same world when it must know the content of a target.
Both share the data, but not the code that evaluates it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.loading.construction import dataclass

NAMESPACE = UUID("6a6f7f0a-5f0c-5c0e-9d3b-2f7a3b6c1d90")
"""The namespace of the name-based UUIDs (RFC 9562, 5.5) for objects to which a world gives no id."""
MODALITIES = ("speech", "visual_scene_description", "scene_text", "audio_description")
"""The kinds of descriptions of a segment."""
Members = Mapping[str, Any]


class WorldError(DataError):
    """The file of a world is malformed or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that a video says or shows, or a description of its sound."""

    text: str
    start: float
    end: float
    """Seconds from the beginning of the video."""
    speaker: str | None = None
    """The speaker; only for speech."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a video."""

    id: str
    start: float
    end: float
    """Seconds from the beginning of the video."""
    title: str
    summary: str
    metadata: Members | None
    passages: Mapping[str, tuple[Passage, ...]]
    """Its descriptions by modality; the mapping has every modality of `MODALITIES`."""


@dataclass(frozen=True, slots=True)
class File:
    """A video."""

    id: str
    key: str
    filename: str
    created_at: int
    """Milliseconds since the Unix epoch."""
    bytes: int
    status: str
    source: str
    url: str | None
    title: str
    summary: str
    metadata: Members | None
    source_metadata: Members | None
    video: Members | None
    """`duration_seconds`, `width`, `height`, `format`, `has_audio`."""
    segments: tuple[Segment, ...]

    @property
    def uri(self) -> str:
        """The vendor's URI of the file."""
        return f"cloudglue://files/{self.id}"


@dataclass(frozen=True, slots=True)
class Extraction:
    """The entities of one file."""

    file: Members
    """The entities of the whole file; may be empty."""
    segments: tuple[tuple[Segment, Members], ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of files that the server processed in one way."""

    id: str
    key: str
    name: str
    description: str | None
    type: str
    created_at: int
    """Milliseconds since the Unix epoch."""
    files: tuple[File, ...]
    extract: Members
    """`prompt` or `schema`, for a collection of entities."""
    entities: Mapping[str, Extraction] = field(default_factory=dict)
    """The extractions, by the id of the file."""

    def added_at(self, file: File) -> int:
        """The time at which a file was added, in milliseconds since the Unix epoch, one file per second."""
        return self.created_at + 1000 * (1 + self.files.index(file))


@dataclass(frozen=True)
class World:
    """A library: all files and all collections."""

    name: str
    title: str
    files: tuple[File, ...]
    collections: tuple[Collection, ...]


def load_world(path: Path) -> World:
    """The world in a YAML file.

    Raises WorldError when the file is missing, breaks `schemas/world.schema.yaml` or contradicts itself.
    """
    try:
        return _world(read_yaml(path, schema="world"), str(path))
    except WorldError:
        raise
    except DataError as problem:
        raise WorldError(problem.where, problem.expected, problem.actual) from problem


def join(worlds: Sequence[World]) -> World:
    """One world with the files and collections of all these. Raises WorldError when two share an id."""
    names = "+".join(world.name for world in worlds)
    titles = " and ".join(world.title for world in worlds)
    files = tuple(file for world in worlds for file in world.files)
    collections = tuple(collection for world in worlds for collection in world.collections)
    return _require_distinct(World(names, titles, files, collections), names)


def _require_distinct(world: World, where: str) -> World:
    """Returns the world. Raises WorldError when two objects of one kind share an id."""
    kinds: dict[str, Sequence[File | Segment | Collection]] = {
        "file": world.files,
        "segment": [segment for file in world.files for segment in file.segments],
        "collection": world.collections,
    }
    for kind, things in kinds.items():
        for name, count in Counter(thing.id for thing in things).items():
            if count > 1:
                raise WorldError(where, f"every {kind} once", f"{count} of id {name}")
    return world


def _world(entry: Members, where: str) -> World:
    name = entry["name"]
    files = {key: _file(name, key, part, where) for key, part in entry["files"].items()}
    collections = tuple(
        _collection(name, key, part, files, where) for key, part in entry["collections"].items()
    )
    return _require_distinct(World(name, entry["title"], tuple(files.values()), collections), where)


def _file(world: str, key: str, entry: Members, where: str) -> File:
    place = f"{where}#/files/{key}"
    segments = tuple(
        _segment(f"{world}/{key}/{index}", part, f"{place}/segments/{index}")
        for index, part in enumerate(entry["segments"])
    )
    video = entry.get("video")
    end = max((segment.end for segment in segments), default=0)
    if video is not None and end > video["duration_seconds"]:
        raise WorldError(place, f"segments within {video['duration_seconds']} seconds", f"one to {end}")
    return File(
        id=entry.get("id") or _id(f"{world}/file/{key}"),
        key=key,
        filename=entry["filename"],
        created_at=_milliseconds(entry["created_at"], place),
        bytes=entry.get("bytes", 0),
        status=entry.get("status", "completed"),
        source=entry.get("source", "upload"),
        url=entry.get("url"),
        title=entry.get("title", entry["filename"]),
        summary=entry.get("summary", ""),
        metadata=entry.get("metadata"),
        source_metadata=entry.get("source_metadata"),
        video=video,
        segments=segments,
    )


def _segment(name: str, entry: Members, where: str) -> Segment:
    start, end = entry["start"], entry["end"]
    if not start < end:
        raise WorldError(where, f"an end after the start at {start}", str(end))
    passages = {
        modality: tuple(
            _passage(part, start, end, f"{where}/{modality}/{index}")
            for index, part in enumerate(entry.get(modality, ()))
        )
        for modality in MODALITIES
    }
    return Segment(
        id=entry.get("id") or _id(f"segment/{name}"),
        start=start,
        end=end,
        title=entry.get("title", ""),
        summary=entry.get("summary", ""),
        metadata=entry.get("metadata"),
        passages=passages,
    )


def _passage(entry: Any, start: float, end: float, where: str) -> Passage:
    if isinstance(entry, str):
        return Passage(entry, start, end)
    passage = Passage(entry["text"], entry.get("start", start), entry.get("end", end), entry["speaker"])
    if not start <= passage.start < passage.end <= end:
        raise WorldError(where, f"a time within {start} to {end}", f"{passage.start} to {passage.end}")
    return passage


def _collection(world: str, key: str, entry: Members, files: Mapping[str, File], where: str) -> Collection:
    place = f"{where}#/collections/{key}"
    members = {name: _member(files, name, f"{place}/files") for name in entry["files"]}
    entities = {
        _member(members, name, f"{place}/entities").id: _extraction(
            part, members[name], f"{place}/entities/{name}"
        )
        for name, part in entry.get("entities", {}).items()
    }
    return Collection(
        id=entry.get("id") or _id(f"{world}/collection/{key}"),
        key=key,
        name=entry["name"],
        description=entry.get("description"),
        type=entry["type"],
        created_at=_milliseconds(entry["created_at"], place),
        files=tuple(members.values()),
        extract=entry.get("extract", {}),
        entities=entities,
    )


def _member(files: Mapping[str, File], key: str, where: str) -> File:
    if key not in files:
        raise WorldError(where, f"one of {', '.join(files)}", key)
    return files[key]


def _extraction(entry: Members, file: File, where: str) -> Extraction:
    count = len(file.segments)
    parts = entry.get("segments", ())
    for part in parts:
        if part["segment"] >= count:
            raise WorldError(f"{where}/segments", f"an index below {count}", str(part["segment"]))
    segments = tuple((file.segments[part["segment"]], part["entities"]) for part in parts)
    return Extraction(entry.get("file", {}), segments)


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE, name))


def _milliseconds(date: str, where: str) -> int:
    try:
        return int(datetime.fromisoformat(date).timestamp()) * 1000
    except ValueError as problem:
        raise WorldError(f"{where}/created_at", "a date of the calendar", f"{date}: {problem}") from problem
