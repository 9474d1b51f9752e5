"""A key never reaches a file or the screen, in whatever spelling and place a target gives it back."""

from __future__ import annotations

import io
import os
import random
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from antiphon.main import run
from antiphon_conformance.http.address import REDACTED
from antiphon_conformance.http.redaction import Redaction
from hidden_keys import (
    FAILURE,
    PLACES,
    RARE,
    SPELLINGS,
    WAYS,
    exchange_with,
    outputs_of,
    outputs_of_several,
    readings,
)
from hostile_sockets import target, whole

KEY = "sk-proj-a8Fq/3Zk+T2mXw9LrB7uYc_4"
CLAIM = "openresponses@2026-04-24"
EXAMPLES = int(os.environ.get("KEY_EXAMPLES", "60"))
"""How many examples the property has; the variable makes them more."""
ALPHABETS = (
    string.hexdigits.lower(),
    string.ascii_letters + string.digits,
    string.ascii_letters + string.digits + "-_",
    string.ascii_uppercase + "234567",
    string.ascii_letters + string.digits + "+/=",
    string.ascii_letters + string.digits + ".~!$%&'*()",
)


def leaks(key: str, spelling: str, place: str) -> list[str]:
    """The outputs in which the key stands, or its spelling."""
    text = {**SPELLINGS, **RARE}[spelling](key)
    outputs = WAYS[place](key, text) if place in WAYS else outputs_of(exchange_with(key, place, text))
    core = text.strip("*=")
    parts = [core, key, re.sub(r"\s+", "", core), re.sub(r"[\W_]+", "", key, flags=re.ASCII)]
    found = []
    for name, output in outputs.items():
        seen = readings(output)
        if any(part in reading for part in parts for reading in seen):
            found.append(f"{name}: {core}")
    return found


@pytest.mark.parametrize(
    ("spelling", "place"),
    [
        ("plain", "an error"),
        ("base64", "a response"),
        ("hex", "the type of an event"),
        ("plain", "deltas of one letter"),
        ("percent", "a header"),
    ],
)
def test_the_pages_of_several_models_show_no_key(spelling: str, place: str, tmp_path: Path) -> None:
    text = SPELLINGS[spelling](KEY)
    outputs = outputs_of_several(exchange_with(KEY, place, text), tmp_path)
    assert len(outputs) == 4
    seen = [reading for output in outputs.values() for reading in readings(output)]
    assert [reading[:80] for reading in seen if text.strip("=") in reading or KEY in reading] == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_is_hidden_in_an_error(spelling: str) -> None:
    assert leaks(KEY, spelling, "an error") == []


@pytest.mark.parametrize("spelling", RARE)
def test_a_rare_spelling_is_hidden_between_other_words(spelling: str) -> None:
    text = RARE[spelling](KEY)
    redaction = Redaction((KEY,))
    for frame in ("{}", "the key {} is wrong", '{{"a": "{}"}}', "https://example.com/?k={}&x=1", "x{}x"):
        shown = redaction.text(frame.format(text))
        assert REDACTED in shown
        assert text.strip("=") not in shown
        assert KEY[4:-4] not in shown


@pytest.mark.parametrize("place", [*PLACES, FAILURE, *WAYS])
def test_a_place_shows_no_key(place: str) -> None:
    assert leaks(KEY, "plain", place) == []


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("way", WAYS)
def test_a_way_beside_http_shows_no_spelling(way: str, spelling: str) -> None:
    assert leaks(KEY, spelling, way) == []


def _echo(request: bytes) -> Iterator[bytes | None]:
    """Answers with the head and the body of the request, the key among them."""
    yield whole(request)


def test_a_run_that_is_watched_and_claims_a_frozen_set_shows_no_key(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED", KEY)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    options = ("--dialect", "openresponses", "--max-requests", "5", "--api-key-env", "PLANTED")
    more = (
        "--requirements",
        "openresponses@2026-04-24",
        "--report",
        str(tmp_path),
        "--timeout",
        "5",
        "--watch",
        "-v",
    )
    with target("echo", echo=_echo) as server:
        run(["check", server.url, *options, *more])
    assert sum(KEY.encode() in request for request in server.requests) >= 2
    outputs = ["".join(capfd.readouterr()), *(path.read_text("utf-8") for path in tmp_path.iterdir())]
    assert any(CLAIM in output for output in outputs)
    assert outputs[0].count("Enter runs it again") == 2
    seen = [reading for output in outputs for reading in readings(output)]
    assert [reading[:80] for reading in seen if KEY in reading] == []


@st.composite
def keys(draw: st.DrawFn) -> str:
    """Keys such as vendors give: of 26 to 164 characters, with and without a prefix."""
    chance = random.Random(draw(st.integers(0, 1 << 32)))
    body = chance.choices(draw(st.sampled_from(ALPHABETS)), k=draw(st.integers(26, 156)))
    return draw(st.sampled_from(("", "sk-", "sk-proj-", "gsk_", "AIza"))) + "".join(body)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(keys(), st.sampled_from([*SPELLINGS, *RARE]), st.sampled_from([*PLACES, FAILURE, *WAYS]))
def test_no_spelling_of_any_key_is_shown_anywhere(key: str, spelling: str, place: str) -> None:
    assert leaks(key, spelling, place) == []
