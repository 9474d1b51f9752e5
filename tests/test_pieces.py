"""The pieces of a text are written by a template: the same bytes as if each event were written alone."""

from __future__ import annotations

import orjson
import pytest

from antiphon_mockserver.response.frames import (
    PAD_LENGTHS,
    Events,
    Pieces,
    ascii_text,
    encode,
    json_text,
    write,
)
from antiphon_spec.dialect import MockTraits

TEXTS = {
    "words": ("Hello", " world", "!"),
    "quotation marks": ('say "', '","', 'x",', '"'),
    "escapes": ("back\\", "\\", "line\n", "\x7f\x01\u2028"),
    "other scripts": ("Grüße", " 日本", "😀"),
    "one": ("alone",),
    "none": (),
}
HEAD = {"type": "response.output_text.delta", "item_id": "msg_1", "logprobs": []}
CREATED = {"type": "response.created", "response": {"id": "resp_1"}}
PADDING = [f"{length:02}" for length in PAD_LENGTHS]


def stream(texts: tuple[str, ...], padding: list[str], *, numbered: bool) -> Events:
    events = Events([dict(CREATED), Pieces(dict(HEAD), "delta", texts, padding), dict(CREATED)])
    if numbered:
        events.number()
    return events


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("padding", [PADDING, []], ids=["padded", "bare"])
@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_a_template_writes_what_each_event_says(
    texts: tuple[str, ...], padding: list[str], numbered: bool
) -> None:
    events = stream(texts, padding, numbered=numbered)
    alone = [b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event)) for event in events]
    assert [*encode(events, MockTraits())] == alone
    assert write(events, MockTraits()) == b"".join(alone)
    for dump in (json_text, ascii_text):
        assert [*events.parts[1].json(dump)] == [dump(event) for event in events[1:-1]]


def test_events_with_pieces_are_a_sequence() -> None:
    events = stream(("a", "b"), PADDING, numbered=True)
    assert len(events) == len([*events]) == 4
    assert [event["sequence_number"] for event in events] == [0, 1, 2, 3]
    assert events[1] == {**HEAD, "delta": "a", "obfuscation": PADDING[1], "sequence_number": 1}
    assert [(step, event["type"]) for step, event in events.marks] == [
        (1, "response.created"),
        (4, "response.created"),
    ]
