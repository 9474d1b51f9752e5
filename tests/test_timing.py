"""When a stream arrived: the times of its parts, their medians, and a stream that came at its end."""

from __future__ import annotations

import json

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange, Headers, Reply, Request
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.http.timing import timing
from antiphon_conformance.recordings import reader, transcript
from antiphon_conformance.report.pace import medians, sentence
from antiphon_spec.dialect import load

RULE = "stream-pace.a-stream-is-sent-as-it-is-made"
TYPE = Headers((("content-type", "text/event-stream"),))
USAGE = {"output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 10}}


def event(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


def streamed(*times: float, work: int = 0) -> Exchange:
    """A stream whose first part, ten deltas and end arrived at these twelve times."""
    response = {"id": "resp_1", "object": "response", "created_at": 100, "output": []}
    end = {**response, "status": "completed", "completed_at": 100 + work, "usage": USAGE}
    deltas = [event("response.output_text.delta", delta="a")] * 10
    parts = [event("response.created", response=response), *deltas, event("response.completed", response=end)]
    sizes = [sum(map(len, parts[: index + 1])) for index in range(len(parts))]
    base = read_reply(200, TYPE, b"".join(parts))
    arrivals = tuple(zip(sizes, times, strict=True))
    reply = Reply(200, TYPE, base.raw, stream=base.stream, arrivals=arrivals)
    request = Request("POST", "/responses", Headers(), {"model": "m", "input": "Hi.", "stream": True})
    return Exchange("one", request, reply)


STEADY = [0.5, *(1 + step / 10 for step in range(10)), 2.0]
AT_ONCE = [8.0] * 12


def test_the_times_of_a_stream_are_those_of_its_parts() -> None:
    times = timing(streamed(*STEADY).answer)
    assert times is not None
    assert (times.first_byte, times.first_delta, times.last_byte) == (0.5, 1.0, 2.0)
    assert times.longest_pause == pytest.approx(0.5)
    assert times.tokens_per_second == pytest.approx(10 / 0.9)


def test_a_report_has_the_medians() -> None:
    pace = medians([streamed(*STEADY), streamed(*STEADY), streamed(*AT_ONCE)])
    assert pace == {
        "first_byte": 0.5,
        "first_delta": 1.0,
        "tokens_per_second": 11.111,
        "longest_pause": 0.5,
        "streams": 3,
    }
    assert sentence(pace).startswith("first byte after 0.5 s, first delta after 1 s, 11.111 tokens a second")
    assert medians([]) == {}


def test_a_transcript_keeps_the_times() -> None:
    exchange = streamed(*STEADY)
    again = reader.exchange(transcript.entry(exchange))
    assert timing(again.answer) == timing(exchange.answer)


@pytest.mark.parametrize(
    ("exchange", "is_noted"),
    [
        (streamed(*AT_ONCE, work=8), True),
        (streamed(*AT_ONCE, work=1), False),
        (streamed(*STEADY, work=8), False),
    ],
    ids=["all at the end", "a fast server", "as it is made"],
)
def test_a_stream_that_came_at_its_end_is_noted(exchange: Exchange, is_noted: bool) -> None:
    records = lint([exchange], load("openai"))
    assert [str(record.outcome) for record in records if record.rule == RULE and record.findings] == (
        ["noted"] if is_noted else []
    )
