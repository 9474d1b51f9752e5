"""Faults on purpose, as networks and overloaded servers have them: `--fault KIND=VALUE[,first=N][,every=N]`.

--fault status=503,first=2     the first two requests are answered 503, then all is well
--fault rate-limit=100         every request after the first 100 is answered 429
--fault delay=0.5              every answer comes half a second late
--fault pace=0.05              a twentieth of a second between two events of a stream
--fault cut=5,every=3          every third stream breaks off after five events, a JSON body in its middle
--fault broken-frame=2         the third event of a stream is cut in the middle of its JSON
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from antiphon_mockserver.plan import Denied

KINDS = ("status", "rate-limit", "delay", "pace", "cut", "broken-frame")
WHOLE = frozenset({"status", "rate-limit", "cut", "broken-frame"})
MOST = 1_000_000_000
"""More than any sensible number of a fault; above all, neither infinity nor what is no number."""
SELECTORS = ("first", "every")


class FaultError(ValueError):
    """A `--fault` that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of misbehaviour, and to which requests it happens."""

    kind: str
    value: float
    first: int | None = None
    """Only to so many requests from the start."""
    every: int = 1
    """Only to each n-th request."""

    def strikes(self, number: int) -> bool:
        """Whether it happens to the n-th request, counting from 1."""
        return number % self.every == 0 and (self.first is None or number <= self.first)


@dataclass(frozen=True, slots=True)
class Misfortune:
    """What happens to one request."""

    delay: float = 0.0
    pace: float = 0.0
    cut: int | None = None
    broken_frame: int | None = None


NONE = Misfortune()


class Faults:
    """The faults of a server; counts its requests."""

    def __init__(self, specs: Sequence[str]) -> None:
        self.faults = tuple(map(parse, specs))
        self._numbers = count(1)

    def befall(self) -> Misfortune:
        """What happens to the next request. Raises Denied when it is to be refused."""
        if not self.faults:
            return NONE
        number = next(self._numbers)
        struck = {fault.kind: fault for fault in self.faults if fault.strikes(number)}
        if "status" in struck:
            raise refusal(int(struck["status"].value))
        if "rate-limit" in struck and number > struck["rate-limit"].value:
            raise refusal(429)
        return Misfortune(
            delay=struck["delay"].value if "delay" in struck else 0.0,
            pace=struck["pace"].value if "pace" in struck else 0.0,
            cut=int(struck["cut"].value) if "cut" in struck else None,
            broken_frame=int(struck["broken-frame"].value) if "broken-frame" in struck else None,
        )


def refusal(status: int) -> Denied:
    """The error of this status, as it is asked for."""
    if status == 429:
        headers = {"retry-after": "1"}
        return Denied(
            "Too many requests; try again later.", status=429, code="rate_limit_exceeded", headers=headers
        )
    code = "server_is_overloaded" if status == 503 else None
    return Denied(f"This answer with status {status} was asked for by --fault.", status=status, code=code)


def parse(spec: str) -> Fault:
    """The fault that a spec describes. Raises FaultError, which says what was expected."""
    head, *selectors = spec.split(",")
    kind, _, value = head.partition("=")
    if kind not in KINDS:
        raise FaultError(f"--fault {spec}: expected one of {', '.join(KINDS)}, got {kind!r}")
    chosen = {}
    for selector in selectors:
        name, _, amount = selector.partition("=")
        if name not in SELECTORS or not amount.isdecimal() or int(amount) < 1:
            raise FaultError(f"--fault {spec}: expected first=N or every=N, got {selector!r}")
        chosen[name] = int(amount)
    return Fault(kind, _number(spec, kind, value), **chosen)


def _number(spec: str, kind: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if (
        not 0 <= number < MOST
        or (kind in WHOLE and number != int(number))
        or (kind == "status" and not 400 <= number <= 599)
    ):
        wanted = "a status from 400 to 599" if kind == "status" else "a number that is not negative"
        raise FaultError(f"--fault {spec}: expected {kind}= and {wanted}, got {value!r}")
    return number
