"""A dialect: the wire format of one vendor, read from a folder of data that extends its parent's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from antiphon_spec.data import DataError, nearest, read_yaml
from antiphon_spec.document import Document, load_document
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Kind, Requirement, count, read_requirements
from antiphon_spec.schema import Schemas
from antiphon_spec.stream import UNKNOWN, Grammar, ItemLife, load_grammar, load_items

DIALECTS = Path(__file__).parent / "dialects"
PATH_VARIABLE = "ANTIPHON_DIALECT_PATH"
"""The environment variable with a folder of further dialects; all processes of a server inherit it."""


class DialectError(DataError):
    """A dialect does not exist, or a file in its folder is malformed."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a target may offer."""

    name: str
    title: str
    operation: str | None = None
    """The operationId of the operation without which the target does not offer the feature."""
    optional: bool = True
    """Whether a target without it may still conform."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The settings of a dialect that the judge reads.

    A child's value replaces its parent's; mappings are merged.
    """

    unknown_parameters: str = "ignored"
    """Whether an unknown key of a request is rejected (`refused`) or `ignored`."""
    id_prefixes: Mapping[str, str] = field(default_factory=dict)
    """The prefixes of ids, by object: `response`, `request`, or the type of an item."""
    constant_headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that every answer has with the same value."""
    header_limit: int | None = None
    """The largest total size of a request's headers, in bytes."""
    response: Mapping[str, Any] = field(default_factory=dict)
    """The members of a response object in wire order, with the defaults for a minimal request."""
    sequence_numbers_since: int = 0
    """The Unix time in seconds since which streams have numbers; older recordings may have none."""
    item_ids_of_calls: str = "id"
    """How the events of a call may name it: by its `id`, or by `either` of `id` and `call_id`."""
    id_form: str = "prefixed"
    """The form of the ids of objects: `prefixed` (`resp_...`) or `uuid`."""
    error_envelope: str = "object"
    """The form of `error` in the body of a rejection: an `object` with code and param, or a `text`."""
    unknown_delete: str = "refused"
    """Whether a delete of an unknown id is rejected (`refused`) or `accepted`."""
    knowledge: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """For dialects that answer from a video library, the abilities of each model: the types of `collections`
    that it reads, whether it accepts `entity_backed` knowledge, whether it serves `chat`."""


@dataclass(frozen=True, slots=True)
class MockTraits:
    """The settings of a dialect that only the mock server reads; merged like `Traits`."""

    base_paths: tuple[str, ...] = ()
    """The paths below which the API is served; none for the path of the document's server."""
    sentinel: str = "optional"
    """Whether a stream's last message is `[DONE]`: `required`, `absent` or `optional`."""
    error_event: str = "nested"
    """Where an `error` event has its code: in an `error` object (`nested`) or next to `type` (`flat`);
    `absent` when streams have no such event."""
    error_types: Mapping[str, str] = field(default_factory=dict)
    """`error.type` by HTTP status, as a string; `default` for all other statuses."""
    request_id_header: str | None = None
    """The header of every answer that has the id of the request."""
    processing_header: str | None = None
    """The header with the server's processing time, in milliseconds."""
    rate_limit_headers: bool = False
    """Whether answers to POST have `x-ratelimit-*` headers."""
    obfuscation: bool = False
    """Whether delta events have padding unless the request turns it off."""
    optional_members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The members that a response has only when the request has them, each with the members that it repeats
    and their defaults for what the request leaves out or to the server (`auto`). A null stays out."""
    members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By `type`, the members that the echo of a tool, format or tool choice has beyond the request's."""
    echoes_schema: bool = True
    """Whether the echo of a `json_schema` format repeats the schema; otherwise it has null."""
    raw_reasoning: bool = False
    """Whether the answer has the model's raw reasoning unless the request asks for encrypted content."""
    orphaned_reasoning: str = "accepted"
    """Whether a reasoning item of the input without its following item is `accepted` or rejected
    (`refused`)."""
    bare_items: bool = False
    """Whether output messages have neither an `id` nor a `status`."""
    numbered_events: bool = True
    """Whether the events of a stream have a `sequence_number`."""
    ascii_events: bool = False
    """Whether the server sends events in ASCII, with all other characters escaped."""
    unfinished: Mapping[str, Any] = field(default_factory=dict)
    """The values of some members of a response until it completes."""
    error_members: Mapping[str, Any] = field(default_factory=dict)
    """The members of a failed response's `error` besides `code` and `message`."""
    listed_models: bool = False
    """Whether the server has only the models that the dialect lists (`models`)."""
    streamed_background: bool = True
    """Whether one response may run in the background and be streamed."""
    foreground_cancel: str = "refused"
    """Whether a cancel of a foreground response is rejected (`refused`) or leaves it `unchanged`."""
    error_codes: Mapping[str, str] = field(default_factory=dict)
    """The dialect's own `error.code` by our code, or by status for errors without one."""
    retry_after_in_body: bool = False
    """Whether the error of a rejection repeats the `Retry-After` header."""
    refusal_headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Further headers of a rejection, by HTTP status."""
    body_limit: int | None = None
    """The largest size of a request body in bytes, when it is less than the server's own limit."""
    chat_spellings: bool = False
    """Whether a request may have the tools, parts and parameters of Chat Completions."""
    instructions_form: str = "as_given"
    """The `instructions` of a response: the request's own (`as_given`), or all `messages` to the model."""
    listed_input: str = "own"
    """The input items of a response: its `own`, or the whole `conversation`, instructions first."""
    prompts: bool = False
    """Whether the server has prompt templates that a request may name instead of a model."""
    reusable_prompts: bool = False
    """The same for templates whose messages stand before the input."""
    phases: bool = True
    """Whether messages have a `phase`."""
    cancelled_at: bool = False
    """Whether a cancelled response has the time of its cancellation."""
    hosted_tools: bool = False
    """Whether the server runs tools itself: searches, programs, and any MCP server of a request."""
    webhooks: bool = False
    """Whether the server can tell addresses how its responses in the background ended."""
    websocket: str = "absent"
    """How creates are answered over WebSocket: one after another (`sequential`), in `lanes` side by side, or
    not at all (`absent`)."""

    def error_type(self, status: int) -> str:
        """The `error.type` of a rejection with this HTTP status."""
        return self.error_types.get(str(status), self.error_types.get("default", "invalid_request_error"))


