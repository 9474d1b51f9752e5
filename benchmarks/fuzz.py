"""Generated requests against the mock server in this process: no 5xx, no pause, no growing memory.

    python benchmarks/fuzz.py --dialect openai --count 100000

Each request is one that the suite sends to this dialect, with up to three places left out, repeated or
replaced by odd values. A pause is processor time between two turns of the event loop.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from inprocess import KEY, plain_traces
from mock_client import Client

LIMIT = 0.05
"""Seconds: a longer pause holds up other clients."""
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 7, 1e308, 2**63, "", "x", "auto", "\ud800", "\0", [], {}, [[]], [None]),
    *({"type": "message"}, {"type": []}, "x" * 5000, ["a"] * 300, {"$ref": "#"}, {"type": "object"}),
    *({"type": "array", "items": {"type": "string"}, "minItems": 3}, "^(a+)+$", {"pattern": "^[a-z]{3}$"}),
)
AUTHORIZED = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


def requests(dialect: str) -> list[tuple[str, str, Any]]:
    """The method, path and body of what the suite sends."""
    exchanges = (item for trace in plain_traces(dialect) for item in trace.exchanges.values())
    sent = [
        (item.request.method, item.request.path, item.request.body)
        for item in exchanges
        for _ in range(3 if item.ok and item.request.method == "POST" else 1)
    ]
    return [entry for entry in sent if len(json.dumps(entry[2])) < 20_000]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each place inside a value, as (container, key)."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [place for key, inner in list(members) for place in ((value, key), *places(inner))]


def mutated(body: Any, chance: random.Random) -> Any:
    """The body with none to three changes."""
    body = copy.deepcopy(body)
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))):
        spots = places(body)
        if not spots:
            return body
        holder, key = chance.choice(spots)
        turn = chance.random()
        if turn < 0.3:
            del holder[key]
        elif turn < 0.5 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[0]))
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return body


class Watch:
    """The longest pauses of the loop, each with the request of that time."""

    def __init__(self) -> None:
        self.request: Any = None
        self.pauses: list[tuple[float, str]] = []

    async def run(self) -> None:
        last = time.process_time()
        while True:
            await asyncio.sleep(0)
            now = time.process_time()
            if now - last > LIMIT:
                self.pauses.append((now - last, json.dumps(self.request)[:300]))
            last = now


async def fuzz(dialect: str, sources: list[tuple[str, str, Any]], count: int, seed: int) -> None:
    chance = random.Random(f"{dialect} {seed}")
    client, watch = Client(dialect=dialect), Watch()
    statuses: Counter[int] = Counter()
    task = asyncio.create_task(watch.run())
    for number in range(1, count + 1):
        method, path, body = chance.choice(sources)
        body = mutated(body, chance)
        watch.request = [method, path, body]
        raw = b"" if body is None else json.dumps(body).encode()
        reply = await client._call(method, path, raw, AUTHORIZED)
        statuses[reply.status] += 1
        if reply.status >= 500:
            print(f"{reply.status}: {json.dumps(watch.request)[:400]}", flush=True)
        if number % max(1, count // 4) == 0:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{dialect} {number}: at most {memory} MiB so far, {dict(statuses)}", flush=True)
    task.cancel()
    good = sum(statuses[status] for status in (200, 201))
    print(f"{dialect}: {good / count:.0%} answered 2xx, {len(watch.pauses)} pauses above {LIMIT:g} s")
    for seconds, request in sorted(watch.pauses, reverse=True)[:5]:
        print(f"  {seconds:.3f} s: {request}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dialect", default="openai")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    asyncio.run(fuzz(given.dialect, requests(given.dialect), given.count, given.seed))


if __name__ == "__main__":
    main()
