"""Servers that answer from a library what they must refuse, or that read histories and filters wrongly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from antiphon_mockserver.conduct import Conduct, Item
from antiphon_mockserver.errors import invalid
from antiphon_mockserver.knowledge.objects import DESCRIBING
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import forgiving
from antiphon_mockserver.plan import Denied
from antiphon_mockserver.record import Asked, Record

FILE = "state_knowledge"
CREATE = "createResponse"

TAKES = (
    ("no_model", "Takes a create without a model.", r"model$", "a-create-without-model an-empty-model"),
    ("no_input", "Takes a create that asks nothing.", r"input$", "a-create-without-input"),
    (
        "anything_for_a_message",
        "Takes input that holds no messages.",
        r"input\[\d+\](\.type)?$",
        "input-that-is-no-message items-other-than-messages",
    ),
    ("system_messages", "Takes messages of the system.", r"input\[\d+\]\.role", "a-role-other-than-three"),
    (
        "other_parts",
        "Takes parts of other types, of no type, and without a text.",
        r"input\[\d+\]\.content\[",
        "a-part-without-type a-part-other-than-input-text a-text-that-is-none",
    ),
    (
        "bare_content",
        "Takes a string as the content of a message.",
        r"input\[\d+\]\.content$",
        "content-without-parts",
    ),
    (
        "instructions_of_any_type",
        "Takes a list as instructions.",
        r"instructions",
        "instructions-that-are-no-text",
    ),
    ("no_knowledge", "Takes a create without knowledge.", r"knowledge_base$", "a-create-without-knowledge"),
    ("other_includes", "Takes any include.", r"include", "an-include-other-than-descriptions"),
    (
        "any_number_of_tokens",
        "Takes any number of output tokens.",
        r"max_output_tokens",
        "output-tokens-out-of-range",
    ),
    (
        "other_tools",
        "Takes tools of any type and form.",
        r"tools\[",
        "a-tool-other-than-functions a-function-without-parameters a-function-with-an-empty-name "
        "parameters-that-are-no-object a-nested-function",
    ),
    ("any_source", "Takes any source of knowledge.", r"knowledge_base\.source", "an-unknown-source"),
    (
        "no_collections",
        "Takes knowledge without collections, and such as have no name.",
        r"knowledge_base\.collections",
        "knowledge-of-nothing no-collections a-collection-that-is-no-text",
    ),
    (
        "no_files",
        "Takes the source files without files, and such as have no name.",
        r"knowledge_base\.files",
        "files-left-out no-files a-file-that-is-no-text",
    ),
    (
        "any_type_of_knowledge",
        "Takes any type of knowledge.",
        r"knowledge_base\.type",
        "an-unknown-type-of-knowledge",
    ),
    (
        "entities_of_any_form",
        "Takes entity-backed knowledge in any form.",
        r"knowledge_base\.entity_backed_knowledge_config",
        "entities-without-config entity-collections-left-out no-entity-collections "
        "an-entity-collection-without-id a-long-description",
    ),
)
"""What is taken, the sentence, the place at which nothing is refused, and the mistakes that pass."""

CONTRADICTIONS = (
    (
        "streams_in_the_background",
        "Answers `stream` and `background` with the one it likes better.",
        r"stream$",
        "a-stream-in-the-background",
    ),
    (
        "answers_about_any_collection",
        "Answers from another collection when the one that is named cannot be searched.",
        r"knowledge_base\.collections",
        "a-collection-that-is-not-there metadata-for-the-answering-model "
        "an-entity-collection-for-the-answering-model a-collection-of-faces",
    ),
    (
        "backs_any_model_with_entities",
        "Passes over entities for a model that cannot read them.",
        r"knowledge_base\.type",
        "entities-for-the-answering-model",
    ),
    (
        "backs_answers_with_any_collection",
        "Passes over entity collections that are none.",
        r"knowledge_base\.entity_backed_knowledge_config",
        "entities-that-are-not-there entities-of-another-type",
    ),
)


def _right(asked: Asked) -> dict[str, Any]:
    """Members that any create may have."""
    collections = asked.library.collections if asked.library else ()
    described = [one.id for one in collections if one.type in DESCRIBING]
    return {
        "model": "nimbus-002-preview",
        "input": "Hello.",
        "knowledge_base": {"collections": described[:1]},
    }


def _place(denied: Denied) -> str:
    """Where the refused request is wrong; one that names what is not there tells it in its message."""
    told = re.search(r"\((knowledge_base\.[^)]*)\) not found", denied.message)
    return denied.param or (told[1] if told else "")


def _taking(place: str) -> Callable[[Conduct], Conduct]:
    """All checks, but a wrong member at this place is replaced by a right one, or left away."""
    pattern = re.compile(place)

    def mend(asked: Asked, denied: Denied) -> bool:
        if asked.operation != CREATE or not pattern.match(_place(denied)):
            return False
        _mend(asked, re.split(r"[.\[]", _place(denied))[0])
        return True

    return forgiving(mend)


def _mend(asked: Asked, name: str) -> None:
    """Puts a right member for a wrong one into the request itself."""
    body, right = cast("dict[str, Any]", asked.body), _right(asked)
    body.pop(name, None)
    if name in right:
        body[name] = right[name]


for _name, _doc, _where, _mistakes in TAKES:
    _rules = tuple(f"requests.refuses-{mistake}" for mistake in _mistakes.split())
    add(FILE, f"lets_{_name}_pass", _doc, _rules, _taking(_where))

for _name, _doc, _where, _refused in CONTRADICTIONS:
    _rules = tuple(f"knowledge.refuses-{refused}" for refused in _refused.split())
    add(FILE, _name, _doc, _rules, _taking(_where))


@mutant(
    caught_by=(
        "knowledge.refuses-a-collection-that-is-not-there",
        "knowledge.refuses-entities-that-are-not-there",
    )
)
def calls_a_missing_collection_a_mistake(conduct: Conduct) -> Conduct:
    """Answers 400 where a collection is not there."""

    def knowledge(asked: Asked) -> None:
        try:
            conduct.checks["knowledge"](asked)
        except Denied as denied:
            raise invalid(denied.message) from denied

    return replace(conduct, checks={**conduct.checks, "knowledge": knowledge})


@mutant(caught_by="knowledge.the-whole-history-is-read")
def reads_the_last_turn_only(conduct: Conduct) -> Conduct:
    """Answers the last message as if nothing had been said before."""

    def context(chain: Sequence[Record], given: Sequence[Item]) -> tuple[Item, ...]:
        return conduct.context(chain, given)[-1:]

    return replace(conduct, context=context)


@mutant(caught_by="knowledge.an-old-filter-is-no-part-of-the-filter")
def applies_the_old_filter(conduct: Conduct) -> Conduct:
    """Searches only the files that `filter.file_ids` names, as an earlier release did."""

    def heed(asked: Asked) -> Mapping[str, Any]:
        base = asked.body.get("knowledge_base")
        found = base.get("filter") if isinstance(base, dict) else None
        if isinstance(found, dict) and "file_ids" in found:
            ids = found.pop("file_ids")
            found["file"] = [{"path": "id", "operator": "In", "valueTextArray": ids}]
        return conduct.heed(asked)

    return replace(conduct, heed=heed)
