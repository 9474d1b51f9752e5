"""Reads the library: collections, files, segments, descriptions and entities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from antiphon_mockserver.response.plan import Denied
from antiphon_mockserver.server.context import House
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.server.exchange import Answer, Incoming
from antiphon_mockserver.video_library import objects
from antiphon_mockserver.video_library.library import Library, find_segment
from antiphon_spec.world import Collection, File

Json = dict[str, Any]
ENTITIES, MEDIA, TRANSCRIPTS = "entities", "media-descriptions", "rich-transcripts"


def list_collections(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the collections."""
    return _page(house, incoming, [*map(objects.collection_object, _library(house).collections)])


def get_collection(house: House, incoming: Incoming) -> Answer:
    """Returns one collection."""
    return Answer(body=objects.collection_object(_collection(house, incoming)))


def list_collection_files(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the files of a collection."""
    collection = _collection(house, incoming)
    files = _filter_files(house, incoming.query, collection.files)
    return _page(house, incoming, [objects.member_object(collection, file) for file in files])


def get_collection_file(house: House, incoming: Incoming) -> Answer:
    """Returns one file of a collection."""
    collection = _collection(house, incoming)
    return Answer(body=objects.member_object(collection, _member(collection, incoming)))


def list_collection_entities(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the entities of a collection, file by file."""
    collection = _collection(house, incoming, ENTITIES)
    files = _select_files(house, incoming, collection)
    return _cut(house, incoming, [objects.entities_entry(collection, file) for file in files])


def get_file_entities(house: House, incoming: Incoming) -> Answer:
    """Returns the entities of one file of a collection."""
    collection = _collection(house, incoming, ENTITIES)
    file = _member(collection, incoming)
    return Answer(body=objects.entities_object(collection, file, incoming.query))


def list_media_descriptions(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the media descriptions of a collection."""
    return _descriptions(house, incoming, MEDIA)


def get_media_description(house: House, incoming: Incoming) -> Answer:
    """Returns the media description of one file."""
    return _description(house, incoming, MEDIA)


def list_rich_transcripts(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the rich transcripts of a collection."""
    return _descriptions(house, incoming, TRANSCRIPTS)


def get_rich_transcript(house: House, incoming: Incoming) -> Answer:
    """Returns the rich transcript of one file."""
    return _description(house, incoming, TRANSCRIPTS)


def list_files(house: House, incoming: Incoming) -> Answer:
    """Returns a page of all files."""
    files = _filter_files(house, incoming.query, _library(house).files)
    return _page(house, incoming, [*map(objects.file_object, files)])


def get_file(house: House, incoming: Incoming) -> Answer:
    """Returns one file."""
    return Answer(body=objects.file_object(_file(house, incoming)))


def list_file_segments(house: House, incoming: Incoming) -> Answer:
    """Returns a page of the segments of a file. Rejects an empty range with 400."""
    file, query = _file(house, incoming), incoming.query
    _check_range(query, "min_duration", "max_duration", strictly=False)
    _check_range(query, "start_time_after", "end_time_before", strictly=True)
    segments = [segment for segment in file.segments if _fits(segment.start, segment.end, query)]
    return _cut(house, incoming, [objects.segment_object(file, segment) for segment in segments])


def get_file_segment(house: House, incoming: Incoming) -> Answer:
    """Returns one segment of a file."""
    file = _file(house, incoming)
    segment = find_segment(file, incoming.parameters["segment_id"])
    if segment is None:
        raise _not_found("Segment", incoming.parameters["segment_id"])
    return Answer(body=objects.segment_object(file, segment))


def _descriptions(house: House, incoming: Incoming, kind: str) -> Answer:
    collection = _collection(house, incoming, kind)
    files = _select_files(house, incoming, collection)
    return _cut(
        house,
        incoming,
        [objects.description_entry(collection, file, incoming.query) for file in files],
    )


def _description(house: House, incoming: Incoming, kind: str) -> Answer:
    collection = _collection(house, incoming, kind)
    file = _member(collection, incoming)
    return Answer(body=objects.description_object(collection, file, incoming.query))


def _library(house: House) -> Library:
    if house.library is None:
        raise Denied("This server has no library.", status=501)
    return house.library


def _collection(house: House, incoming: Incoming, kind: str | None = None) -> Collection:
    """The collection in the path. Rejects an unknown one with 404, and one of the wrong type with 400."""
    collection_id = incoming.parameters["collection_id"]
    collection = _library(house).collection(collection_id)
    if collection is None:
        raise _not_found("Collection", collection_id)
    if kind is not None and collection.type != kind:
        raise invalid(
            f"This is only available for collections of type '{kind}'; this one is '{collection.type}'."
        )
    return collection


def _member(collection: Collection, incoming: Incoming) -> File:
    file_id = incoming.parameters["file_id"]
    member = next((file for file in collection.files if file.id == file_id), None)
    if member is None:
        raise _not_found("File", file_id)
    return member


def _file(house: House, incoming: Incoming) -> File:
    file_id = incoming.parameters["file_id"]
    file = _library(house).file(file_id)
    if file is None:
        raise _not_found("File", file_id)
    return file


def _not_found(kind: str, object_id: str) -> Denied:
    return Denied(f"{kind} with id '{object_id[:128]}' not found.", status=404)


def _filter_files(house: House, query: Mapping[str, Any], files: Iterable[File]) -> list[File]:
    """The files that pass the `filter` of the query."""
    if "filter" not in query:
        return list(files)
    criteria = house.conduct.read_filter(query["filter"], _library(house))
    return [file for file in files if criteria.matches(file)]


def _select_files(house: House, incoming: Incoming, collection: Collection) -> list[File]:
    """The files of a collection, selected and sorted by the query."""
    files = {file.id: file for file in collection.files}
    members = [objects.member_object(collection, file) for file in collection.files]
    return [files[member["file_id"]] for member in house.conduct.select(members, incoming.query)]


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


def _check_range(query: Mapping[str, Any], low: str, high: str, *, strictly: bool) -> None:
    if low not in query or high not in query:
        return
    if query[low] > query[high] or (strictly and query[low] == query[high]):
        raise invalid(
            f"Invalid '{low}': expected less than '{high}' ({query[high]:g}), got {query[low]:g}.", low
        )
