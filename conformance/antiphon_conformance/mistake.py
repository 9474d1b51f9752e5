"""The noun for a way to ask wrongly, and what its examples are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from antiphon_conformance.legal import Legal
from antiphon_conformance.places import places
from antiphon_conformance.plain import fill
from antiphon_conformance.text import ABSENT
from antiphon_spec.dialect import Dialect

NAME = "[a-zA-Z0-9_-]+"
LONG = "x" * 65
HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
FUNCTION = {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}
NO_SUCH_TYPE = Legal("a type that the document knows", lambda value: value != "unknown_kind")
"""Only the example makes this mistake: which types there are is a matter of the document's version."""

GIVEN = Legal("given", lambda value: value is not ABSENT and value is not None)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One way to ask wrongly. `says` completes the sentence: a request with ... is refused."""

    name: str
    cites: tuple[str, ...]
    says: str
    path: str
    legal: Legal
    example: Mapping[str, Any] = field(default_factory=dict)
    """What to put into an otherwise right request so that it makes this mistake; ABSENT leaves one out."""
    operations: tuple[str, ...] = ("createResponse",)
    needed: bool = False
    """Whether it is the mistake to leave out the member that the path names."""

    def made_in(self, body: Any) -> Iterator[tuple[str, Any]]:
        """Each place of a request body at which it is made, and what stands there."""
        found = [(self.path, body.get(self.path, ABSENT))] if self.needed else places(body, self.path)
        return (one for one in found if not self.legal.allows(one[1]))

    def holds_in(self, dialect: Dialect) -> bool:
        """Whether a requirement of this dialect makes it a mistake."""
        return any(row is not None and row.tested for row in map(dialect.resolve, self.cites))


def mistake(
    name: str, cites: str, says: str, path: str, legal: Legal, example: Mapping[str, Any], *operations: str
) -> Mistake:
    """A row of the table; the requirements are written in one string, the operation is a create."""
    return Mistake(name, tuple(cites.split()), says, path, legal, example, operations or ("createResponse",))


def left_out(name: str, cites: str, member: str) -> Mistake:
    """A row of the table for a create without a member that it needs."""
    says, example = f"no `{member}`", {member: ABSENT}
    return Mistake(name, tuple(cites.split()), says, member, GIVEN, example, needed=True)


def with_mistake(
    usual: Mapping[str, Any], example: Mapping[str, Any], dialect: Dialect, values: Mapping[str, str]
) -> dict[str, Any]:
    """An otherwise right request with what an example puts into it. Raises NothingGiven."""
    made = {**usual, **fill(dict(example), dialect, values)}
    return {name: value for name, value in made.items() if value is not ABSENT}
