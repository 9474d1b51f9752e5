"""The part of a published document that a dialect serves.

A vendor publishes one document for all of its interfaces. What the operations of a dialect do not reach is no
difference, however much of it there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from antiphon_spec.document import Document, references
from antiphon_spec.drift import Drift, Listed, compare, operations, without_names

_COMPONENTS = "#/components/"


def compare_served(ours: Document, published: Document, listed: tuple[Listed, ...] = ()) -> Drift:
    """Compares what the operations of `ours` reach, against the listed differences that speak of it."""
    part = served_part(ours, published)
    known = frozenset((*ours.schemas, *part.schemas, *operations(ours)))
    relevant = (replace(entry, names=entry.names & known) for entry in listed)
    return compare(ours, part, tuple(entry for entry in relevant if entry.names))


def served_part(ours: Document, published: Document) -> Document:
    """The published document with our operations only, and the components that they or we know."""
    served = set(operations(ours))
    paths = {
        path: {key: value for key, value in item.items() if _is_served(key, path, served)}
        for path, item in published.root.get("paths", {}).items()
    }
    kept = {path: item for path, item in paths.items() if any(_name(key, path) in served for key in item)}
    components: dict[str, dict[str, Any]] = {"schemas": {}}
    shared = (f"{_COMPONENTS}schemas/{name}" for name in published.schemas if name in ours.schemas)
    for reference in _reached(published, [*shared, *_referred(kept)]):
        kind, _, name = reference.removeprefix(_COMPONENTS).partition("/")
        components.setdefault(kind, {})[name] = published.pointer(reference)
    return Document({**published.root, "paths": kept, "components": components})


def _is_served(key: str, path: str, served: set[str]) -> bool:
    """Whether a key of a path item belongs to a served operation, or to all of them."""
    return _name(key, path) in served or key in ("parameters", "summary", "description")


def _name(method: str, path: str) -> str:
    return f"{method.upper()} {without_names(path)}"


def _reached(document: Document, waiting: list[str]) -> Iterator[str]:
    """Every component that the references in `waiting` name, directly or through others."""
    seen: set[str] = set()
    while waiting:
        whole = "/".join(waiting.pop().split("/")[:4])
        if whole in seen or not whole.startswith(_COMPONENTS):
            continue
        seen.add(whole)
        yield whole
        waiting += _referred(document.pointer(whole))


def _referred(value: Any) -> list[str]:
    return [reference for _, reference in references(value)]
