"""Injected faults, and mutants at each seam."""

from __future__ import annotations

import pytest

from antiphon_mockserver.server.app import make_app
from antiphon_mockserver.server.faults import FaultError, parse
from antiphon_mockserver.settings import Settings
from mock_client import Client


def test_the_first_requests_fail_then_all_is_well() -> None:
    client = Client(faults=("status=503,first=2",))
    assert [client.create().status for _ in range(4)] == [503, 503, 200, 200]


def test_each_third_request_fails() -> None:
    client = Client(faults=("status=500,every=3",))
    assert [client.create().status for _ in range(6)] == [200, 200, 500, 200, 200, 500]


def test_a_rate_limit_says_how_long_to_wait() -> None:
    client = Client(faults=("rate-limit=2",))
    assert [client.create().status for _ in range(3)] == [200, 200, 429]
    reply = client.create()
    assert (reply.headers["retry-after"], reply.error["code"]) == ("1", "rate_limit_exceeded")


def test_a_stream_breaks_off_after_so_many_events() -> None:
    whole = Client().create("Count from 1 to 9.", stream=True)
    reply = Client(faults=("cut=3",)).create("Count from 1 to 9.", stream=True)
    assert (len(reply.events), reply.complete) == (3, False)
    assert whole.complete
    assert whole.events[:3] == reply.events


def test_a_body_breaks_off_in_its_middle() -> None:
    reply = Client(faults=("cut=3",)).create()
    assert not reply.complete
    assert len(reply.raw) < int(reply.headers["content-length"])


def test_a_frame_is_broken() -> None:
    reply = Client(faults=("broken-frame=2",)).create("Count from 1 to 9.", stream=True)
    frames = reply.raw.decode().split("\n\n")
    assert not frames[2].endswith("}")
    assert frames[3].endswith("}")


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "nonsense=1",
        "status",
        "status=200",
        "status=x",
        "delay=-1",
        "delay=inf",
        "pace=nan",
        "cut=1.5",
        "cut=1,last=2",
        "cut=1,first=0",
    ],
)
def test_a_malformed_fault_is_rejected(spec: str) -> None:
    with pytest.raises(FaultError, match=r"^faults.*: expected"):
        parse(spec)


def test_an_unknown_mutant_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"^mutants: expected the id of a mutant, got 'body\.nothing'"):
        make_app(Settings(mutants=("body.nothing",)))


@pytest.mark.parametrize("setting", [{"clock": "sundial"}, {"dialect": "klingon"}, {"store": "sand"}])
def test_invalid_settings_are_rejected(setting: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected"):
        make_app(Settings(**setting))
