"""Servers over a library that accept wrong requests, or misread histories and filters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from antiphon_mockserver.behaviour.behaviour import Behaviour, Item
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import forgiving
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Record, RequestDetails
from antiphon_mockserver.video_library.objects import DESCRIBING

SEAM = "state"
CREATE = "createResponse"

ACCEPTS = (
    ("no_model", "Accepts a create without a model.", r"model$", "a-create-without-model an-empty-model"),
    ("no_input", "Accepts a create without input.", r"input$", "a-create-without-input"),
    (
        "anything_for_a_message",
        "Accepts input that holds no messages.",
        r"input\[\d+\](\.type)?$",
        "input-that-is-no-message items-other-than-messages",
    ),
    ("system_messages", "Accepts system messages.", r"input\[\d+\]\.role", "a-role-other-than-three"),
    (
        "other_parts",
        "Accepts parts of other types, without a type, and without a text.",
        r"input\[\d+\]\.content\[",
        "a-part-without-type a-part-other-than-input-text a-part-text-that-is-no-string",
    ),
    (
        "bare_content",
        "Accepts a string as the content of a message.",
        r"input\[\d+\]\.content$",
        "content-without-parts",
    ),
    (
        "instructions_of_any_type",
        "Accepts a list as instructions.",
        r"instructions",
        "instructions-that-are-no-string",
    ),
    ("no_knowledge", "Accepts a create without knowledge.", r"knowledge_base$", "a-create-without-knowledge"),
    ("other_includes", "Accepts any `include` value.", r"include", "an-include-other-than-descriptions"),
    (
        "any_number_of_tokens",
        "Accepts any number of output tokens.",
        r"max_output_tokens",
        "output-tokens-out-of-range",
    ),
    (
        "other_tools",
        "Accepts tools of any type and form.",
        r"tools\[",
        "a-tool-other-than-functions a-function-without-parameters a-function-with-an-empty-name "
        "parameters-that-are-no-object a-nested-function",
    ),
    ("any_source", "Accepts any source of knowledge.", r"knowledge_base\.source", "an-unknown-source"),
    (
        "an_empty_list_of_collections",
        "Accepts knowledge without collections, and collections without a name.",
        r"knowledge_base\.collections",
        "knowledge-without-collections an-empty-list-of-collections a-collection-that-is-no-string",
    ),
    (
        "an_empty_list_of_files",
        "Accepts the source `files` without files, and files without a name.",
        r"knowledge_base\.files",
        "missing-files an-empty-list-of-files a-file-that-is-no-string",
    ),
    (
        "any_type_of_knowledge",
        "Accepts any type of knowledge.",
        r"knowledge_base\.type",
        "an-unknown-type-of-knowledge",
    ),
    (
        "entities_of_any_form",
        "Accepts entity-backed knowledge in any form.",
        r"knowledge_base\.entity_backed_knowledge_config",
        "entities-without-config missing-entity-collections an-empty-list-of-entity-collections "
        "an-entity-collection-without-id a-long-description",
    ),
)
"""Name, summary, the place where every value is accepted, and the wrong requests that pass."""

CONTRADICTIONS = (
    (
        "streams_in_the_background",
        "Accepts `stream` with `background` and follows only one of them.",
        r"stream$",
        "a-stream-in-the-background",
    ),
    (
        "searches_any_collection",
        "Searches a different collection when the named one cannot be searched.",
        r"knowledge_base\.collections",
        "a-collection-that-does-not-exist metadata-for-the-answering-model "
        "an-entity-collection-for-the-answering-model a-collection-of-faces",
    ),
    (
        "backs_any_model_with_entities",
        "Accepts entities for a model that cannot read them.",
        r"knowledge_base\.type",
        "entities-for-the-answering-model",
    ),
    (
        "backs_answers_with_any_collection",
        "Accepts collections of other types as entity collections.",
        r"knowledge_base\.entity_backed_knowledge_config",
        "entities-that-do-not-exist entities-of-another-type",
    ),
)


def _right(details: RequestDetails) -> dict[str, Any]:
    """Valid members of a create."""
    collections = details.library.collections if details.library else ()
    ids = [entry.id for entry in collections if entry.type in DESCRIBING]
    return {
        "model": "nimbus-002-preview",
        "input": "Hello.",
        "knowledge_base": {"collections": ids[:1]},
    }


def _place(error: ApiError) -> str:
    """The wrong place in the request: from `param`, or from the message of a 404."""
    match = re.search(r"\((knowledge_base\.[^)]*)\) not found", error.message)
    return error.param or (match[1] if match else "")


def _accepting(place: str) -> Callable[[Behaviour], Behaviour]:
    """Replaces or drops a wrong member at this place instead of rejecting it."""
    pattern = re.compile(place)

    def mend(details: RequestDetails, error: ApiError) -> bool:
        if details.operation != CREATE or not pattern.match(_place(error)):
            return False
        _mend(details, re.split(r"[.\[]", _place(error))[0])
        return True

    return forgiving(mend)


def _mend(details: RequestDetails, name: str) -> None:
    """Replaces a wrong member in the request body by a valid one, or drops it."""
    body, right = cast("dict[str, Any]", details.body), _right(details)
    body.pop(name, None)
    if name in right:
        body[name] = right[name]


for _name, _doc, _where, _mistakes in ACCEPTS:
    _rules = tuple(f"requests.rejects-{mistake}" for mistake in _mistakes.split())
    add(SEAM, f"accepts_{_name}", _doc, _rules, _accepting(_where))

for _name, _doc, _where, _mistakes in CONTRADICTIONS:
    _rules = tuple(f"library-questions.rejects-{tail}" for tail in _mistakes.split())
    add(SEAM, _name, _doc, _rules, _accepting(_where))


@mutant(
    "state.answers-400-for-a-missing-collection",
    caught_by=(
        "library-questions.rejects-a-collection-that-does-not-exist",
        "library-questions.rejects-entities-that-do-not-exist",
    ),
)
def answers_400_for_a_missing_collection(behaviour: Behaviour) -> Behaviour:
    """Answers 400 instead of 404 for a collection that does not exist."""

    def knowledge(details: RequestDetails) -> None:
        try:
            behaviour.requests.checks["knowledge"](details)
        except ApiError as error:
            raise invalid(error.message) from error

    return replace(
        behaviour,
        requests=replace(behaviour.requests, checks={**behaviour.requests.checks, "knowledge": knowledge}),
    )


@mutant("state.reads-the-last-turn-only", caught_by="library-questions.earlier-turns-reach-the-model")
def reads_the_last_turn_only(behaviour: Behaviour) -> Behaviour:
    """Sends the model only the last message."""

    def context(chain: Sequence[Record], given: Sequence[Item]) -> tuple[Item, ...]:
        return behaviour.context.join(chain, given)[-1:]

    return replace(behaviour, context=replace(behaviour.context, join=context))


@mutant("state.applies-the-old-filter", caught_by="library-questions.a-removed-filter-does-not-filter")
def applies_the_old_filter(behaviour: Behaviour) -> Behaviour:
    """Searches only the files of `filter.file_ids`, as an earlier release did."""

    def ignore_unknown(details: RequestDetails) -> Mapping[str, Any]:
        base = details.body.get("knowledge_base")
        old_filter = base.get("filter") if isinstance(base, dict) else None
        if isinstance(old_filter, dict) and "file_ids" in old_filter:
            ids = old_filter.pop("file_ids")
            old_filter["file"] = [{"path": "id", "operator": "In", "valueTextArray": ids}]
        return behaviour.requests.ignore_unknown(details)

    return replace(behaviour, requests=replace(behaviour.requests, ignore_unknown=ignore_unknown))
