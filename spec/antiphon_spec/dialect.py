"""A dialect: one vendor's wire, read from a folder of data that extends its parent's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.document import Document, load_document
from antiphon_spec.requirement import Requirement, count, read_requirements
from antiphon_spec.schema import Schemas
from antiphon_spec.stream import Grammar, load_grammar

DIALECTS = Path(__file__).parent / "dialects"
PATH_VARIABLE = "ANTIPHON_DIALECT_PATH"
"""The environment variable that names a folder of further dialects; the processes of a server share it."""


class DialectError(DataError):
    """A dialect does not exist, or a file of its folder is malformed."""


@dataclass(frozen=True, slots=True)
class Feature:
    """What a target may offer."""

    name: str
    title: str
    operation: str | None = None
    """The operationId whose absence means that the target lacks it."""
    optional: bool = True
    """Whether a target may lack it and still conform."""


@dataclass(frozen=True, slots=True)
class Traits:
    """In which of a few ways a dialect goes; a child's value replaces its parent's, mappings are merged."""

    sentinel: str = "optional"
    """Whether a stream's last message is `[DONE]`: `required`, `absent` or `optional`."""
    error_event: str = "nested"
    """Where an `error` event keeps its code: in an `error` object (`nested`) or beside `type` (`flat`); in
    streams without such an event it is `absent`."""
    unknown_parameters: str = "ignored"
    """Whether an unknown key of a request is `refused` or `ignored`."""
    id_prefixes: Mapping[str, str] = field(default_factory=dict)
    """How ids begin, by object: `response`, `request`, or the type of an item."""
    error_types: Mapping[str, str] = field(default_factory=dict)
    """`error.type` by HTTP status, as a string; `default` for the others."""
    request_id_header: str | None = None
    """The header that bears the id of the request, on every answer."""
    processing_header: str | None = None
    """The header that tells how many milliseconds the server worked."""
    constant_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that every answer carries with the same value."""
    rate_limit_headers: bool = False
    """Whether answers to POST advertise `x-ratelimit-*`."""
    obfuscation: bool = False
    """Whether delta events are padded unless the request says otherwise."""
    header_limit: int | None = None
    """How many bytes the headers of a request may have in total."""

    response: Mapping[str, Any] = field(default_factory=dict)
    """The members of a response object in wire order, with their values when the request says nothing."""
    optional_members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The members that a response has only when the request has them: what of each it repeats, and the values
    where the request left it out or to the server (`auto`). What is null here is left out as well."""
    members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What an echoed tool, format or tool choice of a `type` has beyond what the request gave."""
    echoes_schema: bool = True
    """Whether the echo of a `json_schema` format repeats the schema, or says null for it."""
    raw_reasoning: bool = False
    """Whether a model's reasoning is shown as it is, unless encrypted content was asked for."""
    orphaned_reasoning: str = "accepted"
    """Whether a reasoning item of the input without the item it led to is `accepted` or `refused`."""
    sequence_numbers_since: int = 0
    """The Unix second since which streams are numbered; older recordings may have no numbers."""
    items_without_status: tuple[str, ...] = ()
    """The types of item that have no `status`."""
    bare_items: bool = False
    """Whether messages that are put out have neither an `id` nor a `status`."""
    id_form: str = "prefixed"
    """What ids of objects look like: `prefixed` (`resp_...`), or a `uuid`."""
    error_envelope: str = "object"
    """What `error` is in the body of a refusal: an `object` with code and param, or a `text`."""
    numbered_events: bool = True
    """Whether the events of a stream bear a `sequence_number`."""
    ascii_events: bool = False
    """Whether events are sent in ASCII, all other characters escaped."""
    unfinished: Mapping[str, Any] = field(default_factory=dict)
    """What a response has in place of its own members as long as it has not completed."""
    error_members: Mapping[str, Any] = field(default_factory=dict)
    """What `error` of a failed response has beside `code` and `message`."""
    listed_models: bool = False
    """Whether there are no other models than those that the dialect lists (`models`)."""
    streamed_background: bool = True
    """Whether a response may run in the background and be streamed at once."""
    foreground_cancel: str = "refused"
    """Whether cancelling what does not run in the background is `refused`, or leaves it `unchanged`."""
    unknown_delete: str = "refused"
    """Whether deleting what is not there is `refused`, or `accepted` as if it had been."""
    error_codes: Mapping[str, str] = field(default_factory=dict)
    """What `error.code` is where we say something else, or by status where we say nothing."""
    retry_after_in_body: bool = False
    """Whether the error of a refusal tells when to come back, as its header does."""
    refusal_headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Further headers of a refusal, by HTTP status."""
    body_limit: int | None = None
    """How many bytes the body of a request may have, when that is less than the server was told."""
    chat_spellings: bool = False
    """Whether a request may spell tools, parts and parameters as Chat Completions do."""
    instructions_form: str = "as_given"
    """What a response repeats as `instructions`: them `as_given`, or in `messages` all that it was told."""
    listed_input: str = "own"
    """What the input items of a response are: its `own`, or the `conversation`, instructions first."""
    prompts: bool = False
    """Whether the server keeps prompt templates that a request may name instead of a model."""
    phases: bool = True
    """Whether messages say in which `phase` of an answer they stand."""
    cancelled_at: bool = False
    """Whether a cancelled response says when it was cancelled."""
    knowledge: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """For dialects whose answers are found in a library of videos, what each model may do: the types of
    `collections` it reads, whether it takes `entity_backed` knowledge, whether it serves `chat`."""

    def error_type(self, status: int) -> str:
        """The `error.type` of a refusal with this status."""
        return self.error_types.get(str(status), self.error_types.get("default", "invalid_request_error"))


@dataclass(frozen=True, eq=False)
class Dialect:
    """One vendor's wire. Document, schemas, grammar and requirements are read when first asked for."""

    name: str
    title: str
    release: str
    source: str
    lineage: tuple[str, ...]
    """This dialect's name, then its parent's, and so on up to `base`."""
    folders: tuple[Path, ...]
    """The folders of the lineage, in the same order."""
    traits: Traits
    features: Mapping[str, Feature]
    create_operation: str
    """The operationId of `POST /responses`."""
    response_operations: frozenset[str]
    """The operationIds whose JSON answer with 200 is a response object."""
    models: tuple[str, ...] = ("gpt-4o-mini",)
    """Models that a target is likely to serve; the first one is asked for when nobody says which."""
    key_variable: str = "OPENAI_API_KEY"
    """The environment variable in which its clients keep the API key."""
    holds: Mapping[str, str] = field(default_factory=dict)
    """What a target has to hold so that all can be asked, by name, in words (`collection`, `prompt`)."""
    plain: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By operationId a request that any server can answer; `{model}` and the names of `holds` in braces stand
    for what a target has."""
    abstract: bool = False

    @cached_property
    def document(self) -> Document:
        """The OpenAPI document; a dialect without one of its own has its parent's."""
        for folder in self.folders:
            if (folder / "openapi.yaml").exists():
                return load_document(folder)
        raise DialectError(self.name, "an openapi.yaml in its lineage", "none")

    @cached_property
    def schemas(self) -> Schemas:
        """The validators of the document."""
        return Schemas(self.document)

    @cached_property
    def grammar(self) -> Grammar:
        """The lanes of its streams."""
        return load_grammar(tuple(reversed(self.folders)))

    @cached_property
    def requirements(self) -> Mapping[str, Requirement]:
        """The rows of the whole lineage by id, sorted; a child's row replaces its parent's."""
        found: dict[str, Requirement] = {}
        for name, folder in zip(reversed(self.lineage), reversed(self.folders), strict=True):
            found |= read_requirements(folder, name, found)
        return dict(sorted(found.items()))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many requirements are tested, excluded and planned."""
        return count(self.requirements.values())

    def resolve(self, citation: str) -> Requirement | None:
        """What `ENV-08` or `openai#/components/schemas/X` names; None when it does not hold here.

        A place in a document holds in the dialects that descend from the one named.
        """
        dialect, separator, pointer = citation.partition("#")
        if not separator:
            return self.requirements.get(citation)
        if citation not in self._places:
            self._places[citation] = self._place(dialect, pointer)
        return self._places[citation]

    @cached_property
    def _places(self) -> dict[str, Requirement | None]:
        return {}

    def _place(self, dialect: str, pointer: str) -> Requirement | None:
        if dialect not in self.lineage:
            return None
        try:
            self.document.pointer(pointer)
        except LookupError:
            return None
        citation = f"{dialect}#{pointer}"
        return Requirement(citation, "SCHEMA", f"The document demands it at {pointer}.", self.source, dialect)


def load(name: str, path: Path | None = None) -> Dialect:
    """The dialect of this name; `path` is a folder of dialect folders that is searched before our own, by
    default the one that the environment names.

    Raises DialectError when it does not exist or its `dialect.yaml` is malformed.
    """
    return _load(name, path or _own())


def shipped(name: str) -> Dialect:
    """A dialect that servers speak: one of `names()`. Raises DialectError for any other name."""
    if name not in names():
        raise DialectError("dialect", f"one of {', '.join(names())}", repr(name))
    return load(name)


def names() -> tuple[str, ...]:
    """The dialects that can be served and judged, in alphabetical order: those that ship and one's own."""
    return tuple(sorted(name for name in set(_known(_own())) if not load(name).abstract))


