"""Servers over a library that reject valid requests for a response."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from antiphon_mockserver.behaviour.behaviour import Conduct
from antiphon_mockserver.mutants import add, mutant
from antiphon_mockserver.mutants.changes import with_check
from antiphon_mockserver.server.errors import invalid
from antiphon_mockserver.state.record import Asked

SEAM = "state"
REASONING, ANSWERING = "nimbus-002-preview", "nimbus-001"
DESCRIPTIONS, TRANSCRIPTS = "media-descriptions", "rich-transcripts"
LONGEST = 2000
MOST_MEMBERS = 7
Condition = Callable[[Asked], object]


def _has(**members: Any) -> Condition:
    """Whether a create has exactly these values."""
    return lambda asked: all(name in asked.body and asked.body[name] == members[name] for name in members)


def _base(asked: Asked) -> Mapping[str, Any]:
    base = asked.body.get("knowledge_base")
    return base if isinstance(base, dict) else {}


def _knows(**members: Any) -> Condition:
    """Whether the knowledge of a create has exactly these values."""
    return lambda asked: all(_base(asked).get(name) == members[name] for name in members)


def _config(asked: Asked) -> Mapping[str, Any]:
    return _base(asked).get("entity_backed_knowledge_config") or {}


def _backed(asked: Asked) -> bool:
    return bool(_config(asked))


def _types(asked: Asked) -> Iterator[str]:
    """The types of the collections that the request searches."""
    for collection_id in _base(asked).get("collections") or ():
        collection = asked.library.collection(collection_id) if asked.library is not None else None
        if collection is not None:
            yield collection.type


def _reads(model: str, kind: str) -> Condition:
    return lambda asked: asked.body.get("model") == model and kind in _types(asked)


def _says(role: str) -> Condition:
    def has_role(asked: Asked) -> bool:
        given = asked.body.get("input")
        return isinstance(given, list) and any(message.get("role") == role for message in given)

    return has_role


def _files(asked: Asked, address: bool) -> bool:
    return any(name.startswith("cloudglue:") is address for name in _base(asked).get("files") or ())


REJECTS: tuple[tuple[str, str, str, Condition], ...] = (
    ("turns_of_the_assistant", "assistant messages in the input", "a-history", _says("assistant")),
    ("any_instructions", "instructions", "instructions", lambda asked: "instructions" in asked.body),
    ("functions", "functions", "functions", lambda asked: asked.body.get("tools")),
    ("includes", "`include`", "descriptions-included", lambda asked: asked.body.get("include")),
    ("the_temperature_0", "a temperature of 0", "the-coolest-temperature", _has(temperature=0)),
    ("the_temperature_2", "a temperature of 2", "the-hottest-temperature", _has(temperature=2)),
    ("so_many_tokens", "128000 output tokens", "the-most-tokens", _has(max_output_tokens=128_000)),
    ("one_token", "a single output token", "a-single-token", _has(max_output_tokens=1)),
    ("switches", "switches that are off", "switches-that-are-off", _has(background=False, stream=False)),
    ("a_source", "the source `collections`", "the-source-collections", _knows(source="collections")),
    ("a_type", "the default type of knowledge", "the-usual-type", _knows(type="general_question_answering")),
    (
        "two_collections",
        "more than one collection",
        "two-collections",
        lambda asked: len(_base(asked).get("collections") or ()) > 1,
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
    ("questions", "a string as input", "a-question", lambda asked: isinstance(asked.body["input"], str)),
    (
        "knowledge_without_source",
        "collections without a source",
        "collections-without-source",
        lambda asked: "source" not in _base(asked),
    ),
    ("ids_of_files", "ids of files", "a-file-by-its-id", lambda asked: _files(asked, address=False)),
    (
        "addresses_of_files",
        "addresses of files",
        "a-file-by-its-address",
        lambda asked: _files(asked, address=True),
    ),
    ("the_default", "the source `default`", "the-default-source", _knows(source="default")),
    (
        "entities_in_the_background",
        "entities in the background",
        "entities-in-the-background",
        lambda asked: _backed(asked) and asked.body.get("background"),
    ),
    (
        "entities_in_a_stream",
        "entities in a stream",
        "entities-in-a-stream",
        lambda asked: _backed(asked) and asked.body.get("stream"),
    ),
    (
        "nameless_entities",
        "entity collections without a name",
        "entities-without-a-name",
        lambda asked: any(
            "name" not in collection for collection in _config(asked).get("entity_collections", ())
        ),
    ),
    (
        "long_descriptions",
        "a description of 2000 characters",
        "the-longest-description",
        lambda asked: len(_config(asked).get("description", "")) == LONGEST,
    ),
    (
        "entities_alone",
        "entities without a collection to search",
        "entities-alone",
        lambda asked: _backed(asked) and "collections" not in _base(asked),
    ),
)
"""Name, the rejected member in words, the end of the rule id, and the condition that detects it."""


def _rejecting(words: str, condition: Condition) -> Callable[[Conduct], Conduct]:
    def check(asked: Asked) -> None:
        if asked.operation == "createResponse" and condition(asked):
            raise invalid(f"This server does not accept {words}.")

    return lambda conduct: with_check(conduct, check)


for _name, _words, _form, _condition in REJECTS:
    _doc = f"Rejects {_words}."
    add(SEAM, f"rejects_{_name}", _doc, f"accepted.takes-{_form}", _rejecting(_words, _condition))


@mutant("state.rejects-creates-with-many-members", caught_by="requests.valid-forms-may-be-combined")
def rejects_creates_with_many_members(conduct: Conduct) -> Conduct:
    """Rejects a create with more than seven members."""

    def check(asked: Asked) -> None:
        if len(asked.body) > MOST_MEMBERS:
            raise invalid("The request has too many members.")

    return with_check(conduct, check)


@mutant("state.rejects-unknown-members", caught_by="requests.accepts-undocumented-members")
def rejects_unknown_members(conduct: Conduct) -> Conduct:
    """Rejects unknown members although nothing forbids them."""

    def heed(asked: Asked) -> Mapping[str, Any]:
        if asked.dialect.schemas.unknown_members(asked.operation, asked.body):
            raise invalid("The request has unknown members.")
        return conduct.heed(asked)

    return replace(conduct, heed=heed)


@mutant(
    "state.excludes-the-switches-by-their-names", caught_by="clients.a-stream-in-the-foreground-is-a-stream"
)
def excludes_the_switches_by_their_names(conduct: Conduct) -> Conduct:
    """Rejects `stream` beside `background`, whatever their values."""

    def check(asked: Asked) -> None:
        if asked.body.get("stream") is True and "background" in asked.body:
            raise invalid("'stream' and 'background' exclude each other.")

    return with_check(conduct, check)


@mutant(
    "state.rejects-background-beside-stream-false", caught_by="clients.background-without-stream-is-accepted"
)
def rejects_background_beside_stream_false(conduct: Conduct) -> Conduct:
    """Rejects `background` beside `stream: false`."""

    def check(asked: Asked) -> None:
        if asked.body.get("background") is True and "stream" in asked.body:
            raise invalid("'background' and 'stream' exclude each other.")

    return with_check(conduct, check)
