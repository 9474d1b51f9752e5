"""The library of a target: what there is to ask about. Looked at once, before everything else."""

from __future__ import annotations

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.library import library_of
from antiphon_conformance.scenario import scenario
from antiphon_conformance.talk import Talk

LARGEST_PAGE = 100
MOST_PAGES = 5
"""How many pages are read of a long list; what stands further behind is not needed."""


@scenario(features=("collections",), first=True)
async def library(talk: Talk) -> None:
    """Lists collections and files, and the members of those collections that are asked about later."""
    await _pages(talk, "collections", "/collections")
    await _pages(talk, "files", "/files")
    known = library_of({talk.scenario: talk.episode}, talk.given)
    for use, identity in known.values.items():
        if use in talk.dialect.holds:
            await _pages(talk, f"{use}_members", f"/collections/{identity}/videos")


async def _pages(talk: Talk, step: str, path: str) -> None:
    """The pages of a list, as steps `step`, `step-2`..., until it ends."""
    for page in range(MOST_PAGES):
        name = step if page == 0 else f"{step}-{page + 1}"
        found = await talk.get(name, f"{path}?limit={LARGEST_PAGE}&offset={page * LARGEST_PAGE}")
        if _is_last(found):
            return


def _is_last(found: Exchange) -> bool:
    data = found.answer.fields.get("data")
    return not found.ok or not isinstance(data, list) or len(data) < LARGEST_PAGE
