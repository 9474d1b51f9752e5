"""The part of a published document that a dialect serves.

A vendor publishes one document for all of its interfaces. What the operations of a dialect do not reach is no
difference, however much of it there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from antiphon_spec.document import Document, references
from antiphon_spec.json_schema.drift import Drift, KnownDifference, compare, operations, without_names

_COMPONENTS = "#/components/"


def compare_served(local: Document, reference: Document, entries: tuple[KnownDifference, ...] = ()) -> Drift:
    """Compares what the operations of `local` reach; only the entries about this part count."""
    part = served_part(local, reference)
    names = frozenset((*local.schemas, *part.schemas, *operations(local)))
    relevant = (replace(entry, names=entry.names & names) for entry in entries)
    return compare(local, part, tuple(entry for entry in relevant if entry.names))


def served_part(local: Document, reference: Document) -> Document:
    """The published document with our operations only, and the components that they or we know."""
    names = set(operations(local))
    paths = {
        path: {key: value for key, value in item.items() if _is_served(key, path, names)}
        for path, item in reference.root.get("paths", {}).items()
    }
    own_paths = {path: item for path, item in paths.items() if any(_name(key, path) in names for key in item)}
    components: dict[str, dict[str, Any]] = {"schemas": {}}
    common = (f"{_COMPONENTS}schemas/{name}" for name in reference.schemas if name in local.schemas)
    for component in _reached(reference, [*common, *_referred(own_paths)]):
        kind, _, name = component.removeprefix(_COMPONENTS).partition("/")
        components.setdefault(kind, {})[name] = reference.pointer(component)
    return Document({**reference.root, "paths": own_paths, "components": components})


def _is_served(key: str, path: str, names: set[str]) -> bool:
    """Whether a key of a path item belongs to a served operation, or to all of them."""
    return _name(key, path) in names or key in ("parameters", "summary", "description")


def _name(method: str, path: str) -> str:
    return f"{method.upper()} {without_names(path)}"


def _reached(document: Document, waiting: list[str]) -> Iterator[str]:
    """Every component that the references in `waiting` name, directly or through others."""
    visits: set[str] = set()
    while waiting:
        whole = "/".join(waiting.pop().split("/")[:4])
        if whole in visits or not whole.startswith(_COMPONENTS):
            continue
        visits.add(whole)
        yield whole
        waiting += _referred(document.pointer(whole))


def _referred(value: Any) -> list[str]:
    return [reference for _, reference in references(value)]
