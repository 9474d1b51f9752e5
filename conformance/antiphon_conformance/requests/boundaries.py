"""Requests at the limits of a document: for each limit one just inside and one just outside.

Nothing here is random. A case changes one thing in an otherwise plain request, so an error or a success is
about that one thing. Mistakes that a single requirement names have scenarios of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antiphon_conformance.requests.constants import CHAT
from antiphon_conformance.requests.minimal import minimal
from antiphon_conformance.requests.validity import is_valid
from antiphon_spec.dialect import Dialect
from antiphon_spec.document import Operation
from antiphon_spec.json_schema.sample import Probe, Sampler
from antiphon_spec.loading.construction import dataclass

FEWEST_TOKENS = 16
DEEPEST_WRONG = 3
DEEPEST_RIGHT = 2
"""How deep in a body a limit is tested: `input[0].role` is three steps deep."""
LONGEST = 1_000_000
"""Longer texts are not sent here: they cost more than they show."""
DULL = re.compile(r"-?\d+$|any text|empty text|least$|a fraction|name of empty|twice|type |null$|boolean$")
"""Probes that are not at a limit: a right request with such a probe shows nothing new."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request to send. `name` says what it tests: `createResponse/max_output_tokens: beyond minimum`."""

    name: str
    operation: str
    path: str
    body: Any


def cases(dialect: Dialect, values: Mapping[str, str]) -> Iterator[Case]:
    """Every case of a dialect, the shallow cases first; `values` are what the target holds, and `model`."""
    for operation in dialect.document.operations.values():
        if operation.request_schema is not None and "{" not in operation.path and operation.id != CHAT:
            yield from _edges(dialect, operation, minimal(dialect, operation.id, values))


def _edges(dialect: Dialect, operation: Operation, usual: Mapping[str, Any]) -> Iterator[Case]:
    """One case for each kind of limit at each place; places that differ only by an index count as one."""
    deep = operation.id == dialect.create_operation
    names: set[str] = set()
    for probe in sorted(_probes(dialect, operation, deep), key=lambda probe: len(probe.path)):
        body = _whole(probe, usual)
        right = is_valid(dialect, operation.id, body)
        name = f"{operation.id}{_place(probe)}, {_kind(probe, right)}: {'right' if right else 'wrong'}"
        if name in names or body is None or (right and not _tells(probe, deep)):
            continue
        names.add(name)
        yield Case(name, operation.id, operation.path, _cheap(body, probe) if right else body)


def _probes(dialect: Dialect, operation: Operation, deep: bool) -> Iterator[Probe]:
    sampler = Sampler(dialect.document, deepest=DEEPEST_WRONG if deep else 1)
    probes = sampler.probes({"$ref": operation.request_schema})
    return (probe for probe in probes if len(probe.path) <= sampler.deepest and _size(probe.value) <= LONGEST)


def _tells(probe: Probe, deep: bool) -> bool:
    """Whether a right request with this probe is worth its tokens."""
    return deep and len(probe.path) <= DEEPEST_RIGHT and not DULL.match(probe.why)


def _whole(probe: Probe, usual: Mapping[str, Any]) -> Any:
    """The probe as a whole request, plain in all other members; a probe that is not an object stays as it
    is."""
    if not isinstance(probe.value, dict):
        return probe.value
    return _usual_but(probe.path, probe.value, usual) if probe.path else {**probe.value, **usual}


def _usual_but(path: Sequence[int | str], probe: Any, usual: Any) -> Any:
    """The probe's value at a path, and the plain value everywhere else."""
    if not path or not isinstance(probe, dict) or not isinstance(usual, Mapping):
        return probe
    first, *rest = path
    members = {**probe, **usual}
    if first in probe:
        return members | {first: _usual_but(rest, probe[first], usual.get(first))}
    members.pop(first, None)
    return members


def _cheap(body: Any, probe: Probe) -> Any:
    """A right request reaches the model, so its answer must be short."""
    return body if "max_output_tokens" in probe.path else {**body, "max_output_tokens": FEWEST_TOKENS}


def _place(probe: Probe) -> str:
    return "".join("/*" if isinstance(step, int) else f"/{step}" for step in probe.path)


def _kind(probe: Probe, right: bool) -> str:
    """What is tested; all values of a wrong type count as one mistake."""
    return "a wrong kind" if probe.why.startswith("type ") and not right else probe.why


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()), len(value))
    return sum(map(_size, value), len(value)) if isinstance(value, list) else 1
