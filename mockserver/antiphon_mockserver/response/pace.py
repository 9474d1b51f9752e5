"""The pace of a stream: how long after the create each of its events comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Any

from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class Pause:
    """A moment in which nothing comes."""

    at: int
    """The number of the event that comes late, counting from 0."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """When the events of a stream come; all times are in seconds of the server's clock."""

    first: float = 0.0
    """Seconds before the first event."""
    interval: float = 0.0
    """Seconds before every other event."""
    tokens_per_second: float = 0.0
    """How many pieces of text a second brings, instead of one an interval; 0 means no such limit."""
    jitter: float = 0.0
    """By which share of itself the time before an event varies: 0.5 means from 50 % to 150 %."""
    pauses: tuple[Pause, ...] = ()
    keep_alive: float = 0.0
    """Seconds of silence before a comment says that the stream lives; 0 means no comments."""

    def offsets(self, pieces: Sequence[bool], seed: str) -> tuple[float, ...]:
        """Returns the seconds from the create to each event.

        `pieces` says which events bring a piece of text. Equal seeds give equal times.
        """
        number = Random(seed)  # noqa: S311  (nothing secret: times that look natural and repeat)
        for_a_piece = 1 / self.tokens_per_second if self.tokens_per_second else self.interval
        pauses = {pause.at: pause.seconds for pause in self.pauses}

        def wait(index: int, is_piece: bool) -> float:
            seconds = for_a_piece if is_piece else self.interval
            if self.jitter:
                seconds *= 1 + self.jitter * number.uniform(-1, 1)
            return (seconds if index else self.first) + pauses.get(index, 0.0)

        return tuple(accumulate(wait(index, is_piece) for index, is_piece in enumerate(pieces)))


AT_ONCE = Pace()
"""Every event comes with the create."""

BACKGROUND = Pace(interval=0.02)
"""The pace of a background response that nobody streams, so that clients see it at work in real time."""


def read_pace(source: float | Mapping[str, Any]) -> Pace:
    """Returns the pace that a script or the settings give: seconds between two events, or a mapping."""
    if not isinstance(source, Mapping):
        return Pace(interval=source) if source else AT_ONCE
    pauses = tuple(Pause(**pause) for pause in source.get("pauses", ()))
    pace = Pace(**{**source, "pauses": pauses})
    return AT_ONCE if pace == AT_ONCE else pace
