"""Creates that draw on a library: in every form of the document, and with conflicting members."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constants import UNKNOWN_ID
from antiphon_conformance.requests.minimal import fill, names
from antiphon_conformance.requests.unusual import OTHER_REASONS
from antiphon_conformance.requests.valid import ValidRequest, merge
from antiphon_conformance.rules.reading.comparison import CLIENT_ERROR
from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.video_library.conflicting_requests import CONTRADICTIONS
from antiphon_conformance.video_library.valid_requests import KNOWLEDGE_FORMS, OVERVIEW, library_values


@scenario(features=("collections",))
async def knowledge(conversation: Conversation) -> None:
    """Asks with many members and with few; about collections, files, everything; with unknown members."""
    for step in dict.fromkeys(form.step for form in _forms_of(conversation)):
        await _together(conversation, step)
    old = {"collections": ["{collection}"], "filter": {"file_ids": [UNKNOWN_ID]}}
    await conversation.create(
        "old_filter", input=OVERVIEW, knowledge_base=_fill(conversation, old), may_fail=True
    )


@scenario(features=("entities",))
async def entity_knowledge(conversation: Conversation) -> None:
    """Asks with entities as knowledge: in the background, in a stream, and with nothing else to search."""
    (background,) = (form for form in _forms_of(conversation) if form.step == "in_background")
    await conversation.create(background.step, **_fill(conversation, background.asks))
    await _together(conversation, "streamed")
    await _together(conversation, "alone")


@scenario(features=("collections",))
async def contradictions(conversation: Conversation) -> None:
    """Sends members that conflict, and names that do not exist."""
    for row in CONTRADICTIONS:
        if _knows(conversation, row.asks):
            await conversation.create(
                row.name, may_fail=True, **{"input": OVERVIEW, **_fill(conversation, row.asks)}
            )


async def _together(conversation: Conversation, step: str) -> None:
    """Sends all forms of a step in one request, and each of them alone when the server rejects that."""
    forms = [
        form for form in _forms_of(conversation) if form.step == step and _knows(conversation, form.asks)
    ]
    if not forms:
        return
    union = merge(_fill(conversation, form.asks) for form in forms)
    answer = await conversation.create(step, may_fail=True, **{"input": OVERVIEW, **union})
    status = answer.answer.status
    if len(forms) > 1 and status in CLIENT_ERROR and status not in OTHER_REASONS:
        for form in forms:
            await conversation.create(
                form.alone, may_fail=True, **{"input": OVERVIEW, **_fill(conversation, form.asks)}
            )


def _forms_of(conversation: Conversation) -> list[ValidRequest]:
    return [form for form in KNOWLEDGE_FORMS if form.scenario == conversation.scenario]


def _knows(conversation: Conversation, template: Any) -> bool:
    """Whether the target holds everything that a request names."""
    return names(template) <= {*conversation.values, *library_values(conversation.library)}


def _fill(conversation: Conversation, template: Any) -> Any:
    return fill(
        dict(template), conversation.dialect, {**library_values(conversation.library), **conversation.values}
    )
