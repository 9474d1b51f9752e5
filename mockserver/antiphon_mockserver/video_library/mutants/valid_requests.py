"""Servers over a library that reject valid requests for a response."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Behaviour
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import with_check
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import RequestDetails

SEAM = "state"
REASONING, ANSWERING = "nimbus-002-preview", "nimbus-001"
DESCRIPTIONS, TRANSCRIPTS = "media-descriptions", "rich-transcripts"
LONGEST = 2000
MOST_MEMBERS = 7
Condition = Callable[[RequestDetails], object]


def _has(**members: Any) -> Condition:
    """Whether a create has exactly these values."""
    return lambda details: all(
        name in details.body and details.body[name] == members[name] for name in members
    )


def _base(details: RequestDetails) -> Mapping[str, Any]:
    base = details.body.get("knowledge_base")
    return base if isinstance(base, dict) else {}


def _knows(**members: Any) -> Condition:
    """Whether the knowledge of a create has exactly these values."""
    return lambda details: all(_base(details).get(name) == members[name] for name in members)


def _config(details: RequestDetails) -> Mapping[str, Any]:
    return _base(details).get("entity_backed_knowledge_config") or {}


def _backed(details: RequestDetails) -> bool:
    return bool(_config(details))


def _types(details: RequestDetails) -> Iterator[str]:
    """The types of the collections that the request searches."""
    for collection_id in _base(details).get("collections") or ():
        collection = details.library.collection(collection_id) if details.library is not None else None
        if collection is not None:
            yield collection.type


def _reads(model: str, kind: str) -> Condition:
    return lambda details: details.body.get("model") == model and kind in _types(details)


def _says(role: str) -> Condition:
    def has_role(details: RequestDetails) -> bool:
        given = details.body.get("input")
        return isinstance(given, list) and any(message.get("role") == role for message in given)

    return has_role


def _files(details: RequestDetails, address: bool) -> bool:
    return any(name.startswith("cloudglue:") is address for name in _base(details).get("files") or ())


REJECTS: tuple[tuple[str, str, str, Condition], ...] = (
    ("turns_of_the_assistant", "assistant messages in the input", "a-history", _says("assistant")),
    ("any_instructions", "instructions", "instructions", lambda details: "instructions" in details.body),
    ("functions", "functions", "functions", lambda details: details.body.get("tools")),
    ("includes", "`include`", "descriptions-included", lambda details: details.body.get("include")),
    ("the_temperature_0", "a temperature of 0", "the-lowest-temperature", _has(temperature=0)),
    ("the_temperature_2", "a temperature of 2", "the-highest-temperature", _has(temperature=2)),
    ("so_many_tokens", "128000 output tokens", "the-most-tokens", _has(max_output_tokens=128_000)),
    ("one_token", "a single output token", "a-single-token", _has(max_output_tokens=1)),
    ("switches", "switches that are off", "switches-that-are-off", _has(background=False, stream=False)),
    ("a_source", "the source `collections`", "the-source-collections", _knows(source="collections")),
    ("a_type", "the default type of knowledge", "the-usual-type", _knows(type="general_question_answering")),
    (
        "two_collections",
        "more than one collection",
        "two-collections",
        lambda details: len(_base(details).get("collections") or ()) > 1,
    ),
    (
        "descriptions_to_reason",
        "media descriptions with its reasoning model",
        "descriptions-for-the-reasoning-model",
        _reads(REASONING, DESCRIPTIONS),
    ),
    (
        "transcripts_to_reason",
        "transcripts with its reasoning model",
        "transcripts-for-the-reasoning-model",
        _reads(REASONING, TRANSCRIPTS),
    ),
    (
        "descriptions_to_answer",
        "media descriptions with its answering model",
        "descriptions-for-the-answering-model",
        _reads(ANSWERING, DESCRIPTIONS),
    ),
    (
        "transcripts_to_answer",
        "transcripts with its answering model",
        "transcripts-for-the-answering-model",
        _reads(ANSWERING, TRANSCRIPTS),
    ),
    ("questions", "a string as input", "a-question", lambda details: isinstance(details.body["input"], str)),
    (
        "knowledge_without_source",
        "collections without a source",
        "collections-without-source",
        lambda details: "source" not in _base(details),
    ),
    ("ids_of_files", "ids of files", "a-file-by-its-id", lambda details: _files(details, address=False)),
    (
        "addresses_of_files",
        "addresses of files",
        "a-file-by-its-address",
        lambda details: _files(details, address=True),
    ),
    ("the_default", "the source `default`", "the-default-source", _knows(source="default")),
    (
        "entities_in_the_background",
        "entities in the background",
        "entities-in-the-background",
        lambda details: _backed(details) and details.body.get("background"),
    ),
    (
        "entities_in_a_stream",
        "entities in a stream",
        "entities-in-a-stream",
        lambda details: _backed(details) and details.body.get("stream"),
    ),
    (
        "nameless_entities",
        "entity collections without a name",
        "entities-without-a-name",
        lambda details: any(
            "name" not in collection for collection in _config(details).get("entity_collections", ())
        ),
    ),
    (
        "long_descriptions",
        "a description of 2000 characters",
        "the-longest-description",
        lambda details: len(_config(details).get("description", "")) == LONGEST,
    ),
    (
        "entities_alone",
        "entities without a collection to search",
        "entities-alone",
        lambda details: _backed(details) and "collections" not in _base(details),
    ),
)
"""Name, the rejected member in words, the end of the rule id, and the condition that detects it."""


def _rejecting(words: str, condition: Condition) -> Callable[[Behaviour], Behaviour]:
    def check(details: RequestDetails) -> None:
        if details.operation == "createResponse" and condition(details):
            raise invalid(f"This server does not accept {words}.")

    return lambda behaviour: with_check(behaviour, check)


for _name, _words, _form, _condition in REJECTS:
    _doc = f"Rejects {_words}."
    add(SEAM, f"rejects_{_name}", _doc, f"requests.accepts-{_form}", _rejecting(_words, _condition))


@mutant("state.rejects-creates-with-many-members", caught_by="requests.valid-forms-may-be-combined")
def rejects_creates_with_many_members(behaviour: Behaviour) -> Behaviour:
    """Rejects a create with more than seven members."""

    def check(details: RequestDetails) -> None:
        if len(details.body) > MOST_MEMBERS:
            raise invalid("The request has too many members.")

    return with_check(behaviour, check)


@mutant("state.rejects-unknown-members", caught_by="requests.accepts-undocumented-members")
def rejects_unknown_members(behaviour: Behaviour) -> Behaviour:
    """Rejects unknown members although nothing forbids them."""

    def ignore_unknown(details: RequestDetails) -> Mapping[str, Any]:
        if details.dialect.schemas.unknown_members(details.operation, details.body):
            raise invalid("The request has unknown members.")
        return behaviour.requests.ignore_unknown(details)

    return replace(behaviour, requests=replace(behaviour.requests, ignore_unknown=ignore_unknown))


@mutant(
    "state.excludes-the-switches-by-their-names", caught_by="clients.a-stream-in-the-foreground-is-a-stream"
)
def excludes_the_switches_by_their_names(behaviour: Behaviour) -> Behaviour:
    """Rejects `stream` beside `background`, whatever their values."""

    def check(details: RequestDetails) -> None:
        if details.body.get("stream") is True and "background" in details.body:
            raise invalid("'stream' and 'background' exclude each other.")

    return with_check(behaviour, check)


@mutant(
    "state.rejects-background-beside-stream-false", caught_by="clients.background-without-stream-is-accepted"
)
def rejects_background_beside_stream_false(behaviour: Behaviour) -> Behaviour:
    """Rejects `background` beside `stream: false`."""

    def check(details: RequestDetails) -> None:
        if details.body.get("background") is True and "stream" in details.body:
            raise invalid("'background' and 'stream' exclude each other.")

    return with_check(behaviour, check)
