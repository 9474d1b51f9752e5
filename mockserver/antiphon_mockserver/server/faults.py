"""Faults of networks and overloaded servers, on purpose: `--fault KIND=VALUE[,first=N][,every=N]`.

--fault status=503,first=2     the first two requests get a 503, later ones are answered
--fault rate-limit=100         every request after the first 100 gets a 429
--fault delay=0.5              every answer comes half a second late
--fault pace=0.05              0.05 s between two events of a stream
--fault cut=5,every=3          every third stream breaks off after five events, a JSON body in its middle
--fault broken-frame=2         the third event of a stream is cut in the middle of its JSON
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.settings import SettingError
from antiphon_spec.data import nearest
from antiphon_spec.loading.construction import dataclass

KINDS = ("status", "rate-limit", "delay", "pace", "cut", "broken-frame")
WHOLE = frozenset({"status", "rate-limit", "cut", "broken-frame"})
MOST = 1_000_000_000
"""An upper bound for the value of a fault; it also excludes infinity and NaN."""
SELECTORS = ("first", "every")


class FaultError(SettingError):
    """A fault is malformed."""

    def __init__(self, spec: str, expected: str, actual: str) -> None:
        super().__init__("faults", expected, actual, spec)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and which requests it affects."""

    kind: str
    value: float
    first: int | None = None
    """Affects only this many requests from the start; None means no limit."""
    every: int = 1
    """Affects only every n-th request."""

    def affects(self, number: int) -> bool:
        """Whether the fault affects the n-th request, counting from 1."""
        return number % self.every == 0 and (self.first is None or number <= self.first)


@dataclass(frozen=True, slots=True)
class Injection:
    """The faults of one exchange; `delay` and `pace` are in seconds."""

    delay: float = 0.0
    pace: float = 0.0
    cut: int | None = None
    broken_frame: int | None = None


NONE = Injection()


class Faults:
    """The faults of a server; counts its requests."""

    def __init__(self, specs: Sequence[str]) -> None:
        self.faults = tuple(map(parse, specs))
        self._numbers = count(1)

    def next_fault(self) -> Injection:
        """Returns the faults of the next exchange. Raises ApiError when a fault rejects the request."""
        number = next(self._numbers)
        effects = {fault.kind: fault for fault in self.faults if fault.affects(number)}
        if "status" in effects:
            raise rejection(int(effects["status"].value))
        if "rate-limit" in effects and number > effects["rate-limit"].value:
            raise rejection(429)
        return Injection(
            delay=effects["delay"].value if "delay" in effects else 0.0,
            pace=effects["pace"].value if "pace" in effects else 0.0,
            cut=int(effects["cut"].value) if "cut" in effects else None,
            broken_frame=int(effects["broken-frame"].value) if "broken-frame" in effects else None,
        )


def rejection(status: int) -> ApiError:
    """The error answer with this status."""
    if status == 429:
        headers = {"retry-after": "1"}
        return ApiError(
            "Too many requests; try again later.", status=429, code="rate_limit_exceeded", headers=headers
        )
    code = "server_is_overloaded" if status == 503 else None
    return ApiError(f"--fault asked for this answer with status {status}.", status=status, code=code)


def parse(spec: str) -> Fault:
    """Parses one fault. Raises FaultError when it is malformed."""
    head, *selectors = spec.split(",")
    kind, _, value = head.partition("=")
    if kind not in KINDS:
        raise FaultError(spec, f"one of {', '.join(KINDS)}", nearest(kind, KINDS))
    options = {}
    for selector in selectors:
        name, _, amount = selector.partition("=")
        if name not in SELECTORS or not amount.isdecimal() or int(amount) < 1:
            raise FaultError(spec, "first=N or every=N", nearest(selector, SELECTORS))
        options[name] = int(amount)
    return Fault(kind, _number(spec, kind, value), **options)


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
        phrase = "a status from 400 to 599" if kind == "status" else "a number that is not negative"
        raise FaultError(spec, f"{kind}= and {phrase}", repr(value))
    return number
