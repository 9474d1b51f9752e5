"""How long the judge waits for a target, by its limits and by the speed that the target has shown.

Our impatience is never the target's fault: an exchange that we gave up says so, and names the option.
"""

from __future__ import annotations

import time
from dataclasses import field

from antiphon_conformance.http.sse import MOST_EVENTS
from antiphon_spec.loading.construction import dataclass

WHOLE = 10
"""How many time-outs a whole exchange may take, unless an option says otherwise: it goes on all the while."""
SHORTEST = 10.0
"""Seconds: after some requests that hang, a target that answered everything else at once gets no less."""
SLOWER = 5
"""How many times as long as its slowest answer so far a target may take."""


LEAST_ROOM = 256 * 1024
"""Bytes of a body that are kept when the memory of a run is used up: a usual answer is smaller."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run."""

    seconds: float = 60.0
    """Seconds without a byte, before and within an answer."""
    requests: int | None = None
    tokens: int | None = None
    """The sum of the tokens that the answers report."""
    size: int = 16 * 1024 * 1024
    """Bytes of one body."""
    events: int = MOST_EVENTS
    """Events of one stream."""
    memory: int = 512 * 1024 * 1024
    """Bytes that all bodies and what is read from them may take, by an estimate."""
    whole: float | None = None
    """Seconds of a whole exchange; None for ten times `seconds`."""
    deadline: float | None = None
    """Seconds of all exchanges together; None for no end."""
    recovery: float = 60.0
    """Seconds in which a target that stopped answering may come back."""

    @property
    def whole_seconds(self) -> float:
        """Seconds of a whole exchange."""
        return self.whole if self.whole is not None else WHOLE * self.seconds


@dataclass(slots=True)
class Patience:
    """The waits of one run. A target that hangs often is waited for less, one that is slow is waited for
    longer."""

    limits: Limits
    slowest: float = 0.0
    """Seconds of the longest exchange that ended."""
    _hangs: int = 0
    _start: float = field(default_factory=time.monotonic)

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; infinite without one."""
        deadline = self.limits.deadline
        return float("inf") if deadline is None else self._start + deadline - time.monotonic()

    def silence(self) -> float:
        """Seconds without a byte after which we give up."""
        wait = max(self.limits.seconds, SLOWER * self.slowest)
        return min(self._shrink(wait), self.limits.whole_seconds)

    def whole(self) -> float:
        """Seconds of a whole exchange after which we give up."""
        return self._shrink(self.limits.whole_seconds)

    def probe(self) -> float:
        """Seconds for a cheap request that a living target answers like those before."""
        return min(self.limits.seconds, max(SHORTEST / 2, SLOWER * self.slowest))

    def note_answer(self, seconds: float) -> None:
        """An exchange came to its end."""
        self.slowest = max(self.slowest, seconds)

    def note_hang(self) -> None:
        """We gave an exchange up."""
        self._hangs += 1

    def expiry(self, start: float, last: float) -> tuple[float, str]:
        """When to give an exchange up that began at `start` and whose last byte came at `last`, in seconds
        of the monotonic clock, and the option that sets this limit."""
        return min(
            (last + self.silence(), "--timeout"),
            (start + self.whole(), "--exchange-timeout"),
            (time.monotonic() + self.remaining, "--deadline"),
        )

    def _shrink(self, wait: float) -> float:
        """A wait, halved for each exchange that hung; never below what the target has needed."""
        least = min(wait, max(SHORTEST, SLOWER * self.slowest))
        return max(least, wait * 0.5**self._hangs)
