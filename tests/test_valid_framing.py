"""Framing that the SSE standard allows but some clients cannot read, and bytes that arrive in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from antiphon_conformance.engine import lint
from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.reply import read_reply
from antiphon_conformance.http.sse import Reader, read, stream
from antiphon_conformance.verdict.outcome import Outcome
from antiphon_mockserver.server.sender import NO_CALL
from antiphon_mockserver.variations import all_variations
from antiphon_spec.dialect import load
from inprocess import streams

UNREADABLE = (
    "sse.ends-lines-with-cr",
    "sse.omits-the-space-after-the-colon",
    "sse.sends-several-data-lines",
    "sse.sends-letters-as-they-are",
)
"""Variations that the clients of Cloudglue cannot read (CG-SSE-02, CG-SSE-03)."""
CUTS = (
    "sse.ends-lines-with-crlf",
    "sse.ends-lines-with-cr",
    "sse.begins-with-a-byte-order-mark",
    "sse.sends-several-data-lines",
)


def _vary(raw: bytes, variation: str) -> bytes:
    frames = [frame + b"\n\n" for frame in raw.split(b"\n\n") if frame]
    changed: list[bytes] = all_variations()[variation].changes["sse"](frames, NO_CALL)
    return b"".join(changed)


def _varied(dialect: str, variation: str) -> Iterator[Exchange]:
    for exchange in streams(dialect):
        reply = exchange.answer
        raw = _vary(reply.raw, variation)
        yield replace(exchange, reply=read_reply(reply.status, reply.headers, raw))


@pytest.mark.parametrize("variation", UNREADABLE)
def test_framing_that_clients_cannot_read_fails_one_rule(variation: str) -> None:
    assert "cloudglue" not in all_variations()[variation].fits
    records = lint(_varied("cloudglue", variation), load("cloudglue"))
    assert len({record.rule for record in records if record.outcome is not Outcome.PASSED}) == 1


@pytest.mark.parametrize("variation", CUTS)
def test_every_way_to_cut_the_bytes_gives_the_same_events(variation: str) -> None:
    raw = _vary(streams("openai")[0].answer.raw, variation)
    whole = read(raw).events
    for size in (1, 2, 3, 7, 64):
        reader = Reader()
        frames = [frame for at in range(0, len(raw), size) for frame in reader.feed(raw[at : at + size])]
        assert stream([*frames, *reader.close()], reader.oddities).events == whole
