"""Servers that are started again in the middle of a run."""

from __future__ import annotations

from itertools import count

from antiphon_mockserver.server.context import Answer
from antiphon_mockserver.variations import EVERY, variation

PERIOD, LOST = 23, 6
"""Of so many rejections the last ones are lost: a run begins with other answers."""
_rejections = count(1)


@variation("http.restarts-now-and-then", fits=EVERY)
def restarts_now_and_then(answer: Answer) -> Answer:
    """Loses a few answers in a row, as a server that is started again, and is back.

    RFC 9112, 9.5: either side may close a connection at any time.
    """
    if answer.status == 400 and next(_rejections) % PERIOD >= PERIOD - LOST:
        answer.headers["content-length"] = str(len(answer.body) + 1)
    return answer
