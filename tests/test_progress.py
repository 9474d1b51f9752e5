"""How far a run is, where nobody looks at a terminal."""

from __future__ import annotations

import re
from io import StringIO

from rich.console import Console

from antiphon.progress import show_progress
from antiphon_conformance.http.exchange import Trace
from antiphon_conformance.run import RunConfig, perform
from antiphon_mockserver import MockServer


def test_a_request_counts_when_it_is_sent_and_not_when_its_conversation_ends() -> None:
    output = StringIO()
    with show_progress(Console(file=output), 2, "http://127.0.0.1:1") as progress:
        progress.count()
        progress(Trace("text", {}))
        for _ in range(40):
            progress.count()
        progress(Trace("generated", {}))
    assert re.fullmatch(r"judging, 41 requests so far, \d+ s\n", output.getvalue())


def test_a_run_tells_of_each_request_and_conversation() -> None:
    told: list[str] = []
    with MockServer(dialect="openai") as mock:
        run = perform(
            RunConfig(mock.url, ("openai",), api_key="any", scenarios=("repeat",), properties=False),
            progress=lambda trace: told.append(trace.scenario),
            on_request=lambda: told.append("request"),
        )
    assert told.count("request") == run.metadata["requests"] > 0
    assert told[: told.index("repeat")] == ["request"] * told.index("repeat")
