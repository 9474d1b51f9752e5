"""From a request to what its library answers: the plan of a response, and the choice of a chat completion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.errors import invalid
from antiphon_mockserver.knowledge.admission import entity_collections, read
from antiphon_mockserver.knowledge.answers import respond
from antiphon_mockserver.knowledge.claims import chat_citation, citation
from antiphon_mockserver.knowledge.entities import EntitySource, entity_source
from antiphon_mockserver.knowledge.filters import EVERYTHING
from antiphon_mockserver.knowledge.library import Library
from antiphon_mockserver.knowledge.queries import queries
from antiphon_mockserver.knowledge.scope import Asked, Turn
from antiphon_mockserver.model.budget import cost, spend
from antiphon_mockserver.model.calls import calls
from antiphon_mockserver.model.reading import read as read_context
from antiphon_mockserver.plan import Completion, Context, Item, Plan
from antiphon_mockserver.record import Asked as Request
from antiphon_mockserver.tokens import count, count_input
from antiphon_spec.world import File

DESCRIPTIONS = "cloudglue_citations.media_descriptions"
"""What `include` names to have citations bear what they cite."""
RULES = frozenset({"developer", "system"})
"""The roles of messages that say how to answer."""


def plan(context: Context) -> Plan:
    """What the library answers in this context."""
    if context.library is None:
        raise ValueError("a plan from a library needs one")
    called = calls(context, read_context(context)) if context.request.get("tools") else []
    if called:
        return _spent(context, *called)
    turns = [_turn(item) for item in context.items]
    base = context.request["knowledge_base"]
    asked = _asked(context.library, turns, base, str(context.request.get("instructions") or ""))
    said = respond(asked)
    include = DESCRIPTIONS in (context.request.get("include") or ())
    part = {
        "type": "output_text",
        "text": said.text,
        "annotations": [citation(claim, include) for claim in said.claims],
    }
    message: Item = {"type": "message", "role": "assistant", "content": [part]}
    # There is no status for an answer that was cut: what fits into the limit is all that there is to say.
    shortened = spend(None, [message], context.whole("max_output_tokens")).items
    return _spent(context, *queries(asked), *shortened)


def _spent(context: Context, *items: Item) -> Plan:
    """The plan to say this, with what it costs."""
    return Plan(items, input_tokens=count_input(context), output_tokens=sum(map(cost, items)))


def completion(request: Request) -> Completion:
    """What the library answers to the last message of a chat."""
    body, library = request.body, request.library
    if library is None:
        raise ValueError("a completion from a library needs one")
    turns = [Turn(message["role"], message["content"]) for message in body["messages"]]
    base = {"collections": body["collections"], "filter": body.get("filter")}
    said = respond(_asked(library, turns, base, "", chat=True))
    spent = sum(count(turn.text) for turn in turns), count(said.text)
    return Completion(
        {
            "index": 0,
            "message": {"role": "assistant", "content": said.text},
            "citations": [*map(chat_citation, said.claims)],
        },
        {"prompt_tokens": spent[0], "completion_tokens": spent[1], "total_tokens": sum(spent)},
    )


def _asked(
    library: Library, turns: Sequence[Turn], base: Mapping[str, Any], instructions: str, *, chat: bool = False
) -> Asked:
    rules = [instructions, *(turn.text for turn in turns if turn.role in RULES)]
    spoken = [turn for turn in turns if turn.role not in RULES]
    last = max((index for index, turn in enumerate(spoken) if turn.role == "user"), default=None)
    if last is None:
        raise invalid("There is no message of the user to answer.", "messages" if chat else "input")
    named = [found for id in base.get("collections") or () if (found := library.collection(id)) is not None]
    return Asked(
        library,
        spoken[last].text,
        tuple(spoken[:last]),
        "\n".join(filter(None, rules)),
        tuple(named),
        () if named else _files(library, base),
        read(base["filter"], "filter", library, chat=chat) if base.get("filter") else EVERYTHING,
        _sources(library, base),
    )


def _files(library: Library, base: Mapping[str, Any]) -> tuple[File, ...]:
    """The files that may be searched where no collection is named."""
    if base.get("source") == "default":
        return library.described
    return tuple(file for name in base.get("files") or () if (file := library.file(name)) is not None)


def _sources(library: Library, base: Mapping[str, Any]) -> tuple[EntitySource, ...]:
    """The entities that back an answer; names and descriptions that are left out are those of the library."""
    return tuple(
        entity_source(found, entry.get("name"), entry.get("description"))
        for entry in entity_collections(base)
        if (found := library.collection(entry["collection_id"])) is not None
    )


def _turn(item: Item) -> Turn:
    return Turn(item["role"], "\n".join(part.get("text", "") for part in item["content"]))
