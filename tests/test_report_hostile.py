"""A target that answers with scripts, huge bodies, control characters and the keys it was sent.

Page, terminal and files stay sane, bounded and free of secrets."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from functools import cache

import orjson
import pytest

from antiphon_conformance.http.client import Incoming
from antiphon_conformance.http.exchange import Headers
from antiphon_conformance.report import folder, terminal
from antiphon_conformance.report.model import compose
from antiphon_conformance.run import RunConfig, perform
from antiphon_conformance.verdict.result import judge
from scripted_transport import EVENTS, JSON, ScriptedTransport

COLOURS = re.compile(r"\x1b\[[0-9;]+m")
KEY = "sk-planted-4711/with+signs"
EVIL = (
    "<script>alert(1)</script></pre></details>\x1b]8;;https://evil.example\x07click\x1b]8;;\x07 "
    "\x1b[2J\x1b[31m "
    "\u202e\u2066 \x00 \x07 [link](javascript:alert(1)) ![x](https://evil.example/x.png) `` ` \U0001f600 "
) + KEY
HUGE, LONG, MEMBER = ("A" * size for size in (2_000_000, 100_000, 5_000))
FIVE_MEGABYTES = 5_000_000
RARE = 40
"""One answer of so many is huge: all of them together are far longer than a report may be."""


def evil_object(depth=0):
    inner = evil_object(depth + 1) if depth < 4 else [EVIL] * 5
    return {
        "id": EVIL,
        "object": EVIL,
        "status": EVIL,
        EVIL: MEMBER,
        "output": [inner] * 2,
        "type": EVIL,
    }


def evil_stream():
    events = [{"type": EVIL, "sequence_number": EVIL, "delta": "x" * 1000, "response": {"id": EVIL}}] * 100
    return b"".join(b"event: \x1b[31m\ndata: " + orjson.dumps(event) + b"\n\n" for event in events)


class Evil(ScriptedTransport):
    """Answers in many wrong ways in turn, and repeats each header that it was sent."""

    def __init__(self):
        super().__init__(lambda request: None)
        self.body = orjson.dumps(evil_object())
        self.stream = evil_stream()

    @asynccontextmanager
    async def open(self, request):
        self.details.append(request)
        echo_headers = tuple((f"x-echo-{name}", f"{value} <script>") for name, value in request.headers.pairs)
        if isinstance(request.body, dict) and request.body.get("stream") is True:
            yield Incoming(200, Headers((*EVENTS.pairs, *echo_headers)), self._whole(self.stream))
            return
        turn = len(self.details) % 4
        text = HUGE if len(self.details) % RARE == 1 else LONG
        raw = (self.body, text.encode(), EVIL.encode(), self.body)[turn]
        yield Incoming((200, 200, 500, 404)[turn], Headers((*JSON.pairs, *echo_headers)), self._whole(raw))

    @staticmethod
    async def _whole(raw):
        yield raw


@cache
def evil_size():
    """Bytes of all that the target answered."""
    exchanges = (exchange for trace in run_evil().traces for exchange in trace.exchanges.values())
    return sum(len(exchange.answer.raw) for exchange in exchanges if exchange.reply)


@cache
def run_evil():
    config = RunConfig("http://target/v1", ("openai",), api_key=KEY, properties=False)
    return perform(config, transport=Evil())


@cache
def compose_evil():
    return compose(judge([run_evil()]), folder.TRANSCRIPT)


@pytest.fixture(scope="module")
def folder_path(tmp_path_factory):
    where = tmp_path_factory.mktemp("hostile")
    folder.write(where, compose_evil(), [run_evil()], [KEY])
    return where


def test_every_rendering_is_bounded(folder_path):
    assert compose_evil().verdicts
    assert evil_size() > 3 * FIVE_MEGABYTES
    sizes = {name: (folder_path / name).stat().st_size for *_, name in folder.RENDERERS.values()}
    assert {name: size for name, size in sizes.items() if size >= FIVE_MEGABYTES} == {}


def test_the_page_holds_one_script_and_leads_nowhere(folder_path):
    text = (folder_path / "report.html").read_text(encoding="utf-8")
    assert text.count("<script") == text.count("</script>") == 1
    assert not re.findall(r"<(?:img|iframe|object|embed|link|base|form)\b", text)
    assert all(link.startswith("#") for link in re.findall(r'(?:href|src)="([^"]*)"', text))
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("name", sorted(name for *_, name in folder.RENDERERS.values()))
def test_no_rendering_has_control_or_bidirectional_characters(folder_path, name):
    text = (folder_path / name).read_text(encoding="utf-8")
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text) == []


def test_no_key_reaches_a_file(folder_path):
    for path in folder_path.iterdir():
        raw = path.read_bytes()
        assert KEY.encode() not in raw, path.name
        assert b"sk-planted-4711" not in raw, path.name


def test_the_terminal_gets_no_escape_sequence_and_few_lines():
    text = COLOURS.sub("", "\n".join(terminal.lines(compose_evil(), 120)))
    assert "\x1b" not in text
    assert "sk-planted" not in text
    assert len(text.splitlines()) < 120


def test_a_summary_has_no_link_and_no_picture(folder_path):
    text = re.sub(r"(`+) ?.*? ?\1(?!`)", "", (folder_path / "summary.md").read_text(encoding="utf-8"))
    assert not re.search(r"(?<!\\)\]\(", text)
    assert not re.search(r"(?<!\\)<script", text)