def _own() -> Path | None:
    told = os.environ.get(PATH_VARIABLE)
    return Path(told) if told else None


def _known(path: Path | None) -> Iterator[str]:
    """The names of all dialect folders, abstract ones among them."""
    for root in (path, DIALECTS):
        if root is not None and root.is_dir():
            yield from (folder.name for folder in root.iterdir() if (folder / "dialect.yaml").exists())


@cache
def _load(name: str, path: Path | None) -> Dialect:
    folders = _lineage(name, path)
    layers = [_read(folder) for folder in reversed(folders)]
    merged = _merge(layers)
    return Dialect(
        name=name,
        title=layers[-1]["title"],
        release=str(merged.get("release", "")),
        source=merged.get("source", ""),
        lineage=tuple(folder.name for folder in folders),
        folders=tuple(folders),
        traits=Traits(**merged["traits"]),
        features={key: Feature(key, **entry) for key, entry in merged["features"].items()},
        create_operation=merged.get("create_operation", "createResponse"),
        response_operations=frozenset(merged.get("response_operations", ())),
        abstract=layers[-1].get("abstract", False),
        models=tuple(merged.get("models", Dialect.models)),
        key_variable=merged.get("key_variable", Dialect.key_variable),
        holds=merged.get("holds", {}),
        plain=merged.get("plain", {}),
    )


