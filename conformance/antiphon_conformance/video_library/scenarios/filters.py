"""Filters: lists of files with a filter, and answers with a filter."""

from __future__ import annotations

from urllib.parse import quote

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.video_library.filters.choice import Filter
from antiphon_conformance.video_library.filters.lists import answerable, path_with, segments_by_file
from antiphon_conformance.video_library.filters.plan import IMPOSSIBLE, by_id, by_segment, narrow, plan
from antiphon_conformance.video_library.scenarios.grounded import QUESTION
from antiphon_conformance.video_library.sources import citations

MOST_FILES = 2
"""The number of files whose segments are read: each costs a request."""


@scenario(features=("files", "filters"))
async def filters(conversation: Conversation) -> None:
    """Lists files with one filter after another, made from the content of the library; no model is used."""
    for step, selection in plan(conversation.library.files.values()).items():
        await conversation.get(step, path_with("/files", selection))
    await conversation.get("no_json", "/files?filter=" + quote('{"file": ['))
    members = answerable(conversation.library)
    await _look_at(conversation, [file["id"] for file in members])
    if (parts := _parts(conversation)) is not None:
        await conversation.get("by_segment", path_with("/files", parts))
    if (narrowing := narrow(members)) is not None:
        await conversation.get(
            "members", path_with(f"/collections/{conversation.library.collection}/videos", narrowing)
        )


@scenario(features=("filters",))
async def filtered_answers(conversation: Conversation) -> None:
    """Asks about the videos that a filter admits: some, none, one that was cited, parts of some."""
    members = answerable(conversation.library)
    if (narrowing := narrow(members)) is not None:
        await _ask(conversation, "some", narrowing)
    await _ask(conversation, "none", IMPOSSIBLE, may_fail=True)
    files = _cited_files(await _ask(conversation, "all", {}, may_fail=True))
    for step, selection in by_id(files[0]).items() if files else ():
        await _ask(conversation, step, selection, may_fail=True)
    await _look_at(conversation, [file["id"] for file in members])
    if (parts := _parts(conversation)) is not None:
        answer = await _ask(conversation, "by_segment", parts, may_fail=True)
        await _look_at(conversation, _cited_files(answer))


async def _ask(
    conversation: Conversation, step: str, selection: Filter, *, may_fail: bool = False
) -> Exchange:
    base = conversation.minimal(conversation.dialect.create_operation)["knowledge_base"]
    return await conversation.create(
        step, may_fail=may_fail, input=QUESTION, knowledge_base={**base, "filter": selection}
    )


async def _look_at(conversation: Conversation, files: list[str]) -> None:
    """Reads the segments of the first of these files, unless an earlier step did."""
    steps = conversation.exchanges.values()
    read = [step.request.path for step in steps if "/segments?" in step.request.path]
    paths = [f"/files/{quote(identity, safe='')}/segments?limit=100" for identity in files[:MOST_FILES]]
    for number, path in enumerate([path for path in paths if path not in read], len(read) + 1):
        await conversation.get(f"segments-{number}", path)


def _parts(conversation: Conversation) -> Filter | None:
    """A filter that divides the segments of earlier steps."""
    read = segments_by_file(conversation.exchanges).values()
    return by_segment([segment for segments in read for segment in segments])


def _cited_files(answer: Exchange) -> list[str]:
    """The files that an answer cites, each once; none when the request failed."""
    ids = [citation.get("file_id") for _, citation in citations(answer.response)] if answer.ok else []
    return list(dict.fromkeys(identity for identity in ids if isinstance(identity, str)))
