"""Reads a library: collections, their members, the extracts and descriptions of those, files."""

from __future__ import annotations

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.constants import FAR_PAST, UNKNOWN_ID
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.video_library.library import ENTITIES

MEDIA = "media-descriptions"


@scenario(features=("collections",))
async def collections(conversation: Conversation) -> None:
    """Lists collections in several ways, and reads an unknown collection."""
    await conversation.get("default", "/collections")
    await conversation.get("by_name", "/collections?order=name&sort=asc&limit=100")
    await conversation.get("of_a_type", f"/collections?collection_type={MEDIA}&limit=100")
    await conversation.get("after", f"/collections?created_after={FAR_PAST}T00:00:00Z&limit=100")
    await conversation.get("before", f"/collections?created_before={FAR_PAST}T00:00:00Z&limit=100")
    await conversation.get("unknown", f"/collections/{UNKNOWN_ID}")
    for collection in conversation.library.collections[:1]:
        await conversation.get("one", f"/collections/{collection['id']}")


@scenario(features=("collections",))
async def members(conversation: Conversation) -> None:
    """Lists the members of a collection in several ways, and reads the descriptions of one."""
    for identity in conversation.library.of_type(MEDIA)[:1]:
        path = f"/collections/{identity}/videos"
        page = await conversation.get("listed", path)
        await conversation.get("by_filename", f"{path}?order=filename&sort=asc&limit=100")
        await conversation.get("of_a_status", f"{path}?status=completed&limit=100")
        await conversation.get("added_after", f"{path}?added_after={FAR_PAST}&limit=100")
        await conversation.get("added_before", f"{path}?added_before={FAR_PAST}&limit=100")
        await _descriptions(conversation, f"/collections/{identity}", _first(page))
        await conversation.get("entities_of_another_type", f"/collections/{identity}/entities")


async def _descriptions(conversation: Conversation, collection: str, file: str | None) -> None:
    """Reads the descriptions of the first member, whole and in parts."""
    await conversation.get("all_described", f"{collection}/media-descriptions")
    if file is None:
        return
    path = f"{collection}/videos/{file}/media-descriptions"
    whole = await conversation.get("described", path)
    await conversation.get("in_markdown", f"{path}?response_format=markdown")
    await conversation.get("speech_only", f"{path}?modalities=speech")
    await conversation.get(
        "with_extras", f"{path}?include_thumbnails=true&include_chapters=true&include_shots=true"
    )
    end = end_of(whole)
    await conversation.get("second_half", f"{path}?start_time_seconds={end / 2:g}&end_time_seconds={end:g}")
    await conversation.get("segments", f"/files/{file}/segments?limit=100")
    await conversation.get("late_segments", f"/files/{file}/segments?start_time_after={end / 2:g}&limit=100")
    await conversation.get("no_segments", f"/files/{file}/segments?min_duration=20&max_duration=10")


@scenario(features=("entities",))
async def extracted(conversation: Conversation) -> None:
    """Reads the entities of a collection and of one of its files, and asks for descriptions, which it
    lacks."""
    for identity in conversation.library.of_type(ENTITIES)[:1]:
        path = f"/collections/{identity}"
        page = await conversation.get("listed", f"{path}/videos?limit=1")
        await conversation.get("all_entities", f"{path}/entities")
        file = _first(page)
        if file is not None:
            await conversation.get("entities", f"{path}/videos/{file}/entities")
            await conversation.get("descriptions_of_another_type", f"{path}/videos/{file}/media-descriptions")


@scenario(features=("files",))
async def files(conversation: Conversation) -> None:
    """Reads one file, and an unknown file."""
    for identity in list(conversation.library.files)[:1]:
        await conversation.get("one", f"/files/{identity}")
    await conversation.get("unknown", f"/files/{UNKNOWN_ID}")


def end_of(descriptions: Exchange) -> float:
    """The end of the described time, in seconds; 0 when the answer does not say."""
    parts = descriptions.answer.fields.get("segment_summary")
    ends = (
        [part.get("end_time") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    )
    return max((float(end) for end in ends if isinstance(end, int | float)), default=0.0)


def _first(page: Exchange) -> str | None:
    """The id of the first file in a list of members."""
    data = page.answer.fields.get("data")
    first = data[0] if isinstance(data, list) and data else None
    identity = first.get("file_id") if isinstance(first, dict) else None
    return identity if isinstance(identity, str) else None
