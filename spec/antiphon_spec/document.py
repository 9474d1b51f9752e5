"""An OpenAPI 3.1 document: its operations, its components, and the values that JSON pointers name.

A document is one `openapi.yaml` and the schema files that its `x-components` lists. The loader merges their
schemas into `components.schemas`, so every reference and citation is `#/components/schemas/Name`, whichever
file holds `Name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from antiphon_spec.data import DataError, read_yaml
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.preparation import prepared

COMPONENT = re.compile(r"^#/components/schemas/([^/]+)")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON_TYPE = "application/json"
SSE_TYPE = "text/event-stream"


class DocumentError(DataError):
    """A document, or a file that it names, is malformed."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, in its path, query or headers."""

    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]
    description: str = ""
    explode: bool = True
    """Whether each element of an array is a pair of its own; else commas separate the elements."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path. Its schemas are pointers into the document."""

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    request_schema: str | None
    """The pointer of the schema of the JSON request body; None when the operation has no such body."""
    responses: Mapping[str, str]
    """The pointer of the schema of the JSON answer, by status (`200`, `4XX`, `default`)."""
    stream_schema: str | None
    """The pointer of the union of stream events; None when the operation never streams."""
    tags: tuple[str, ...]
    summary: str = ""

    def answer_schema(self, status: str) -> str | None:
        """The pointer for `status`, else for its class (`4XX`), else for `default`; None without any."""
        candidates = (status, f"{status[:1]}XX", "default")
        return next((self.responses[key] for key in candidates if key in self.responses), None)


@dataclass(frozen=True)
class Document:
    """A loaded document. `root` holds every schema, and all references in it are local."""

    root: Mapping[str, Any]

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation by its id, in the document's order."""
        operations = [
            self._operation(method, path, item)
            for path, item in self.root.get("paths", {}).items()
            for method in METHODS
            if method in item
        ]
        return {operation.id: operation for operation in operations}

    @property
    def schemas(self) -> Mapping[str, Any]:
        """Every component schema, by name."""
        schemas: Mapping[str, Any] = self.root["components"]["schemas"]
        return schemas

    @property
    def request_schemas(self) -> Sequence[str]:
        """The pointers of the schemas of all request bodies."""
        pointers = (operation.request_schema for operation in self.operations.values())
        return [pointer for pointer in pointers if pointer is not None]

    def reached(self, pointers: Iterable[str]) -> set[str]:
        """The names of the component schemas that are at these pointers, or that schemas there refer to."""
        waiting, seen = [*pointers], set[str]()
        while waiting:
            pointer = waiting.pop()
            if pointer not in seen:
                seen.add(pointer)
                waiting += (reference for _, reference in references(self.pointer(pointer)))
        return {name for pointer in seen for name in COMPONENT.findall(pointer)}

    def pointer(self, pointer: str) -> Any:
        """The value at `pointer` (`#/components/schemas/X/properties/y`); it follows each `$ref` on the way.

        Raises LookupError with the first step that does not exist.
        """
        value: Any = self.root
        for step in _steps(pointer):
            value = self.resolve(value)
            try:
                value = value[int(step) if isinstance(value, list) else step]
            except (KeyError, IndexError, TypeError, ValueError):
                raise LookupError(f"{pointer}: nothing is called {step!r} there") from None
        return value

    def resolve(self, value: Any) -> Any:
        """`value`, or the value at the end of its chain of `$ref`. Raises LookupError for a dead `$ref`."""
        while isinstance(value, dict) and "$ref" in value:
            reference = value["$ref"]
            if reference not in self._targets:
                self._targets[reference] = self.pointer(reference)
            value = self._targets[reference]
        return value

    @cached_property
    def _targets(self) -> dict[str, Any]:
        """The value of each reference, cached because every event of a recording needs it."""
        return {}

    def branches(self, schema: Any) -> tuple[Mapping[str, Any], ...]:
        """The alternatives of `schema`, a part of `root`, without references and unions."""
        key = id(schema)
        if key not in self._branches:
            self._branches[key] = tuple(self._flatten(schema))
        return self._branches[key]

    @cached_property
    def _branches(self) -> dict[int, tuple[Mapping[str, Any], ...]]:
        return {}

    def _flatten(self, schema: Any) -> Iterator[Mapping[str, Any]]:
        schema = self.resolve(schema)
        if not isinstance(schema, dict):
            return
        unions = (*schema.get("anyOf", ()), *schema.get("oneOf", ()))
        if unions and "properties" not in schema:
            for branch in unions:
                yield from self._flatten(branch)
        else:
            yield schema

    def members(self, pointer: str) -> Iterator[str]:
        """The pointers of the members of the union at `pointer`, with the members of nested unions.

        A schema that is not a union is its own only member.
        """
        schema = self.pointer(pointer)
        if "$ref" in schema:
            yield from self.members(schema["$ref"])
            return
        keyword = next((key for key in ("anyOf", "oneOf") if key in schema), None)
        if keyword is None or "properties" in schema:
            yield pointer
            return
        for index in range(len(schema[keyword])):
            yield from self.members(f"{pointer}/{keyword}/{index}")

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation of a method and a path, and its path parameters; None when there is none.

        The path may have a query.
        """
        for operation, values in self._at(path):
            if operation.method == method.upper():
                return operation, values
        return None

    def methods(self, path: str) -> tuple[str, ...]:
        """The methods of `path`, sorted; empty when the document does not have the path."""
        return tuple(sorted(operation.method for operation, _ in self._at(path)))

    def _at(self, path: str) -> Iterator[tuple[Operation, dict[str, str]]]:
        bare = path.partition("?")[0]
        for pattern, operations in self._routes:
            if match := pattern.fullmatch(bare):
                values = {key: unquote(value) for key, value in match.groupdict().items()}
                return ((operation, values) for operation in operations)
        return iter(())

    @cached_property
    def _routes(self) -> tuple[tuple[re.Pattern[str], tuple[Operation, ...]], ...]:
        """Path patterns; paths with fewer parameters come first, as OpenAPI demands (Paths Object)."""
        by_path: dict[str, list[Operation]] = {}
        for operation in self.operations.values():
            by_path.setdefault(operation.path, []).append(operation)
        paths = sorted(by_path.items(), key=lambda entry: entry[0].count("{"))
        return tuple((_pattern(path), tuple(operations)) for path, operations in paths)

    def _operation(self, method: str, path: str, item: Mapping[str, Any]) -> Operation:
        where = f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
        spec = item[method]
        parameters = (*item.get("parameters", ()), *spec.get("parameters", ()))
        if "operationId" not in spec:
            raise DocumentError(where, "an operationId", "none")
        body = spec.get("requestBody", {})
        return Operation(
            id=spec["operationId"],
            method=method.upper(),
            path=path,
            parameters=tuple(map(self._parameter, parameters)),
            request_schema=self._schema(body, f"{where}/requestBody"),
            responses=dict(self._answers(spec.get("responses", {}), f"{where}/responses")),
            stream_schema=self._schema(
                spec.get("responses", {}).get("200", {}), f"{where}/responses/200", SSE_TYPE
            ),
            tags=tuple(spec.get("tags", ())),
            summary=spec.get("summary", ""),
        )

    def _parameter(self, spec: Mapping[str, Any]) -> Parameter:
        parameter = self.resolve(spec)
        return Parameter(
            name=parameter["name"],
            place=parameter["in"],
            required=bool(parameter.get("required", False)),
            schema=parameter.get("schema", {}),
            description=parameter.get("description", ""),
            explode=bool(parameter.get("explode", True)),
        )

    def _answers(self, responses: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
        for status, answer in responses.items():
            if (schema := self._schema(answer, f"{where}/{status}")) is not None:
                yield str(status), schema

    def _schema(self, holder: Mapping[str, Any], where: str, media: str = JSON_TYPE) -> str | None:
        """The pointer of a body's schema in one media type: the target of its `$ref`, else its own place."""
        while "$ref" in holder:
            where, holder = holder["$ref"], self.pointer(holder["$ref"])
        schema = holder.get("content", {}).get(media, {}).get("schema")
        if schema is None:
            return None
        pointer: str = schema.get("$ref", f"{where}/content/{media.replace('/', '~1')}/schema")
        return pointer


