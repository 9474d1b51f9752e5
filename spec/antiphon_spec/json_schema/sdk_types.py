"""Does a dialect's document still agree with the types of the vendor's own SDK? A maintainer's check.

The SDK is generated from the vendor's document, so its types show what came before a document is published.
Both sides are walked together from the bodies, queries and events of the served operations; a member, a word
of an enum, a form of a union or a kind of value that only one side has is a difference. Each must stand in
the dialect's `differences.yaml` with its reason. Types have no bounds on numbers and lengths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property, partial
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from antiphon_spec.data import read_yaml
from antiphon_spec.document import Document, Operation
from antiphon_spec.json_schema.shape import Form, Member, Shape, joined, merged, of_schema, of_type
from antiphon_spec.loading.construction import dataclass

OURS, SDK = "ours", "sdk"
Sources = tuple[Any, ...]


class SdkMissingError(Exception):
    """The package whose types are compared cannot be imported."""


@dataclass(frozen=True, slots=True)
class Package:
    """An SDK, and which of its types stands for which schema of a document."""

    name: str
    bodies: Mapping[str, str]
    """Component schema to type, as `module:name` below `types` of the package."""
    queries: Mapping[str, str]
    """Operation to the type of its query parameters."""


PACKAGES: Mapping[str, Package] = {
    "openai": Package(
        "openai",
        bodies={
            "CreateResponse": "responses.response_create_params:ResponseCreateParams",
            "CompactResponseMethodPublicBody": "responses.response_compact_params:ResponseCompactParams",
            "TokenCountsBody": "responses.input_token_count_params:InputTokenCountParams",
            "Response": "responses.response:Response",
            "CompactResource": "responses.compacted_response:CompactedResponse",
            "TokenCountsResource": "responses.input_token_count_response:InputTokenCountResponse",
            "ResponseItemList": "responses.response_item_list:ResponseItemList",
            "ResponseStreamEvent": "responses.response_stream_event:ResponseStreamEvent",
        },
        queries={
            "getResponse": "responses.response_retrieve_params:ResponseRetrieveParams",
            "listInputItems": "responses.input_item_list_params:InputItemListParams",
        },
    )
}


@dataclass(frozen=True, slots=True)
class TypeDifference:
    """One thing that only one side has."""

    side: str
    """`ours` or `sdk`: who has it."""
    place: str
    """`Schema/member`, `...=word`, `...[form]`, `...:kind` or `...:absent` (it may be left out)."""
    candidate: str = field(default="", compare=False)
    """What could be written into the document."""

    def __str__(self) -> str:
        return f"{self.place}: only {self.side}"

    @property
    def row(self) -> str:
        """The entry of `differences.yaml` that would list it, without its reason."""
        return f'- {{has: {self.side}, places: ["{self.place}"], reason: }}'


@dataclass(frozen=True, slots=True)
class ListedPlace:
    """One place of an entry of `differences.yaml`."""

    side: str
    place: str
    reason: str

    def covers(self, difference: TypeDifference) -> bool:
        """Whether it accounts for `difference`. A `*` in a place stands for any text."""
        pattern = ".*".join(map(re.escape, self.place.split("*")))
        return difference.side == self.side and re.fullmatch(pattern, difference.place) is not None


@dataclass(frozen=True)
class TypeDrift:
    """What a comparison shows, against what is listed."""

    release: str
    differences: tuple[TypeDifference, ...]
    entries: tuple[ListedPlace, ...]

    @cached_property
    def unlisted(self) -> tuple[TypeDifference, ...]:
        """Differences without a reason."""
        return tuple(
            difference
            for difference in self.differences
            if not any(entry.covers(difference) for entry in self.entries)
        )

    @cached_property
    def stale(self) -> tuple[ListedPlace, ...]:
        """Listed places where no difference was found."""
        return tuple(entry for entry in self.entries if not any(map(entry.covers, self.differences)))


def load_listed_places(folder: Path) -> tuple[ListedPlace, ...]:
    """What `differences.yaml` in a dialect's folder says of the SDK's types."""
    entries = read_yaml(folder / "differences.yaml", schema="differences")
    return tuple(
        ListedPlace(entry["has"], place, entry["reason"])
        for entry in entries
        for place in entry.get("places", ())
    )


def compare_types(document: Document, package: Package, entries: tuple[ListedPlace, ...] = ()) -> TypeDrift:
    """Compares a document with the installed package. Raises SdkMissingError when there is none."""
    walk = _Walk(document)
    release = str(_module(package.name).__version__)
    bodies = (
        walk.differences(name, (document.schemas[name],), (_type(package.name, path),))
        for name, path in package.bodies.items()
    )
    queries = (
        walk.members(key, (_query(document.operations[key]),), of_type(_type(package.name, path)).forms)
        for key, path in package.queries.items()
    )
    differences = chain.from_iterable(chain(bodies, queries))
    return TypeDrift(release, tuple(dict.fromkeys(differences)), entries)


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        message = f"the package {name.partition('.')[0]} is not installed or lacks {name}"
        raise SdkMissingError(message) from error


def _type(package: str, path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(_module(f"{package}.types.{module}"), name)


def _query(operation: Operation) -> Form:
    """The query parameters of an operation as the members of one object."""
    query = [parameter for parameter in operation.parameters if parameter.place == "query"]
    members = {parameter.name: Member((parameter.schema,), parameter.required) for parameter in query}
    return Form(members, frozenset(), operation)


class _Walk:
    """Walks both sides together. What refers to itself is compared once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.names = {id(schema): name for name, schema in document.schemas.items()}
        self.visits: set[tuple[frozenset[int], frozenset[Any], bool]] = set()

    def differences(
        self, place: str, local: Sources, sdk: Sources, *, lenient: bool = False
    ) -> Iterator[TypeDifference]:
        """What only one side allows at `place` and below; `lenient` sets null aside."""
        local_schemas = tuple(map(self.document.resolve, local))
        key = frozenset(map(id, local_schemas)), frozenset(sdk), lenient
        if key in self.visits:
            return
        self.visits.add(key)
        left = joined(partial(of_schema, self.document), local)
        right = joined(of_type, sdk)
        if "anything" in left.kinds | right.kinds:
            return
        place = self._name(local) or place
        lenient_kinds = frozenset({"null"} if lenient else ())
        yield from _values(place, left, right, lenient_kinds, sdk)
        if left.elements and right.elements:
            yield from self.differences(f"{place}/*", left.elements, right.elements)
        yield from self._forms(place, left.forms, right.forms)

    def _name(self, sources: Sources) -> str | None:
        """The component schema that the sources are, when there is one."""
        unions = [source.get("anyOf", [source]) for source in sources]
        branches = [branch for union in unions for branch in union if branch != {"type": "null"}]
        if len(branches) != 1 or "$ref" not in branches[0]:
            return None
        return str(branches[0]["$ref"]).rpartition("/")[2]

    def _forms(self, place: str, local: Sources, sdk: Sources) -> Iterator[TypeDifference]:
        if len(local) == len(sdk) == 1:
            yield from self.members(self._form_name(local) or place, local, sdk)
            return
        left, right = _by_tag(local), _by_tag(sdk)
        for tag in dict.fromkeys((*left, *right)):
            here = f"{place}[{tag}]"
            if tag not in right:
                yield TypeDifference(OURS, here)
            elif tag not in left:
                yield TypeDifference(SDK, here, f"a schema {_schema_line(right[tag][0].source)}")
            else:
                name = self._form_name(left[tag]) or here
                yield from self.members(name, left[tag], right[tag])

    def _form_name(self, forms: Iterable[Form]) -> str | None:
        names = [self.names.get(id(form.source)) for form in forms]
        return names[0] if len(names) == 1 else None

    def members(self, place: str, local: Iterable[Form], sdk: Iterable[Form]) -> Iterator[TypeDifference]:
        """What differs between the members of two objects, each of which may have several forms."""
        left, right = merged(local), merged(sdk)
        for name in dict.fromkeys((*left, *right)):
            here = f"{place}/{name}"
            if name not in right:
                yield TypeDifference(OURS, here)
            elif name not in left:
                yield TypeDifference(SDK, here, f"{name}: {_schema_line(*right[name].sources)}")
            else:
                yield from self._member(here, left[name], right[name])

    def _member(self, place: str, local: Member, sdk: Member) -> Iterator[TypeDifference]:
        nullable = "null" in joined(partial(of_schema, self.document), local.sources).kinds
        if local.required and not sdk.required and not (sdk.lenient and nullable):
            yield TypeDifference(SDK, f"{place}:absent", "take it out of `required`")
        if sdk.required and not local.required:
            yield TypeDifference(OURS, f"{place}:absent")
        yield from self.differences(place, local.sources, sdk.sources, lenient=sdk.lenient)


