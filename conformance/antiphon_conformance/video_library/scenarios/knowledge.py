"""Creates that draw on a library: in every form of the document, and with conflicting members."""

from __future__ import annotations

from typing import Any

from antiphon_conformance.requests.constants import UNKNOWN_ID
from antiphon_conformance.requests.minimal import fill, names
from antiphon_conformance.requests.unusual import OTHER_REASONS
from antiphon_conformance.requests.valid import Form, merge
from antiphon_conformance.rules.reading.comparison import CLIENT_ERROR
from antiphon_conformance.scenarios.conversation import Talk
from antiphon_conformance.scenarios.scenario import scenario
from antiphon_conformance.video_library.conflicting_requests import CONTRADICTIONS
from antiphon_conformance.video_library.valid_requests import KNOWLEDGE_FORMS, OVERVIEW, library_values


@scenario(features=("collections",))
async def knowledge(talk: Talk) -> None:
    """Asks with many members and with few; about collections, files, everything; with unknown members."""
    for step in dict.fromkeys(form.step for form in _forms_of(talk)):
        await _together(talk, step)
    old = {"collections": ["{collection}"], "filter": {"file_ids": [UNKNOWN_ID]}}
    await talk.create("old_filter", input=OVERVIEW, knowledge_base=_fill(talk, old), may_fail=True)


@scenario(features=("entities",))
async def entity_knowledge(talk: Talk) -> None:
    """Asks with entities as knowledge: in the background, in a stream, and with nothing else to search."""
    (background,) = (form for form in _forms_of(talk) if form.step == "in_background")
    await talk.create(background.step, **_fill(talk, background.asks))
    await _together(talk, "streamed")
    await _together(talk, "alone")


@scenario(features=("collections",))
async def contradictions(talk: Talk) -> None:
    """Sends members that conflict, and names that do not exist."""
    for row in CONTRADICTIONS:
        if _knows(talk, row.asks):
            await talk.create(row.name, may_fail=True, **{"input": OVERVIEW, **_fill(talk, row.asks)})


async def _together(talk: Talk, step: str) -> None:
    """Sends all forms of a step in one request, and each of them alone when the server rejects that."""
    forms = [form for form in _forms_of(talk) if form.step == step and _knows(talk, form.asks)]
    if not forms:
        return
    union = merge(_fill(talk, form.asks) for form in forms)
    answer = await talk.create(step, may_fail=True, **{"input": OVERVIEW, **union})
    status = answer.answer.status
    if len(forms) > 1 and status in CLIENT_ERROR and status not in OTHER_REASONS:
        for form in forms:
            await talk.create(form.alone, may_fail=True, **{"input": OVERVIEW, **_fill(talk, form.asks)})


def _forms_of(talk: Talk) -> list[Form]:
    return [form for form in KNOWLEDGE_FORMS if form.scenario == talk.scenario]


def _knows(talk: Talk, template: Any) -> bool:
    """Whether the target holds everything that a request names."""
    return names(template) <= {*talk.values, *library_values(talk.library)}


def _fill(talk: Talk, template: Any) -> Any:
    return fill(dict(template), talk.dialect, {**library_values(talk.library), **talk.values})
