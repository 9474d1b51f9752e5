"""Measures the speed of the mock server next to a bare Starlette app that returns constant bytes.

    python benchmarks/serving.py [--seconds 3] [--rounds 3]

It prints medians over the rounds: cold start to first answer, answers, streams and events per second, idle
and peak memory, and the ratio to the bare app. The two take turns, so that noise affects both.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from load import load

HERE = Path(__file__).parent
MODEL = "gpt-5-mini"
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
SERVERS = {
    "antiphon": [sys.executable, "-m", "antiphon", "serve", "--dialect", "openai", "--port"],
    "bare starlette": [
        *(sys.executable, "-m", "uvicorn", "bare:app", "--app-dir", str(HERE)),
        *("--log-level", "warning", "--no-access-log", "--port"),
    ],
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Whether the server answers a sync request with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    headers = {"Authorization": "Bearer benchmark", "Content-Type": "application/json"}
    with contextlib.suppress(OSError), contextlib.closing(connection):
        connection.request(
            "POST", "/v1/responses", json.dumps({"model": MODEL, "input": "Say hello."}), headers
        )
        return connection.getresponse().status == 200
    return False


@contextlib.contextmanager
def serving(name: str) -> Iterator[tuple[int, float, int]]:
    """A server in a process of its own: its port, the seconds until its first answer, its process id."""
    port = free_port()
    start = time.perf_counter()
    process = subprocess.Popen(
        [*SERVERS[name], str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - start > 20:
                raise SystemExit(f"{name} did not start")
            time.sleep(0.005)
        yield port, time.perf_counter() - start, process.pid
    finally:
        process.terminate()
        process.wait(10)


def memory(process: int, field: str) -> float:
    """A memory figure of a process in MiB (Linux only; 0 elsewhere)."""
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)


def measure(name: str, seconds: float) -> dict[str, float]:
    """One round with one server."""
    figures: dict[str, float] = {}
    with serving(name) as (port, cold, process):
        figures["cold start to first answer, s"] = cold
        figures["memory idle, MiB"] = memory(process, "VmRSS")
        for title, bodies in LOADS.items():
            tally = asyncio.run(load(port, bodies, seconds))
            if tally.bad:
                raise SystemExit(f"{name}: {tally.bad} answers were not 200")
            figures[f"{title}: answers a second"] = tally.answers / tally.seconds
            if title.startswith("stream"):
                figures[f"{title}: events a second"] = tally.frames / tally.seconds
        figures["memory peak, MiB"] = memory(process, "VmHWM")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of load a figure and round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in SERVERS}
    for _ in range(options.rounds):
        for name, figures in rounds.items():
            figures.append(measure(name, options.seconds))
    head = f"median of {options.rounds} rounds"
    print(f"{head:56}" + "".join(f"{name:>16}" for name in rounds) + f"{'ratio':>8}")
    for figure in rounds["antiphon"][0]:
        mock, bare = (median(row[figure] for row in figures) for figures in rounds.values())
        print(f"{figure:56}{mock:16.2f}{bare:16.2f}{mock / bare if bare else 0:8.2f}")


if __name__ == "__main__":
    main()
