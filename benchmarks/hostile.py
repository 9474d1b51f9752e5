"""Peak memory and wall time of `antiphon check` before targets that break HTTP or never end.

    python benchmarks/hostile.py --markdown
    python benchmarks/hostile.py --life large-json --life silence

Each target is a life of `tests/hostile_sockets.py`. The options are those of a short run: the scenario
`chaining` alone, a time-out of 2 s for a pause and a deadline of 20 s.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from hostile_sockets import LIVES, target

OPTIONS = ("--dialect", "openai", "--no-properties", "--scenario", "chaining", "--timeout", "2")
OPTIONS += ("--exchange-timeout", "6", "--deadline", "20", "--recovery", "2")


def measure(life: str, options: tuple[str, ...]) -> tuple[int, float, int]:
    """The exit status of a check, its seconds, and the most memory that it took, in MiB."""
    with target(life) as server:
        command = [sys.executable, "-m", "antiphon", "check", server.url, *options]
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, time.monotonic() - start, usage.ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--life", action="append", choices=sorted(LIVES), help="only this one")
    parser.add_argument("--markdown", action="store_true", help="print a table in Markdown")
    parser.add_argument("options", nargs="*", help="options of `antiphon check`, behind --")
    given = parser.parse_args()
    options = tuple(given.options) or OPTIONS
    if given.markdown:
        print("| target | exit status | seconds | peak memory, MiB |", "|---|--:|--:|--:|", sep="\n")
    for life in given.life or LIVES:
        status, seconds, memory = measure(life, options)
        name = life.replace("-", " ")
        line = (
            f"| {name} | {status} | {seconds:.1f} | {memory} |"
            if given.markdown
            else (f"{name:32} exit {status:>2} {seconds:6.1f} s {memory:6} MiB")
        )
        print(line, flush=True)


if __name__ == "__main__":
    main()
