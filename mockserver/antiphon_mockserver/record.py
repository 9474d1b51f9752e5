"""What the server knows of one request, and what it remembers of one response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from antiphon_mockserver.knowledge.library import Library
from antiphon_spec.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Record:
    """A response that was given, with all that its later views need; JSON only."""

    id: str
    owner: str
    """The API key for which it was made."""
    request: Mapping[str, Any]
    """The create body, as it came."""
    input: tuple[dict[str, Any], ...]
    """This turn's own input as items with ids, without what `previous` brings along."""
    response: Mapping[str, Any]
    """The response object as it is at the end of its timeline."""
    previous: str | None = None
    pace: float = 0.0
    """Seconds between two events."""
    delay: float = 0.0
    """Seconds before the first one."""
    made_at: float = 0.0
    """The time of the create; by a real clock, the state of a background response follows from it."""
    step: int = 0
    """How far along its timeline the response has been seen."""
    cut: int | None = None
    """The step at which it was cancelled, or None."""
    deleted: bool = False

    @property
    def background(self) -> bool:
        """Whether it runs in the background."""
        return self.request.get("background") is True

    @property
    def streamed(self) -> bool:
        """Whether it was created with `stream: true`."""
        return self.request.get("stream") is True

    def at(self, step: int) -> Record:
        """The record when it was seen at this step; one that was cancelled stays where it is."""
        return self if self.cut is not None or step == self.step else replace(self, step=step)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the checks see it: parsed, and with the stored turns that it builds upon."""

    operation: str
    """The operationId."""
    body: Mapping[str, Any]
    dialect: Dialect
    chain: tuple[Record, ...] = ()
    """The responses that `previous_response_id` leads to, oldest first."""
    items: tuple[dict[str, Any], ...] = ()
    """The whole context: the chain's input and output, then the new input; references are resolved."""
    own: tuple[dict[str, Any], ...] = ()
    """The new input alone."""
    library: Library | None = None
    """What answers are found in, in a dialect of videos."""
