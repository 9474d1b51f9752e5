"""Writes the transcripts that ship as fixtures anew, from our own mock server, when this file is run.

One exchange each: those under `wild/` with a bug that a real server has had, in a folder named for the one
rule that notices it; those under `good/` without any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import orjson

from antiphon_conformance import transcript
from antiphon_conformance.exchange import Exchange, Headers
from inprocess import episodes
from wild_bugs import bugs

FOLDER = Path(str(files("antiphon_fixtures"))) / "transcripts"
DIALECT = "openai"
TEXT, CALLS = ("streaming", "unpadded"), ("streamed_calls", "called")
ANSWER, CALL = ("echoes", "plain"), ("tool_loop", "called")
WILD = {
    "WB-002": TEXT,
    "WB-004": CALLS,
    "WB-008": TEXT,
    "WB-025": CALLS,
    "WB-036": ANSWER,
    "WB-038": TEXT,
    "WB-040": TEXT,
    "WB-055": TEXT,
    "WB-085": CALLS,
    "WB-122": ANSWER,
    "WB-133": ("streaming", "refused"),
    "WB-162": TEXT,
    "WB-283": CALL,
}
"""Which scenario and step show a bug."""
GOOD = {"streamed-text": TEXT, "streamed-calls": CALLS, "answer": ANSWER}


def write() -> None:
    """Writes every transcript."""
    for bug in bugs():
        if bug.id in WILD:
            told = exchange(*WILD[bug.id], bug.mutants[:1])
            put(FOLDER / "wild" / bug.rules[0] / f"{bug.id}.jsonl", replace(told, id=bug.id))
    for name, (scenario, step) in GOOD.items():
        put(FOLDER / "good" / f"{name}.jsonl", replace(exchange(scenario, step, ()), id=name))


def exchange(scenario: str, step: str, mutants: Iterable[str]) -> Exchange:
    """One step of a scenario, with some mutants at work."""
    (episode,) = episodes(DIALECT, (scenario,), *mutants)
    return episode.exchanges[step]


def put(path: Path, told: Exchange) -> None:
    """Writes one exchange, without the headers and times that nobody needs."""
    answer = replace(told.answer, headers=content_type(told.answer.headers), seconds=None, started_at=None)
    told = replace(
        told, request=replace(told.request, headers=content_type(told.request.headers)), reply=answer
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(transcript.entry(told), option=orjson.OPT_APPEND_NEWLINE))


def content_type(headers: Headers) -> Headers:
    """The one header that says how to read a body."""
    return Headers(tuple((name, value) for name, value in headers.pairs if name.lower() == "content-type"))


if __name__ == "__main__":
    write()
