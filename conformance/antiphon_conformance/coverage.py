"""The requests that a document asks for: at each edge that it draws one just inside, and one just outside.

Nothing here is random. A case changes one thing in an otherwise plain request, so a refusal or a success says
something about that one thing. The mistakes that single requirements name have scenarios of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon_conformance.legality import is_right
from antiphon_conformance.plain import plain
from antiphon_spec.dialect import Dialect
from antiphon_spec.document import Operation
from antiphon_spec.sample import Probe, Sampler

FEWEST_TOKENS = 16
DEEPEST_WRONG = 3
DEEPEST_RIGHT = 2
"""How far inside a body an edge may lie to be tried: `input[0].role` is three steps deep."""
LONGEST = 1_000_000
"""Texts at limits beyond this are left to others: they cost more to send than they tell."""
DULL = re.compile(r"-?\d+$|any text|empty text|least$|a fraction|name of empty|twice|type |null$|boolean$")
"""Probes that stand at no edge: a right request with one says nothing new."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request to send. `name` says what is tried: `createResponse/max_output_tokens: beyond minimum`."""

    name: str
    operation: str
    path: str
    body: Any


def cases(dialect: Dialect, values: Mapping[str, str]) -> Iterator[Case]:
    """Every case of a dialect, the shallow ones first; `values` are what the target holds, and `model`."""
    for operation in dialect.document.operations.values():
        if operation.request_schema is not None and "{" not in operation.path:
            yield from _edges(dialect, operation, plain(dialect, operation.id, values))


def _edges(dialect: Dialect, operation: Operation, usual: Mapping[str, Any]) -> Iterator[Case]:
    """One case for each kind of edge at each place; what differs only by an index or a kind is one place."""
    deep = operation.id == dialect.create_operation
    tried: set[str] = set()
    for probe in sorted(_probes(dialect, operation, deep), key=lambda probe: len(probe.path)):
        body = _whole(probe, usual)
        right = is_right(dialect, operation.id, body)
        name = f"{operation.id}{_place(probe)}, {_kind(probe, right)}: {'right' if right else 'wrong'}"
        if name in tried or body is None or (right and not _tells(probe, deep)):
            continue
        tried.add(name)
        yield Case(name, operation.id, operation.path, _cheap(body, probe) if right else body)


def _probes(dialect: Dialect, operation: Operation, deep: bool) -> Iterator[Probe]:
    sampler = Sampler(dialect.document, deepest=DEEPEST_WRONG if deep else 1)
    probes = sampler.probes({"$ref": operation.request_schema})
    return (probe for probe in probes if len(probe.path) <= sampler.deepest and _size(probe.value) <= LONGEST)


def _tells(probe: Probe, deep: bool) -> bool:
    """Whether a right request with this probe is worth its tokens."""
    return deep and len(probe.path) <= DEEPEST_RIGHT and not DULL.match(probe.why)


def _whole(probe: Probe, usual: Mapping[str, Any]) -> Any:
    """The probe as a whole request, usual in all but what is tried; one that is no object stays as it is."""
    if not isinstance(probe.value, dict):
        return probe.value
    return _usual_but(probe.path, probe.value, usual) if probe.path else {**probe.value, **usual}


def _usual_but(path: Sequence[int | str], tried: Any, usual: Any) -> Any:
    """What is tried at a path, and elsewhere what is usual."""
    if not path or not isinstance(tried, dict) or not isinstance(usual, Mapping):
        return tried
    first, *rest = path
    mixed = {**tried, **usual}
    if first in tried:
        return mixed | {first: _usual_but(rest, tried[first], usual.get(first))}
    mixed.pop(first, None)
    return mixed


def _cheap(body: Any, probe: Probe) -> Any:
    """A right request reaches the model: it shall not talk long."""
    return body if "max_output_tokens" in probe.path else {**body, "max_output_tokens": FEWEST_TOKENS}


def _place(probe: Probe) -> str:
    return "".join("/*" if isinstance(step, int) else f"/{step}" for step in probe.path)


def _kind(probe: Probe, right: bool) -> str:
    """What is tried; values of a wrong kind are all the same mistake."""
    return "a wrong kind" if probe.why.startswith("type ") and not right else probe.why


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()), len(value))
    return sum(map(_size, value), len(value)) if isinstance(value, list) else 1
