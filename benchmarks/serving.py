"""Measures the speed of the mock server next to others and to a bare Starlette app with constant bytes.

    python benchmarks/serving.py [--seconds 3] [--rounds 3] [--aimock FOLDER] [--markdown]

It prints medians over the rounds and ratios to the bare app. The servers take turns, so that noise affects
all of them; only ratios of one run can be compared. Where other work keeps the machine busy, answers a second
say little: the time that the server's processor spent on an answer says more. FOLDER is where
`npm install @copilotkit/aimock` ran.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from statistics import median

from conversations import open_streams, polling, rate, socket_turns
from load import in_turn, load

from servers import BARE, MODEL, Server, machine, memory, processor_time, servers, serving

MANY = 4000
"""How many different requests a load has: enough that no cache holds an answer until its request repeats."""
LOADS: dict[str, list[dict[str, object]]] = {
    "sync, one request again and again": [{"model": MODEL, "input": "Say hello."}],
    "sync, every request different": [{"model": MODEL, "input": f"Say hello to {i}."} for i in range(MANY)],
    "stream, one request again and again": [{"model": MODEL, "input": "Count from 1 to 50.", "stream": True}],
    "stream, every request different": [
        {"model": MODEL, "input": f"Count from {i} to {i + 49}.", "stream": True} for i in range(MANY)
    ],
}
STORED, STREAMS, PACE = 10_000, 1_000, 0.2


def measure(name: str, server: Server, seconds: float) -> dict[str, float]:
    """One round with one server."""
    figures: dict[str, float] = {}
    with serving(name, server) as (port, cold, process):
        figures["cold start to first answer, s"] = cold
        figures["memory idle, MiB"] = memory(process, "VmRSS")
        for title, bodies in LOADS.items():
            before = processor_time(process)
            tally = asyncio.run(load(port, in_turn(port, bodies), seconds))
            if tally.bad:
                raise SystemExit(f"{name}: {tally.bad} answers were not 200")
            figures[f"{title}: answers a second"] = tally.answers / tally.seconds
            spent = processor_time(process) - before
            figures[f"{title}: microseconds of the processor"] = spent * 1e6 / tally.answers
            if title.startswith("stream"):
                figures[f"{title}: events a second"] = tally.frames / tally.seconds
        if "websocket" in server.features:
            figures["WebSocket: turns a second"] = asyncio.run(rate(port, seconds, socket_turns))
        if "background" in server.features:
            figures["background with polling: responses a second"] = asyncio.run(rate(port, seconds, polling))
    return figures


def measure_store(name: str, server: Server) -> dict[str, float]:
    """What stored responses cost: the memory after so many different creates, less the memory before."""
    bodies: list[dict[str, object]] = [
        {"model": MODEL, "input": f"Say hello to number {i}."} for i in range(STORED)
    ]
    with serving(name, server) as (port, _, process):
        before = memory(process, "VmRSS")
        asyncio.run(load(port, in_turn(port, bodies), 60, most=STORED))
        return {f"{STORED:,} stored responses, MiB more": memory(process, "VmRSS") - before}


def measure_streams(name: str, server: Server) -> dict[str, float]:
    """What open streams cost: memory, and seconds until each of them has begun."""
    with serving(name, server) as (port, _, process):
        before = memory(process, "VmRSS")
        seconds, after = asyncio.run(open_streams(port, STREAMS, lambda: memory(process, "VmRSS")))
        return {
            f"{STREAMS:,} open streams: seconds until all have begun": seconds,
            f"{STREAMS:,} open streams, MiB more": after - before,
        }


def show(rounds: dict[str, list[dict[str, float]]], count: int, *, markdown: bool) -> None:
    """Prints the table: a row a figure, a column a server, and ratios to the bare app."""
    others = [name for name in rounds if name != BARE]
    cells = [[f"median of {count} rounds", *rounds, *(f"{name} / bare" for name in others)]]
    for figure in rounds["antiphon"][0]:
        values = {name: middle(rows, figure) for name, rows in rounds.items()}
        ratios = (ratio(values[name], values[BARE]) for name in others)
        cells.append([figure, *map(text, values.values()), *map(text, ratios)])
    if markdown:
        cells.insert(1, ["---", *("--:" for _ in cells[0][1:])])
        print("\n".join(f"| {' | '.join(row)} |" for row in cells))
        return
    for row in cells:
        print(f"{row[0]:56}" + "".join(f"{cell:>18}" for cell in row[1:]))


def middle(rows: list[dict[str, float]], figure: str) -> float | None:
    """The median of a figure; None where a server does not offer what it measures."""
    values = [row[figure] for row in rows if figure in row]
    return median(values) if values else None


def ratio(value: float | None, bare: float | None) -> float | None:
    return value / bare if value is not None and bare else None


def text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of load a figure and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--aimock", type=Path, help="the folder where aimock is installed")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    options = parser.parse_args()
    usual, slow = servers(options.aimock), servers(options.aimock, PACE)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in usual}
    for _ in range(options.rounds):
        for name, rows in rounds.items():
            figures = measure(name, usual[name], options.seconds)
            figures |= measure_store(name, usual[name])
            rows.append(figures | measure_streams(name, slow[name]))
    print(machine())
    show(rounds, options.rounds, markdown=options.markdown)


if __name__ == "__main__":
    main()