def load_document(folder: Path) -> Document:
    """Reads `openapi.yaml` in `folder` and merges the schemas of the files that it names.

    Raises DataError when a file is missing or malformed, two files define one schema, or a reference is dead.
    """
    path = folder / "openapi.yaml"
    return Document(prepared(path, "document", lambda: _merge(path)))


def _merge(path: Path) -> tuple[Any, Sequence[Path]]:
    """The document with all schemas, and the files that it was read from."""
    folder, sources = path.parent, [path]
    root = read_yaml(path)
    schemas: dict[str, Any] = root.setdefault("components", {}).setdefault("schemas", {})
    for name in root.get("x-components", ()):
        sources.append((folder / name).resolve())
        part = read_yaml(sources[-1])
        if duplicates := schemas.keys() & part.keys():
            raise DocumentError(str(folder / name), "schemas defined once", f"{sorted(duplicates)} again")
        schemas.update(part)
    document = Document(root)
    for place, reference in references(root):
        try:
            document.pointer(reference)
        except LookupError as error:
            raise DocumentError(f"{path}{place}", "a reference that resolves", str(error)) from error
    return root, sources


def references(value: Any, place: str = "#") -> Iterator[tuple[str, str]]:
    """Every `$ref` under `value`, with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref" and isinstance(inner, str):
                yield place, inner
            else:
                yield from references(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from references(inner, f"{place}/{index}")


def _steps(pointer: str) -> list[str]:
    """The steps of a JSON pointer in a URI fragment (RFC 6901, section 6)."""
    bare = unquote(pointer.removeprefix("#"))
    if bare and not bare.startswith("/"):
        raise LookupError(f"{pointer}: a pointer starts with `/`")
    return [step.replace("~1", "/").replace("~0", "~") for step in bare.split("/")[1:]]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    pieces = (f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(pieces))
