"""Measures how many generated requests a second the judge judges, and what it takes to make and to send them.

    python benchmarks/generating.py [--dialect openai] [--examples 100] [--rounds 3]

Mock server and judge are in this process, without sockets. The figures are processor time: the first row has
the search for requests (hypothesis), the answers of the mock server and the reading of them; the second the
rules alone.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from statistics import median

from antiphon_conformance import engine
from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Target
from antiphon_conformance.http.credentials import Credentials
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.requests import generation
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import load

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from inprocess import KEY, URL, source


def generated(dialect: str, examples: int) -> tuple[Trace, float]:
    """The exchanges of generated requests with the mock server, and the seconds of the processor."""
    app = make_app(Settings(dialect=dialect, api_keys=(KEY,)))
    target, known = Target(AsgiTransport(app, URL), Credentials(KEY)), source(dialect)
    start = time.process_time()
    trace = asyncio.run(generation.generate(target, (known,), examples=examples))
    return trace, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dialect", default="openai")
    parser.add_argument("--examples", type=int, default=100, help="random requests of each kind")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    dialect = load(options.dialect)
    trace, spent = generated(options.dialect, options.examples)
    count = len(trace.exchanges)
    durations = []
    for _ in range(options.rounds + 1):  # the first one warms up
        start = time.process_time()
        engine.judge([trace], dialect)
        durations.append(time.process_time() - start)
    judging = median(durations[1:])
    print(f"{count} generated requests, dialect {options.dialect}")
    print(f"  make, answer and read {spent:8.2f} s {count / spent:8,.0f} a second")
    print(f"  judge                 {judging:8.2f} s {count / judging:8,.0f} a second")


if __name__ == "__main__":
    main()
