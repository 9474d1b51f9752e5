"""Claims: sentences of an answer with their places in videos, and the two formats of citations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antiphon_mockserver.video_library.objects import passage_object
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.world import MODALITIES, Collection, File, Passage, Segment

QUOTED = {
    "speech": '{speaker} says: "{text}"',
    "visual_scene_description": 'The picture shows: "{text}"',
    "scene_text": 'On the screen stands: "{text}"',
    "audio_description": 'One hears: "{text}"',
}
"""The sentence that quotes a passage, by modality."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, and its source."""

    file: File
    segment: Segment | None
    """None when the file has no segment for it."""
    collection: Collection | None
    """None when the request names no collection with the file."""
    context: str
    """The sentence without its source; the answer contains it literally."""
    at: float
    """The second of the video where it begins."""
    modality: str | None = None
    """The modality of the quotation; None for a summary."""
    is_described: bool = True
    """Whether the collection has descriptions; one of entities has none."""

    @property
    def start(self) -> float:
        """Where the cited part begins, in seconds."""
        return self.segment.start if self.segment else self.at

    @property
    def end(self) -> float | None:
        """Where the segment ends, in seconds; None without a segment."""
        return self.segment.end if self.segment else None

    @property
    def passages(self) -> Mapping[str, tuple[Passage, ...]]:
        """The passages of the segment, with an entry for every modality."""
        if self.segment is None or not self.is_described:
            return dict.fromkeys(MODALITIES, ())
        return self.segment.passages

    @property
    def modalities(self) -> dict[str, list[str]]:
        """The texts of the passages, by modality."""
        return {name: [passage.text for passage in passages] for name, passages in self.passages.items()}

    @property
    def relevant_sources(self) -> list[str]:
        """The modality of the quotation, or all modalities that have passages."""
        if self.modality is not None:
            return [self.modality]
        return [name for name, passages in self.passages.items() if passages]

    @property
    def sentence(self) -> str:
        """The sentence of the answer: the context, the title of the file, and the time."""
        return f"{self.context} ({self.file.title}, {clock(self.at)})"


def clock(seconds: float) -> str:
    """A time within a video, such as `1:05` or `1:00:30`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def quotation_of(modality: str, passage: Passage) -> str:
    """The sentence that quotes a passage."""
    return QUOTED[modality].format(speaker=passage.speaker, text=passage.text)


def citation(claim: Claim, include: bool) -> dict[str, Any]:
    """A claim as an annotation of a response; with `include`, it has the descriptions."""
    annotation: dict[str, Any] = {"type": "cloudglue_citation"}
    if claim.collection is not None:
        annotation["collection_id"] = claim.collection.id
    annotation |= {"file_id": claim.file.id, "start_time": claim.start}
    if claim.segment is not None:
        annotation |= {"segment_id": claim.segment.id, "end_time": claim.end}
    annotation["context"] = claim.context
    return (
        annotation | {"relevant_sources": claim.relevant_sources, **claim.modalities}
        if include
        else annotation
    )


def chat_citation(claim: Claim) -> dict[str, Any]:
    """A claim as a citation of a chat completion."""
    annotation: dict[str, Any] = {"file_id": claim.file.id, "start_time": claim.start}
    if claim.collection is not None:
        annotation["collection_id"] = claim.collection.id
    if claim.segment is not None:
        annotation |= {"segment_id": claim.segment.id, "end_time": claim.end}
    return {
        **annotation,
        "context": claim.context,
        "relevant_sources": [{"text": name} for name in claim.relevant_sources],
        **{
            name: [passage_object(passage) for passage in passages]
            for name, passages in claim.passages.items()
        },
    }
