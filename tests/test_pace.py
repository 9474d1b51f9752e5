"""When the events of a stream come: what is past at once, what is to come at its time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon_mockserver.response.pace import AT_ONCE, Pace, Pause, read_pace
from antiphon_mockserver.response.timeline import Timeline
from antiphon_mockserver.script import ScriptError, load_pace
from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.settings import Settings
from mock_client import Client
from model_requests import DIALECTS, respond

STREAM = {"stream": True, "background": True}
TEXT = "One two three four five."
"""Fifteen events in the background, six of them pieces of text."""
START = 1_000_000.0
SECONDS = st.sampled_from([0, 0.25, 1, 1000])
PIECES = (False, False, True, True, True, False)
"""Which of six events bring a piece of text."""


class SteppingClock:
    """A clock that moves on only while somebody waits, at once by as much; it remembers each wait."""

    virtual = False

    def __init__(self) -> None:
        self.time = START
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    async def wait(self, seconds: float) -> None:
        self.waits.append(round(seconds, 6))
        self.time += seconds


class PacedServer:
    """A server whose only answer has this pace, with a clock that steps."""

    def __init__(self, pace: Any, **entry: Any) -> None:
        app = make_app(Settings(scripts=({"answers": [{"text": TEXT, "pace": pace, **entry}]},)))
        self.clock = SteppingClock()
        app.server = app.sender.server = replace(app.server, clock=self.clock)
        self.client = Client(app)

    def create(self, **body: Any) -> Any:
        return self.client.create(**body)

    def stream_again(
        self, response_id: str, seconds: float, query: str = ""
    ) -> tuple[list[int], list[float]]:
        """The numbers of the events that a client gets which comes so many seconds after the create, and
        the waits between them.
        """
        self.clock.time, self.clock.waits = START + seconds, []
        reply = self.client.get(f"/responses/{response_id}?stream=true{query}")
        return [event["sequence_number"] for event in reply.events], self.clock.waits


@pytest.mark.parametrize(
    ("source", "offsets"),
    [
        (0, (0, 0, 0, 0, 0, 0)),
        (0.5, (0, 0.5, 1, 1.5, 2, 2.5)),
        ({"first": 2}, (2, 2, 2, 2, 2, 2)),
        ({"tokens_per_second": 4}, (0, 0, 0.25, 0.5, 0.75, 0.75)),
        ({"tokens_per_second": 4, "interval": 1}, (0, 1, 1.25, 1.5, 1.75, 2.75)),
        ({"pauses": [{"at": 0, "seconds": 1}, {"at": 3, "seconds": 5}]}, (1, 1, 1, 6, 6, 6)),
        ({"first": 1, "interval": 1, "pauses": [{"at": 2, "seconds": 1}]}, (1, 2, 4, 5, 6, 7)),
        ({"keep_alive": 1}, (0, 0, 0, 0, 0, 0)),
    ],
)
def test_a_pace_gives_each_event_its_offset(source: Any, offsets: tuple[float, ...]) -> None:
    assert load_pace(source).offsets(PIECES, "resp_1") == offsets


@given(
    pace=st.builds(
        Pace,
        first=SECONDS,
        interval=SECONDS,
        tokens_per_second=SECONDS,
        jitter=st.floats(0, 1),
        pauses=st.lists(st.builds(Pause, st.integers(0, 9), SECONDS), max_size=3).map(tuple),
    ),
    pieces=st.lists(st.booleans(), max_size=9),
)
def test_no_event_comes_before_the_one_before_it(pace: Pace, pieces: list[bool]) -> None:
    offsets = pace.offsets(pieces, "resp_1")
    assert len(offsets) == len(pieces)
    assert [0, *offsets] == sorted([0, *offsets])


def test_jitter_varies_the_waits_in_the_same_way_in_every_run() -> None:
    pace = Pace(interval=1, jitter=0.5)
    offsets = pace.offsets([False] * 100, "resp_1")
    waits = [after - before for before, after in pairwise(offsets)]
    assert offsets[0] == 0
    assert 0.5 <= min(waits) < 0.6
    assert 1.4 < max(waits) <= 1.5
    assert pace.offsets([False] * 100, "resp_1") == offsets
    assert pace.offsets([False] * 100, "resp_2") != offsets


def test_a_number_is_the_seconds_between_two_events() -> None:
    assert read_pace(0.5) == Pace(interval=0.5)
    assert read_pace(0) == read_pace({}) == AT_ONCE
    assert read_pace({"pauses": [{"at": 1, "seconds": 2}]}) == Pace(pauses=(Pause(1, 2),))


@pytest.mark.parametrize(
    ("source", "where"),
    [
        (-1, ""),
        ("slow", ""),
        ({"speed": 1}, "/speed"),
        ({"tokens_per_second": 0}, "/tokens_per_second"),
        ({"jitter": 2}, "/jitter"),
        ({"keep_alive": 0}, "/keep_alive"),
        ({"pauses": [{"at": -1, "seconds": 1}]}, "/pauses/0/at"),
        ({"pauses": [{"at": 1}]}, "/pauses/0/seconds"),
    ],
)
def test_a_malformed_pace_is_rejected_at_the_start(source: Any, where: str) -> None:
    with pytest.raises(ScriptError) as error:
        make_app(Settings(pace=source))
    assert error.value.where == f"pace#{where}"


def test_what_is_due_depends_on_the_age() -> None:
    line = Timeline(respond("Hi", background=True), DIALECTS["openai"], pace=Pace(first=1, interval=0.5))
    assert [line.due(age) for age in (0, 0.99, 1, 1.49, 1.5, 2, 99)] == [0, 0, 1, 1, 2, 3, line.steps]


def test_a_cut_ends_the_events_and_keeps_their_times() -> None:
    line = Timeline(respond("Hi", background=True), DIALECTS["openai"], pace=Pace(interval=1, jitter=0.5))
    cut = line.cut(4)
    assert list(cut.events) == line.events[:4]
    assert cut.offsets == line.offsets[:4]
    assert cut.after(1) == line.events[2:4]
    assert [cut.at(step)["status"] for step in (0, 2, 3, 4)] == [
        "queued",
        "queued",
        "in_progress",
        "cancelled",
    ]


def test_a_stream_waits_for_each_of_its_events() -> None:
    server = PacedServer(0.1)
    assert len(server.create(**STREAM).events) == 15
    assert server.clock.waits == [0.1] * 14


def test_a_response_that_has_ended_is_streamed_again_without_a_wait() -> None:
    server = PacedServer(0.1)
    response_id = server.create(**STREAM).events[0]["response"]["id"]
    assert server.stream_again(response_id, 1.4) == ([*range(15)], [])
    assert server.stream_again(response_id, 9, "&starting_after=9") == ([*range(10, 15)], [])


@pytest.mark.parametrize(
    ("query", "first", "waits"),
    [
        ("", 0, [0.05, *[0.1] * 3]),
        ("&starting_after=4", 5, [0.05, *[0.1] * 3]),
        ("&starting_after=12", 13, [0.25, 0.1]),
        ("&starting_after=14", 15, []),
    ],
)
def test_who_comes_in_the_middle_gets_the_past_at_once(query: str, first: int, waits: list[float]) -> None:
    server = PacedServer(0.1)
    response_id = server.create(**STREAM).events[0]["response"]["id"]
    assert server.stream_again(response_id, 1.05, query) == ([*range(first, 15)], waits)


def test_a_delay_holds_back_the_answer_and_a_first_event_the_stream() -> None:
    server = PacedServer({"first": 0.5, "interval": 1}, delay=2)
    server.create(stream=True)
    assert server.clock.waits[:3] == [2, 0.5, 1]


def test_a_poll_sees_what_is_due() -> None:
    server = PacedServer({"interval": 1, "first": 5})
    response_id = server.create(background=True).json["id"]
    states = []
    for seconds in (0, 4.9, 6.9, 7, 18.9, 19):
        server.clock.time = START + seconds
        states.append(server.client.get(f"/responses/{response_id}").json["status"])
    assert states == ["queued", "queued", "queued", "in_progress", "in_progress", "completed"]


def test_a_cancel_cuts_what_is_not_yet_due() -> None:
    server = PacedServer(1)
    response_id = server.create(**STREAM).events[0]["response"]["id"]
    server.clock.time = START + 6.5
    cancellation = server.client.post(f"/responses/{response_id}/cancel").json
    assert (cancellation["status"], cancellation["output"]) == ("cancelled", [])
    assert server.stream_again(response_id, 6.5) == ([*range(7)], [])


def test_a_comment_breaks_a_long_silence() -> None:
    pace = {"keep_alive": 1, "first": 2.5, "pauses": [{"at": 3, "seconds": 2}, {"at": 4, "seconds": 1}]}
    server = PacedServer(pace)
    frames = server.create(**STREAM).raw.decode().split("\n\n")
    kinds = ["comment" if frame.startswith(":") else "event" for frame in frames[:8]]
    assert kinds == ["comment", "comment", *["event"] * 3, "comment", *["event"] * 2]
    assert server.clock.waits == [1, 1, 0.5, 1, 1, 1]


def test_time_that_stands_still_gives_the_same_bytes_at_once() -> None:
    pace = {"keep_alive": 1, "first": 2.5, "tokens_per_second": 0.5, "jitter": 0.2}
    script = {"answers": [{"text": TEXT, "delay": 3, "pace": pace}]}
    raw = Client(scripts=(script,)).create(**STREAM).raw
    assert raw.count(b": keep-alive\n\n") > 5
    stream_bytes = PacedServer(pace, delay=3).create(**STREAM).raw
    assert [line[:12] for line in raw.split(b"\n")] == [line[:12] for line in stream_bytes.split(b"\n")]


def test_a_replay_in_time_that_stands_still_has_no_comments() -> None:
    client = Client(scripts=({"answers": [{"text": TEXT, "pace": {"keep_alive": 1, "first": 9}}]},))
    creation = client.create(**STREAM)
    again = client.get(f"/responses/{creation.events[0]['response']['id']}?stream=true")
    assert (b"keep-alive" in creation.raw, b"keep-alive" in again.raw) == (True, False)
    assert again.events == creation.events


def test_the_settings_give_the_pace_of_what_no_script_answers() -> None:
    pace = {"keep_alive": 1, "interval": 1.5}
    assert b"keep-alive" in Client(pace=pace).create(stream=True).raw
    at_once = {"answers": [{"when": {"input": "hello"}, "text": TEXT, "pace": 0}]}
    client = Client(pace=pace, scripts=(at_once,))
    assert b"keep-alive" not in client.create("Say hello.", stream=True).raw
    assert b"keep-alive" in client.create("Say nothing.", stream=True).raw
