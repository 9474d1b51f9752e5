"""From a request to the answer of its library: the plan of a response, the choice of a chat completion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.model import cost, spend
from antiphon_mockserver.model.calls import calls
from antiphon_mockserver.model.reading import read as read_context
from antiphon_mockserver.model.reading import whole_number
from antiphon_mockserver.response.plan import Completion, Context, Item, Plan
from antiphon_mockserver.response.tokens import count, count_input
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails
from antiphon_mockserver.video_library.answers import respond
from antiphon_mockserver.video_library.claims import chat_citation, citation
from antiphon_mockserver.video_library.entities import EntitySource, entity_source
from antiphon_mockserver.video_library.filters import EVERYTHING
from antiphon_mockserver.video_library.library import Library
from antiphon_mockserver.video_library.queries import queries
from antiphon_mockserver.video_library.scope import EarlierMessage, Inquiry
from antiphon_mockserver.video_library.validation import entity_collections, knowledge, parse_filter
from antiphon_spec.world import File

__all__ = ["completion", "knowledge", "plan"]

DESCRIPTIONS = "cloudglue_citations.media_descriptions"
"""The value of `include` that adds descriptions to citations."""
RULES = frozenset({"developer", "system"})
"""The roles of messages with instructions."""


def plan(context: Context) -> Plan:
    """The answer of the library in this context, or the calls of the request's tools."""
    if context.library is None:
        raise ValueError("a plan from a library needs one")
    works = calls(context, read_context(context)) if context.request.get("tools") else []
    if tool_calls := [item for work in works for item in work.items]:
        return _plan(context, *tool_calls)
    turns = [_turn(item) for item in context.items]
    base = context.request["knowledge_base"]
    inquiry = _inquiry(context.library, turns, base, str(context.request.get("instructions") or ""))
    answer = respond(inquiry)
    include = DESCRIPTIONS in (context.request.get("include") or ())
    part = {
        "type": "output_text",
        "text": answer.text,
        "annotations": [citation(claim, include) for claim in answer.claims],
    }
    message: Item = {"type": "message", "role": "assistant", "content": [part]}
    # The API has no status for an answer that was cut, so the plan stays complete.
    items_within = spend(None, [message], whole_number(context, "max_output_tokens")).items
    return _plan(context, *queries(inquiry), *items_within)


def _plan(context: Context, *items: Item) -> Plan:
    """The plan of these items, with its tokens."""
    return Plan(items, input_tokens=count_input(context), output_tokens=sum(map(cost, items)))


def completion(request: RequestDetails) -> Completion:
    """The answer of the library to the last message of a chat."""
    body, library = request.body, request.library
    if library is None:
        raise ValueError("a completion from a library needs one")
    turns = [EarlierMessage(message["role"], message["content"]) for message in body["messages"]]
    base = {"collections": body["collections"], "filter": body.get("filter")}
    answer = respond(_inquiry(library, turns, base, "", chat=True))
    prompt_tokens, completion_tokens = sum(count(turn.text) for turn in turns), count(answer.text)
    return Completion(
        {
            "index": 0,
            "message": {"role": "assistant", "content": answer.text},
            "citations": [*map(chat_citation, answer.claims)],
        },
        {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    )


def _inquiry(
    library: Library,
    turns: Sequence[EarlierMessage],
    base: Mapping[str, Any],
    instructions: str,
    *,
    chat: bool = False,
) -> Inquiry:
    rules = [instructions, *(turn.text for turn in turns if turn.role in RULES)]
    dialogue = [turn for turn in turns if turn.role not in RULES]
    last = max((index for index, turn in enumerate(dialogue) if turn.role == "user"), default=None)
    if last is None:
        raise invalid("There is no message of the user to answer.", "messages" if chat else "input")
    ids = base.get("collections") or ()
    collections = [row for collection_id in ids if (row := library.collection(collection_id)) is not None]
    return Inquiry(
        library,
        dialogue[last].text,
        tuple(dialogue[:last]),
        "\n".join(filter(None, rules)),
        tuple(collections),
        () if collections else _files(library, base),
        parse_filter(base["filter"], "filter", library, chat=chat) if base.get("filter") else EVERYTHING,
        _sources(library, base),
    )


def _files(library: Library, base: Mapping[str, Any]) -> tuple[File, ...]:
    """The files that may be searched where no collection is named."""
    if base.get("source") == "default":
        return library.described
    return tuple(file for name in base.get("files") or () if (file := library.file(name)) is not None)


def _sources(library: Library, base: Mapping[str, Any]) -> tuple[EntitySource, ...]:
    """The sources of entities in a knowledge base; names and descriptions default to the library's."""
    return tuple(
        entity_source(collection, entry.get("name"), entry.get("description"))
        for entry in entity_collections(base)
        if (collection := library.collection(entry["collection_id"])) is not None
    )


def _turn(item: Item) -> EarlierMessage:
    return EarlierMessage(item["role"], "\n".join(part.get("text", "") for part in item["content"]))
