"""Writes the transcripts that ship as fixtures anew, from our own mock server, when this file is run.

One exchange each: those under `wild/` with a bug that a real server has had, in a folder named for the one
rule that notices it; those under `good/` without any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from antiphon_conformance.http.asgi import AsgiTransport
from antiphon_conformance.http.client import Target
from antiphon_conformance.http.exchange import Exchange, Headers, Request
from antiphon_conformance.recordings import transcript
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from inprocess import KEY
from wild_bugs import bugs

FOLDER = Path(str(files("antiphon_fixtures"))) / "transcripts"
DIALECT = "openai"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
CALLING = {"input": "What is the weather in Paris?", "tools": [WEATHER], "tool_choice": "required"}
UNPADDED = {"stream": True, "stream_options": {"include_obfuscation": False}}
REQUESTS: dict[str, dict[str, Any]] = {
    "answer": {"input": "Say hello."},
    "call": CALLING,
    "refusal": {"input": "Say hello.", "max_output_tokens": "many"},
    "streamed-answer": {"input": "Count from 1 to 3.", **UNPADDED},
    "streamed-call": {**CALLING, **UNPADDED},
}
GOOD = ("answer", "streamed-answer", "streamed-call")
WILD = {
    "WB-002": "streamed-answer",
    "WB-004": "streamed-call",
    "WB-008": "streamed-answer",
    "WB-025": "streamed-call",
    "WB-036": "answer",
    "WB-038": "streamed-answer",
    "WB-040": "streamed-answer",
    "WB-055": "streamed-answer",
    "WB-085": "streamed-call",
    "WB-122": "answer",
    "WB-133": "refusal",
    "WB-162": "streamed-answer",
    "WB-283": "call",
}
"""The request whose answer shows a bug, by id of the bug."""


def transcripts() -> Iterator[tuple[Path, bytes]]:
    """The path and the content of each transcript."""
    for bug in bugs():
        if bug.id in WILD:
            record = exchange(WILD[bug.id], bug.id, bug.mutants[:1])
            yield FOLDER / "wild" / bug.rules[0] / f"{bug.id}.jsonl", line(record)
    for name in GOOD:
        yield FOLDER / "good" / f"{name}.jsonl", line(exchange(name, name, ()))


def exchange(request: str, identity: str, mutants: Collection[str]) -> Exchange:
    """One request to a server with these mutants, and its answer."""
    app = make_app(Settings(dialect=DIALECT, mutants=tuple(mutants), api_keys=(KEY,)))
    create_request = Request("POST", "/responses", body={"model": "gpt-4o-mini", **REQUESTS[request]})
    return asyncio.run(Target(AsgiTransport(app), KEY).send(create_request, identity))


def line(record: Exchange) -> bytes:
    """One exchange, without headers and times that change nothing."""
    answer = replace(
        record.answer, headers=content_type(record.answer.headers), seconds=None, started_at=None, arrivals=()
    )
    bare_request = replace(record.request, headers=content_type(record.request.headers))
    entry = transcript.entry(replace(record, request=bare_request, reply=answer))
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)


def content_type(headers: Headers) -> Headers:
    """Only the header that says how to read a body."""
    return Headers(tuple((name, value) for name, value in headers.pairs if name.lower() == "content-type"))


if __name__ == "__main__":
    for path, text in transcripts():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
