"""A world: a small library of videos with what is said and shown in them, for servers that answer from one.

The mock server serves a world; the judge is given the same one when it is to know what a target holds. Both
read the same data, and neither knows how the other evaluates it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from antiphon_spec.data import DataError, read_yaml

NAMESPACE = UUID("6a6f7f0a-5f0c-5c0e-9d3b-2f7a3b6c1d90")
"""The ids that a world does not give are name-based UUIDs (RFC 9562, 5.5) below this one."""
MODALITIES = ("speech", "visual_scene_description", "scene_text", "audio_description")
"""What may be described of a segment."""
Members = Mapping[str, Any]


class WorldError(DataError):
    """The file of a world is malformed, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that is said, shown or heard."""

    text: str
    start: float
    end: float
    """Seconds from the beginning of the video."""
    speaker: str | None = None
    """Who says it; only of speech."""


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
    """What is described of it, by modality (`MODALITIES`), each of which is there."""


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
        """The address by which the vendor names a file."""
        return f"cloudglue://files/{self.id}"


@dataclass(frozen=True, slots=True)
class Extraction:
    """The entities that were found in one file."""

    file: Members
    """Those of the whole file; empty when there are none."""
    segments: tuple[tuple[Segment, Members], ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of files, prepared in one way."""

    id: str
    key: str
    name: str
    description: str | None
    type: str
    created_at: int
    """Milliseconds since the Unix epoch."""
    files: tuple[File, ...]
    extract: Members
    """`prompt` or `schema`, of a collection of entities."""
    entities: Mapping[str, Extraction] = field(default_factory=dict)
    """What was extracted, by the id of the file."""

    def added_at(self, file: File) -> int:
        """When a file was added, in milliseconds since the Unix epoch: one second after the one before."""
        return self.created_at + 1000 * (1 + self.files.index(file))


@dataclass(frozen=True)
class World:
    """A library: all files and all collections."""

    name: str
    title: str
    files: tuple[File, ...]
    collections: tuple[Collection, ...]


def load_world(path: Path) -> World:
    """The world that a YAML file describes.

    Raises WorldError when the file is missing, breaks `schemas/world.schema.yaml` or contradicts itself.
    """
    try:
        return _world(read_yaml(path, schema="world"), str(path))
    except WorldError:
        raise
    except DataError as problem:
        raise WorldError(problem.where, problem.expected, problem.got) from problem


def joined(worlds: Sequence[World]) -> World:
    """One world with all that these hold. Raises WorldError when two of them share an id."""
    names = "+".join(world.name for world in worlds)
    titles = " and ".join(world.title for world in worlds)
    files = tuple(file for world in worlds for file in world.files)
    collections = tuple(collection for world in worlds for collection in world.collections)
    return _distinct(World(names, titles, files, collections), names)


def _distinct(world: World, where: str) -> World:
    """This world. Raises WorldError when two things of one kind share an id."""
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


def _world(told: Members, where: str) -> World:
    name = told["name"]
    files = {key: _file(name, key, entry, where) for key, entry in told["files"].items()}
    collections = tuple(
        _collection(name, key, entry, files, where) for key, entry in told["collections"].items()
    )
    return _distinct(World(name, told["title"], tuple(files.values()), collections), where)


def _file(world: str, key: str, told: Members, where: str) -> File:
    place = f"{where}#/files/{key}"
    segments = tuple(
        _segment(f"{world}/{key}/{index}", entry, f"{place}/segments/{index}")
        for index, entry in enumerate(told["segments"])
    )
    video = told.get("video")
    end = max((segment.end for segment in segments), default=0)
    if video is not None and end > video["duration_seconds"]:
        raise WorldError(place, f"segments within {video['duration_seconds']} seconds", f"one to {end}")
    return File(
        id=told.get("id") or _id(f"{world}/file/{key}"),
        key=key,
        filename=told["filename"],
        created_at=_milliseconds(told["created_at"], place),
        bytes=told.get("bytes", 0),
        status=told.get("status", "completed"),
        source=told.get("source", "upload"),
        url=told.get("url"),
        title=told.get("title", told["filename"]),
        summary=told.get("summary", ""),
        metadata=told.get("metadata"),
        source_metadata=told.get("source_metadata"),
        video=video,
        segments=segments,
    )


def _segment(name: str, told: Members, where: str) -> Segment:
    start, end = told["start"], told["end"]
    if not start < end:
        raise WorldError(where, f"an end after the start at {start}", str(end))
    passages = {
        modality: tuple(
            _passage(entry, start, end, f"{where}/{modality}/{index}")
            for index, entry in enumerate(told.get(modality, ()))
        )
        for modality in MODALITIES
    }
    return Segment(
        id=told.get("id") or _id(f"segment/{name}"),
        start=start,
        end=end,
        title=told.get("title", ""),
        summary=told.get("summary", ""),
        metadata=told.get("metadata"),
        passages=passages,
    )


def _passage(told: Any, start: float, end: float, where: str) -> Passage:
    if isinstance(told, str):
        return Passage(told, start, end)
    passage = Passage(told["text"], told.get("start", start), told.get("end", end), told["speaker"])
    if not start <= passage.start < passage.end <= end:
        raise WorldError(where, f"a time within {start} to {end}", f"{passage.start} to {passage.end}")
    return passage


def _collection(world: str, key: str, told: Members, files: Mapping[str, File], where: str) -> Collection:
    place = f"{where}#/collections/{key}"
    members = {name: _named(files, name, f"{place}/files") for name in told["files"]}
    found = {
        _named(members, name, f"{place}/entities").id: _extraction(
            entry, members[name], f"{place}/entities/{name}"
        )
        for name, entry in told.get("entities", {}).items()
    }
    return Collection(
        id=told.get("id") or _id(f"{world}/collection/{key}"),
        key=key,
        name=told["name"],
        description=told.get("description"),
        type=told["type"],
        created_at=_milliseconds(told["created_at"], place),
        files=tuple(members.values()),
        extract=told.get("extract", {}),
        entities=found,
    )


def _named(files: Mapping[str, File], key: str, where: str) -> File:
    if key not in files:
        raise WorldError(where, f"one of {', '.join(files)}", key)
    return files[key]


def _extraction(told: Members, file: File, where: str) -> Extraction:
    count = len(file.segments)
    for entry in told.get("segments", ()):
        if entry["segment"] >= count:
            raise WorldError(f"{where}/segments", f"a place below {count}", str(entry["segment"]))
    found = tuple((file.segments[entry["segment"]], entry["entities"]) for entry in told.get("segments", ()))
    return Extraction(told.get("file", {}), found)


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE, name))


def _milliseconds(date: str, where: str) -> int:
    try:
        return int(datetime.fromisoformat(date).timestamp()) * 1000
    except ValueError as problem:
        raise WorldError(f"{where}/created_at", "a date of the calendar", f"{date}: {problem}") from problem
