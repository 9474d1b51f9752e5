"""Claims: what an answer says with a place in a video to prove it, and the two forms of citing that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from antiphon_mockserver.knowledge.objects import passage_object
from antiphon_spec.world import MODALITIES, Collection, File, Passage, Segment

QUOTED = {
    "speech": '{speaker} says: "{text}"',
    "visual_scene_description": 'The picture shows: "{text}"',
    "scene_text": 'On the screen stands: "{text}"',
    "audio_description": 'One hears: "{text}"',
}
"""How a passage is quoted."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer and where it comes from."""

    file: File
    segment: Segment | None
    """None when no part of the file is described."""
    collection: Collection | None
    """None where the file was not searched as the member of a collection."""
    context: str
    """What is claimed; it stands in the answer word for word."""
    at: float
    """The second of the video from which it is to be seen."""
    modality: str | None = None
    """What the sentence quotes, or None when it sums up."""
    described: bool = True
    """Whether the collection describes the segment; one of entities does not."""

    @property
    def start(self) -> float:
        """Where the cited part begins, in seconds."""
        return self.segment.start if self.segment else self.at

    @property
    def end(self) -> float | None:
        """Where the cited part ends; there is an end when there is a segment."""
        return self.segment.end if self.segment else None

    @property
    def passages(self) -> Mapping[str, tuple[Passage, ...]]:
        """What is described of the segment, by modality, each of which is there."""
        if self.segment is None or not self.described:
            return dict.fromkeys(MODALITIES, ())
        return self.segment.passages

    @property
    def modalities(self) -> dict[str, list[str]]:
        """The texts of the passages, by modality."""
        return {name: [passage.text for passage in found] for name, found in self.passages.items()}

    @property
    def relevant_sources(self) -> list[str]:
        """The modality that is quoted, or all in which something is described."""
        if self.modality is not None:
            return [self.modality]
        return [name for name, found in self.passages.items() if found]

    @property
    def sentence(self) -> str:
        """The claim as it stands in the answer: with the title of the file and the time."""
        return f"{self.context} ({self.file.title}, {clock(self.at)})"


def clock(seconds: float) -> str:
    """A time within a video, such as `1:05` or `1:00:30`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def quoted(modality: str, passage: Passage) -> str:
    """A passage as an answer quotes it."""
    return QUOTED[modality].format(speaker=passage.speaker, text=passage.text)


def citation(claim: Claim, include: bool) -> dict[str, Any]:
    """A claim as an annotation of a response; `include` says whether the descriptions are wanted."""
    told: dict[str, Any] = {"type": "cloudglue_citation"}
    if claim.collection is not None:
        told["collection_id"] = claim.collection.id
    told |= {"file_id": claim.file.id, "start_time": claim.start}
    if claim.segment is not None:
        told |= {"segment_id": claim.segment.id, "end_time": claim.end}
    told["context"] = claim.context
    return told | {"relevant_sources": claim.relevant_sources, **claim.modalities} if include else told


def chat_citation(claim: Claim) -> dict[str, Any]:
    """A claim as a citation of a chat completion."""
    told: dict[str, Any] = {"file_id": claim.file.id, "start_time": claim.start}
    if claim.collection is not None:
        told["collection_id"] = claim.collection.id
    if claim.segment is not None:
        told |= {"segment_id": claim.segment.id, "end_time": claim.end}
    return {
        **told,
        "context": claim.context,
        "relevant_sources": [{"text": name} for name in claim.relevant_sources],
        **{name: [passage_object(passage) for passage in found] for name, found in claim.passages.items()},
    }
