"""Answers that are drawn from a library of videos, or from what was extracted of them, and that cite it."""

from __future__ import annotations

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.grounds import ADDRESS, DESCRIPTIONS, ENTITY_BACKED, FILES, citations
from antiphon_conformance.scenario import scenario
from antiphon_conformance.scenarios.tools import TIME, Json
from antiphon_conformance.talk import Talk

QUESTION = "Summarize what these videos show and cite them."
TWO_FILES = 2
"""How many files are looked at closely: each costs a request."""


@scenario(features=("collections",))
async def grounded(talk: Talk) -> None:
    """Asks what a collection shows: twice alike, with descriptions, in a stream; then what two files show."""
    plain = await talk.create("plain", input=QUESTION, temperature=0)
    await talk.create("again", input=QUESTION, temperature=0)
    await talk.create("described", input=QUESTION, temperature=0, include=[DESCRIPTIONS])
    await _look_closely(talk, _files(talk, plain))
    asked = "What time is it in Paris? Call get_time to find out."
    await talk.create("with_a_tool", input=asked, tools=[TIME], may_fail=True)
    await talk.part("stream", _stream)


def _files(talk: Talk, answer: Exchange) -> list[str]:
    """Files of the collection: those that an answer cites, else any."""
    cited = [found.get("file_id") for _, found in citations(answer.response)]
    members = talk.library.members.get(talk.library.collection or "", frozenset())
    return [*dict.fromkeys(one for one in cited if isinstance(one, str))] or sorted(members)


async def _look_closely(talk: Talk, files: list[str]) -> None:
    """Reads the segments of some files, and asks about these files alone."""
    few = files[:TWO_FILES]
    for number, file in enumerate(few, 1):
        await talk.get(f"segments-{number}", f"/files/{file}/segments?limit=100")
    if few:
        named = {"source": FILES, "files": [few[0], *(ADDRESS + file for file in few[1:])]}
        asked: Json = {"input": QUESTION, "knowledge_base": named, "include": [DESCRIPTIONS]}
        await talk.create("files_alone", may_fail=True, **asked)


async def _stream(talk: Talk) -> None:
    await talk.create("streamed", input=QUESTION, include=[DESCRIPTIONS], stream=True)


@scenario(features=("entities",))
async def entity_backed(talk: Talk) -> None:
    """Asks with entities behind the answer, at once and in the background."""
    entities = talk.library.values.get("entities")
    if entities is None:
        return
    config = {"entity_collections": [{"collection_id": entities}]}
    backed = {
        "type": ENTITY_BACKED,
        "collections": [talk.library.collection],
        "entity_backed_knowledge_config": config,
    }
    asked: Json = {"model": _model(talk), "input": QUESTION, "knowledge_base": backed}
    await talk.create("backed", **asked)
    started = await talk.create("started", background=True, may_fail=True, **asked)
    if started.ok:
        await talk.poll("polled", started)


def _model(talk: Talk) -> str:
    """The model that is judged, unless the dialect says that it takes no entities and another one does."""
    known = talk.dialect.traits.knowledge
    able = [name for name, may in known.items() if may["entity_backed"]]
    return able[0] if able and talk.model in known and talk.model not in able else talk.model