def _lineage(name: str, path: Path | None) -> list[Path]:
    folders = [_folder(name, path)]
    while parent := _read(folders[-1]).get("extends"):
        if parent in [folder.name for folder in folders]:
            raise DialectError(
                f"{folders[-1] / 'dialect.yaml'}#/extends", "an ancestor", f"a circle to {parent}"
            )
        folders.append(_folder(parent, path))
    return folders


def _folder(name: str, path: Path | None) -> Path:
    for root in (path, DIALECTS):
        if root is not None and (root / name / "dialect.yaml").exists():
            return root / name
    raise DialectError("dialect", f"one of {', '.join(sorted(set(_known(path))))}", repr(name))


@cache
def _read(folder: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = read_yaml(folder / "dialect.yaml", schema="dialect")
    except DataError as problem:
        raise DialectError(problem.where, problem.expected, problem.got) from problem
    return content


def _merge(layers: list[dict[str, Any]]) -> dict[str, Any]:
    """The layers from base to child: scalars are replaced, features and mappings in traits merged; a feature
    that is null is taken away."""
    merged: dict[str, Any] = {"traits": {}, "features": {}}
    for layer in layers:
        merged |= {key: value for key, value in layer.items() if key not in ("traits", "features")}
        merged["features"] |= layer.get("features", {})
        merged["features"] = {name: entry for name, entry in merged["features"].items() if entry is not None}
        for key, value in layer.get("traits", {}).items():
            before = merged["traits"].get(key)
            merged["traits"][key] = before | value if isinstance(value, dict) and before else value
    return merged
