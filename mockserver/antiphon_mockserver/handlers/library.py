"""Looking at the library: its collections, their files, what is described and extracted of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from antiphon_mockserver.answer import Answer, Incoming
from antiphon_mockserver.errors import invalid
from antiphon_mockserver.house import House
from antiphon_mockserver.knowledge import objects
from antiphon_mockserver.knowledge.library import Library, find_segment
from antiphon_mockserver.plan import Denied
from antiphon_spec.world import Collection, File

Json = dict[str, Any]
ENTITIES, MEDIA, TRANSCRIPTS = "entities", "media-descriptions", "rich-transcripts"


def list_collections(house: House, incoming: Incoming) -> Answer:
    """A page of the collections."""
    return _page(house, incoming, [*map(objects.collection_object, _library(house).collections)])


def get_collection(house: House, incoming: Incoming) -> Answer:
    """One collection."""
    return Answer(body=objects.collection_object(_collection(house, incoming)))


def list_collection_files(house: House, incoming: Incoming) -> Answer:
    """A page of the files of a collection."""
    collection = _collection(house, incoming)
    files = _admitted(house, incoming.query, collection.files)
    return _page(house, incoming, [objects.member_object(collection, file) for file in files])


def get_collection_file(house: House, incoming: Incoming) -> Answer:
    """One file of a collection."""
    collection = _collection(house, incoming)
    return Answer(body=objects.member_object(collection, _member(collection, incoming)))


def list_collection_entities(house: House, incoming: Incoming) -> Answer:
    """A page of the entities of a collection, file by file."""
    collection = _collection(house, incoming, ENTITIES)
    files = _ordered(house, incoming, collection)
    return _cut(house, incoming, [objects.listed_entities(collection, file) for file in files])


def get_file_entities(house: House, incoming: Incoming) -> Answer:
    """The entities of one file of a collection."""
    collection = _collection(house, incoming, ENTITIES)
    file = _member(collection, incoming)
    return Answer(body=objects.entities_object(collection, file, incoming.query))


def list_media_descriptions(house: House, incoming: Incoming) -> Answer:
    """A page of what is described of the files of a collection."""
    return _descriptions(house, incoming, MEDIA)


def get_media_description(house: House, incoming: Incoming) -> Answer:
    """What is described of one file."""
    return _description(house, incoming, MEDIA)


def list_rich_transcripts(house: House, incoming: Incoming) -> Answer:
    """The same of a collection of the older type."""
    return _descriptions(house, incoming, TRANSCRIPTS)


def get_rich_transcript(house: House, incoming: Incoming) -> Answer:
    """The same of one file in a collection of the older type."""
    return _description(house, incoming, TRANSCRIPTS)


def list_files(house: House, incoming: Incoming) -> Answer:
    """A page of all files."""
    files = _admitted(house, incoming.query, _library(house).files)
    return _page(house, incoming, [*map(objects.file_object, files)])


def get_file(house: House, incoming: Incoming) -> Answer:
    """One file."""
    return Answer(body=objects.file_object(_file(house, incoming)))


def list_file_segments(house: House, incoming: Incoming) -> Answer:
    """A page of the segments of a file."""
    file, query = _file(house, incoming), incoming.query
    _refuse_empty_range(query, "min_duration", "max_duration", strictly=False)
    _refuse_empty_range(query, "start_time_after", "end_time_before", strictly=True)
    segments = [segment for segment in file.segments if _fits(segment.start, segment.end, query)]
    return _cut(house, incoming, [objects.segment_object(file, segment) for segment in segments])


def get_file_segment(house: House, incoming: Incoming) -> Answer:
    """One segment of a file."""
    file = _file(house, incoming)
    found = find_segment(file, incoming.parameters["segment_id"])
    if found is None:
        raise _not_found("Segment", incoming.parameters["segment_id"])
    return Answer(body=objects.segment_object(file, found))


def _descriptions(house: House, incoming: Incoming, type: str) -> Answer:
    collection = _collection(house, incoming, type)
    files = _ordered(house, incoming, collection)
    return _cut(
        house,
        incoming,
        [objects.listed_description(collection, file, incoming.query) for file in files],
    )


def _description(house: House, incoming: Incoming, type: str) -> Answer:
    collection = _collection(house, incoming, type)
    file = _member(collection, incoming)
    return Answer(body=objects.description_object(collection, file, incoming.query))


def _library(house: House) -> Library:
    if house.library is None:
        raise Denied("This server has no library.", status=501)
    return house.library


def _collection(house: House, incoming: Incoming, type: str | None = None) -> Collection:
    """The collection that the path names. Refuses one of another type than the operation is for."""
    id = incoming.parameters["collection_id"]
    found = _library(house).collection(id)
    if found is None:
        raise _not_found("Collection", id)
    if type is not None and found.type != type:
        raise invalid(f"This is only available for collections of type '{type}'; this one is '{found.type}'.")
    return found


def _member(collection: Collection, incoming: Incoming) -> File:
    id = incoming.parameters["file_id"]
    found = next((file for file in collection.files if file.id == id), None)
    if found is None:
        raise _not_found("File", id)
    return found


def _file(house: House, incoming: Incoming) -> File:
    id = incoming.parameters["file_id"]
    found = _library(house).file(id)
    if found is None:
        raise _not_found("File", id)
    return found


def _not_found(kind: str, id: str) -> Denied:
    return Denied(f"{kind} with id '{id[:128]}' not found.", status=404)


def _admitted(house: House, query: Mapping[str, Any], files: Iterable[File]) -> list[File]:
    """The files that pass the `filter` of a query."""
    if "filter" not in query:
        return list(files)
    chosen = house.conduct.read_filter(query["filter"], _library(house))
    return [file for file in files if chosen.matches(file)]


def _ordered(house: House, incoming: Incoming, collection: Collection) -> list[File]:
    """The files of a collection in the order that was asked for."""
    files = {file.id: file for file in collection.files}
    shown = [objects.member_object(collection, file) for file in collection.files]
    return [files[member["file_id"]] for member in house.conduct.select(shown, incoming.query)]


def _page(house: House, incoming: Incoming, items: list[Json]) -> Answer:
    return _cut(house, incoming, house.conduct.select(items, incoming.query))


def _cut(house: House, incoming: Incoming, items: list[Json]) -> Answer:
    query = incoming.query
    return Answer(body=house.conduct.cut_out(items, query["offset"], query["limit"]))


def _fits(start: float, end: float, query: Mapping[str, Any]) -> bool:
    length = end - start
    bounds: tuple[tuple[str, Callable[[float], bool]], ...] = (
        ("min_duration", lambda bound: length >= bound),
        ("max_duration", lambda bound: length <= bound),
        ("start_time_after", lambda bound: start >= bound),
        ("end_time_before", lambda bound: end <= bound),
    )
    return all(holds(query[name]) for name, holds in bounds if name in query)


def _refuse_empty_range(query: Mapping[str, Any], low: str, high: str, *, strictly: bool) -> None:
    if low not in query or high not in query:
        return
    if query[low] > query[high] or (strictly and query[low] == query[high]):
        raise invalid(
            f"Invalid '{low}': expected less than '{high}' ({query[high]:g}), got {query[low]:g}.", low
        )