@dataclass(frozen=True, eq=False)
class Dialect:
    """The wire format of one vendor. Document, schemas, grammar and requirements are read on first use."""

    name: str
    title: str
    release: str
    source: str
    lineage: tuple[str, ...]
    """The names of this dialect, its parent, and so on up to `base`."""
    folders: tuple[Path, ...]
    """The folders of the lineage, in the same order."""
    traits: Traits
    mock: MockTraits
    features: Mapping[str, Feature]
    create_operation: str
    """The operationId of `POST /responses`."""
    response_operations: frozenset[str]
    """The operationIds whose JSON answer with 200 is a response object."""
    models: tuple[str, ...] = ("gpt-4o-mini",)
    """Models that a target is likely to serve; the first one is the default of `--model`."""
    key_variable: str = "OPENAI_API_KEY"
    """The environment variable from which its clients read the API key."""
    key_hosts: tuple[str, ...] = ()
    """The vendor's own hosts, which alone get the key of that variable; `*.` stands for any names before."""
    auth: str = "bearer"
    """Where its clients put the key: `bearer`, or `header:NAME`."""
    holds: Mapping[str, str] = field(default_factory=dict)
    """For each resource that a full run needs, a description, by name (`collection`, `prompt`)."""
    plain: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By operationId, a minimal request. `{model}` and the names of `holds` in braces are placeholders for
    values of the target."""
    abstract: bool = False
    """Whether the dialect only serves as a parent of others."""

    def is_own_host(self, host: str) -> bool:
        """Whether a host is the vendor's own."""
        return any(fnmatchcase(host.lower(), pattern) for pattern in self.key_hosts)

    @cached_property
    def document(self) -> Document:
        """The OpenAPI document of the dialect, else of its nearest ancestor that has one."""
        for folder in self.folders:
            if (folder / "openapi.yaml").exists():
                return load_document(folder)
        raise DialectError(self.name, "an openapi.yaml in its lineage", "none")

    @cached_property
    def companion(self) -> Document | None:
        """The operations that the mock server serves beside the document, and that no rule judges."""
        paths = (folder / "files.yaml" for folder in self.folders)
        path = next((path for path in paths if path.exists()), None)
        return None if path is None else Document(read_yaml(path))

    @cached_property
    def schemas(self) -> Schemas:
        """The validators of the document."""
        return Schemas(self.document, self.grammar.expects_newer)

    @cached_property
    def grammar(self) -> Grammar:
        """The lanes of its streams."""
        return load_grammar(tuple(reversed(self.folders)))

    @cached_property
    def items(self) -> Mapping[str, ItemLife]:
        """The lives of its output items, by type."""
        return load_items(tuple(reversed(self.folders)))

    def life(self, kind: str | None) -> ItemLife:
        """The life of the items of a type; `UNKNOWN` for a type that the dialect does not have."""
        return self.items.get(kind, UNKNOWN) if isinstance(kind, str) else UNKNOWN

    @cached_property
    def requirements(self) -> Mapping[str, Requirement]:
        """The rows of the whole lineage, sorted by id; a child's row replaces its parent's."""
        rows: dict[str, Requirement] = {}
        for name, folder in zip(reversed(self.lineage), reversed(self.folders), strict=True):
            rows |= read_requirements(folder, name, rows)
        return dict(sorted(rows.items()))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many requirements are tested, excluded and planned."""
        return count(self.requirements.values())

    def resolve(self, citation: str) -> Requirement | None:
        """The requirement of a citation, `ENV-08` or `openai#/components/schemas/X@contract`.

        None when this dialect does not have it. A place in a document holds in the named dialect and its
        descendants; the word after `@` is its kind, `interop` when there is none.
        """
        dialect, separator, place = citation.partition("#")
        if not separator:
            return self.requirements.get(citation)
        if citation not in self._places:
            pointer, _, kind = place.partition("@")
            self._places[citation] = self._place(dialect, pointer, Kind(kind or "interop"))
        return self._places[citation]

    @cached_property
    def _places(self) -> dict[str, Requirement | None]:
        return {}

    def _place(self, dialect: str, pointer: str, kind: Kind) -> Requirement | None:
        if dialect not in self.lineage:
            return None
        try:
            self.document.pointer(pointer)
        except LookupError:
            return None
        citation = f"{dialect}#{pointer}"
        text = f"The document demands it at {pointer}."
        return Requirement(citation, "SCHEMA", text, self.source, dialect, kind=kind)


def load(name: str, path: Path | None = None) -> Dialect:
    """The dialect of this name, from our own folder or from `path`, a folder of further dialects.

    The default of `path` is the folder in ANTIPHON_DIALECT_PATH.

    Raises DialectError when the dialect does not exist or its `dialect.yaml` is malformed.
    """
    return _load(name, path or _user_folder())


def load_concrete(name: str) -> Dialect:
    """A dialect of `names()`, which are not abstract. Raises DialectError for any other name."""
    if name not in names():
        raise DialectError("dialect", f"one of {', '.join(names())}", nearest(name, names()))
    return load(name)


def of_host(host: str) -> str:
    """The dialect whose vendor owns a host, the first by name; empty when none does."""
    return next((name for name in names() if load(name).is_own_host(host)), "")


def names() -> tuple[str, ...]:
    """The concrete dialects in alphabetical order: those that ship and the user's own."""
    return tuple(sorted(name for name in set(_folder_names(_user_folder())) if not load(name).abstract))


