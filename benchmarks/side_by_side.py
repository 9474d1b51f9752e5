"""Compares this tree, an earlier one and the bare app while all of them run, in short slices that take turns.

    python benchmarks/side_by_side.py [--before TREE] [--slice 0.25] [--rounds 9] [--kinds [PART]]

With `--kinds`, the requests are those of test suites and agents (kinds.py), of kinds that have PART in their
name; otherwise those of `serving.py`. TREE is another checkout of this repository. Ratios compare with the
bare app in the same round, so that a busy machine slows both; they are speeds: above 1 is faster than the
bare app.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from kinds import KINDS, Kind, Message, message_bytes
from load import in_turn, load
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


def measure(port: int, process: int, requests: Iterator[bytes], seconds: float) -> Slice:
    before = processor_time(process)
    tally = asyncio.run(load(port, requests, seconds))
    if tally.bad:
        raise SystemExit(f"{tally.bad} answers were not 200")
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


Work = Callable[[int, int], Iterator[bytes]]
"""(a port, the number of a round) -> the requests of that round."""


def work_of(bodies: list[dict[str, object]]) -> Work:
    """The load of `serving.py`: each round begins at another place."""

    def work(port: int, number: int) -> Iterator[bytes]:
        return in_turn(port, islice(cycle(bodies), number * 997, number * 997 + len(bodies)))

    return work


def work_of_kind(kind: Kind, count: int) -> Work:
    """So many different requests of a kind, which are sent again only where that is the same."""

    def work(port: int, number: int) -> Iterator[bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

        def ask(message: Message) -> Any:
            body = None if message.body is None else json.dumps(message.body)
            headers = {"Authorization": "Bearer benchmark", "Content-Type": "application/json"}
            connection.request(message.method, f"/v1{message.path}", body, headers)
            return json.loads(connection.getresponse().read())

        messages = kind.requests(range(number * count, (number + 1) * count), ask)
        requests = [message_bytes(port, message) for message in messages]
        connection.close()
        return cycle(requests) if kind.repeats else iter(requests)

    return work


def compare(works: Mapping[str, Work], rows: Mapping[str, Server], seconds: float, rounds: int) -> None:
    """Lets the servers take turns with each work."""
    with contextlib.ExitStack() as stack:
        alive = {name: stack.enter_context(serving(name, server)) for name, server in rows.items()}
        for title, work in works.items():
            slices: dict[str, list[Slice]] = {name: [] for name in rows}
            for number in range(rounds + 1):
                for name, (port, _, process) in alive.items():
                    slices[name].append(measure(port, process, work(port, number), seconds))
            for name in (name for name in rows if name != BARE):
                show(title, name, slices[name][1:], slices[BARE][1:])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, help="another checkout of this repository")
    parser.add_argument("--slice", type=float, default=0.25, help="seconds")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--kinds", nargs="?", const="", metavar="PART", help="a part of their names")
    parser.add_argument("--count", type=int, default=1000, help="different requests of a kind in a slice")
    options = parser.parse_args()
    print(machine())
    for dialect in ("openai", "bud", "cloudglue"):
        works = {title: work_of(bodies) for title, bodies in LOADS.items() if dialect == "openai"}
        if options.kinds is not None:
            works = {
                title: work_of_kind(kind, options.count)
                for title, kind in KINDS.items()
                if kind.dialect == dialect and options.kinds in title
            }
        usual = servers(None, dialect=dialect)
        rows = {"now": tree(usual["antiphon"], HERE), BARE: usual[BARE]}
        if options.before is not None:
            rows["before"] = tree(usual["antiphon"], options.before)
        if works:
            compare(works, rows, options.slice, options.rounds)


if __name__ == "__main__":
    main()
