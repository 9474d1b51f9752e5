"""The SSE reader: the standard's examples, every oddity, every cut of the bytes."""

from __future__ import annotations

import pytest

from antiphon_conformance.http import sse

CASES = [
    ("lf", b"data: x\n\n", [("x", None)], ()),
    ("crlf", b"data: x\r\n\r\n", [("x", None)], ("crlf",)),
    ("cr", b"data: x\r\rdata: y\r\r", [("x", None), ("y", None)], ("cr",)),
    ("mixed", b"data: x\r\n\ndata: y\n\n", [("x", None), ("y", None)], ("crlf", "mixed-line-ends")),
    ("bom", b"\xef\xbb\xbfdata: x\n\n", [("x", None)], ("bom",)),
    ("comment", b": hi\n\ndata: x\n\n", [("x", None)], ("comment",)),
    ("two lines", b"data: a\ndata: b\n\n", [("a\nb", None)], ()),
    ("event", b"event: e\ndata: x\n\n", [("x", "e")], ()),
    ("event after data", b"data: x\nevent: e\n\n", [("x", "e")], ()),
    ("no space", b"data:x\n\n", [("x", None)], ()),
    ("two spaces", b"data:  x\n\n", [(" x", None)], ()),
    ("empty data", b"data\n\n", [("", None)], ()),
    ("no data", b"event: e\n\ndata: x\n\n", [("x", None)], ("no-data",)),
    ("unterminated block", b"data: x\n\ndata: y\n", [("x", None), ("y", None)], ("unterminated",)),
    ("unterminated line", b"data: y", [("y", None)], ("unterminated",)),
    ("last line ended by cr", b"data: x\r\r", [("x", None)], ("cr",)),
    ("utf-8", "data: grüße 🎵\n\n".encode(), [("grüße 🎵", None)], ()),
    ("invalid utf-8", b"data: \xff\xc3\n\n", [("\ufffd\ufffd", None)], ("invalid-utf8",)),
    ("utf-8 cut off", b"data: \xf0\x9f", [("\ufffd", None)], ("invalid-utf8", "unterminated")),
    ("retry", b"retry: 10\ndata: x\n\n", [("x", None)], ("retry",)),
    ("id", b"id: 7\ndata: x\n\n", [("x", None)], ("id",)),
    ("nothing", b"", [], ()),
    ("blank lines", b"\n\n\n", [], ()),
    (
        "line separator is no line end",
        "data: a\u2028b\x0bc\x85\n\n".encode(),
        [("a\u2028b\x0bc\x85", None)],
        (),
    ),
]


@pytest.mark.parametrize(
    ("data", "frames", "oddities"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_frames_follow_the_standard(data, frames, oddities):
    result = sse.read(data)
    assert [(frame.data, frame.event) for frame in result.frames] == frames
    assert result.oddities == oddities


@pytest.mark.parametrize("data", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_every_way_to_cut_the_bytes_gives_the_same_frames(data):
    whole = sse.read(data)
    for size in range(1, len(data) + 1):
        reader = sse.Reader()
        frames = [frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])]
        frames += reader.close()
        assert sse.stream(frames, reader.oddities) == whole


@pytest.mark.parametrize(
    ("data", "oddities"),
    [
        (b"data:1\n\n", ("no-space:data",)),
        (b"data\n\n", ("no-colon", "json: not JSON: empty")),
        (b": c\ndata: 1\n\n", ("comment",)),
        (b"x-y: 1\ndata: 1\n\n", ("unknown-field:x-y",)),
        (b"event: a\nevent: b\ndata: 1\n\n", ("repeated-event",)),
        (b"id: a\0b\ndata: 1\n\n", ("nul-in-id",)),
        (b"retry: 1s\ndata: 1\n\n", ("bad-retry",)),
        (b'data: {"a":1,"a":2}\n\n', ('json: duplicate key "a"',)),
    ],
)
def test_a_frame_keeps_its_oddities(data, oddities):
    (frame,) = sse.read(data).frames
    assert frame.oddities == oddities


def test_fields_of_a_frame():
    (frame,) = sse.read(b"id: 3\nretry: 250\nevent: e\ndata: {}\ndata\n\n").frames
    assert (frame.id, frame.retry, frame.event, frame.data, frame.data_lines) == ("3", "250", "e", "{}\n", 2)


def test_events_are_the_frames_with_a_typed_object():
    result = sse.read(
        b'data: {"type":"a"}\n\ndata: 1\n\ndata: {"type":2}\n\ndata: {"type":"b"}\n\ndata: [DONE]\n\n'
    )
    assert [(event.index, event.type) for event in result.events] == [(0, "a"), (3, "b")]
    assert result.has_sentinel


def test_half_an_event_of_a_broken_stream_is_dropped_but_a_whole_one_is_kept():
    assert len(sse.read(b'data: {"type":"a"}\n\ndata: {"ty', cut=True).frames) == 1
    assert len(sse.read(b'data: {"type":"a"}\n\ndata: {"type":"b"}', cut=True).events) == 2


def test_frames_come_as_soon_as_they_are_complete():
    reader = sse.Reader()
    assert reader.feed(b"data: x\n") == []
    assert [frame.data for frame in reader.feed(b"\nda")] == ["x"]