def _user_folder() -> Path | None:
    folder = os.environ.get(PATH_VARIABLE)
    return Path(folder) if folder else None


def _folder_names(path: Path | None) -> Iterator[str]:
    """The names of all dialect folders, including abstract dialects."""
    for root in (path, DIALECTS):
        if root is not None and root.is_dir():
            yield from (folder.name for folder in root.iterdir() if (folder / "dialect.yaml").exists())


@cache
def _load(name: str, path: Path | None) -> Dialect:
    folders = _lineage(name, path)
    layers = [_read(folder) for folder in reversed(folders)]
    whole = _merge(layers)
    return Dialect(
        name=name,
        title=layers[-1]["title"],
        release=str(whole.get("release", "")),
        source=whole.get("source", ""),
        lineage=tuple(folder.name for folder in folders),
        folders=tuple(folders),
        traits=Traits(**whole["traits"] | {"constant_headers": _present(whole["traits"])}),
        mock=MockTraits(**whole["mock"]),
        features={key: Feature(key, **entry) for key, entry in whole["features"].items()},
        create_operation=whole.get("create_operation", "createResponse"),
        response_operations=frozenset(whole.get("response_operations", ())),
        abstract=layers[-1].get("abstract", False),
        models=tuple(whole.get("models", Dialect.models)),
        key_variable=whole.get("key_variable", Dialect.key_variable),
        key_hosts=tuple(whole.get("key_hosts", ())),
        auth=whole.get("auth", Dialect.auth),
        holds=whole.get("holds", {}),
        plain=whole.get("plain", {}),
    )


def _present(traits: Mapping[str, Any]) -> dict[str, str]:
    """The constant headers; null removes one of the parent's."""
    headers = traits.get("constant_headers", {})
    return {name: value for name, value in headers.items() if value is not None}


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
    known = sorted(set(_folder_names(path)))
    raise DialectError("dialect", f"one of {', '.join(known)}", nearest(name, known))


@cache
def _read(folder: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = read_yaml(folder / "dialect.yaml", schema="dialect")
    except DataError as problem:
        raise DialectError(problem.where, problem.expected, problem.actual) from problem
    return content


def _merge(layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Merges the layers from base to child: scalars replace, features and the mappings in traits are merged.

    A feature of null removes the parent's feature.
    """
    whole: dict[str, Any] = {"traits": {}, "mock": {}, "features": {}}
    for layer in layers:
        if "key_variable" in layer:
            whole.pop("key_hosts", None)  # the hosts of the parent's key are not those of this one
        whole |= {key: value for key, value in layer.items() if key not in ("traits", "mock", "features")}
        whole["features"] |= layer.get("features", {})
        whole["features"] = {name: entry for name, entry in whole["features"].items() if entry is not None}
        for section in ("traits", "mock"):
            traits = whole[section]
            for key, value in layer.get(section, {}).items():
                before = traits.get(key)
                traits[key] = before | value if isinstance(value, dict) and before else value
    return whole
