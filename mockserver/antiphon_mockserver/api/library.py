"""Reads the library: collections, files, segments, descriptions and entities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.video_library import objects
from antiphon_mockserver.video_library.library import Library, find_segment
from antiphon_spec.world import Collection, File

Json = dict[str, Any]
ENTITIES, MEDIA, TRANSCRIPTS = "entities", "media-descriptions", "rich-transcripts"


def list_collections(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the collections."""
    return _page(server, request, [*map(objects.collection_object, _library(server).collections)])


def get_collection(server: ServerContext, request: Request) -> Answer:
    """Returns one collection."""
    return Answer(body=objects.collection_object(_collection(server, request)))


def list_collection_files(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the files of a collection."""
    collection = _collection(server, request)
    files = _filter_files(server, request.query, collection.files)
    return _page(server, request, [objects.member_object(collection, file) for file in files])


def get_collection_file(server: ServerContext, request: Request) -> Answer:
    """Returns one file of a collection."""
    collection = _collection(server, request)
    return Answer(body=objects.member_object(collection, _member(collection, request)))


def list_collection_entities(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the entities of a collection, file by file."""
    collection = _collection(server, request, ENTITIES)
    files = _select_files(server, request, collection)
    return _cut(server, request, [objects.entities_entry(collection, file) for file in files])


def get_file_entities(server: ServerContext, request: Request) -> Answer:
    """Returns the entities of one file of a collection."""
    collection = _collection(server, request, ENTITIES)
    file = _member(collection, request)
    return Answer(body=objects.entities_object(collection, file, request.query))


def list_media_descriptions(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the media descriptions of a collection."""
    return _descriptions(server, request, MEDIA)


def get_media_description(server: ServerContext, request: Request) -> Answer:
    """Returns the media description of one file."""
    return _description(server, request, MEDIA)


def list_rich_transcripts(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the rich transcripts of a collection."""
    return _descriptions(server, request, TRANSCRIPTS)


def get_rich_transcript(server: ServerContext, request: Request) -> Answer:
    """Returns the rich transcript of one file."""
    return _description(server, request, TRANSCRIPTS)


def list_files(server: ServerContext, request: Request) -> Answer:
    """Returns a page of all files."""
    files = _filter_files(server, request.query, _library(server).files)
    return _page(server, request, [*map(objects.file_object, files)])


def get_file(server: ServerContext, request: Request) -> Answer:
    """Returns one file."""
    return Answer(body=objects.file_object(_file(server, request)))


def list_file_segments(server: ServerContext, request: Request) -> Answer:
    """Returns a page of the segments of a file. Rejects an empty range with 400."""
    file, query = _file(server, request), request.query
    _check_range(query, "min_duration", "max_duration", strictly=False)
    _check_range(query, "start_time_after", "end_time_before", strictly=True)
    segments = [segment for segment in file.segments if _fits(segment.start, segment.end, query)]
    return _cut(server, request, [objects.segment_object(file, segment) for segment in segments])


def get_file_segment(server: ServerContext, request: Request) -> Answer:
    """Returns one segment of a file."""
    file = _file(server, request)
    segment = find_segment(file, request.parameters["segment_id"])
    if segment is None:
        raise _not_found("Segment", request.parameters["segment_id"])
    return Answer(body=objects.segment_object(file, segment))


def _descriptions(server: ServerContext, request: Request, kind: str) -> Answer:
    collection = _collection(server, request, kind)
    files = _select_files(server, request, collection)
    return _cut(
        server,
        request,
        [objects.description_entry(collection, file, request.query) for file in files],
    )


def _description(server: ServerContext, request: Request, kind: str) -> Answer:
    collection = _collection(server, request, kind)
    file = _member(collection, request)
    return Answer(body=objects.description_object(collection, file, request.query))


def _library(server: ServerContext) -> Library:
    if server.library is None:
        raise ApiError("This server has no library.", status=501)
    return server.library


def _collection(server: ServerContext, request: Request, kind: str | None = None) -> Collection:
    """The collection in the path. Rejects an unknown one with 404, and one of the wrong type with 400."""
    collection_id = request.parameters["collection_id"]
    collection = _library(server).collection(collection_id)
    if collection is None:
        raise _not_found("Collection", collection_id)
    if kind is not None and collection.type != kind:
        raise invalid(
            f"This is only available for collections of type '{kind}'; this one is '{collection.type}'."
        )
    return collection


def _member(collection: Collection, request: Request) -> File:
    file_id = request.parameters["file_id"]
    member = next((file for file in collection.files if file.id == file_id), None)
    if member is None:
        raise _not_found("File", file_id)
    return member


def _file(server: ServerContext, request: Request) -> File:
    file_id = request.parameters["file_id"]
    file = _library(server).file(file_id)
    if file is None:
        raise _not_found("File", file_id)
    return file


def _not_found(kind: str, object_id: str) -> ApiError:
    return ApiError(f"{kind} with id '{object_id[:128]}' not found.", status=404)


def _filter_files(server: ServerContext, query: Mapping[str, Any], files: Iterable[File]) -> list[File]:
    """The files that pass the `filter` of the query."""
    if "filter" not in query:
        return list(files)
    criteria = server.behaviour.lists.read_filter(query["filter"], _library(server))
    return [file for file in files if criteria.matches(file)]


def _select_files(server: ServerContext, request: Request, collection: Collection) -> list[File]:
    """The files of a collection, selected and sorted by the query."""
    files = {file.id: file for file in collection.files}
    members = [objects.member_object(collection, file) for file in collection.files]
    return [files[member["file_id"]] for member in server.behaviour.lists.select(members, request.query)]


def _page(server: ServerContext, request: Request, items: list[Json]) -> Answer:
    return _cut(server, request, server.behaviour.lists.select(items, request.query))


def _cut(server: ServerContext, request: Request, items: list[Json]) -> Answer:
    query = request.query
    return Answer(body=server.behaviour.lists.cut(items, query["offset"], query["limit"]))


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
