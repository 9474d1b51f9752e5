"""The objects of a library on the wire: collections, files, segments, descriptions, entities."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from antiphon_spec.world import MODALITIES, Collection, File, Passage, Segment

Json = dict[str, Any]
DESCRIBING = frozenset({"media-descriptions", "rich-transcripts"})
"""The types of collections that have descriptions of their files."""


def collection_object(collection: Collection) -> Json:
    """A collection."""
    body: Json = {
        "id": collection.id,
        "object": "collection",
        "name": collection.name,
        "description": collection.description,
        "collection_type": collection.type,
        "created_at": collection.created_at,
        "file_count": len(collection.files),
    }
    return body | ({"extract_config": dict(collection.extract)} if collection.type == "entities" else {})


def member_object(collection: Collection, file: File) -> Json:
    """A file as a member of a collection."""
    return {
        "collection_id": collection.id,
        "file_id": file.id,
        "object": "collection_file",
        "added_at": collection.added_at(file),
        "status": file.status,
        "file": file_object(file),
    }


def file_object(file: File) -> Json:
    """A file."""
    video = {name: (file.video or {}).get(name) for name in VIDEO}
    return {
        "id": file.id,
        "status": file.status,
        "bytes": file.bytes,
        "created_at": file.created_at,
        "filename": file.filename,
        "uri": file.uri,
        "metadata": file.metadata,
        "media_type": "video",
        "media_info": video,
        "video_info": video,
        "source": file.source,
        "source_metadata": file.source_metadata,
    }


VIDEO = ("duration_seconds", "height", "width", "format", "has_audio")


def segment_object(file: File, segment: Segment) -> Json:
    """A segment of a file."""
    return {
        "id": segment.id,
        "file_id": file.id,
        "start_time": segment.start,
        "end_time": segment.end,
        "thumbnail_url": _thumbnail(file, segment.start),
        "metadata": segment.metadata or {},
    }


def entities_object(collection: Collection, file: File, options: Mapping[str, Any]) -> Json:
    """The entities of one file, a page of those of its segments."""
    extraction = collection.entities.get(file.id)
    offset, limit = options["offset"], options["limit"]
    rows = segment_entities(collection, file)
    page = rows[offset : offset + limit]
    body: Json = {
        "collection_id": collection.id,
        "file_id": file.id,
        "entities": dict(extraction.file) if extraction else {},
        "segment_entities": page,
        "total": len(rows),
        "limit": limit,
        "offset": offset,
    }
    if options.get("include_thumbnails"):
        body["thumbnail_url"] = _thumbnail(file, 0.0)
        for entry in page:
            entry["thumbnail_url"] = _thumbnail(file, entry["start_time"])
    return body | _structure(file, options)


def segment_entities(collection: Collection, file: File) -> list[Json]:
    """The entities of the segments of a file."""
    extraction = collection.entities.get(file.id)
    return [
        {"start_time": segment.start, "end_time": segment.end, "entities": dict(entities)}
        for segment, entities in (extraction.segments if extraction else ())
    ]


def entities_entry(collection: Collection, file: File) -> Json:
    """The entities of one file, as an entry of a collection's list."""
    extraction = collection.entities.get(file.id)
    data: Json = {"entities": dict(extraction.file) if extraction else {}}
    return {"file_id": file.id, "data": data | {"segment_entities": segment_entities(collection, file)}}


def description_object(collection: Collection, file: File, options: Mapping[str, Any]) -> Json:
    """The descriptions of a file: the parts in `options`, as arrays or as one text."""
    segments = _within(file.segments, options)
    body: Json = {
        "collection_id": collection.id,
        "file_id": file.id,
        "title": file.title,
        "summary": file.summary,
    }
    if file.video:
        body["duration_seconds"] = file.video["duration_seconds"]
    modalities = options.get("modalities") or MODALITIES
    if options.get("response_format") == "markdown":
        body["content"] = _markdown(file, segments, modalities, options)
    else:
        body["segment_summary"] = [_summary(segment) for segment in segments]
        for modality in MODALITIES:
            if modality in modalities:
                body[modality] = passages_of(segments, modality, options)
    if options.get("include_thumbnails"):
        body["thumbnail_url"] = _thumbnail(file, 0.0)
    if options.get("include_metadata"):
        body["file"] = file_object(file)
    return body | _structure(file, options)


def description_entry(collection: Collection, file: File, options: Mapping[str, Any]) -> Json:
    """The descriptions of one file, as an entry of a collection's list."""
    body = description_object(collection, file, options)
    data = {name: value for name, value in body.items() if name not in ("collection_id", "file_id", "file")}
    head: Json = {name: body[name] for name in ("file_id", "file") if name in body}
    duration = {"duration_seconds": data.pop("duration_seconds")} if "duration_seconds" in data else {}
    membership = {"added_at": collection.added_at(file), "object": "collection_file"}
    return {**head, **membership, **duration, "data": data}


def passages_of(segments: Iterable[Segment], modality: str, options: Mapping[str, Any]) -> list[Json]:
    """The passages of one modality within the time in `options`."""
    passages = (passage for segment in segments for passage in segment.passages[modality])
    return [passage_object(passage) for passage in passages if _overlaps(passage.start, passage.end, options)]


def passage_object(passage: Passage) -> Json:
    """A passage of speech, picture, text or sound."""
    speaker = {} if passage.speaker is None else {"speaker": passage.speaker}
    return {**speaker, "text": passage.text, "start_time": passage.start, "end_time": passage.end}


def _within(segments: Iterable[Segment], options: Mapping[str, Any]) -> list[Segment]:
    return [segment for segment in segments if _overlaps(segment.start, segment.end, options)]


def _overlaps(start: float, end: float, options: Mapping[str, Any]) -> bool:
    first, last = options.get("start_time_seconds"), options.get("end_time_seconds")
    return (first is None or end > first) and (last is None or start < last)


def _summary(segment: Segment) -> Json:
    return {
        "title": segment.title,
        "summary": segment.summary,
        "start_time": segment.start,
        "end_time": segment.end,
    }


def _markdown(
    file: File, segments: Sequence[Segment], modalities: Some[str], options: Mapping[str, Any]
) -> str:
    lines = [f"# {file.title}", "", file.summary]
    for segment in segments:
        lines += ["", f"## {segment.title or 'Segment'} ({segment.start:g} s to {segment.end:g} s)", ""]
        for modality in MODALITIES:
            if modality in modalities:
                lines += [f"- {_line(entry)}" for entry in passages_of((segment,), modality, options)]
    return "\n".join(lines) + "\n"


def _line(entry: Mapping[str, Any]) -> str:
    return f"{entry['speaker']}: {entry['text']}" if "speaker" in entry else str(entry["text"])


def _structure(file: File, options: Mapping[str, Any]) -> Json:
    """Chapters and shots, where `options` include them: our segments are both."""
    body: Json = {}
    places = [
        {"index": index, "start_time": segment.start, "end_time": segment.end}
        for index, segment in enumerate(file.segments)
    ]
    if options.get("include_chapters"):
        body["chapters"] = [
            {**place, "description": segment.summary}
            for place, segment in zip(places, file.segments, strict=True)
        ]
        body["total_chapters"] = len(places)
    if options.get("include_shots"):
        body |= {"shots": places, "total_shots": len(places)}
    return body


def _thumbnail(file: File, second: float) -> str:
    return f"https://thumbnails.example/{file.id}/{second:g}.jpg"
