"""Texts over WebSocket are framed as wsproto frames them."""

from __future__ import annotations

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from antiphon_mockserver.server.socket_protocol import frames


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_has_a_head_and_the_text(length: int) -> None:
    text = "é" * (length // 2) + "x" * (length % 2)
    assert b"".join(frames([text])) == Connection(ConnectionType.SERVER).send(TextMessage(data=text))


def test_each_text_is_a_frame() -> None:
    assert b"".join(frames(["a", "bc"])) == b"\x81\x01a\x81\x02bc"
