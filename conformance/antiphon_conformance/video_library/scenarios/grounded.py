"""Answers that draw on a library of videos, or on extracts of them, and cite it."""

from __future__ import annotations

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.scenarios.tools import TIME, Json
from antiphon_conformance.video_library.sources import ADDRESS, DESCRIPTIONS, ENTITY_BACKED, FILES, citations

QUESTION = "Summarize what these videos show and cite them."
TWO_FILES = 2
"""The number of files that are read closely: each costs a request."""


@scenario(features=("collections",))
async def grounded(conversation: Conversation) -> None:
    """Asks about a collection: twice the same, with descriptions, in a stream; then about two files."""
    answer = await conversation.create("plain", input=QUESTION, temperature=0)
    await conversation.create("again", input=QUESTION, temperature=0)
    await conversation.create("described", input=QUESTION, temperature=0, include=[DESCRIPTIONS])
    await _look_closely(conversation, _files(conversation, answer))
    question = "What time is it in Paris? Call get_time to find out."
    await conversation.create("with_a_tool", input=question, tools=[TIME], may_fail=True)
    await conversation.part("stream", _stream)


def _files(conversation: Conversation, answer: Exchange) -> list[str]:
    """Files of the collection: those that an answer cites, else any."""
    ids = [citation.get("file_id") for _, citation in citations(answer.response)]
    members = conversation.library.members.get(conversation.library.collection or "", frozenset())
    return [*dict.fromkeys(identity for identity in ids if isinstance(identity, str))] or sorted(members)


async def _look_closely(conversation: Conversation, files: list[str]) -> None:
    """Reads the segments of some files, and asks about these files alone."""
    sample = files[:TWO_FILES]
    for number, file in enumerate(sample, 1):
        await conversation.get(f"segments-{number}", f"/files/{file}/segments?limit=100")
    if sample:
        base = {"source": FILES, "files": [sample[0], *(ADDRESS + file for file in sample[1:])]}
        members: Json = {"input": QUESTION, "knowledge_base": base, "include": [DESCRIPTIONS]}
        await conversation.create("files_alone", may_fail=True, **members)


async def _stream(conversation: Conversation) -> None:
    await conversation.create("streamed", input=QUESTION, include=[DESCRIPTIONS], stream=True)


@scenario(features=("entities",))
async def entity_backed(conversation: Conversation) -> None:
    """Asks with entities as knowledge, directly and in the background."""
    entities = conversation.library.values.get("entities")
    if entities is None:
        return
    config = {"entity_collections": [{"collection_id": entities}]}
    base = {
        "type": ENTITY_BACKED,
        "collections": [conversation.library.collection],
        "entity_backed_knowledge_config": config,
    }
    members: Json = {"model": _model(conversation), "input": QUESTION, "knowledge_base": base}
    await conversation.create("backed", **members)
    response = await conversation.create("started", background=True, may_fail=True, **members)
    if response.ok:
        await conversation.poll("polled", response)


def _model(conversation: Conversation) -> str:
    """The model under test, or another model if the dialect says that only that one accepts entities."""
    models = conversation.dialect.traits.knowledge
    able = [name for name, may in models.items() if may["entity_backed"]]
    return (
        able[0]
        if able and conversation.model in models and conversation.model not in able
        else conversation.model
    )
