"""Ends `antiphon check` at random moments, and tells what its report folder then says.

    python benchmarks/killed.py --rounds 20

Each round has a folder with the report of an earlier run. Afterwards `antiphon report --verify` must find the
new report, or name the unfinished run: an older report must never pass for the result. A run that ended
before its first request has no result, and the older report is what it was. Each traceback is printed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import orjson

ANTIPHON = (sys.executable, "-m", "antiphon")
OPTIONS = ("--dialect", "openai", "--no-properties", "--scenario", "chaining", "--scenario", "sampling")


def serve() -> tuple[subprocess.Popen[str], str]:
    """A mock server, and its base URL."""
    server = subprocess.Popen(
        [*ANTIPHON, "serve", "--port", "0", "--dialect", "openai"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in server.stdout or ():
        if "http://" in line:
            return server, "http://" + line.partition("http://")[2].split()[0].rstrip("/,;")
    raise RuntimeError("the mock server did not start")


def start_of(folder: Path) -> float:
    """When the run of a report began, in Unix seconds."""
    header = orjson.loads((folder / "report.jsonl").read_bytes().partition(b"\n")[0])
    facts = header.get("facts", header)
    return float(facts["started"])


def one(url: str, old: Path, sign: signal.Signals, moment: float) -> str:
    """What is there after a check that got a signal at a moment."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "report"
        shutil.copytree(old, folder)
        before = start_of(folder)
        command = [*ANTIPHON, "check", url, *OPTIONS, "--report", str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        time.sleep(moment)
        process.send_signal(sign)
        output = process.communicate(timeout=120)[0]
        verified = subprocess.run(
            [*ANTIPHON, "report", "--verify", str(folder)], capture_output=True, text=True, timeout=120
        )
        if "Traceback" in output + verified.stderr:
            print(f"{sign.name} after {moment:.2f} s:\n{output}\n{verified.stderr}", flush=True)
            return "TRACEBACK"
        if verified.returncode == 0:
            is_new = start_of(folder) > before
            if is_new:
                return "the verdict of this run"
            if process.returncode < 0 or output.strip() == "Interrupted.":
                return "ended before its first request"
            print(f"{sign.name} after {moment:.2f} s, status {process.returncode}:\n{output}", flush=True)
            return "STALE"
        return "named unfinished" if "unfinished" in verified.stdout else "DAMAGED"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="rounds for each signal")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    server, url = serve()
    try:
        with tempfile.TemporaryDirectory() as name:
            old = Path(name) / "old"
            start = time.monotonic()
            subprocess.run(
                [*ANTIPHON, "check", url, *OPTIONS, "--report", str(old)], check=False, capture_output=True
            )
            whole = time.monotonic() - start
            print(f"a whole run takes {whole:.1f} s")
            for sign in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                moments = [chance.uniform(0.1, whole) for _ in range(given.rounds)]
                ends = Counter(one(url, old, sign, moment) for moment in moments)
                print(f"{sign.name}: {dict(ends)}", flush=True)
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
