"""Draws a flame graph of the mock server for each load of `serving.py`, with py-spy.

    pip install py-spy
    python benchmarks/flames.py FOLDER [--seconds 6] [--rate 500] [--form flamegraph]

It writes FOLDER/sync-every-request-different.svg etc.; with `--form speedscope`, files for speedscope.app.
py-spy attaches to a process that this script starts; where the system forbids that, run it as root.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
from pathlib import Path

from load import in_turn, load
from serving import LOADS

from servers import servers, serving

FORMS = {"flamegraph": "svg", "speedscope": "json"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rate", type=int, default=500, help="samples a second")
    parser.add_argument("--form", choices=FORMS, default="flamegraph")
    parser.add_argument("--py-spy", default="py-spy", help="the command")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with serving("antiphon", servers(None)["antiphon"]) as (port, _, process):
        for title, bodies in LOADS.items():
            name = re.sub(r"\W+", "-", title)
            path = options.folder / f"{name}.{FORMS[options.form]}"
            command = [options.py_spy, "record", "--pid", str(process), "--output", str(path)]
            command += ["--duration", str(options.seconds), "--rate", str(options.rate)]
            recorder = subprocess.Popen([*command, "--format", options.form], stdout=subprocess.DEVNULL)
            asyncio.run(load(port, in_turn(port, bodies), options.seconds + 1.0))
            if recorder.wait(options.seconds + 30):
                raise SystemExit("py-spy failed")
            print(path)


if __name__ == "__main__":
    main()
