"""Unusual framing that the SSE standard and a dialect's documents allow fails no rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.http.sse import Reader, read, stream
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_spec.dialect import load
from inprocess import streams

DIALECTS = ("cloudglue", "openai", "openresponses")
UNREAD = {"cloudglue": ("cr", "no space after the colon", "several data lines", "letters as they are")}
"""Framing that the standard allows but the clients of a dialect cannot read (CG-SSE-02, CG-SSE-03)."""
ENDS = (b"response.completed\n", b"response.incomplete\n", b"response.failed\n", b"[DONE]")
Variation = Callable[[bytes], bytes]


def _lines(end: bytes) -> Variation:
    return lambda raw: raw.replace(b"\n", end)


def _each_frame(change: Callable[[bytes, int], bytes]) -> Variation:
    def vary(raw: bytes) -> bytes:
        frames = [frame for frame in raw.split(b"\n\n") if frame]
        return b"".join(change(frame, index) + b"\n\n" for index, frame in enumerate(frames))

    return vary


def _each_event(
    change: Callable[[dict[str, Any], int], dict[str, Any]], indent: int | None = None, *, ascii: bool = True
) -> Variation:
    """Changes the JSON of each event; with `indent` it has several data lines."""

    def vary(frame: bytes, index: int) -> bytes:
        head, _, data = frame.partition(b"data: ")
        if data == b"[DONE]":
            return frame
        text = json.dumps(change(json.loads(data), index), indent=indent, ensure_ascii=ascii)
        return head + b"\n".join(b"data: " + line.encode() for line in text.splitlines())

    return _each_frame(vary)


def _swap_lines(frame: bytes, _index: int) -> bytes:
    return b"\n".join(reversed(frame.split(b"\n")))


def _more_members(event: dict[str, Any], index: int) -> dict[str, Any]:
    """Adds unknown members to the event and to its response."""
    if isinstance(event.get("response"), dict):
        event["response"] = {**event["response"], "x_trace": {"hop": index}}
    return {**event, "x_trace": [index]}


def _providers_events(raw: bytes) -> bytes:
    """An event with a prefix between any two others, all numbered in one sequence."""
    output: list[bytes] = []
    frames = raw.split(b"\n\n")[:-1]
    for number, frame in enumerate(frames):
        last = frame is frames[-1] or any(end in frame for end in ENDS)
        output.append(re.sub(rb'"sequence_number":\d+', b'"sequence_number":%d' % (2 * number), frame))
        if not last:
            beat = b'{"type":"acme:beat","sequence_number":%d,"output_index":"odd"}' % (2 * number + 1)
            output.append(b"event: acme:beat\ndata: " + beat)
    return b"".join(frame + b"\n\n" for frame in output)


VARIATIONS: dict[str, Variation] = {
    "as it is": lambda raw: raw,
    "crlf": _lines(b"\r\n"),
    "cr": _lines(b"\r"),
    "byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "comments": _each_frame(lambda frame, index: b": ping %d\n\n: pong\n" % index + frame),
    "no space after the colon": lambda raw: raw.replace(b"event: ", b"event:").replace(
        b"\ndata: {", b"\ndata:{"
    ),
    "data before event": _each_frame(_swap_lines),
    "several data lines": _each_event(lambda event, _index: event, indent=2),
    "a retry": lambda raw: b"retry: 3000\n\n" + raw,
    "blank lines": _each_frame(lambda frame, _index: b"\n\n" + frame),
    "members in another order": _each_event(lambda event, _index: dict(reversed(event.items()))),
    "escapes": _each_event(lambda event, _index: event),
    "letters as they are": _each_event(lambda event, _index: event, ascii=False),
    "unknown members": _each_event(_more_members),
    "events of a provider": _providers_events,
}


def _varied(dialect: str, vary: Variation) -> Iterator[Exchange]:
    for exchange in streams(dialect):
        reply = exchange.answer
        yield replace(exchange, reply=read_reply(reply.status, reply.headers, vary(reply.raw)))


def _red(dialect: str, variation: str) -> dict[str, str]:
    """The rules that report a variation, with their messages."""
    return {
        record.rule: record.note or record.findings[0].message
        for record in lint(_varied(dialect, VARIATIONS[variation]), load(dialect))
        if record.outcome is not Outcome.PASSED
    }


@pytest.mark.parametrize(
    ("dialect", "variation"),
    [
        (name, variation)
        for name in DIALECTS
        for variation in VARIATIONS
        if variation not in UNREAD.get(name, ())
    ],
)
def test_a_legal_variation_fails_no_rule(dialect: str, variation: str) -> None:
    assert _red(dialect, variation) == {}


@pytest.mark.parametrize(
    ("dialect", "variation"), [(name, variation) for name in UNREAD for variation in UNREAD[name]]
)
def test_framing_that_clients_cannot_read_fails_one_rule(dialect: str, variation: str) -> None:
    assert len(_red(dialect, variation)) == 1


@pytest.mark.parametrize("variation", ["as it is", "crlf", "cr", "byte order mark", "several data lines"])
def test_every_way_to_cut_the_bytes_gives_the_same_events(variation: str) -> None:
    raw = VARIATIONS[variation](streams("openai")[0].answer.raw)
    whole = read(raw).events
    for size in (1, 2, 3, 7, 64):
        reader = Reader()
        frames = [frame for at in range(0, len(raw), size) for frame in reader.feed(raw[at : at + size])]
        assert stream([*frames, *reader.close()], reader.oddities).events == whole
