"""The servers that the benchmarks compare: each in a process of its own, on a free port."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
MODEL = "gpt-5-mini"
BARE = "bare starlette"
STARTING = 30.0
"""Seconds in which a server has to answer."""


@dataclass(frozen=True)
class Server:
    """How to start a server; `{port}` in the command is the port."""

    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    features: frozenset[str] = frozenset({"websocket", "background"})


def servers(aimock: Path | None, pace: float = 0.0, dialect: str = "openai") -> dict[str, Server]:
    """Our mock server in a dialect, the others that are there, and the baseline. With a pace, frames come so
    many seconds apart."""
    ours = (sys.executable, "-m", "antiphon", "serve", "--dialect", dialect, "--port", "{port}")
    bare = (
        *(sys.executable, "-m", "uvicorn", "bare:app", "--app-dir", str(HERE), "--log-level", "warning"),
        *("--no-access-log", "--port", "{port}"),
    )
    slow = ("--fault", f"pace={pace}") if pace else ()
    rows = {"antiphon": Server((*ours, *slow))}
    if aimock is not None and shutil.which("node"):
        command = ("node", str(aimock / "node_modules/.bin/llmock"), "-p", "{port}", "-c", "2")
        latency = ("--latency", str(int(pace * 1000))) if pace else ()
        fixtures = ("-f", str(HERE / "aimock.json"), "--log-level", "silent")
        rows["aimock"] = Server((*command, *latency, *fixtures), features=frozenset({"websocket"}))
    rows[BARE] = Server(bare, {"PACE": str(pace)})
    return rows


@contextlib.contextmanager
def serving(name: str, server: Server) -> Iterator[tuple[int, float, int]]:
    """A server in a process of its own: its port, the seconds until its first answer, its process id."""
    port = free_port()
    environment = {**os.environ, **server.environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages have bytecode, and so has ours
    start = time.perf_counter()
    process = subprocess.Popen(
        [part.replace("{port}", str(port)) for part in server.command],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - start > STARTING:
                raise SystemExit(f"{name} did not start")
            time.sleep(0.005)
        yield port, time.perf_counter() - start, process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Whether the server answers a sync request; one of a library rejects it, which is an answer too."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    headers = {"Authorization": "Bearer benchmark", "Content-Type": "application/json"}
    with contextlib.suppress(OSError), contextlib.closing(connection):
        body = json.dumps({"model": MODEL, "input": "Say hello."})
        connection.request("POST", "/v1/responses", body, headers)
        return connection.getresponse().status in (200, 400)
    return False


def memory(process: int, field_name: str) -> float:
    """A memory figure of a process in MiB (Linux only; 0 elsewhere)."""
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field_name)), 0.0)


def processor_time(process: int) -> float:
    """The seconds of a processor that a process has used, to the nanosecond (Linux only; 0 elsewhere)."""
    statistics = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(statistic.read_text().split()[0]) for statistic in statistics) / 1e9


def machine() -> str:
    """The machine in a line: its processor, how many cores we may use, the versions of Python and node."""
    cpu_file = Path("/proc/cpuinfo")
    lines = cpu_file.read_text().splitlines() if cpu_file.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else "none"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, Python {sys.version.split()[0]}, node {version.strip()}"
