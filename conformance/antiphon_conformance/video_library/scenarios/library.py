"""The library of a target, which later scenarios ask about. It is listed once, before everything else."""

from __future__ import annotations

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.video_library.library import library_of

LARGEST_PAGE = 100
MOST_PAGES = 5
"""How many pages of a long list are read; later pages are not needed."""


@scenario(features=("collections",), first=True)
async def library(conversation: Conversation) -> None:
    """Lists collections and files, and the members of the collections that later scenarios use."""
    await _pages(conversation, "collections", "/collections")
    await _pages(conversation, "files", "/files")
    contents = library_of({conversation.scenario: conversation.trace}, conversation.resources)
    for use, identity in contents.values.items():
        if use in conversation.dialect.holds:
            await _pages(conversation, f"{use}_members", f"/collections/{identity}/videos")


async def _pages(conversation: Conversation, step: str, path: str) -> None:
    """The pages of a list, as steps `step`, `step-2`..., until it ends."""
    for page in range(MOST_PAGES):
        name = step if page == 0 else f"{step}-{page + 1}"
        answer = await conversation.get(name, f"{path}?limit={LARGEST_PAGE}&offset={page * LARGEST_PAGE}")
        if _is_last(answer):
            return


def _is_last(page: Exchange) -> bool:
    data = page.answer.fields.get("data")
    return not page.ok or not isinstance(data, list) or len(data) < LARGEST_PAGE