def _by_tag(forms: Iterable[Form]) -> dict[str, list[Form]]:
    groups: dict[str, list[Form]] = {}
    for form in forms:
        for tag in form.tags or ("",):
            groups.setdefault(tag, []).append(form)
    return groups


def _values(
    place: str, local: Shape, sdk: Shape, lenient_kinds: frozenset[str], sources: Sources
) -> Iterator[TypeDifference]:
    """Differences of kinds and words. Whoever takes any text takes every word."""
    for side, here, other in ((OURS, local, sdk), (SDK, sdk, local)):
        for kind in sorted(here.kinds - other.kinds - lenient_kinds):
            yield TypeDifference(side, f"{place}:{kind}", f"{_schema_line(*sources)}" if side == SDK else "")
        for word in sorted(here.words - other.words) if "text" not in other.kinds else ():
            yield TypeDifference(side, f"{place}={word}", f"enum: [{word}]" if side == SDK else "")


def _schema_line(*sources: Any, depth: int = 0) -> str:
    """A type as a schema of a document, in short."""
    shape = joined(of_type, sources)
    names = {"text": "string", "map": "object", "null": '"null"'}
    plain = [f"{{type: {names.get(kind, kind)}}}" for kind in sorted(shape.kinds - {"array", "anything"})]
    words = [f"{{enum: [{', '.join(sorted(shape.words))}]}}"] if shape.words else []
    lists = (
        [f"{{type: array, items: {_schema_line(*shape.elements, depth=depth)}}}"]
        if "array" in shape.kinds
        else []
    )
    forms = [_form_line(form, depth) for form in shape.forms]
    branches = [*words, *plain, *lists, *forms]
    return branches[0] if len(branches) == 1 else f"{{anyOf: [{', '.join(branches)}]}}" if branches else "{}"


def _form_line(form: Form, depth: int) -> str:
    if depth == 2:
        return "{type: object}"
    members = form.members.items()
    required = ", ".join(name for name, member in members if member.required)
    inner = ", ".join(f"{name}: {_schema_line(*member.sources, depth=depth + 1)}" for name, member in members)
    return f"{{type: object, required: [{required}], properties: {{{inner}}}}}"
