"""A kind of wrong request, and the parts of its examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from antiphon_conformance.http.text import ABSENT
from antiphon_conformance.requests.constraints import Legal
from antiphon_conformance.requests.minimal import fill
from antiphon_conformance.requests.paths import matches
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass

NAME = "[a-zA-Z0-9_-]+"
LONG = "x" * 65
HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
FUNCTION = {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}
NO_SUCH_TYPE = Legal("a type that the document knows", lambda value: value != "unknown_kind")
"""Only the example makes this mistake: the set of types depends on the document's version."""

GIVEN = Legal("given", lambda value: value is not ABSENT and value is not None)


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """A kind of wrong request. `says` completes the sentence: a request with ... is rejected."""

    name: str
    cites: tuple[str, ...]
    says: str
    path: str
    legal: Legal
    example: Mapping[str, Any] = field(default_factory=dict)
    """The members that make a right request wrong in this way; ABSENT removes a member."""
    operations: tuple[str, ...] = ("createResponse",)
    is_omission: bool = False
    """Whether the mistake is to omit the member at the path."""

    def occurrences_in(self, body: Any) -> Iterator[tuple[str, Any]]:
        """Each place in a request body with this mistake, and the value there."""
        pairs = [(self.path, body.get(self.path, ABSENT))] if self.is_omission else matches(body, self.path)
        return (pair for pair in pairs if not self.legal.allows(pair[1]))

    def holds_in(self, dialect: Dialect) -> bool:
        """Whether a requirement of this dialect makes it a mistake."""
        return any(row is not None and row.tested for row in map(dialect.resolve, self.cites))


def invalid_request(
    name: str, cites: str, says: str, path: str, legal: Legal, example: Mapping[str, Any], *operations: str
) -> InvalidRequest:
    """A row of the table. `cites` holds the requirements with spaces between; the operation is a create."""
    return InvalidRequest(
        name, tuple(cites.split()), says, path, legal, example, operations or ("createResponse",)
    )


def omission(name: str, cites: str, member: str) -> InvalidRequest:
    """A row of the table for a create without a required member."""
    says, example = f"no `{member}`", {member: ABSENT}
    return InvalidRequest(name, tuple(cites.split()), says, member, GIVEN, example, is_omission=True)


def with_mistake(
    usual: Mapping[str, Any], example: Mapping[str, Any], dialect: Dialect, values: Mapping[str, str]
) -> dict[str, Any]:
    """A right request with the members of an example. Raises NothingGiven."""
    body = {**usual, **fill(dict(example), dialect, values)}
    return {name: value for name, value in body.items() if value is not ABSENT}
