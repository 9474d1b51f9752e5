"""What a library's things look like on the wire: collections, files, segments, descriptions, entities."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from antiphon_spec.world import MODALITIES, Collection, File, Passage, Segment

Json = dict[str, Any]
DESCRIBING = frozenset({"media-descriptions", "rich-transcripts"})
"""The types of collection whose files are described."""


def collection_object(collection: Collection) -> Json:
    """A collection."""
    told: Json = {
        "id": collection.id,
        "object": "collection",
        "name": collection.name,
        "description": collection.description,
        "collection_type": collection.type,
        "created_at": collection.created_at,
        "file_count": len(collection.files),
    }
    return told | ({"extract_config": dict(collection.extract)} if collection.type == "entities" else {})


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


def entities_object(collection: Collection, file: File, wanted: Mapping[str, Any]) -> Json:
    """The entities of one file, a page of those of its segments."""
    found = collection.entities.get(file.id)
    offset, limit = wanted["offset"], wanted["limit"]
    told = segment_entities(collection, file)
    page = told[offset : offset + limit]
    shown: Json = {
        "collection_id": collection.id,
        "file_id": file.id,
        "entities": dict(found.file) if found else {},
        "segment_entities": page,
        "total": len(told),
        "limit": limit,
        "offset": offset,
    }
    if wanted.get("include_thumbnails"):
        shown["thumbnail_url"] = _thumbnail(file, 0.0)
        for entry in page:
            entry["thumbnail_url"] = _thumbnail(file, entry["start_time"])
    return shown | _structure(file, wanted)


def segment_entities(collection: Collection, file: File) -> list[Json]:
    """The entities of the segments of a file."""
    found = collection.entities.get(file.id)
    return [
        {"start_time": segment.start, "end_time": segment.end, "entities": dict(entities)}
        for segment, entities in (found.segments if found else ())
    ]


def listed_entities(collection: Collection, file: File) -> Json:
    """The entities of one file as the list of a whole collection has them."""
    found = collection.entities.get(file.id)
    data: Json = {"entities": dict(found.file) if found else {}}
    return {"file_id": file.id, "data": data | {"segment_entities": segment_entities(collection, file)}}


def description_object(collection: Collection, file: File, wanted: Mapping[str, Any]) -> Json:
    """What is described of a file: the parts that were asked for, as arrays or as one text."""
    chosen = _within(file.segments, wanted)
    told: Json = {
        "collection_id": collection.id,
        "file_id": file.id,
        "title": file.title,
        "summary": file.summary,
    }
    if file.video:
        told["duration_seconds"] = file.video["duration_seconds"]
    modalities = wanted.get("modalities") or MODALITIES
    if wanted.get("response_format") == "markdown":
        told["content"] = _markdown(file, chosen, modalities, wanted)
    else:
        told["segment_summary"] = [_summary(segment) for segment in chosen]
        for modality in MODALITIES:
            if modality in modalities:
                told[modality] = described(chosen, modality, wanted)
    if wanted.get("include_thumbnails"):
        told["thumbnail_url"] = _thumbnail(file, 0.0)
    if wanted.get("include_metadata"):
        told["file"] = file_object(file)
    return told | _structure(file, wanted)


def listed_description(collection: Collection, file: File, wanted: Mapping[str, Any]) -> Json:
    """What is described of one file as the list of a whole collection has it."""
    told = description_object(collection, file, wanted)
    data = {name: value for name, value in told.items() if name not in ("collection_id", "file_id", "file")}
    kept: Json = {name: told[name] for name in ("file_id", "file") if name in told}
    duration = {"duration_seconds": data.pop("duration_seconds")} if "duration_seconds" in data else {}
    added = {"added_at": collection.added_at(file), "object": "collection_file"}
    return {**kept, **added, **duration, "data": data}


def described(segments: Iterable[Segment], modality: str, wanted: Mapping[str, Any]) -> list[Json]:
    """The passages of one modality within the time that was asked for."""
    passages = (passage for segment in segments for passage in segment.passages[modality])
    return [passage_object(passage) for passage in passages if _overlaps(passage.start, passage.end, wanted)]


def passage_object(passage: Passage) -> Json:
    """Something that is said, shown or heard."""
    speaker = {} if passage.speaker is None else {"speaker": passage.speaker}
    return {**speaker, "text": passage.text, "start_time": passage.start, "end_time": passage.end}


def _within(segments: Iterable[Segment], wanted: Mapping[str, Any]) -> list[Segment]:
    return [segment for segment in segments if _overlaps(segment.start, segment.end, wanted)]


def _overlaps(start: float, end: float, wanted: Mapping[str, Any]) -> bool:
    first, last = wanted.get("start_time_seconds"), wanted.get("end_time_seconds")
    return (first is None or end > first) and (last is None or start < last)


def _summary(segment: Segment) -> Json:
    return {
        "title": segment.title,
        "summary": segment.summary,
        "start_time": segment.start,
        "end_time": segment.end,
    }


def _markdown(
    file: File, segments: Sequence[Segment], modalities: Some[str], wanted: Mapping[str, Any]
) -> str:
    lines = [f"# {file.title}", "", file.summary]
    for segment in segments:
        lines += ["", f"## {segment.title or 'Segment'} ({segment.start:g} s to {segment.end:g} s)", ""]
        for modality in MODALITIES:
            if modality in modalities:
                lines += [f"- {_line(entry)}" for entry in described((segment,), modality, wanted)]
    return "\n".join(lines) + "\n"


def _line(entry: Mapping[str, Any]) -> str:
    return f"{entry['speaker']}: {entry['text']}" if "speaker" in entry else str(entry["text"])


def _structure(file: File, wanted: Mapping[str, Any]) -> Json:
    """Chapters and shots, where they were asked for: our segments are both."""
    told: Json = {}
    places = [
        {"index": index, "start_time": segment.start, "end_time": segment.end}
        for index, segment in enumerate(file.segments)
    ]
    if wanted.get("include_chapters"):
        told["chapters"] = [
            {**place, "description": segment.summary}
            for place, segment in zip(places, file.segments, strict=True)
        ]
        told["total_chapters"] = len(places)
    if wanted.get("include_shots"):
        told |= {"shots": places, "total_shots": len(places)}
    return told


def _thumbnail(file: File, second: float) -> str:
    return f"https://thumbnails.example/{file.id}/{second:g}.jpg"
