"""What the server stores of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class Running:
    """A response that has not ended yet, and locks its conversation."""

    response: str
    """Its id."""
    items: tuple[dict[str, Any], ...]
    """What it adds to the conversation at its end."""
    until: float
    """The Unix time of its end, by the real clock."""
    background: bool
    """Whether clients read its progress, and can cancel it."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation with its items; JSON only."""

    id: str
    owner: str
    """The API key that created it."""
    created_at: int
    """The Unix second of its create."""
    metadata: Mapping[str, Any]
    items: tuple[dict[str, Any], ...]
    """All items, oldest first, each with an id."""
    running: Running | None = None
    deleted: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """The object as on the wire, which has no items."""
        return {
            "id": self.id,
            "object": "conversation",
            "created_at": self.created_at,
            "metadata": dict(self.metadata),
        }


def unpack_conversation(content: bytes) -> Conversation:
    """Returns a conversation from its JSON."""
    members: dict[str, Any] = orjson.loads(content)
    members["items"] = tuple(members["items"])
    if (running := members["running"]) is not None:
        members["running"] = Running(**{**running, "items": tuple(running["items"])})
    return Conversation(**members)
