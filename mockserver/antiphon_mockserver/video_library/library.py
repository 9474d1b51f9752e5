"""A library: a world whose files and collections are found by the names in requests."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path

import antiphon_fixtures
from antiphon_mockserver.settings import SettingError
from antiphon_mockserver.video_library.comparison import Readings
from antiphon_spec.data import hint
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.world import (
    Collection,
    File,
    Segment,
    World,
    join,
    load_world,
)

WORLDS = Path(antiphon_fixtures.__file__).parent / "worlds"


@dataclass(frozen=True, eq=False)
class Library:
    """The files and collections of a world."""

    world: World
    readings: Readings = Readings()
    """How to read its filters where the documents leave it open."""

    @property
    def files(self) -> tuple[File, ...]:
        """All files, in the order of the world."""
        return self.world.files

    @property
    def collections(self) -> tuple[Collection, ...]:
        """All collections, in the order of the world."""
        return self.world.collections

    @cached_property
    def described(self) -> tuple[File, ...]:
        """The files of the default index: the processed ones with descriptions."""
        return tuple(file for file in self.files if file.status == "completed" and file.segments)

    def collection(self, identifier: str) -> Collection | None:
        """The collection with this id."""
        return self._collections.get(identifier)

    def file(self, name: str) -> File | None:
        """The file with this id, this `cloudglue://files/...` address, or this source URL."""
        return self._files.get(name)

    @cached_property
    def _collections(self) -> dict[str, Collection]:
        return {collection.id: collection for collection in self.collections}

    @cached_property
    def _files(self) -> dict[str, File]:
        by_url = {file.url: file for file in reversed(self.files) if file.url is not None}
        by_address = {name: file for file in self.files for name in (file.uri, file.id)}
        return by_url | by_address


def find_segment(file: File, identifier: str) -> Segment | None:
    """The segment of a file with this id."""
    return next((segment for segment in file.segments if segment.id == identifier), None)


def shipped() -> dict[str, Path]:
    """The worlds that come with this package, by name."""
    return {path.stem: path for path in sorted(WORLDS.glob("*.yaml"))}


@cache
def open_library(name_or_path: str, readings: Readings = Readings()) -> Library:  # noqa: B008 - it is frozen
    """The library of a shipped world, of the world in a YAML file, or, for "", of all shipped worlds.

    Raises SettingError when the world does not exist, and WorldError when its file is malformed.
    """
    worlds = shipped()
    if not name_or_path:
        return Library(join([load_world(path) for path in worlds.values()]), readings)
    path = worlds.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        expected = f"a YAML file, or the name of a shipped world ({', '.join(worlds)})"
        actual = f"no such file{hint(str(name_or_path), worlds)}"
        raise SettingError("world", expected, actual, str(name_or_path))
    return Library(load_world(path), readings)
