"""Compares this tree, an earlier one and the bare app while all of them run, in short slices that take turns.

    python benchmarks/side_by_side.py [--before TREE] [--slice 0.25] [--rounds 9]

TREE is another checkout of this repository. Ratios compare with the bare app in the same round, so that a
busy machine slows both; they are speeds: above 1 is faster than the bare app.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from load import load
from serving import LOADS

from servers import BARE, Server, machine, processor_time, servers, serving

PACKAGES = ("spec", "mockserver", "conformance", "fixtures", "cli")
HERE = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice of load on one server."""

    rate: float
    """Answers a second."""
    cost: float
    """Microseconds of the processor that the server spent on an answer."""


def tree(server: Server, root: Path) -> Server:
    """The server as it is in another tree."""
    path = ":".join(str(root.absolute() / package) for package in PACKAGES)
    return replace(server, environment={"PYTHONPATH": path})


def measure(port: int, process: int, bodies: list[dict[str, object]], seconds: float) -> Slice:
    before = processor_time(process)
    tally = asyncio.run(load(port, bodies, seconds))
    spent = processor_time(process) - before
    return Slice(tally.answers / tally.seconds, spent * 1e6 / tally.answers)


def show(title: str, name: str, own: list[Slice], bare: list[Slice]) -> None:
    rates = median(mine.rate / other.rate for mine, other in zip(own, bare, strict=True))
    costs = median(other.cost / mine.cost for mine, other in zip(own, bare, strict=True))
    cost, bare_cost = (median(one.cost for one in slices) for slices in (own, bare))
    print(
        f"{title:36} {name:7} {median(one.rate for one in own):8,.0f}/s  x{rates:.2f}"
        f"   {cost:6.0f} us, bare {bare_cost:4.0f} us  x{costs:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, help="another checkout of this repository")
    parser.add_argument("--slice", type=float, default=0.25, help="seconds")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    usual = servers(None)
    rows = {"now": tree(usual["antiphon"], HERE), BARE: usual[BARE]}
    if options.before is not None:
        rows["before"] = tree(usual["antiphon"], options.before)
    print(machine())
    with contextlib.ExitStack() as stack:
        alive = {name: stack.enter_context(serving(name, server)) for name, server in rows.items()}
        for title, bodies in LOADS.items():
            slices: dict[str, list[Slice]] = {name: [] for name in rows}
            for number in range(options.rounds + 1):
                part = list(islice(cycle(bodies), number * 997, number * 997 + len(bodies)))
                for name, (port, _, process) in alive.items():
                    slices[name].append(measure(port, process, part, options.slice))
            for name in (name for name in rows if name != BARE):
                show(title, name, slices[name][1:], slices[BARE][1:])


if __name__ == "__main__":
    main()
