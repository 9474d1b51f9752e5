"""Measures how fast the judge lints recorded traffic, in events per second on one core.

    python benchmarks/linting.py [RECORDING] [--dialect openai] [--rounds 5] [--streams 300]

The mock server, in this process, makes a recording of streams and of JSON answers; your own RECORDING comes
after it. The script prints the medians of the processor time for reading and for judging, in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from antiphon_conformance import engine
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.recordings import reader
from antiphon_mockserver.server.app import MockApp, make_app
from antiphon_mockserver.settings import Settings
from antiphon_spec.dialect import Dialect, load

MODEL = "gpt-5-mini"
TOOL = {
    "type": "function",
    "name": "look_up",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}


def requests(count: int) -> Iterator[dict[str, Any]]:
    """Requests for texts of about fifty pieces and for tool calls; all differ, nine of ten are streamed."""
    for index in range(count):
        common: dict[str, Any] = {"model": MODEL, "stream": index % 10 != 0}
        if index % 4 == 0:
            yield {**common, "input": f"Look up place {index}.", "tools": [TOOL], "tool_choice": "required"}
        else:
            yield {**common, "input": f"Count from {index} to {index + 49}."}


async def answer(app: MockApp, body: dict[str, Any]) -> tuple[int, dict[str, str], str]:
    """The status, headers and body of one answer, without a socket."""
    raw, messages = json.dumps(body).encode(), []
    headers = [(b"authorization", b"Bearer benchmark"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/responses",
        "query_string": b"",
        "headers": headers,
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    pairs = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return (
        messages[0]["status"],
        pairs,
        b"".join(message.get("body", b"") for message in messages[1:]).decode(),
    )


async def record(dialect: str, count: int) -> str:
    """A recording of the mock server as JSON lines."""
    app, lines = make_app(Settings(dialect=dialect)), []
    for index, body in enumerate(requests(count)):
        status, headers, text = await answer(app, body)
        content = {"sse": text} if body["stream"] else {"body": json.loads(text)}
        request = {"method": "POST", "path": "/v1/responses", "headers": {}, "body": body}
        response = {"status": status, "headers": headers, **content}
        lines.append(json.dumps({"id": f"made-{index}", "request": request, "response": response}))
    return "\n".join(lines)


def seconds(rounds: int, work: Callable[[], object]) -> float:
    """The median processor time of `work` in seconds, after one run to warm up."""
    durations = []
    work()
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        start = time.process_time()
        work()
        durations.append(time.process_time() - start)
    return median(durations)


def measure(title: str, path: Path, dialect: Dialect, rounds: int) -> None:
    recording = reader.load(path)
    steps = (exchange for trace in recording.traces for exchange in trace.exchanges.values())
    exchanges = (*recording.exchanges, *steps)
    streams = [
        exchange for exchange in exchanges if exchange.reply is not None and exchange.reply.stream is not None
    ]
    reading = seconds(rounds, lambda: reader.load(path))
    print(f"{title}: {path.stat().st_size / 1e6:.1f} MB, {len(exchanges)} exchanges, {len(streams)} streams")
    print(f"  {'read':24} {reading:8.3f} s {events(streams) / reading:10,.0f} events a second")
    for name, selection in (("judge the streams", streams), ("judge everything", exchanges)):
        duration = seconds(rounds, lambda selection=selection: engine.lint(selection, dialect))
        print(f"  {name:24} {duration:8.3f} s {events(selection) / duration:10,.0f} events a second")


def events(exchanges: Sequence[Exchange]) -> int:
    replies = (exchange.reply for exchange in exchanges)
    return sum(
        len(reply.stream.events) for reply in replies if reply is not None and reply.stream is not None
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recording", nargs="?", type=Path, help="Recorded traffic to judge as well.")
    parser.add_argument("--dialect", default="openai")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--streams", type=int, default=300, help="How many exchanges the mock server makes.")
    options = parser.parse_args()
    dialect = load(options.dialect)
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder, "made.jsonl")
        recording.write_text(asyncio.run(record(options.dialect, options.streams)))
        measure("made by the mock server", recording, dialect, options.rounds)
    if options.recording is not None:
        measure(options.recording.name, options.recording, dialect, options.rounds)


if __name__ == "__main__":
    main()
